//! Settings-catalog instances, in an order that does not depend on how they were sent.
//!
//! An *instance* is one configured setting, named by its definition id. It may hold *children*, and
//! a group collection holds several *group instances*, each with children of the same definition
//! ids: a group instance is told from the next by what it contains (its *signature*), so a second
//! one never takes the place of the first.

use serde_json::Value;

use super::canonical;

const DEFINITION: &str = "settingDefinitionId";

/// Orders instances among their siblings by definition id, and group instances by signature, at
/// every depth. Collections of simple and choice values keep their order.
pub(super) fn arrange(value: &mut Value) {
    arrange_within(value);
    if let Value::Array(siblings) = value {
        order(siblings);
    }
}

fn arrange_within(value: &mut Value) {
    match value {
        Value::Array(elements) => elements.iter_mut().for_each(arrange_within),
        Value::Object(map) => {
            for (key, value) in map.iter_mut() {
                arrange_within(value);
                if let ("children" | "groupSettingCollectionValue", Value::Array(siblings)) =
                    (key.as_str(), value)
                {
                    order(siblings);
                }
            }
        }
        _ => {}
    }
}

/// Group instances have no definition id of their own: their whole content orders them.
fn order(siblings: &mut [Value]) {
    siblings.sort_by_cached_key(|sibling| {
        let instance = sibling.get("settingInstance").unwrap_or(sibling);
        let definition = instance.get(DEFINITION).and_then(Value::as_str);
        (definition.map(str::to_owned), canonical::bytes(sibling))
    });
}
