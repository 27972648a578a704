//! Ids of policies and versions.

database::ids! {
    /// Names a policy within a workspace.
    PolicyId,
    /// Names a version of a policy within a workspace.
    VersionId,
}
