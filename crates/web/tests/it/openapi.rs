//! The OpenAPI document: as committed, and as the routes are.

use std::collections::BTreeSet;

use serde_json::Value;
use web::routes::{self, Door};

/// Where the committed document is.
const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");

#[test]
fn the_committed_document_is_the_one_that_the_routes_give() {
    let mut made = serde_json::to_string_pretty(&routes::openapi()).expect("it is JSON");
    made.push('\n');
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    if committed != made {
        let fresh = concat!(env!("CARGO_TARGET_TMPDIR"), "/openapi.json");
        std::fs::write(fresh, &made).expect("the folder for temporary files can be written");
        panic!("the document has drifted; look at the difference and copy {fresh} to {COMMITTED}");
    }
}

#[test]
fn every_route_of_the_api_is_documented_and_nothing_else() {
    let document = serde_json::to_value(routes::openapi()).expect("it is JSON");
    assert_eq!(document["openapi"], "3.1.0");
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("methods") {
            documented.insert(format!("{} {path}", method.to_uppercase()));
            assert!(operation["operationId"].is_string(), "{method} {path}");
            let answers = operation["responses"].as_object().expect("answers");
            let refusals = answers.iter().filter(|(status, _)| status.as_str() >= "4");
            assert!(refusals.clone().count() >= 8 && !answers.contains_key("default"), "{method} {path}");
            for (status, refusal) in refusals {
                let name =
                    refusal["$ref"].as_str().and_then(|link| link.rsplit('/').next()).unwrap_or_default();
                assert_eq!(
                    document["components"]["responses"][name]
                        .pointer("/content/application~1problem+json/schema/$ref"),
                    Some(&Value::from("#/components/schemas/ProblemBody")),
                    "{method} {path} {status}"
                );
            }
        }
    }
    let routed: BTreeSet<String> = routes::inventory()
        .iter()
        .filter(|route| route.door == Door::Api)
        .map(|route| format!("{} {}", route.method, route.path))
        .collect();
    assert_eq!(documented, routed);
}

#[test]
fn every_schema_that_is_spoken_of_is_there() {
    let document = serde_json::to_value(routes::openapi()).expect("it is JSON");
    let mut wanted = BTreeSet::new();
    collect(&document, &mut wanted);
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    for name in wanted {
        assert!(schemas.contains_key(&name), "{name} is missing");
    }
}

fn collect(value: &Value, wanted: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            if let Some(name) = map.get("$ref").and_then(Value::as_str) {
                wanted.extend(name.strip_prefix("#/components/schemas/").map(str::to_owned));
            }
            map.values().for_each(|inner| collect(inner, wanted));
        }
        Value::Array(list) => list.iter().for_each(|inner| collect(inner, wanted)),
        _ => {}
    }
}
