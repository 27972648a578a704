//! Assignments: a set of targets, compared apart from the object.

use contract::{FieldPath, PolicyType};
use serde_json::{Map, Value};

use super::{clean, places, sets};

/// What Graph adds to an entry when it is read.
const READ_EXTRAS: [&str; 3] = ["id", "source", "sourceId"];
/// What tells one entry from another.
const KEY: [&str; 5] = [
    "target.@odata.type",
    "target.groupId",
    "target.deviceAndAppManagementAssignmentFilterId",
    "target.deviceAndAppManagementAssignmentFilterType",
    "intent",
];
const FILTER_ID: &str = "deviceAndAppManagementAssignmentFilterId";
const FILTER_TYPE: &str = "deviceAndAppManagementAssignmentFilterType";
const NO_FILTER_ID: &str = "00000000-0000-0000-0000-000000000000";
const NO_FILTER_TYPE: &str = "none";

/// Returns the entries that belong to the object itself, in one form and order.
///
/// An entry whose `source` is present and not `direct` came from a policy set and is skipped.
pub(super) fn normalise(ty: &PolicyType, entries: &[Value]) -> Value {
    let key = KEY.map(|path| FieldPath::parse(path).expect("the paths are written above"));
    let mut own: Vec<Value> = entries.iter().filter(|entry| is_direct(entry)).cloned().collect();
    for entry in &mut own {
        for path in &ty.ignore_in_assignments {
            places::remove(path, entry);
        }
        clean::clean(entry);
        if let Value::Object(map) = entry {
            map.retain(|name, _| !READ_EXTRAS.contains(&name.as_str()));
            // The entry's own type follows from the type of the policy; only some calls give it.
            map.shift_remove("@odata.type");
            if let Some(Value::Object(target)) = map.get_mut("target") {
                unify_filter(target);
            }
        }
    }
    own.sort_by_cached_key(|entry| (sets::key_of(entry, &key), super::canonical::bytes(entry)));
    Value::Array(own)
}

fn is_direct(entry: &Value) -> bool {
    match entry.get("source") {
        None | Some(Value::Null) => true,
        Some(source) => source == "direct",
    }
}

/// Graph writes "no filter" as an absent id, an empty one, the zero GUID, or the type `none`.
fn unify_filter(target: &mut Map<String, Value>) {
    let id = target.get(FILTER_ID).and_then(Value::as_str).unwrap_or_default();
    let kind = target.get(FILTER_TYPE).and_then(Value::as_str);
    if id.is_empty() || id == NO_FILTER_ID || kind == Some(NO_FILTER_TYPE) {
        target.shift_remove(FILTER_ID);
        target.shift_remove(FILTER_TYPE);
    }
}
