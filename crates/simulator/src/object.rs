//! One stored object: its own properties, and its parts apart.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::clock::graph_time;
use crate::collections::Collection;
use crate::ids::derived_id;
use crate::parts::{Count, Part};

/// An object as the tenant keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredObject {
    pub(crate) id: String,
    /// The object above, for collections below another one.
    pub(crate) parent: Option<String>,
    pub(crate) body: Map<String, Value>,
    pub(crate) parts: BTreeMap<String, Vec<Value>>,
}

impl StoredObject {
    /// Takes an object apart: parts of the collection's table go aside, annotations of exports go away.
    pub(crate) fn split(
        collection: &Collection,
        id: &str,
        object: Map<String, Value>,
        parent: Option<String>,
    ) -> Self {
        let mut stored = Self { id: id.to_owned(), parent, body: Map::new(), parts: BTreeMap::new() };
        for (key, value) in object {
            if let Some(part) = collection.parts.iter().find(|part| part.name == key) {
                stored.set_part(collection, part, elements(part, value));
            } else if !is_export_annotation(&key) {
                stored.body.insert(key, value);
            }
        }
        stored.count_parts();
        stored
    }

    /// Replaces a part; every element gets an id if it has none.
    pub(crate) fn set_part(&mut self, collection: &Collection, part: &Part, elements: Vec<Value>) {
        let elements = elements
            .into_iter()
            .enumerate()
            .map(|(index, element)| self.with_id(collection, part, index, element))
            .collect();
        self.parts.insert(part.name.to_owned(), elements);
        self.count_parts();
    }

    /// Returns the elements of a part, none if the object has none.
    pub(crate) fn part(&self, name: &str) -> &[Value] {
        self.parts.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the object's name.
    pub(crate) fn name(&self, collection: &Collection) -> String {
        let named = self.body.get(collection.name_property).and_then(Value::as_str);
        named.unwrap_or(&self.id).to_owned()
    }

    /// Returns the object with its parts inline, as an export would hold it.
    pub(crate) fn whole(&self) -> Value {
        let mut whole = self.body.clone();
        for (name, elements) in &self.parts {
            whole.insert(name.clone(), Value::Array(elements.clone()));
        }
        Value::Object(whole)
    }

    /// Notes that the object was changed: its time, and its version where it has a numeric one.
    pub(crate) fn touch(&mut self, collection: &Collection, at: Timestamp) {
        if let Some(changed) = collection.changed {
            self.body.insert(changed.to_owned(), json!(graph_time(at)));
        }
        if let Some(version) = self.body.get("version").and_then(Value::as_i64) {
            self.body.insert("version".to_owned(), json!(version + 1));
        }
    }

    /// Keeps the properties that the service derives from the parts.
    fn count_parts(&mut self) {
        let settings = self.parts.get("settings").map(Vec::len);
        if let (Some(count), true) = (settings, self.body.contains_key("settingCount")) {
            self.body.insert("settingCount".to_owned(), json!(count));
        }
        let assigned = self.parts.get("assignments").map(|part| !part.is_empty());
        if let (Some(assigned), true) = (assigned, self.body.contains_key("isAssigned")) {
            self.body.insert("isAssigned".to_owned(), json!(assigned));
        }
    }

    fn with_id(&self, collection: &Collection, part: &Part, index: usize, element: Value) -> Value {
        let Value::Object(mut element) = element else {
            return element;
        };
        if part.name == "assignments" && collection.sourced {
            element.entry("source").or_insert_with(|| json!("direct"));
            element.entry("sourceId").or_insert_with(|| json!(self.id));
        }
        if part.name == "definitionValues" {
            resolve_bindings(&mut element);
            give_ids(&mut element, "presentationValues", &[collection.name, &self.id, &index.to_string()]);
        }
        let has_id = element.get("id").and_then(Value::as_str).is_some_and(|id| !id.is_empty());
        if !has_id && part.count == Count::Many {
            let id = self.element_id(collection, part, index, &element);
            // The id goes first, as the service writes it.
            element.shift_insert(0, "id".to_owned(), Value::String(id));
        }
        Value::Object(element)
    }

    fn element_id(
        &self,
        collection: &Collection,
        part: &Part,
        index: usize,
        element: &Map<String, Value>,
    ) -> String {
        match part.name {
            "settings" => index.to_string(),
            "assignments" => format!("{}_{}", self.id, target_id(element)),
            name => derived_id(&["part", collection.name, &self.id, name, &index.to_string()]).to_string(),
        }
    }
}

/// Returns the group of an assignment, or the service's virtual group for everyone.
fn target_id(assignment: &Map<String, Value>) -> String {
    let target = assignment.get("target");
    let text = |key: &str| target.and_then(|target| target.get(key)).and_then(Value::as_str);
    let kind = text("@odata.type").unwrap_or_default();
    match text("groupId") {
        Some(group) => group.to_owned(),
        None if kind.ends_with("allDevicesAssignmentTarget") => {
            "adadadad-808e-44e2-905a-0b7873a8a531".to_owned()
        }
        None if kind.ends_with("allLicensedUsersAssignmentTarget") => {
            "acacacac-9df4-4c7d-9d50-4ef0226f57a9".to_owned()
        }
        None => derived_id(&["target", &Value::from(target.cloned()).to_string()]).to_string(),
    }
}

/// Turns an inline part into elements: an array, a page with `value`, or one element.
fn elements(part: &Part, value: Value) -> Vec<Value> {
    match value {
        Value::Array(elements) => elements,
        Value::Null => Vec::new(),
        Value::Object(mut page) if part.count == Count::Many => match page.remove("value") {
            Some(Value::Array(elements)) => elements,
            Some(other) => {
                page.insert("value".to_owned(), other);
                vec![Value::Object(page)]
            }
            None => vec![Value::Object(page)],
        },
        other => vec![other],
    }
}

/// Says whether a property is an annotation that exports carry and the service's plain answers do not.
fn is_export_annotation(key: &str) -> bool {
    let action = key.starts_with('#');
    let about_itself = key.starts_with("@odata.") && key != "@odata.type";
    let link = ["@odata.navigationLink", "@odata.associationLink", "@odata.context", "@odata.nextLink"]
        .iter()
        .any(|suffix| key.ends_with(suffix));
    action || about_itself || link
}

/// Turns `definition@odata.bind` and `presentation@odata.bind` of an export into what the service answers.
fn resolve_bindings(definition_value: &mut Map<String, Value>) {
    resolve(definition_value, "definition");
    if let Some(Value::Array(values)) = definition_value.get_mut("presentationValues") {
        for value in values.iter_mut().filter_map(Value::as_object_mut) {
            resolve(value, "presentation");
        }
    }
}

fn resolve(object: &mut Map<String, Value>, property: &str) {
    let Some(binding) = object.remove(&format!("{property}@odata.bind")) else {
        return;
    };
    let id = binding.as_str().and_then(|link| link.rsplit('\'').nth(1)).unwrap_or_default();
    object.entry(property).or_insert_with(|| json!({ "id": id }));
}

fn give_ids(object: &mut Map<String, Value>, property: &str, words: &[&str]) {
    let Some(Value::Array(elements)) = object.get_mut(property) else {
        return;
    };
    for (index, element) in elements.iter_mut().enumerate() {
        let index = index.to_string();
        let mut all = vec!["inner", property];
        all.extend_from_slice(words);
        all.push(&index);
        if let Some(element) = element.as_object_mut() {
            element.entry("id").or_insert_with(|| json!(derived_id(&all).to_string()));
        }
    }
}
