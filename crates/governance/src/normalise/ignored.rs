//! What is left out of a compare, and why.

use contract::{FieldPath, SecretHow};

/// A place whose value was read but is no part of the compare.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct IgnoredField {
    /// The declared place, `[]` standing for each element.
    pub path: String,
    /// Why it is left out.
    pub because: IgnoredBecause,
}

/// Why a value is left out of a compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IgnoredBecause {
    /// It changes by itself.
    Volatile,
    /// Only the state of a secret is compared.
    SecretState,
    /// A masked value may be read in its place.
    SecretMasked,
    /// It cannot be read back, so what is read says nothing.
    WriteOnly,
    /// It is a secret that is never kept.
    SecretNotKept,
}

impl IgnoredBecause {
    /// Returns why a value of this sort is left out, if it is.
    pub(super) fn of_secret(how: SecretHow) -> Option<Self> {
        match how {
            SecretHow::StateOnly => Some(Self::SecretState),
            SecretHow::Placeholder | SecretHow::DecryptCall => Some(Self::SecretMasked),
            SecretHow::NotReturned => Some(Self::WriteOnly),
            SecretHow::ReturnedSecret => Some(Self::SecretNotKept),
            SecretHow::Clear | SecretHow::TenantValue => None,
        }
    }
}

/// Collects ignored fields.
#[derive(Debug, Default)]
pub(super) struct Ignored(Vec<IgnoredField>);

impl Ignored {
    pub(super) fn add(&mut self, path: &FieldPath, because: IgnoredBecause) {
        self.add_text(path.to_string(), because);
    }

    pub(super) fn add_text(&mut self, path: String, because: IgnoredBecause) {
        self.0.push(IgnoredField { path, because });
    }

    /// Returns the fields in order of their paths, each once.
    pub(super) fn into_fields(mut self) -> Vec<IgnoredField> {
        self.0.sort();
        self.0.dedup();
        self.0
    }
}
