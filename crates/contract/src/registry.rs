//! All types.

use std::sync::{Arc, LazyLock};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::platform::OdataPlatform;
use crate::policy_type::PolicyType;

/// The one shape of the data file that this code reads.
const FORMAT: u32 = 1;

/// Version of the compare rules. It is raised by hand whenever a rule in the data, or the way in
/// which rules are applied, changes what a hash comes from.
const RULE_SET: u32 = 1;

const BUILTIN: &str = include_str!("../data/policy-types.json");

/// Every type that may be called, in the order of the data.
#[derive(Debug)]
pub struct Registry {
    types: Vec<PolicyType>,
}

/// Why registry data could not be read.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// It is not JSON, or its outer shape is wrong.
    #[error("read the registry")]
    Shape(#[source] serde_json::Error),
    /// It is of another format.
    #[error("read the registry: format {found} is not {FORMAT}")]
    Format {
        /// The format it says it has.
        found: u32,
    },
    /// A type is wrong.
    #[error("read the type {key:?} of the registry, in its field {field:?}")]
    Type {
        /// The key of the type, or its place where it has none.
        key: String,
        /// The field that is wrong or missing.
        field: String,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// Two types have one key.
    #[error("read the registry: the key {key:?} is used twice")]
    Twice {
        /// The key.
        key: String,
    },
    /// The counts that the data states are not those that it has.
    #[error("read the registry: it states {stated} {what} and has {found}")]
    Counts {
        /// What was counted.
        what: &'static str,
        /// The stated count.
        stated: usize,
        /// The true count.
        found: usize,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRegistry {
    format: u32,
    counts: Counts,
    odata_platforms: Vec<OdataPlatform>,
    types: Vec<Map<String, Value>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Counts {
    types: usize,
    views: usize,
    full: usize,
    preview_only: usize,
    inventory_only: usize,
}

impl Registry {
    /// Returns the registry that the program carries.
    pub fn builtin() -> &'static Self {
        static REGISTRY: LazyLock<Registry> = LazyLock::new(|| {
            Registry::parse(BUILTIN).expect("the data file is part of the program and tested")
        });
        &REGISTRY
    }

    /// Reads a registry from the text of a data file.
    ///
    /// # Errors
    /// [`RegistryError`] names the type and the field that are wrong; an unknown field is an error.
    pub fn parse(text: &str) -> Result<Self, RegistryError> {
        let raw: RawRegistry = serde_json::from_str(text).map_err(RegistryError::Shape)?;
        if raw.format != FORMAT {
            return Err(RegistryError::Format { found: raw.format });
        }
        let odata_platforms: Arc<[OdataPlatform]> = raw.odata_platforms.into();
        let mut types: Vec<PolicyType> = Vec::with_capacity(raw.types.len());
        for (place, map) in raw.types.into_iter().enumerate() {
            let mut ty = read_type(place, map)?;
            ty.odata_platforms = Arc::clone(&odata_platforms);
            if types.iter().any(|earlier| earlier.key == ty.key) {
                return Err(RegistryError::Twice { key: ty.key });
            }
            types.push(ty);
        }
        raw.counts.check(&types)?;
        Ok(Self { types })
    }

    /// Returns all types, in the order of the data.
    pub fn types(&self) -> &[PolicyType] {
        &self.types
    }

    /// Returns the type of that key.
    pub fn get(&self, key: &str) -> Option<&PolicyType> {
        self.types.iter().find(|ty| ty.key == key)
    }

    /// Returns the version of the compare rules, which is stored beside every hash.
    pub fn rule_set(&self) -> u32 {
        RULE_SET
    }
}

impl Counts {
    fn check(&self, types: &[PolicyType]) -> Result<(), RegistryError> {
        use crate::capability::Capability::{Full, InventoryOnly, PreviewOnly};
        let of = |capability| types.iter().filter(|ty| ty.capability == capability).count();
        let found = [
            ("types", self.types, types.len()),
            ("views", self.views, types.iter().map(|ty| ty.views.len()).sum()),
            ("full types", self.full, of(Full)),
            ("preview-only types", self.preview_only, of(PreviewOnly)),
            ("inventory-only types", self.inventory_only, of(InventoryOnly)),
        ];
        match found.into_iter().find(|(_, stated, found)| stated != found) {
            Some((what, stated, found)) => Err(RegistryError::Counts { what, stated, found }),
            None => Ok(()),
        }
    }
}

fn read_type(place: usize, map: Map<String, Value>) -> Result<PolicyType, RegistryError> {
    PolicyType::deserialize(Value::Object(map.clone())).map_err(|source| {
        let key = map.get("key").and_then(Value::as_str);
        RegistryError::Type {
            key: key.map_or_else(|| format!("#{place}"), str::to_owned),
            field: field_to_blame(&map, &source).unwrap_or_else(|| "-".to_owned()),
            source,
        }
    })
}

/// Finds the field without which the message changes; serde does not tell it.
fn field_to_blame(map: &Map<String, Value>, error: &serde_json::Error) -> Option<String> {
    let message = error.to_string();
    if let Some(missing) = message.strip_prefix("missing field `") {
        return missing.split('`').next().map(str::to_owned);
    }
    map.keys()
        .find(|key| {
            let mut without = map.clone();
            without.shift_remove(*key);
            let again = PolicyType::deserialize(Value::Object(without));
            again.map_or_else(|other| other.to_string() != message, |_| true)
        })
        .cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn builtin_with(change: impl FnOnce(&mut Value)) -> Result<Registry, RegistryError> {
        let mut data: Value = serde_json::from_str(BUILTIN).unwrap();
        change(&mut data);
        Registry::parse(&data.to_string())
    }

    #[test]
    fn a_misspelt_field_is_an_error_that_names_type_and_field() {
        let error = builtin_with(|data| {
            let ty = data["types"][3].as_object_mut().unwrap();
            ty.insert("ignore_in_dif".to_owned(), Value::Array(Vec::new()));
        });
        let Err(RegistryError::Type { key, field, .. }) = error else { panic!("{error:?}") };
        assert_eq!((key.as_str(), field.as_str()), ("reusablePolicySetting", "ignore_in_dif"));
    }

    #[test]
    fn a_wrong_value_names_the_field_that_it_stands_in() {
        let error = builtin_with(|data| data["types"][0]["list"]["top"] = "many".into());
        let Err(RegistryError::Type { key, field, .. }) = error else { panic!("{error:?}") };
        assert_eq!((key.as_str(), field.as_str()), ("configurationPolicy", "list"));
    }

    #[test]
    fn a_malformed_path_names_the_field_that_it_stands_in() {
        let error = builtin_with(|data| data["types"][0]["ignore_in_diff"][0] = "a..b".into());
        let Err(RegistryError::Type { field, source, .. }) = error else { panic!("{error:?}") };
        assert_eq!(field, "ignore_in_diff");
        assert!(source.to_string().contains("a..b"), "{source}");
    }

    #[test]
    fn a_missing_field_is_named() {
        let error = builtin_with(|data| {
            data["types"][0].as_object_mut().unwrap().shift_remove("title");
        });
        let Err(RegistryError::Type { field, .. }) = error else { panic!("{error:?}") };
        assert_eq!(field, "title");
    }

    #[test]
    fn a_second_type_of_the_same_key_is_refused() {
        let error = builtin_with(|data| data["types"][1]["key"] = "configurationPolicy".into());
        assert!(matches!(error, Err(RegistryError::Twice { .. })), "{error:?}");
    }

    #[test]
    fn stated_counts_are_held_against_the_types() {
        let error = builtin_with(|data| data["counts"]["views"] = 44.into());
        assert!(
            matches!(error, Err(RegistryError::Counts { what: "views", stated: 44, found: 45 })),
            "{error:?}"
        );
    }

    #[test]
    fn another_format_is_refused() {
        let error = builtin_with(|data| data["format"] = 2.into());
        assert!(matches!(error, Err(RegistryError::Format { found: 2 })), "{error:?}");
    }
}
