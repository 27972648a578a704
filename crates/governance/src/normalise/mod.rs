//! Brings an object that Graph gave into the one form in which it is hashed and compared.
//!
//! Two objects that mean the same get the same *normal tree*, and so the same hash; two that differ
//! in any value get different ones. The rules come from the registry of the `contract` crate, hold
//! at the places that it declares, and are applied in this order:
//!
//! 1. The parts that further calls gave are put in their places ([`contract::Part::property`]). An
//!    object without a type name gets it if its type allows only one, because some calls omit it.
//! 2. Secret values go; what tells their state stays.
//! 3. Declared volatile fields go, at their declared places only. Nested fields of the same name
//!    are values and stay.
//! 4. Annotations (`…@odata.…`, but not an object's own `@odata.type`) and action keys (`#…`) go.
//!    Type names are written with their `#`, texts that are a GUID in lower case. A property that is
//!    `null` is the same as an absent one, and so is the date `0001-01-01T00:00:00Z`. Nothing else is
//!    taken for "not set" (`0`, `false`, `""` and `[]` are values) unless the registry declares it
//!    for that very field ([`contract::AbsentLike`]).
//! 5. Declared base64 contents are replaced by the base64 of the bytes they decode to.
//! 6. Declared sets are sorted; every other array keeps its order.
//!
//! Assignments are compared apart from the object, as a set. Everything the registry does not name
//! is kept, unknown properties included. The version of these rules is stored beside each hash by
//! whoever stores it ([`contract::Registry::rule_set`]); raise it when this module changes a hash.

mod assignments;
mod canonical;
mod clean;
mod contents;
mod document;
mod hash;
mod ignored;
mod places;
mod secrets;
mod sets;
mod setting_instances;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

pub use document::{Document, DocumentPart};
pub use hash::Hash32;
pub use ignored::{IgnoredBecause, IgnoredField};
pub use secrets::{WITHHELD, redact, withhold};

use contract::{Part, PolicyType, View};
use serde_json::{Map, Value};

use ignored::Ignored;

/// A policy in the form in which it is compared.
#[derive(Debug, Clone)]
pub struct Normalised {
    /// The object with its parts, without its assignments.
    pub tree: Value,
    /// The assignments as a sorted array; `None` if they were not read or the type has none apart.
    pub assignments: Option<Value>,
    /// Hash of [`Self::tree`].
    pub settings_hash: Hash32,
    /// Hash of [`Self::assignments`].
    pub assignments_hash: Option<Hash32>,
    /// Hash of both.
    pub canonical_hash: Hash32,
    /// What was read but is no part of the compare, each declared place once.
    pub ignored: Vec<IgnoredField>,
}

/// Why a document could not be normalised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NormaliseError {
    /// Graph gave something else where the object should be.
    #[error("normalise a {type_key}: it is not an object")]
    NotAnObject {
        /// The type that it should be of.
        type_key: String,
    },
    /// A part belongs to an element that is not there.
    #[error("normalise a {type_key}: nothing holds its part {part}")]
    StrayPart {
        /// The type.
        type_key: String,
        /// The part that has no place.
        part: Part,
    },
}

/// Normalises a document by the rules of its type and of the view that it belongs to.
///
/// # Errors
/// [`NormaliseError`] if the document is no object or holds a part without a place. The rules
/// themselves cannot fail: a field of an unexpected shape is kept as it is.
pub fn normalise(ty: &PolicyType, document: &Document<'_>) -> Result<Normalised, NormaliseError> {
    let mut tree = document.assemble(ty)?;
    let rules = Rules { ty, view: ty.view_of(&tree) };
    let mut ignored = Ignored::default();

    let assignments = document.assignments(ty).map(|entries| assignments::normalise(ty, entries));
    rules.apply(&mut tree, &mut ignored);

    let settings_hash = Hash32::of(&tree);
    let assignments_hash = assignments.as_ref().map(Hash32::of);
    let mut both = Map::new();
    both.insert("settings".to_owned(), Value::from(settings_hash.to_string()));
    if let Some(hash) = assignments_hash {
        both.insert("assignments".to_owned(), Value::from(hash.to_string()));
    }
    Ok(Normalised {
        settings_hash,
        assignments_hash,
        canonical_hash: Hash32::of(&Value::Object(both)),
        tree,
        assignments,
        ignored: ignored.into_fields(),
    })
}

/// The rules of a type and of one of its views.
struct Rules<'a> {
    ty: &'a PolicyType,
    view: Option<&'a View>,
}

impl Rules<'_> {
    fn apply(&self, tree: &mut Value, ignored: &mut Ignored) {
        let Self { ty, view } = self;
        let view = view.as_ref();
        for rule in ty.secrets.iter().chain(view.iter().flat_map(|v| &v.secrets)) {
            secrets::remove(rule, tree, ignored);
        }
        for path in ty.ignore_in_diff.iter().chain(view.iter().flat_map(|v| &v.ignore_in_diff)) {
            if places::remove(path, tree) > 0 {
                ignored.add(path, IgnoredBecause::Volatile);
            }
        }
        clean::clean(tree);
        for rule in &ty.absent_like {
            places::remove_where(&rule.path, tree, |value| rule.values.contains(value));
        }
        for path in ty.contents.iter().chain(view.iter().flat_map(|v| &v.contents)) {
            contents::decode(path, tree);
        }
        sets::sort(ty.sets.iter().chain(view.iter().flat_map(|v| &v.sets)), tree);
    }
}
