//! What may be done with the objects of a type.

use serde::Deserialize;
use serde_json::Value;

use crate::policy_type::PolicyType;
use crate::view::View;

/// How far the product goes with a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// Read, versioned and watched; never compared as configuration, never written.
    InventoryOnly,
    /// Read, versioned and compared; a write is shown, not made.
    PreviewOnly,
    /// Read, versioned, compared and restored.
    Full,
}

/// The deeds that a type allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// It can be listed.
    pub list: bool,
    /// Versions of it are kept.
    pub version: bool,
    /// It takes part in drift.
    pub compare: bool,
    /// A restore can show what it would do.
    pub preview: bool,
    /// A restore can write it.
    pub restore: bool,
}

/// Derives from the registry what may be done with a type.
pub fn capabilities(ty: &PolicyType) -> Capabilities {
    deeds(ty, ty.capability)
}

/// Derives what may be done with the objects of one view; it is never more than the type allows.
pub fn capabilities_in_view(ty: &PolicyType, view: &View) -> Capabilities {
    deeds(ty, view.capability.map_or(ty.capability, |of_view| of_view.min(ty.capability)))
}

/// Derives what may be done with one object: what its view allows, and no write if Microsoft owns it.
pub fn capabilities_of(ty: &PolicyType, object: &Value) -> Capabilities {
    let of_view = match ty.view_of(object) {
        Some(view) => capabilities_in_view(ty, view),
        None => capabilities(ty),
    };
    Capabilities { restore: of_view.restore && !ty.is_protected(object), ..of_view }
}

fn deeds(ty: &PolicyType, capability: Capability) -> Capabilities {
    let compared = capability >= Capability::PreviewOnly;
    // Whatever the data calls it, nothing is written without a known way and a known right.
    let writable = ty.update.is_some() && !ty.permissions.write.is_empty();
    Capabilities {
        list: true,
        version: true,
        compare: compared,
        preview: compared,
        restore: capability == Capability::Full && writable,
    }
}
