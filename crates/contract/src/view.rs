//! A labelled part of a type.

use serde::Deserialize;

use crate::capability::Capability;
use crate::detail_call::DetailCall;
use crate::field_path::FieldPath;
use crate::predicate::Predicate;
use crate::rules::{SecretRule, SetRule};

/// A labelled part of one type's collection; its lists add to those of the type.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// Stable name, unique in the registry.
    pub key: String,
    /// What a person calls it.
    pub label: String,
    /// Which objects belong to it; the first view that matches wins.
    pub when: Predicate,
    /// What may be done with these objects, where it is less than for the type.
    pub capability: Option<Capability>,
    /// Why it is less.
    pub capability_reason: Option<String>,
    /// Further calls for these objects.
    #[serde(default)]
    pub detail: Vec<DetailCall>,
    /// Further fields that are no part of a compare.
    #[serde(default)]
    pub ignore_in_diff: Vec<FieldPath>,
    /// Further fields that a create does not send.
    #[serde(default)]
    pub strip_on_create: Vec<FieldPath>,
    /// Further fields that an update does not send.
    #[serde(default)]
    pub strip_on_update: Vec<FieldPath>,
    /// Further fields that an update must not change.
    #[serde(default)]
    pub immutable_after_create: Vec<FieldPath>,
    /// Further sets.
    #[serde(default)]
    pub sets: Vec<SetRule>,
    /// Further secrets.
    #[serde(default)]
    pub secrets: Vec<SecretRule>,
    /// Further base64 contents.
    #[serde(default)]
    pub contents: Vec<FieldPath>,
    /// What a person should know before a write.
    #[serde(default)]
    pub write_notes: Vec<String>,
}
