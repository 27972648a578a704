//! The one way in which a tree is written to be hashed.

use serde::ser::{Serialize, SerializeMap as _, Serializer};
use serde_json::{Number, Value};

/// Largest integer that a double holds together with all smaller ones: 2^53.
const EXACT_INTEGER_MAX: u64 = 1 << 53;

/// Property name that stands for an integer beyond [`EXACT_INTEGER_MAX`]. No Graph property starts
/// with NUL.
const INTEGER: &str = "\u{0}integer";

/// Returns the canonical bytes of a tree: RFC 8785, except that integers beyond 2^53 keep their
/// digits, as a wrapped text.
///
/// Integers that do not fit 64 bits were already rounded when the JSON text was read.
pub(super) fn bytes(value: &Value) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(&Exact(value))
        .expect("a JSON value has finite numbers and text keys, each once")
}

struct Exact<'a>(&'a Value);

impl Serialize for Exact<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Value::Array(elements) => serializer.collect_seq(elements.iter().map(Exact)),
            Value::Object(map) => serializer.collect_map(map.iter().map(|(key, value)| (key, Exact(value)))),
            Value::Number(number) if loses_digits(number) => {
                let mut wrapped = serializer.serialize_map(Some(1))?;
                wrapped.serialize_entry(INTEGER, &number.to_string())?;
                wrapped.end()
            }
            other => other.serialize(serializer),
        }
    }
}

fn loses_digits(number: &Number) -> bool {
    let magnitude = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
    magnitude.is_some_and(|magnitude| magnitude > EXACT_INTEGER_MAX)
}
