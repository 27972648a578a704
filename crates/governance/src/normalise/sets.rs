//! Arrays whose order means nothing.

use std::cmp::Reverse;

use contract::{FieldPath, SetKey, SetRule};
use serde_json::Value;

use super::{canonical, places, setting_instances};

/// Sorts the arrays of these rules, the innermost first, so that an outer set sees sorted elements.
///
/// Elements of one key are ordered by the rest of what they hold; none is dropped.
pub(super) fn sort<'a>(rules: impl Iterator<Item = &'a SetRule>, tree: &mut Value) {
    let mut rules: Vec<&SetRule> = rules.collect();
    rules.sort_by_key(|rule| Reverse(rule.path.segments().len()));
    for rule in rules {
        places::visit_values(&rule.path, tree, &mut |value| match (&rule.by, value) {
            (SetKey::SettingInstance, value) => setting_instances::arrange(value),
            (SetKey::Value | SetKey::Element, Value::Array(elements)) => {
                elements.sort_by_cached_key(canonical::bytes);
            }
            (SetKey::Fields(fields), Value::Array(elements)) => {
                elements.sort_by_cached_key(|element| (key_of(element, fields), canonical::bytes(element)));
            }
            _ => {}
        });
    }
}

/// Returns the key of an element; a property that is absent sorts as `null`.
pub(super) fn key_of(element: &Value, fields: &[FieldPath]) -> Vec<Vec<u8>> {
    fields.iter().map(|field| canonical::bytes(field.first(element).unwrap_or(&Value::Null))).collect()
}
