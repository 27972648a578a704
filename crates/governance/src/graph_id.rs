//! What Graph calls an object.

use std::fmt;

/// The longest id that is kept; those of Graph are GUIDs, sometimes two with words between.
pub const GRAPH_ID_CHARS_MAX: usize = 400;

/// An id that Graph gave and both databases can keep, exactly as it came.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GraphId(String);

/// Why an id cannot be kept. The object is refused, not the page that it is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphIdError {
    /// It is empty.
    #[error("keep an object whose id is empty")]
    Empty,
    /// It is longer than [`GRAPH_ID_CHARS_MAX`].
    #[error("keep an object whose id has more than {GRAPH_ID_CHARS_MAX} characters")]
    TooLong,
    /// It holds a NUL character. An id is not mended: two objects could become one.
    #[error("keep an object whose id holds a NUL character")]
    Nul,
}

impl GraphId {
    /// Takes an id as Graph gave it.
    ///
    /// # Errors
    /// [`GraphIdError`] if it cannot be kept.
    pub fn new(id: &str) -> Result<Self, GraphIdError> {
        if id.is_empty() {
            return Err(GraphIdError::Empty);
        }
        if id.contains('\0') {
            return Err(GraphIdError::Nul);
        }
        if id.chars().nth(GRAPH_ID_CHARS_MAX).is_some() {
            return Err(GraphIdError::TooLong);
        }
        Ok(Self(id.to_owned()))
    }

    /// Returns the id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GraphId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_up_to_the_limit_counted_in_characters() {
        let longest = "ä".repeat(GRAPH_ID_CHARS_MAX);
        assert_eq!(GraphId::new(&longest).unwrap().as_str(), longest);
        assert_eq!(GraphId::new(&format!("{longest}x")), Err(GraphIdError::TooLong));
    }

    #[test]
    fn an_id_that_no_row_can_have_is_refused() {
        assert_eq!(GraphId::new(""), Err(GraphIdError::Empty));
        assert_eq!(GraphId::new("a\0b"), Err(GraphIdError::Nul));
    }
}
