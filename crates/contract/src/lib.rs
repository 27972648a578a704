//! What TenantAtlas knows of each Microsoft Graph type, as data; no calls.
//!
//! A *type* is one Graph collection or singleton: where it is listed, which further calls give a
//! whole object, what to leave out of a compare, which arrays are sets, which values are secret. A
//! *view* is a labelled part of one type (update rings inside device configurations); it is never
//! counted as a type. All of it is read from `data/policy-types.json`, so the code that calls Graph
//! and the code that compares objects need no knowledge of any single type.

mod assignments;
mod capability;
mod detail_call;
mod field_path;
mod list_call;
mod platform;
mod policy_type;
mod predicate;
mod registry;
mod rules;
mod throttle;
mod view;

#[cfg(test)]
mod tests;

pub use assignments::{AssignmentStyle, AssignmentWrite, Assignments};
pub use capability::{Capabilities, Capability, capabilities, capabilities_in_view, capabilities_of};
pub use detail_call::{DetailCall, ForEach, Merge, Need, Part};
pub use field_path::{FieldPath, FieldPathError, Segment};
pub use list_call::{DeltaCall, ListCall, ListGives};
pub use platform::{OdataPlatform, PlatformSource};
pub use policy_type::{
    CollectionShape, Confidence, GraphVersion, Kind, Permissions, PolicyType, Update, UpdateMethod,
};
pub use predicate::{Condition, Predicate};
pub use registry::{Registry, RegistryError};
pub use rules::{AbsentLike, SecretHow, SecretPlace, SecretRule, SetKey, SetRule, SiblingIs};
pub use throttle::{Allowance, Applies, ThrottleFamily};
pub use view::View;
