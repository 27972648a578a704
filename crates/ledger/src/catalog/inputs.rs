//! Reads inputs, and says in the user's words which field is wrong, what it holds, and what is allowed.

use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_path_to_error::{Path, Segment};

/// How much of a wrong value is quoted, in characters.
const VALUE_MAX: usize = 80;

/// What serde expects, and what a person would call it.
const WORDS: [(&str, &str); 9] = [
    ("a sequence", "a list"),
    ("a map", "an object"),
    ("struct ", "an object"),
    ("a string", "text"),
    ("a boolean", "true or false"),
    ("u", "a whole number of 0 or more"),
    ("i", "a whole number"),
    ("option", "a value or nothing"),
    ("unit", "nothing"),
];

/// Reads an operation from its inputs.
///
/// # Errors
/// A sentence that names the field, quotes its value, and says what is allowed.
pub(super) fn read<T: DeserializeOwned>(inputs: &Value) -> Result<T, String> {
    // A list would be taken for the fields in their order.
    if !inputs.is_object() {
        return Err(format!("the whole is {}; allowed: an object", quoted(inputs)));
    }
    serde_path_to_error::deserialize(inputs).map_err(|error| {
        let path = error.path();
        sentence(path, found(inputs, path), &error.inner().to_string())
    })
}

fn sentence(path: &Path, found: Option<&Value>, message: &str) -> String {
    let field = match path.to_string() {
        whole if whole == "." => "the whole".to_owned(),
        field => format!("`{field}`"),
    };
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let (name, expected) = rest.split_once(", expected ").unwrap_or((rest, "no fields"));
        return format!("there is no field {name}; allowed: {expected}");
    }
    if let Some(name) = message.strip_prefix("missing field ") {
        return format!("the field {name} is missing");
    }
    let value =
        found.map(|value| value.to_string().chars().take(VALUE_MAX).collect::<String>()).unwrap_or_default();
    match message.split_once(", expected ") {
        Some((_, expected)) => format!("{field} is {value}; allowed: {}", in_words(expected)),
        None => format!("{field} is {value}: {message}"),
    }
}

fn quoted(value: &Value) -> String {
    value.to_string().chars().take(VALUE_MAX).collect()
}

fn in_words(expected: &str) -> &str {
    let is_integer =
        |prefix: &str| expected.strip_prefix(prefix).is_some_and(|bits| bits.parse::<u8>().is_ok());
    WORDS
        .iter()
        .find(|(word, _)| match word.len() {
            1 => is_integer(word),
            _ => expected.starts_with(word),
        })
        .map_or(expected, |(_, words)| words)
}

/// The value that the path leads to.
fn found<'a>(inputs: &'a Value, path: &Path) -> Option<&'a Value> {
    path.iter().try_fold(inputs, |value, segment| match segment {
        Segment::Seq { index } => value.get(index),
        Segment::Map { key } => value.get(key),
        Segment::Enum { .. } | Segment::Unknown => Some(value),
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Season {
        Spring,
        Autumn,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Planting {
        seasons: Vec<Season>,
        rows: Option<u32>,
    }

    #[test]
    fn a_wrong_input_is_named_quoted_and_answered_with_what_is_allowed() {
        let refused = |inputs: Value| read::<Planting>(&inputs).expect_err("refused");
        let table = [
            (json!({"seasons": "spring"}), r#"`seasons` is "spring"; allowed: a list"#),
            (
                json!({"seasons": ["spring", "winter"]}),
                r#"`seasons[1]` is "winter"; allowed: `spring` or `autumn`"#,
            ),
            (json!({"seasons": [], "rows": -2}), "`rows` is -2; allowed: a whole number of 0 or more"),
            (
                json!({"seasons": [], "rows": "two"}),
                r#"`rows` is "two"; allowed: a whole number of 0 or more"#,
            ),
            (json!({"seasons": [], "row": 2}), "there is no field `row`; allowed: `seasons` or `rows`"),
            (json!({"rows": 2}), "the field `seasons` is missing"),
            (json!([1]), "the whole is [1]; allowed: an object"),
            (json!("x"), r#"the whole is "x"; allowed: an object"#),
        ];
        for (inputs, expected) in table {
            assert_eq!(refused(inputs), expected);
        }
    }

    #[test]
    fn right_inputs_are_read() {
        let planting: Planting =
            read(&json!({"seasons": ["spring", "autumn"], "rows": 3})).expect("they are right");
        assert!(matches!(planting.seasons[..], [Season::Spring, Season::Autumn]));
        assert_eq!(planting.rows, Some(3));
    }
}
