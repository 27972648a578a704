//! Values as they are bound to a statement.

use uuid::Uuid;

use crate::{SqlType, Ts};

/// A value to bind; made from Rust types by [`params!`](crate::params).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value, of whatever type the statement expects.
    Null,
    /// A uuid.
    Uuid(Uuid),
    /// A text.
    Text(String),
    /// An integer of any declared width.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// Bytes.
    Bytes(Vec<u8>),
    /// A JSON document.
    Json(serde_json::Value),
    /// An instant.
    Time(Ts),
    /// A list of texts.
    TextList(Vec<String>),
    /// A list of uuids.
    UuidList(Vec<Uuid>),
}

impl Value {
    /// Says whether the value may be bound where `declared` stands.
    #[must_use]
    pub fn fits(&self, declared: SqlType) -> bool {
        match (self, declared) {
            (Self::Null, _)
            | (Self::Uuid(_), SqlType::Uuid)
            | (Self::Text(_), SqlType::Text)
            | (Self::Int(_), SqlType::I64)
            | (Self::Bool(_), SqlType::Bool)
            | (Self::Bytes(_), SqlType::Bytes)
            | (Self::Json(_), SqlType::Json)
            | (Self::Time(_), SqlType::Time)
            | (Self::TextList(_), SqlType::TextList)
            | (Self::UuidList(_), SqlType::UuidList) => true,
            (Self::Int(n), SqlType::I16) => i16::try_from(*n).is_ok(),
            (Self::Int(n), SqlType::I32) => i32::try_from(*n).is_ok(),
            _ => false,
        }
    }

    /// Says whether the value holds a NUL character, which PostgreSQL's text and jsonb refuse.
    pub(crate) fn has_nul(&self) -> bool {
        match self {
            Self::Text(text) => text.contains('\0'),
            Self::Json(json) => json_has_nul(json),
            Self::TextList(texts) => texts.iter().any(|t| t.contains('\0')),
            _ => false,
        }
    }
}

fn json_has_nul(json: &serde_json::Value) -> bool {
    match json {
        serde_json::Value::String(text) => text.contains('\0'),
        serde_json::Value::Array(items) => items.iter().any(json_has_nul),
        serde_json::Value::Object(map) => map.iter().any(|(k, v)| k.contains('\0') || json_has_nul(v)),
        _ => false,
    }
}

macro_rules! value_from {
    ($($from:ty => |$v:ident| $make:expr),* $(,)?) => {
        $(impl From<$from> for Value {
            fn from($v: $from) -> Self {
                $make
            }
        })*
    };
}

value_from! {
    Uuid => |v| Self::Uuid(v),
    String => |v| Self::Text(v),
    &str => |v| Self::Text(v.to_owned()),
    i64 => |v| Self::Int(v),
    i32 => |v| Self::Int(v.into()),
    i16 => |v| Self::Int(v.into()),
    bool => |v| Self::Bool(v),
    Vec<u8> => |v| Self::Bytes(v),
    &[u8] => |v| Self::Bytes(v.to_vec()),
    [u8; 32] => |v| Self::Bytes(v.to_vec()),
    serde_json::Value => |v| Self::Json(v),
    Ts => |v| Self::Time(v),
    Vec<String> => |v| Self::TextList(v),
    Vec<Uuid> => |v| Self::UuidList(v),
    std::time::Duration => |v| Self::Int(crate::clock::micros(v)),
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// Builds the list of values that a statement is run with; durations become microseconds.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => {
        &[$($crate::Value::from($value)),*]
    };
}
