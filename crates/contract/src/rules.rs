//! How the values of an object are compared: sets, secrets, and values that mean "not set".

use serde::Deserialize;
use serde_json::Value;

use crate::field_path::FieldPath;

/// An array whose order means nothing.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetRule {
    /// The array itself, without `[]` at its end.
    pub path: FieldPath,
    /// What its elements are matched by.
    pub by: SetKey,
}

/// What the elements of a set are matched by.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SetKey {
    /// The elements are plain values.
    Value,
    /// The whole element.
    Element,
    /// These properties of the element, in order.
    Fields(Vec<FieldPath>),
    /// Settings-catalog instances: the definition id, and for a group what it contains.
    SettingInstance,
}

/// A value that is secret, comes masked, or belongs to one tenant.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "RawSecretRule")]
pub struct SecretRule {
    /// Where it is.
    pub place: SecretPlace,
    /// How it behaves.
    pub how: SecretHow,
    /// Holds only where a neighbouring property has a certain value.
    pub when: Option<SiblingIs>,
    /// The call that would return the value in clear: never made to compare.
    pub reveal: Option<String>,
    /// What a person should know.
    pub note: Option<String>,
}

/// Where a secret value is.
#[derive(Debug, Clone)]
pub enum SecretPlace {
    /// At this path.
    Path(FieldPath),
    /// In every object of a type, at any depth below a property.
    Typed {
        /// The property to search below.
        under: FieldPath,
        /// The type name of the objects that hold a secret.
        odata_type: String,
        /// Their property that holds the secret.
        value: String,
        /// Their property that tells its state.
        state: String,
    },
}

/// How a secret value behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretHow {
    /// The state is compared, never the value.
    StateOnly,
    /// A masked or missing value may be read: not compared, never written back.
    Placeholder,
    /// A placeholder is read; one further call would return the value.
    DecryptCall,
    /// Write-only.
    NotReturned,
    /// Returned in clear: not kept.
    ReturnedSecret,
    /// Returned in clear and kept; may hold a credential, so it is redacted where shown.
    Clear,
    /// Not secret, but of one tenant: masked in a compare across tenants.
    TenantValue,
}

impl SecretHow {
    /// Says whether the value takes part in a compare within one tenant.
    pub fn is_compared(self) -> bool {
        matches!(self, Self::Clear | Self::TenantValue)
    }

    /// Says whether the value may be stored at all.
    pub fn is_kept(self) -> bool {
        self != Self::ReturnedSecret
    }
}

/// A property beside the secret value and what it must be.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SiblingIs {
    /// The neighbouring property.
    pub sibling: String,
    /// Its value.
    pub is: Value,
}

/// Values at a path that mean the same as an absent property.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbsentLike {
    /// The property.
    pub path: FieldPath,
    /// Its values that mean "not set", beside `null`.
    pub values: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSecretRule {
    path: Option<FieldPath>,
    typed: Option<RawTyped>,
    how: SecretHow,
    when: Option<SiblingIs>,
    reveal: Option<String>,
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTyped {
    under: FieldPath,
    odata_type: String,
    value: String,
    state: String,
}

impl TryFrom<RawSecretRule> for SecretRule {
    type Error = &'static str;

    fn try_from(raw: RawSecretRule) -> Result<Self, Self::Error> {
        let place = match (raw.path, raw.typed) {
            (Some(path), None) => SecretPlace::Path(path),
            (None, Some(typed)) => SecretPlace::Typed {
                under: typed.under,
                odata_type: typed.odata_type,
                value: typed.value,
                state: typed.state,
            },
            _ => return Err("a secret has either `path` or `typed`"),
        };
        Ok(Self { place, how: raw.how, when: raw.when, reveal: raw.reveal, note: raw.note })
    }
}
