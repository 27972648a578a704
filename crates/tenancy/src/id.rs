//! Ids that cannot be mistaken for one another; `serde` writes each as the plain uuid that it is.

database::ids! {
    /// Names a workspace.
    WorkspaceId,
    /// Names a tenant within a workspace.
    TenantId,
    /// Names a user.
    UserId,
    /// Names an operation run.
    RunId,
    /// Names a sign-in session.
    SessionId,
    /// Names an invitation within a workspace.
    InvitationId,
    /// Names an API token within a workspace.
    ApiTokenId,
    /// Names a row of the audit log.
    AuditId,
}
