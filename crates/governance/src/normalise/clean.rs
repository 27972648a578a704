//! What holds in every place of every tree: annotations, type names, GUIDs, absent properties.

use serde_json::Value;

const TYPE_NAME: &str = "@odata.type";
const NO_DATE: &str = "0001-01-01T00:00:00";

/// Drops annotations and properties that mean "not set"; writes type names and GUIDs in one way.
pub(super) fn clean(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, value| !is_annotation(key) && !is_absent(value));
            for (key, value) in map.iter_mut() {
                match value {
                    Value::String(name) if key == TYPE_NAME => {
                        if !name.starts_with('#') {
                            name.insert(0, '#');
                        }
                    }
                    _ => clean(value),
                }
            }
        }
        Value::Array(elements) => elements.iter_mut().for_each(clean),
        Value::String(text) if is_guid(text) => text.make_ascii_lowercase(),
        _ => {}
    }
}

/// Says whether a key tells something about the answer rather than about the object.
fn is_annotation(key: &str) -> bool {
    key.starts_with('#') || key.contains("@odata.") && key != TYPE_NAME
}

/// Says whether a property of this value is the same as an absent one, in every place.
fn is_absent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => is_no_date(text),
        _ => false,
    }
}

/// Graph writes the first moment of year 1, with or without zero fractions, where a date is not set.
fn is_no_date(text: &str) -> bool {
    let Some(rest) = text.strip_prefix(NO_DATE).and_then(|rest| rest.strip_suffix('Z')) else {
        return false;
    };
    rest.is_empty() || rest.strip_prefix('.').is_some_and(|f| !f.is_empty() && f.bytes().all(|b| b == b'0'))
}

/// Says whether the whole text is a GUID in the form 8-4-4-4-12.
pub(super) fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
