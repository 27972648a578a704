//! The bytes of a payload: one JSON object that holds what Graph sent.
//!
//! ```json
//! {"object":{…},"settings":[…],"assignments":[…],"presentation_values":{"<element id>":[…]}}
//! ```
//!
//! `object` comes first, then each part that was read, under its stored name and in the order of
//! [`Part::ALL`]. A part is the array of its elements, also where it has exactly one; a part that
//! belongs to elements of another part is an object with such an array for each element, by id. A
//! part that was not read is not there.
//!
//! Every value is copied byte for byte: spaces, the spelling of numbers, and properties that nobody
//! knows. One thing is taken out, a secret that is never kept ([`withhold`]): its property goes, the
//! objects around it lose the spaces between their properties, and the rest stays as it was.

use std::collections::BTreeMap;

use contract::{Part, PolicyType};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::document::{RawDocument, RawPart};
use super::withholding::write_without;
use crate::normalise::{Document, withhold};

/// The name under which the object stands.
const OBJECT: &str = "object";

/// Writes the bytes of a payload; `object` is the document's object, parsed.
pub(super) fn write(ty: &PolicyType, document: &RawDocument<'_>, object: &Value) -> Vec<u8> {
    let mut out = String::from("{\"object\":");
    let mut kept = object.clone();
    withhold(ty, &mut kept);
    write_without(document.object, object, &kept, &mut out);
    for part in Part::ALL {
        let whole = document.parts.iter().find(|read| read.part == part && read.of.is_none());
        let by_element = document.parts.iter().filter(|read| read.part == part);
        let by_element: BTreeMap<&str, &RawPart<'_>> =
            by_element.filter_map(|read| Some((read.of?, read))).collect();
        if whole.is_none() && by_element.is_empty() {
            continue;
        }
        out.push_str(&format!(",\"{part}\":"));
        match whole {
            Some(read) => write_elements(read.elements, &mut out),
            None => {
                let mut sign = '{';
                for (id, read) in by_element {
                    out.push(sign);
                    out.push_str(&Value::from(id).to_string());
                    out.push(':');
                    write_elements(read.elements, &mut out);
                    sign = ',';
                }
                out.push('}');
            }
        }
    }
    out.push('}');
    out.into_bytes()
}

fn write_elements(elements: &[Box<RawValue>], out: &mut String) {
    out.push('[');
    for (place, element) in elements.iter().enumerate() {
        out.push_str(if place == 0 { "" } else { "," });
        out.push_str(element.get());
    }
    out.push(']');
}

/// A document as it comes out of a payload.
#[derive(Debug, Clone)]
pub struct StoredDocument {
    object: Value,
    parts: Vec<StoredPart>,
}

#[derive(Debug, Clone)]
struct StoredPart {
    part: Part,
    of: Option<String>,
    values: Vec<Value>,
}

/// Why the bytes are no payload.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// They are not JSON.
    #[error("read a payload")]
    Json(#[from] serde_json::Error),
    /// They hold something where no payload has it.
    #[error("read a payload: {0:?} is not what it should be")]
    Shape(String),
}

impl StoredDocument {
    /// Reads the bytes of a payload.
    ///
    /// # Errors
    /// [`EnvelopeError`] if they are none.
    pub fn read(bytes: &[u8]) -> Result<Self, EnvelopeError> {
        let mut entries: Map<String, Value> = serde_json::from_slice(bytes)?;
        let object = entries.shift_remove(OBJECT).ok_or_else(|| EnvelopeError::Shape(OBJECT.to_owned()))?;
        let mut parts = Vec::new();
        for (name, value) in entries {
            let shape = || EnvelopeError::Shape(name.clone());
            let part = Part::from_name(&name).ok_or_else(shape)?;
            match value {
                Value::Array(values) => parts.push(StoredPart { part, of: None, values }),
                Value::Object(by_element) => {
                    for (id, values) in by_element {
                        let Value::Array(values) = values else { return Err(shape()) };
                        parts.push(StoredPart { part, of: Some(id), values });
                    }
                }
                _ => return Err(shape()),
            }
        }
        Ok(Self { object, parts })
    }

    /// Returns the object without its parts.
    #[must_use]
    pub fn object(&self) -> &Value {
        &self.object
    }

    /// Returns the document in the form that can be normalised.
    #[must_use]
    pub fn document(&self) -> Document<'_> {
        let start = Document::of(&self.object);
        self.parts.iter().fold(start, |document, part| match &part.of {
            None => document.with(part.part, &part.values),
            Some(of) => document.with_part_of(part.part, of, &part.values),
        })
    }
}
