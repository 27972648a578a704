//! What makes two starts the same run.
//!
//! An identity is a hash over the kind and the *effective* inputs. Who asks, when, and with which
//! credentials are no part of it; sets are sorted by the caller, because a list's order counts.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use crate::failure::{SafeText, sanitize};

/// Version of the recipe below; a change of the recipe needs a new one.
pub const IDENTITY_KEY_VERSION: i16 = 1;

/// What the hashed bytes begin with.
const PREFIX: &[u8] = b"v1";

/// Largest integer that JSON carries exactly everywhere (RFC 7493 section 2.2): 2^53.
const INTEGER_MAX: u64 = 1 << 53;

/// Deepest nesting of inputs.
const DEPTH_MAX: usize = 64;

/// The hash by which the ledger finds an open run for the same work.
///
/// SHA-256 over `"v1" \0 kind \0 canonical-JSON(inputs)`. The JSON is canonical as RFC 8785 says,
/// with every string and name in Unicode NFC.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Identity {
    /// The SHA-256 hash.
    pub hash: [u8; 32],
    /// The version of the recipe that made it.
    pub key_version: i16,
}

/// Why an identity could not be made.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The inputs have no form in JSON.
    #[error("write the inputs as JSON")]
    Serialize(#[source] serde_json::Error),
    /// The kind is empty or holds a NUL, which parts it from the inputs.
    #[error("hash the kind {0:?}: it must not be empty or hold a NUL")]
    Kind(SafeText),
    /// A number with a fraction or an exponent, which has no single spelling.
    #[error("hash the number {0}: carry fractions as strings")]
    Float(f64),
    /// An integer beyond 2^53, which some readers of JSON round.
    #[error("hash the integer {0}: carry integers beyond 2^53 as strings")]
    LargeInteger(i128),
    /// Two names of an object that are the same in NFC.
    #[error("hash an object that holds the name {0:?} twice")]
    DuplicateName(SafeText),
    /// Inputs nested deeper than any operation's.
    #[error("hash inputs nested deeper than {DEPTH_MAX} levels")]
    Depth,
}

impl Identity {
    /// Hashes a kind and its effective inputs.
    ///
    /// Equal for objects whose names come in another order, and for strings that differ only in
    /// how accents are composed. Different for lists in another order.
    ///
    /// # Errors
    /// [`IdentityError`] if the inputs hold a float, an integer beyond 2^53, or cannot be written
    /// as JSON. A float that is not a number is written as null and not noticed.
    pub fn of<T: Serialize + ?Sized>(kind: &str, inputs: &T) -> Result<Self, IdentityError> {
        if kind.is_empty() || kind.contains('\0') {
            return Err(IdentityError::Kind(sanitize(kind)));
        }
        let inputs = canonical_inputs(inputs)?;
        let json = serde_json_canonicalizer::to_vec(&inputs).map_err(IdentityError::Serialize)?;
        let hash = Sha256::new()
            .chain_update(PREFIX)
            .chain_update([0])
            .chain_update(kind)
            .chain_update([0])
            .chain_update(json)
            .finalize();
        Ok(Self { hash: hash.into(), key_version: IDENTITY_KEY_VERSION })
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.hash))
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity(v{} {self})", self.key_version)
    }
}

/// The inputs as they are hashed and stored: names sorted, strings in NFC.
pub(crate) fn canonical_inputs<T: Serialize + ?Sized>(inputs: &T) -> Result<Value, IdentityError> {
    canonical(serde_json::to_value(inputs).map_err(IdentityError::Serialize)?, DEPTH_MAX)
}

fn canonical(value: Value, depth: usize) -> Result<Value, IdentityError> {
    let depth = depth.checked_sub(1).ok_or(IdentityError::Depth)?;
    Ok(match value {
        Value::String(text) => Value::String(text.nfc().collect()),
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| canonical(item, depth)).collect::<Result<_, _>>()?)
        }
        Value::Object(members) => Value::Object(canonical_object(members, depth)?),
        Value::Number(number) => {
            let integer =
                number.as_i128().ok_or_else(|| IdentityError::Float(number.as_f64().unwrap_or(f64::NAN)))?;
            if integer.unsigned_abs() > u128::from(INTEGER_MAX) {
                return Err(IdentityError::LargeInteger(integer));
            }
            Value::Number(number)
        }
        Value::Null | Value::Bool(_) => value,
    })
}

