//! Taking secrets that are never kept out of an object, and leaving every other byte as it is.

use std::fmt;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// Writes `raw` without the properties that are in `before`, which is `raw` parsed, and not in `after`.
///
/// What did not change is copied byte for byte. Only properties can have gone: arrays are as long in both.
pub(super) fn write_without(raw: &RawValue, before: &Value, after: &Value, out: &mut String) {
    match (before, after) {
        _ if before == after => out.push_str(raw.get()),
        (Value::Object(before), Value::Object(after)) => {
            let mut sign = '{';
            for (name, value) in properties(raw) {
                let (Some(before), Some(after)) = (before.get(&name), after.get(&name)) else { continue };
                out.push(sign);
                out.push_str(&Value::String(name).to_string());
                out.push(':');
                write_without(value, before, after, out);
                sign = ',';
            }
            out.push_str(if sign == '{' { "{}" } else { "}" });
        }
        (Value::Array(before), Value::Array(after)) => {
            let elements: Vec<&RawValue> =
                serde_json::from_str(raw.get()).expect("it was parsed as an array");
            let mut sign = '[';
            for ((element, before), after) in elements.into_iter().zip(before).zip(after) {
                out.push(sign);
                write_without(element, before, after, out);
                sign = ',';
            }
            out.push(']');
        }
        // A changed value is never copied from the raw text, whatever changed it.
        _ => out.push_str(&after.to_string()),
    }
}

/// Takes an object apart into its properties, in order, without looking into the values.
fn properties(raw: &RawValue) -> Vec<(String, &RawValue)> {
    struct Properties;
    impl<'de> Visitor<'de> for Properties {
        type Value = Vec<(String, &'de RawValue)>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut properties = Vec::new();
            while let Some(property) = map.next_entry()? {
                properties.push(property);
            }
            Ok(properties)
        }
    }
    let mut text = serde_json::Deserializer::from_str(raw.get());
    text.deserialize_map(Properties).expect("it was parsed as an object")
}

#[cfg(test)]
mod tests {
    use contract::{Registry, SecretPlace, Segment};
    use serde_json::json;

    use super::*;

    #[test]
    fn every_byte_beside_the_withheld_property_stays() {
        let raw = r#"{ "a" : 1.50, "list":[ {"secret":"s3cret", "n": 123456789012345678901234567890}, {"k" :[ ]}], "z\u0041":null }"#;
        let raw = RawValue::from_string(raw.to_owned()).unwrap();
        let before: Value = serde_json::from_str(raw.get()).unwrap();
        let mut after = before.clone();
        after["list"][0].as_object_mut().unwrap().remove("secret");
        let mut written = String::new();
        write_without(&raw, &before, &after, &mut written);
        assert_eq!(
            written,
            r#"{"a":1.50,"list":[{"n":123456789012345678901234567890},{"k" :[ ]}],"zA":null}"#
        );
    }

    #[test]
    fn an_object_may_lose_all_it_has() {
        let raw = RawValue::from_string(r#"{"a":1}"#.to_owned()).unwrap();
        let mut written = String::new();
        write_without(&raw, &json!({"a": 1}), &json!({}), &mut written);
        assert_eq!(written, "{}");
    }

    /// Secrets are looked for in the object; this is where they are.
    #[test]
    fn no_part_beside_the_object_holds_a_secret_that_is_never_kept() {
        for ty in Registry::builtin().types() {
            let rules = ty.secrets.iter().chain(ty.views.iter().flat_map(|view| &view.secrets));
            for rule in rules.filter(|rule| !rule.how.is_kept()) {
                let first = match &rule.place {
                    SecretPlace::Path(path) => &path.segments()[0],
                    SecretPlace::Typed { under, .. } => &under.segments()[0],
                };
                let Segment::Property(first) = first else {
                    panic!("{}: a path begins with a property", ty.key)
                };
                let in_part = ty.detail.iter().any(|call| call.part.property() == Some(first));
                assert!(!in_part, "{}: {first} is a part", ty.key);
            }
        }
    }
}
