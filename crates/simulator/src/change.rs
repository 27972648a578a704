//! One believable change to one policy, for demos and for tests that need exactly one difference.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::collections::{Collection, find};
use crate::generate::Numbers;
use crate::object::StoredObject;
use crate::tenant::TenantState;

/// What was changed, and how.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Change {
    /// The collection of the object.
    pub collection: String,
    /// The id of the object.
    pub id: String,
    /// The name of the object.
    pub name: String,
    /// The place of the value, dotted, with array indexes: `settings[3].settingInstance.choiceSettingValue.value`.
    pub property: String,
    /// The value before.
    pub before: Value,
    /// The value since.
    pub after: Value,
}

/// Collections in the order in which a change is looked for.
const PREFERRED: &[&str] = &[
    "configurationPolicies",
    "deviceCompliancePolicies",
    "deviceConfigurations",
    "conditionalAccessPolicies",
];

/// Properties that the service keeps, or that are no setting: never changed here.
const NOT_SETTINGS: &[&str] =
    &["isAssigned", "supportsScopeTags", "version", "settingCount", "priority", "creationSource"];

/// Changes one value of one object; `seed` chooses which.
pub(crate) fn change_one(state: &mut TenantState, seed: u64, now: Timestamp) -> Option<Change> {
    let mut numbers = Numbers::new(seed);
    PREFERRED.iter().find_map(|name| {
        let collection = find(name)?;
        let ids: Vec<String> = state.objects(name).map(|object| object.id.clone()).collect();
        let start = numbers.below(ids.len().max(1));
        let in_turn = (0..ids.len()).map(|step| &ids[(start + step) % ids.len()]);
        in_turn.into_iter().find_map(|id| {
            let object = state.object_mut(name, id)?;
            let (property, before, after) = change_object(object, &mut numbers)?;
            object.touch(collection, now);
            Some(describe(collection, object, property, before, after))
        })
    })
}

fn describe(
    collection: &Collection,
    object: &StoredObject,
    property: String,
    before: Value,
    after: Value,
) -> Change {
    Change {
        collection: collection.name.to_owned(),
        id: object.id.clone(),
        name: object.name(collection),
        property,
        before,
        after,
    }
}

fn change_object(object: &mut StoredObject, numbers: &mut Numbers) -> Option<(String, Value, Value)> {
    let settings = object.parts.get_mut("settings");
    if let Some(settings) = settings.filter(|settings| !settings.is_empty()) {
        let start = numbers.below(settings.len());
        let count = settings.len();
        return (0..count).map(|step| (start + step) % count).find_map(|index| {
            let instance = settings[index].get_mut("settingInstance")?.as_object_mut()?;
            let (place, before, after) = change_instance(instance)?;
            Some((format!("settings[{index}].settingInstance.{place}"), before, after))
        });
    }
    change_property(&mut object.body, numbers)
}

/// Changes a settings-catalog instance: a choice between `_0` and `_1`, or a number.
fn change_instance(instance: &mut Map<String, Value>) -> Option<(String, Value, Value)> {
    for (holder, kind) in [("choiceSettingValue", "choice"), ("simpleSettingValue", "simple")] {
        let Some(value) = instance.get_mut(holder).and_then(|holder| holder.get_mut("value")) else {
            continue;
        };
        let after = match (kind, &*value) {
            ("choice", Value::String(choice)) => other_choice(choice).map(Value::String),
            ("simple", Value::Number(number)) => number.as_i64().map(|number| json!(number + 1)),
            _ => None,
        };
        if let Some(after) = after {
            let before = std::mem::replace(value, after.clone());
            return Some((format!("{holder}.value"), before, after));
        }
    }
    None
}

fn other_choice(choice: &str) -> Option<String> {
    let swap = |from: &str, to: &str| choice.strip_suffix(from).map(|stem| format!("{stem}{to}"));
    swap("_0", "_1").or_else(|| swap("_1", "_0"))
}

/// Changes a property of an object: a switch, a number, or the state of a Conditional Access policy.
fn change_property(body: &mut Map<String, Value>, numbers: &mut Numbers) -> Option<(String, Value, Value)> {
    let mut candidates: Vec<(String, Value)> = body
        .iter()
        .filter(|(key, _)| !NOT_SETTINGS.contains(&key.as_str()) && !key.contains('@'))
        .filter_map(|(key, value)| {
            let after = match value {
                Value::Bool(on) => json!(!on),
                Value::Number(number) => json!(number.as_i64()? + 1),
                Value::String(state) if key == "state" => json!(other_state(state)),
                _ => return None,
            };
            Some((key.clone(), after))
        })
        .collect();
    if candidates.is_empty() {
        return None;
    }
    let (key, after) = candidates.swap_remove(numbers.below(candidates.len()));
    let before = body.insert(key.clone(), after.clone()).unwrap_or(Value::Null);
    Some((key, before, after))
}

fn other_state(state: &str) -> &'static str {
    if state == "enabled" { "enabledForReportingButNotEnforced" } else { "enabled" }
}