fn canonical_object(members: Map<String, Value>, depth: usize) -> Result<Map<String, Value>, IdentityError> {
    let mut canonical_members = Map::with_capacity(members.len());
    for (name, value) in members {
        let name: String = name.nfc().collect();
        if canonical_members.contains_key(&name) {
            return Err(IdentityError::DuplicateName(sanitize(&name)));
        }
        canonical_members.insert(name, canonical(value, depth)?);
    }
    canonical_members.sort_keys();
    Ok(canonical_members)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    /// One golden vector, made with another implementation.
    #[derive(Deserialize)]
    struct Vector {
        name: String,
        kind: String,
        inputs: Value,
        canonical: String,
        hash: String,
    }

    fn vectors() -> Vec<Vector> {
        serde_json::from_str(include_str!("../tests/data/identity-vectors.json"))
            .expect("the vectors are JSON")
    }

    #[test]
    fn identities_are_those_of_the_golden_vectors() {
        let vectors = vectors();
        assert!(vectors.len() >= 20, "the vectors are whole");
        for vector in vectors {
            let inputs = canonical_inputs(&vector.inputs).unwrap();
            assert_eq!(
                serde_json_canonicalizer::to_string(&inputs).unwrap(),
                vector.canonical,
                "{}",
                vector.name
            );
            let identity = Identity::of(&vector.kind, &vector.inputs).unwrap();
            assert_eq!(identity.to_string(), vector.hash, "{}", vector.name);
            assert_eq!(identity.key_version, 1);
        }
    }

    #[test]
    fn reordered_names_and_composed_accents_are_the_same_identity() {
        let of = |inputs: Value| Identity::of("policy.sync", &inputs).unwrap();
        assert_eq!(of(json!({"a": 1, "b": {"c": 2, "d": 3}})), of(json!({"b": {"d": 3, "c": 2}, "a": 1})));
        assert_eq!(of(json!({"n\u{e9}": "Caf\u{e9}"})), of(json!({"ne\u{301}": "Cafe\u{301}"})));
    }

    #[test]
    fn reordered_lists_and_other_kinds_are_other_identities() {
        let identity = Identity::of("policy.sync", &["a", "b"]).unwrap();
        assert_ne!(identity, Identity::of("policy.sync", &["b", "a"]).unwrap());
        assert_ne!(identity, Identity::of("inventory.sync", &["a", "b"]).unwrap());
    }

    #[test]
    fn numbers_without_one_exact_spelling_are_refused() {
        let error = |inputs: Value| Identity::of("policy.sync", &inputs).unwrap_err().to_string();
        assert_eq!(error(json!({"ratio": 0.5})), "hash the number 0.5: carry fractions as strings");
        assert_eq!(error(json!([1.0])), "hash the number 1: carry fractions as strings");
        assert_eq!(
            error(json!(9_007_199_254_740_993_u64)),
            "hash the integer 9007199254740993: carry integers beyond 2^53 as strings"
        );
        assert!(
            Identity::of("policy.sync", &json!([9_007_199_254_740_992_u64, -9_007_199_254_740_992_i64]))
                .is_ok()
        );
    }

    #[test]
    fn inputs_that_cannot_be_hashed_are_refused() {
        assert!(matches!(Identity::of("", &json!({})), Err(IdentityError::Kind(_))));
        assert!(matches!(Identity::of("a\0b", &json!({})), Err(IdentityError::Kind(_))));
        let twice = json!({"\u{e9}": 1, "e\u{301}": 1});
        assert!(matches!(Identity::of("policy.sync", &twice), Err(IdentityError::DuplicateName(_))));
        let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
        assert!(matches!(Identity::of("policy.sync", &deep), Err(IdentityError::Depth)));
    }

    fn inputs() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (-(1_i64 << 53)..=1_i64 << 53).prop_map(Value::from),
            "\\PC{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{1,4}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn reversed(value: &Value) -> Value {
        match value {
            Value::Object(members) => Value::Object(
                members.iter().rev().map(|(name, value)| (name.clone(), reversed(value))).collect(),
            ),
            Value::Array(items) => items.iter().map(reversed).collect(),
            other => other.clone(),
        }
    }

    proptest! {
        #[test]
        fn the_order_of_names_never_matters(inputs in inputs()) {
            let identity = Identity::of("policy.sync", &inputs).unwrap();
            prop_assert_eq!(identity, Identity::of("policy.sync", &reversed(&inputs)).unwrap());
            prop_assert_eq!(identity, Identity::of("policy.sync", &canonical_inputs(&inputs).unwrap()).unwrap());
        }

        #[test]
        fn another_value_is_another_identity(inputs in inputs()) {
            let wrapped = json!([inputs]);
            prop_assert_ne!(
                Identity::of("policy.sync", &inputs).unwrap(),
                Identity::of("policy.sync", &wrapped).unwrap()
            );
        }
    }
}
