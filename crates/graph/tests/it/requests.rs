//! Every request that the client makes, held against Microsoft's description of Graph.

use std::collections::{BTreeMap, BTreeSet};

use contract::{Part, Registry};
use graph::{Cancel, Item, TenantClient};
use serde_json::{Map, Value};
use simulator::{GenerateOptions, Request, Simulator, TenantState};

use crate::world::{connection, list, quick};

/// The description lies with the tests that hold answers against it.
const COMPRESSED: &[u8] = include_bytes!("../../../simulator/tests/data/graph-subset.openapi.json.zst");
const EXCEPTIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/request-exceptions.txt");
const SCHEMAS: &str = "#/components/schemas/";

struct Description {
    paths: Map<String, Value>,
    schemas: Map<String, Value>,
    parameters: Map<String, Value>,
}

impl Description {
    fn read() -> Self {
        let text = zstd::decode_all(COMPRESSED).unwrap();
        let document: Value = serde_json::from_slice(&text).unwrap();
        let map = |value: &Value| value.as_object().unwrap().clone();
        let components = &document["components"];
        Self {
            paths: map(&document["paths"]),
            schemas: map(&components["schemas"]),
            parameters: map(&components["parameters"]),
        }
    }

    /// Says what is not as described about a request: the path with its ids left out, and what is wrong.
    fn fault(&self, request: &Request) -> Option<(String, String)> {
        let segments: Vec<&str> = request.path_only().split('/').skip(1).collect();
        let fits = |template: &&String| {
            let wanted: Vec<&str> = template.split('/').skip(1).collect();
            wanted.len() == segments.len()
                && wanted
                    .iter()
                    .zip(&segments)
                    .all(|(wanted, found)| wanted.starts_with('{') || wanted == found)
        };
        // Of two that fit, the one that names more is meant: `groups/delta` before `groups/{id}`.
        let template = self.paths.keys().filter(fits).min_by_key(|template| template.matches('{').count());
        let Some(template) = template else {
            return Some((without_ids(&segments), "the path is not described".to_owned()));
        };
        let operation = &self.paths[template][request.method.to_ascii_lowercase().as_str()];
        let wrong = |what: String| Some((template.clone(), what));
        if operation.is_null() {
            return wrong(format!("{} is not described", request.method));
        }
        let query = request.path.split_once('?').map_or("", |(_, query)| query);
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            if !self.has_option(operation, &name) {
                return wrong(format!("the option {name} is not described"));
            }
            if matches!(name.as_ref(), "$select" | "$expand") {
                let known = self.properties_of_answer(operation);
                let names =
                    value.split(',').map(|one| one.split(['(', '/']).next().unwrap_or_default().trim());
                for property in names.filter(|name| !name.starts_with("microsoft.graph.")) {
                    if !known.contains(property) {
                        return wrong(format!("{name} of {property}, which is not described"));
                    }
                }
            }
        }
        None
    }

    fn has_option(&self, operation: &Value, name: &str) -> bool {
        // A page link is the service's own; its token is opaque.
        let of_link = ["$skiptoken", "$deltatoken"].iter().any(|own| own.eq_ignore_ascii_case(name));
        let listed = operation["parameters"].as_array().into_iter().flatten();
        let mut names = listed.filter_map(|parameter| match parameter["$ref"].as_str() {
            Some(reference) => self.parameters[reference.rsplit('/').next()?]["name"].as_str(),
            None => parameter["name"].as_str(),
        });
        of_link || names.any(|known| known == name)
    }

    /// Returns the properties of the object that is answered, or of those that are listed.
    fn properties_of_answer<'a>(&'a self, operation: &'a Value) -> BTreeSet<&'a str> {
        let answer = &operation["responses"]["200"]["content"]["application/json"]["schema"];
        let whole = self.properties(answer);
        match whole.get("value") {
            Some(listed) => self.properties(&listed["items"]).into_keys().collect(),
            None => whole.into_keys().collect(),
        }
    }

    fn properties<'a>(&'a self, schema: &'a Value) -> BTreeMap<&'a str, &'a Value> {
        let named =
            schema["$ref"].as_str().and_then(|reference| self.schemas.get(reference.strip_prefix(SCHEMAS)?));
        let schema = named.unwrap_or(schema);
        let own = schema["properties"].as_object().into_iter().flatten();
        let mut all: BTreeMap<&str, &Value> = own.map(|(name, value)| (name.as_str(), value)).collect();
        for base in schema["allOf"].as_array().into_iter().flatten() {
            all.extend(self.properties(base));
        }
        all
    }
}

/// Leaves out what stands where ids stand: every other segment after the collection's own.
fn without_ids(segments: &[&str]) -> String {
    let is_id = |segment: &str| segment.contains(['-', '%']) || segment.chars().any(|c| c.is_ascii_digit());
    let shown = segments.iter().enumerate().map(
        |(place, segment)| {
            if place > 0 && is_id(segment) { "{id}" } else { segment }
        },
    );
    shown.fold(String::new(), |path, segment| path + "/" + segment)
}

/// Makes every sort of read there is for every type that the tenant holds.
async fn everything(graph: &TenantClient) {
    let cancel = Cancel::new();
    graph.check(&cancel).await.unwrap();
    for ty in Registry::builtin().types() {
        let listed = list(graph, &ty.key).await;
        let items: Vec<Item> = listed.pages.into_iter().flat_map(|page| page.items).take(30).collect();
        if let Some(first) = items.first() {
            let _ = graph.read(ty, first, &cancel).await;
        }
        for document in graph.read_many(ty, &items, &cancel).await {
            document.unwrap();
        }
        for part in graph.read_parts(ty, &items, Part::Assignments, &cancel).await {
            part.unwrap();
        }
        if let Some(mut walk) = graph.delta(ty, None, &cancel) {
            while walk.next_step().await.is_some() {}
        }
    }
}

#[tokio::test]
async fn every_request_is_described_by_microsoft_but_for_a_list_that_only_shrinks() {
    let state = TenantState::generated(7, GenerateOptions::default().policies(300));
    let id = state.tenant_id();
    let simulator = Simulator::new().tenant(state).start().await.unwrap();
    let tenant = simulator.tenant(id).unwrap();
    let client = graph::GraphClient::new(quick()).unwrap();
    let graph = client.connect(connection(&simulator, &tenant));
    everything(&graph).await;

    let description = Description::read();
    let requests = simulator.requests().matching(|request| !request.is_login());
    assert!(requests.len() > 500, "{} requests", requests.len());
    assert!(
        requests.iter().any(Request::is_batch) && requests.iter().any(|request| request.part_of.is_some())
    );
    let faults: BTreeSet<(String, String)> =
        requests.iter().filter_map(|request| description.fault(request)).collect();
    let exceptions = std::fs::read_to_string(EXCEPTIONS).unwrap();
    let lines = exceptions.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let excepted: BTreeSet<(String, String)> = lines
        .map(|line| {
            let fields: Vec<&str> = line.split(" | ").collect();
            let [path, what, reason] = fields[..] else { panic!("path | what | reason: {line}") };
            assert!(!reason.trim().is_empty(), "{line}");
            (path.to_owned(), what.to_owned())
        })
        .collect();
    let new: Vec<_> = faults.difference(&excepted).collect();
    assert!(new.is_empty(), "{} requests are not described:\n{new:#?}", new.len());
    let gone: Vec<_> = excepted.difference(&faults).collect();
    assert!(gone.is_empty(), "no longer needed, so to be taken off the list: {gone:#?}");
}
