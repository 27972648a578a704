//! Where an object's platform is found.

use serde::Deserialize;
use serde_json::Value;

use crate::field_path::FieldPath;

/// One place that may tell the platform; the first that does wins.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum PlatformSource {
    /// Every object of the type is for this platform.
    Fixed(String),
    /// The property holds it: one word, words divided by commas, or an array of words.
    Property(FieldPath),
    /// It follows from the beginning of the object's own type name.
    OdataType,
}

/// What the beginning of a type name (without `#microsoft.graph.`) says about the platform.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OdataPlatform {
    /// How the name begins; the longest that fits wins.
    pub prefix: String,
    /// The platform, in Graph's own words.
    pub platform: String,
}

impl PlatformSource {
    /// Returns the platform that this source gives for the object, in Graph's own words.
    pub(crate) fn platform_of(&self, object: &Value, prefixes: &[OdataPlatform]) -> Option<String> {
        match self {
            Self::Fixed(platform) => Some(platform.clone()),
            Self::Property(path) => match path.first(object)? {
                Value::String(words) if !words.is_empty() => Some(words.clone()),
                Value::Array(words) if !words.is_empty() => {
                    let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                    Some(words.join(","))
                }
                _ => None,
            },
            Self::OdataType => {
                let name = object.get("@odata.type")?.as_str()?;
                let name = name.rsplit('.').next().unwrap_or(name);
                let fitting = prefixes.iter().filter(|p| name.starts_with(&p.prefix));
                fitting.max_by_key(|p| p.prefix.len()).map(|p| p.platform.clone())
            }
        }
    }
}
