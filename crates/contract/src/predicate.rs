//! Conditions on the properties of an object.

use serde::Deserialize;
use serde_json::Value;

use crate::field_path::FieldPath;

/// Chooses the objects that belong to a view.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Predicate {
    /// All of these must hold.
    #[serde(default)]
    all: Vec<Condition>,
    /// Also takes everything that no earlier view took.
    #[serde(default)]
    rest: bool,
}

/// One property and what it may be.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawCondition")]
pub enum Condition {
    /// The property has one of these values; `null` also stands for an absent property.
    Is {
        /// Where to look.
        path: FieldPath,
        /// The values that fit.
        values: Vec<Value>,
    },
    /// The property, words divided by commas or an array of words, holds one of these words.
    HasFlag {
        /// Where to look.
        path: FieldPath,
        /// The words that fit.
        flags: Vec<String>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCondition {
    path: FieldPath,
    is: Option<Vec<Value>>,
    has_flag: Option<Vec<String>>,
}

impl TryFrom<RawCondition> for Condition {
    type Error = &'static str;

    fn try_from(raw: RawCondition) -> Result<Self, Self::Error> {
        match (raw.is, raw.has_flag) {
            (Some(values), None) => Ok(Self::Is { path: raw.path, values }),
            (None, Some(flags)) => Ok(Self::HasFlag { path: raw.path, flags }),
            _ => Err("a condition has either `is` or `has_flag`"),
        }
    }
}

impl Predicate {
    /// Says whether the object belongs here, given that no earlier view took it.
    pub fn matches(&self, object: &Value) -> bool {
        self.rest || self.all.iter().all(|condition| condition.holds(object))
    }

    /// Says whether this predicate takes everything that is left.
    pub fn takes_the_rest(&self) -> bool {
        self.rest
    }

    /// Returns the conditions; together with [`Self::takes_the_rest`] they are the whole predicate.
    pub fn conditions(&self) -> &[Condition] {
        &self.all
    }
}

impl Condition {
    /// Says whether the object fulfils this condition.
    pub fn holds(&self, object: &Value) -> bool {
        match self {
            Self::Is { path, values } => {
                let found = path.first(object).unwrap_or(&Value::Null);
                values.iter().any(|value| is_same(value, found))
            }
            Self::HasFlag { path, flags } => match path.first(object) {
                Some(Value::String(words)) => {
                    words.split(',').any(|word| flags.iter().any(|flag| flag == word.trim()))
                }
                Some(Value::Array(words)) => {
                    words.iter().filter_map(Value::as_str).any(|word| flags.iter().any(|flag| flag == word))
                }
                _ => false,
            },
        }
    }
}

/// Graph writes a type name with and without its leading `#`.
fn is_same(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::String(wanted), Value::String(found)) => {
            wanted.trim_start_matches('#') == found.trim_start_matches('#')
        }
        _ => wanted == found,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn condition(value: Value) -> Condition {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn null_stands_for_an_absent_property() {
        let none = condition(json!({"path": "a.b", "is": ["none", null]}));
        assert!(none.holds(&json!({})));
        assert!(none.holds(&json!({"a": {"b": null}})));
        assert!(none.holds(&json!({"a": {"b": "none"}})));
        assert!(!none.holds(&json!({"a": {"b": "other"}})));
    }

    #[test]
    fn a_type_name_matches_with_and_without_its_hash_sign() {
        let typed = condition(json!({"path": "@odata.type", "is": ["#microsoft.graph.x"]}));
        assert!(typed.holds(&json!({"@odata.type": "microsoft.graph.x"})));
        assert!(typed.holds(&json!({"@odata.type": "#microsoft.graph.x"})));
    }

    #[test]
    fn a_flag_is_a_whole_word_between_commas() {
        let flag = condition(json!({"path": "platforms", "has_flag": ["iOS"]}));
        assert!(flag.holds(&json!({"platforms": "macOS, iOS"})));
        assert!(flag.holds(&json!({"platforms": ["iOS"]})));
        assert!(!flag.holds(&json!({"platforms": "iOSX"})));
        assert!(!flag.holds(&json!({})));
    }

    #[test]
    fn a_condition_with_both_tests_or_none_is_refused() {
        for wrong in [json!({"path": "a"}), json!({"path": "a", "is": [], "has_flag": []})] {
            assert!(serde_json::from_value::<Condition>(wrong).is_err());
        }
    }
}
