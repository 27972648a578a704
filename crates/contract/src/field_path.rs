//! A dotted path into a Graph object: `settings[].id`.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error as _};
use serde_json::Value;

/// How the one kind of property name that holds a dot begins.
const ANNOTATION: &str = "@odata.";

/// A parsed path: property names divided by dots; `[]` behind a name means each element.
///
/// It holds at that very place only, never for nested properties of the same name. Annotations such
/// as `@odata.type` count as one name although they hold a dot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldPath {
    segments: Vec<Segment>,
}

/// One step of a [`FieldPath`].
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// Into the property of that name.
    Property(String),
    /// Into each element of an array.
    Each,
}

/// Why a text is no [`FieldPath`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FieldPathError {
    /// A name between two dots is missing, or the text is empty.
    #[error("read the field path {path:?}: a property name is empty")]
    EmptyName {
        /// The whole text.
        path: String,
    },
    /// A bracket stands alone or holds something.
    #[error("read the field path {path:?}: only a whole [] behind a name is allowed")]
    Bracket {
        /// The whole text.
        path: String,
    },
    /// A name holds a character that no Graph property has.
    #[error("read the field path {path:?}: a property name holds {found:?}")]
    Character {
        /// The whole text.
        path: String,
        /// The first character that is not allowed.
        found: char,
    },
}

impl FieldPath {
    /// Parses `a.b[].c`.
    ///
    /// # Errors
    /// [`FieldPathError`] names the text and what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, FieldPathError> {
        let path = || text.to_owned();
        let mut segments = Vec::new();
        let mut rest = text;
        loop {
            let (name, after) = split_name(rest);
            let bare = name.strip_prefix(ANNOTATION).unwrap_or(name);
            if bare.is_empty() {
                return Err(FieldPathError::EmptyName { path: path() });
            }
            if let Some(found) = bare.chars().find(|c| !is_name_character(*c)) {
                return Err(match found {
                    '[' | ']' => FieldPathError::Bracket { path: path() },
                    _ => FieldPathError::Character { path: path(), found },
                });
            }
            segments.push(Segment::Property(name.to_owned()));
            rest = after;
            while let Some(behind) = rest.strip_prefix("[]") {
                segments.push(Segment::Each);
                rest = behind;
            }
            if rest.is_empty() {
                return Ok(Self { segments });
            }
            rest = rest.strip_prefix('.').ok_or_else(|| FieldPathError::Bracket { path: path() })?;
        }
    }

    /// Returns the steps from the object inwards; there is at least one.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// Returns every value at this path; an absent property or a wrong shape gives nothing.
    pub fn values<'v>(&self, object: &'v Value) -> Vec<&'v Value> {
        let mut here = vec![object];
        for segment in &self.segments {
            here = match segment {
                Segment::Property(name) => here.iter().filter_map(|v| v.get(name)).collect(),
                Segment::Each => here.iter().filter_map(|v| v.as_array()).flatten().collect(),
            };
        }
        here
    }

    /// Returns the first value at this path, if there is one.
    pub fn first<'v>(&self, object: &'v Value) -> Option<&'v Value> {
        self.values(object).into_iter().next()
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, segment) in self.segments.iter().enumerate() {
            match segment {
                Segment::Property(name) if index == 0 => f.write_str(name)?,
                Segment::Property(name) => write!(f, ".{name}")?,
                Segment::Each => f.write_str("[]")?,
            }
        }
        Ok(())
    }
}

impl FromStr for FieldPath {
    type Err = FieldPathError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for FieldPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

/// Divides a text behind its first name: at a dot, or where the closed brackets begin.
fn split_name(text: &str) -> (&str, &str) {
    let from = if text.starts_with(ANNOTATION) { ANNOTATION.len() } else { 0 };
    let end = text[from..]
        .find('.')
        .into_iter()
        .chain(text[from..].find("[]"))
        .min()
        .map_or(text.len(), |at| from + at);
    text.split_at(end)
}

fn is_name_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_is_shown_as_it_was_written() {
        for text in ["id", "a.b", "settings[].id", "a[].b[].c", "a[][]", "@odata.type", "x.@odata.type"] {
            assert_eq!(FieldPath::parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn an_annotation_is_one_name() {
        let path = FieldPath::parse("target.@odata.type").unwrap();
        assert_eq!(path.segments().len(), 2);
        assert_eq!(path.first(&json!({"target": {"@odata.type": "x"}})), Some(&json!("x")));
    }

    #[test]
    fn a_malformed_path_says_what_is_wrong() {
        let empty = |path: &str| Err(FieldPathError::EmptyName { path: path.to_owned() });
        let bracket = |path: &str| Err(FieldPathError::Bracket { path: path.to_owned() });
        for text in ["", ".", "a.", ".a", "a..b", "[]", "@odata."] {
            assert_eq!(FieldPath::parse(text), empty(text));
        }
        for text in ["a[0]", "a[", "a[]b"] {
            assert_eq!(FieldPath::parse(text), bracket(text));
        }
        assert_eq!(
            FieldPath::parse("a b"),
            Err(FieldPathError::Character { path: "a b".to_owned(), found: ' ' })
        );
    }

    #[test]
    fn each_element_is_visited_at_that_place_only() {
        let object = json!({"id": 0, "a": [{"id": 1}, {"x": {"id": 9}}, {"id": 2}]});
        let found = FieldPath::parse("a[].id").unwrap();
        assert_eq!(found.values(&object), [&json!(1), &json!(2)]);
    }
}
