//! Microsoft's description of Graph, as something that answers can be held against.

use std::collections::BTreeMap;

use jsonschema::{Registry, Validator};
use serde_json::{Map, Value, json};

const COMPRESSED: &[u8] = include_bytes!("../data/graph-subset.openapi.json.zst");
const DOCUMENT: &str = "urn:graph";
const SCHEMAS: &str = "#/components/schemas/";
/// What is added to the name of a schema to mean it or any of its derived types.
const OR_DERIVED: &str = "-or-derived";

/// The description: its paths, and its schemas as JSON Schema.
pub(crate) struct Description {
    pub(crate) paths: Map<String, Value>,
    registry: Registry<'static>,
    schemas: Map<String, Value>,
}

impl Description {
    pub(crate) fn read() -> Self {
        let text = zstd::decode_all(COMPRESSED).unwrap();
        let mut document: Value = serde_json::from_slice(&text).unwrap();
        let Value::Object(paths) = document["paths"].take() else { panic!("no paths") };
        let Value::Object(schemas) = document["components"]["schemas"].take() else { panic!("no schemas") };
        let mut converted = Map::new();
        for (name, schema) in &schemas {
            converted.insert(name.clone(), convert(schema, &schemas, Place::Value));
            if let Some(derived) = derived(schema) {
                let mut all = vec![json!({ "$ref": format!("{SCHEMAS}{name}") })];
                for (odata_type, reference) in derived {
                    let is = json!({ "properties": { "@odata.type": { "const": odata_type } }, "required": ["@odata.type"] });
                    all.push(json!({ "if": is, "then": { "$ref": reference } }));
                }
                converted.insert(format!("{name}{OR_DERIVED}"), json!({ "allOf": all }));
            }
        }
        let root = json!({ "$schema": "https://json-schema.org/draft/2020-12/schema", "components": { "schemas": converted } });
        let registry = Registry::new().add(DOCUMENT, root).unwrap().prepare().unwrap();
        Self { paths, registry, schemas }
    }

    /// Makes the judge of the answers that a path gives to a method; none where they have no JSON.
    pub(crate) fn judge(&self, path: &str, method: &str, status: &str) -> Option<Validator> {
        let answer = &self.paths[path][method]["responses"][status]["content"]["application/json"]["schema"];
        (!answer.is_null()).then(|| self.validator(answer))
    }

    /// Makes the judge of errors.
    pub(crate) fn judge_of_errors(&self) -> Validator {
        self.validator(&json!({ "$ref": format!("{SCHEMAS}oDataError") }))
    }

    fn validator(&self, schema: &Value) -> Validator {
        let text = convert(schema, &self.schemas, Place::Value).to_string();
        let absolute = text.replace(&format!("\"{SCHEMAS}"), &format!("\"{DOCUMENT}{SCHEMAS}"));
        let schema: Value = serde_json::from_str(&absolute).unwrap();
        jsonschema::options()
            .with_registry(&self.registry)
            .should_validate_formats(true)
            .offline()
            .build(&schema)
            .unwrap()
    }
}

/// Says where a value is not as described: the place with `[]` for every index, and what is wrong.
pub(crate) fn faults(judge: &Validator, value: &Value) -> BTreeMap<String, String> {
    let errors = judge.iter_errors(value).map(|error| {
        let place = error.instance_path().to_string();
        let places = place.split('/').map(|one| if one.parse::<usize>().is_ok() { "[]" } else { one });
        (places.collect::<Vec<_>>().join("/"), error.to_string())
    });
    errors.collect()
}

/// Where a schema stands: a base's derived types are meant for a value, not for the base of another type.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Value,
    Base,
}

/// Turns a schema of OpenAPI 3.0 into JSON Schema: `nullable`, and derived types by `@odata.type`.
fn convert(schema: &Value, all: &Map<String, Value>, place: Place) -> Value {
    let Some(schema) = schema.as_object() else { return schema.clone() };
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let has_derived = reference.strip_prefix(SCHEMAS).and_then(|name| derived(&all[name])).is_some();
        let suffix = if has_derived && place == Place::Value { OR_DERIVED } else { "" };
        return json!({ "$ref": format!("{reference}{suffix}") });
    }
    let mut made = Map::new();
    for (key, value) in schema {
        let list = |place| {
            let items = value.as_array().into_iter().flatten();
            Value::Array(items.map(|item| convert(item, all, place)).collect())
        };
        let converted = match key.as_str() {
            "allOf" => list(Place::Base),
            "anyOf" | "oneOf" => list(Place::Value),
            "items" | "additionalProperties" => convert(value, all, Place::Value),
            "properties" => {
                let properties = value.as_object().into_iter().flatten();
                properties.map(|(name, schema)| (name.clone(), convert(schema, all, Place::Value))).collect()
            }
            // OData's time of day has no zone, which a time of JSON Schema must have.
            "format" if value == "time" => continue,
            "type" | "enum" | "required" | "maxLength" | "minimum" | "maximum" | "pattern" | "format" => {
                value.clone()
            }
            _ => continue,
        };
        made.insert(key.clone(), converted);
    }
    if schema.get("nullable") == Some(&Value::Bool(true)) {
        if let Some(kind) = made.get_mut("type") {
            *kind = json!([kind.clone(), "null"]);
        }
        if let Some(Value::Array(values)) = made.get_mut("enum") {
            values.push(Value::Null);
        }
    }
    Value::Object(made)
}

fn derived(schema: &Value) -> Option<Vec<(&str, &str)>> {
    let mapping = schema["discriminator"]["mapping"].as_object()?;
    Some(mapping.iter().filter_map(|(name, to)| Some((name.as_str(), to.as_str()?))).collect())
}
