//! A policy as Graph sent it, byte for byte.

use contract::Part;
use serde_json::value::RawValue;

/// An object with the parts that further calls gave, as Graph sent them.
#[derive(Debug, Clone)]
pub struct RawDocument<'a> {
    pub(super) object: &'a RawValue,
    pub(super) parts: Vec<RawPart<'a>>,
}

/// One part of a document, read to its last page.
#[derive(Debug, Clone)]
pub struct RawPart<'a> {
    /// Which part.
    pub part: Part,
    /// The id of the element that it belongs to, for parts that are read element by element.
    pub of: Option<&'a str>,
    /// Its elements; exactly one where the part is no list.
    pub elements: &'a [Box<RawValue>],
}

impl<'a> RawDocument<'a> {
    /// Starts with the object itself.
    #[must_use]
    pub fn of(object: &'a RawValue) -> Self {
        Self { object, parts: Vec::new() }
    }

    /// Adds a part. A part that was not read is not added; one that is there and empty is.
    #[must_use]
    pub fn with(mut self, part: RawPart<'a>) -> Self {
        self.parts.push(part);
        self
    }
}
