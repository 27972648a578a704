//! All the computing on a document, done before a transaction begins.

use contract::{Need, Part, PolicyType};
use serde_json::Value;
use serde_json::value::RawValue;

use super::document::RawDocument;
use super::envelope;
use super::payload::Payload;
use crate::GraphIdError;
use crate::inventory::SeenItem;
use crate::normalise::{Document, Hash32, NormaliseError, Normalised, normalise};

/// A policy as it was read, ready to be recorded.
#[derive(Debug, Clone)]
pub struct PolicyRead {
    pub(super) ty: &'static PolicyType,
    pub(super) seen: SeenItem,
    pub(super) hashes: Hashes,
    pub(super) rule_set: u32,
    pub(super) parts: Vec<Part>,
    pub(super) payload: Payload,
}

/// What tells whether two states of a policy mean the same, under one rule set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hashes {
    pub(super) canonical: Hash32,
    pub(super) settings: Hash32,
    pub(super) assignments: Option<Hash32>,
}

/// Why a document cannot be recorded. It concerns this one object, not those that it was read with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// Its id cannot be kept.
    #[error(transparent)]
    GraphId(#[from] GraphIdError),
    /// The object or an element of a part is not JSON that can be compared.
    #[error("read the {part} of a {type_key}")]
    Json {
        /// The type.
        type_key: String,
        /// The part.
        part: Part,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// A part without which the object is not whole was not read.
    #[error("record a {type_key} without its {part}")]
    PartNotRead {
        /// The type.
        type_key: String,
        /// The part.
        part: Part,
    },
    /// It cannot be brought into the form in which it is compared.
    #[error(transparent)]
    Normalise(#[from] NormaliseError),
    /// It is larger than [`super::PAYLOAD_BYTES_MAX`].
    #[error("record a {type_key} of {size_bytes} bytes")]
    TooLarge {
        /// The type.
        type_key: String,
        /// Its size.
        size_bytes: usize,
    },
}

impl PolicyRead {
    /// Returns what the inventory keeps of the object.
    #[must_use]
    pub fn seen(&self) -> &SeenItem {
        &self.seen
    }

    /// Returns its type.
    #[must_use]
    pub fn ty(&self) -> &'static PolicyType {
        self.ty
    }
}

/// Computes everything that recording a document needs: its hashes under `rule_set`, the version of
/// the compare rules of `ty`, and its payload, compressed.
///
/// Assignments may be absent, because reading them takes rights of its own; every other part that
/// the contract requires for this object must be there, since an object without it would look changed.
///
/// # Errors
/// Any [`PrepareError`].
pub fn prepare(
    ty: &'static PolicyType,
    rule_set: u32,
    graph_id: &str,
    document: &RawDocument<'_>,
) -> Result<PolicyRead, PrepareError> {
    let object = parse(ty, Part::Object, document.object)?;
    let seen = SeenItem::of(ty, graph_id, &object)?;
    check_whole(ty, &object, document)?;

    let mut values: Vec<Vec<Value>> = Vec::with_capacity(document.parts.len());
    for read in &document.parts {
        values.push(read.elements.iter().map(|raw| parse(ty, read.part, raw)).collect::<Result<_, _>>()?);
    }
    let start = Document::of(&object);
    let parsed = document.parts.iter().zip(&values).fold(start, |parsed, (read, values)| match read.of {
        None => parsed.with(read.part, values),
        Some(of) => parsed.with_part_of(read.part, of, values),
    });
    let hashes = Hashes::of(&normalise(ty, &parsed)?);

    let bytes = envelope::write(ty, document, &object);
    let payload = Payload::of(&bytes)
        .ok_or_else(|| PrepareError::TooLarge { type_key: ty.key.clone(), size_bytes: bytes.len() })?;
    let parts = parts_read(document, hashes.assignments);
    Ok(PolicyRead { ty, seen, hashes, rule_set, parts, payload })
}

impl Hashes {
    pub(super) fn of(normalised: &Normalised) -> Self {
        Self {
            canonical: normalised.canonical_hash,
            settings: normalised.settings_hash,
            assignments: normalised.assignments_hash,
        }
    }
}

fn parse(ty: &PolicyType, part: Part, raw: &RawValue) -> Result<Value, PrepareError> {
    serde_json::from_str(raw.get()).map_err(|source| PrepareError::Json {
        type_key: ty.key.clone(),
        part,
        source,
    })
}

/// Refuses an object that lacks a required part, other than assignments.
fn check_whole(ty: &PolicyType, object: &Value, document: &RawDocument<'_>) -> Result<(), PrepareError> {
    let required = ty.detail_of(object).filter(|call| call.need == Need::Required && call.for_each.is_none());
    let apart =
        required.map(|call| call.part).filter(|part| !matches!(part, Part::Object | Part::Assignments));
    for part in apart {
        if !document.parts.iter().any(|read| read.part == part) {
            return Err(PrepareError::PartNotRead { type_key: ty.key.clone(), part });
        }
    }
    Ok(())
}

/// Returns the parts that were read. Assignments count too where they came inside the object.
fn parts_read(document: &RawDocument<'_>, assignments: Option<Hash32>) -> Vec<Part> {
    let is_read = |part: &Part| match part {
        Part::Object => true,
        Part::Assignments if assignments.is_some() => true,
        part => document.parts.iter().any(|read| read.part == *part),
    };
    Part::ALL.into_iter().filter(is_read).collect()
}
