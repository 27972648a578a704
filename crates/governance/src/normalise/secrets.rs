//! Secret values: what tells their state is compared, they themselves are not.

use contract::{PolicyType, SecretHow, SecretPlace, SecretRule};
use serde_json::{Map, Value};

use super::ignored::{Ignored, IgnoredBecause, IgnoredField};
use super::places;

/// Removes from an object the secrets that are never kept, before it is stored.
///
/// Calling again changes nothing. Returns what was removed.
pub fn withhold(ty: &PolicyType, object: &mut Value) -> Vec<IgnoredField> {
    let mut removed = Ignored::default();
    let of_view: Vec<SecretRule> = ty.view_of(object).map(|view| view.secrets.clone()).unwrap_or_default();
    for rule in ty.secrets.iter().chain(&of_view).filter(|rule| !rule.how.is_kept()) {
        remove(rule, object, &mut removed);
    }
    removed.into_fields()
}

/// What stands in place of a value that is not shown.
pub const WITHHELD: &str = "[withheld]";

/// Puts [`WITHHELD`] in the place of every value that is or may hold a secret, before a tree is shown to anybody.
///
/// The tree is an object with its parts in their places, as [`super::Normalised::tree`] is. What tells the state of
/// a secret stays. Calling again changes nothing.
pub fn redact(ty: &PolicyType, tree: &mut Value) {
    let of_view: Vec<SecretRule> = ty.view_of(tree).map(|view| view.secrets.clone()).unwrap_or_default();
    for rule in ty.secrets.iter().chain(&of_view).filter(|rule| rule.how != SecretHow::TenantValue) {
        match &rule.place {
            SecretPlace::Path(path) => places::visit(path, tree, &mut |holder, name| {
                if applies(rule, holder)
                    && let Some(value) = holder.get_mut(name)
                {
                    *value = Value::from(WITHHELD);
                }
            }),
            SecretPlace::Typed { under, odata_type, value, .. } => {
                places::visit_values(under, tree, &mut |place| redact_typed(place, odata_type, value));
            }
        }
    }
}

fn redact_typed(place: &mut Value, odata_type: &str, property: &str) {
    match place {
        Value::Object(map) => {
            let own = map.get("@odata.type").and_then(Value::as_str);
            if own.is_some_and(|own| own.trim_start_matches('#') == odata_type.trim_start_matches('#'))
                && let Some(value) = map.get_mut(property)
            {
                *value = Value::from(WITHHELD);
            }
            map.values_mut().for_each(|inner| redact_typed(inner, odata_type, property));
        }
        Value::Array(elements) => {
            elements.iter_mut().for_each(|inner| redact_typed(inner, odata_type, property));
        }
        _ => {}
    }
}

/// Removes the values of one rule, if values of its sort are not compared.
pub(super) fn remove(rule: &SecretRule, tree: &mut Value, ignored: &mut Ignored) {
    let Some(because) = IgnoredBecause::of_secret(rule.how) else {
        return;
    };
    match &rule.place {
        SecretPlace::Path(path) => {
            let mut found = false;
            places::visit(path, tree, &mut |holder, name| {
                if applies(rule, holder) {
                    found |= holder.shift_remove(name).is_some();
                }
            });
            if found {
                ignored.add(path, because);
            }
        }
        SecretPlace::Typed { under, odata_type, value, .. } => {
            let mut found = false;
            places::visit_values(under, tree, &mut |place| {
                found |= remove_typed(place, odata_type, value);
            });
            if found {
                ignored.add_text(format!("{under}, every {odata_type}: {value}"), because);
            }
        }
    }
}

fn applies(rule: &SecretRule, holder: &Map<String, Value>) -> bool {
    rule.when.as_ref().is_none_or(|when| holder.get(&when.sibling) == Some(&when.is))
}

fn remove_typed(place: &mut Value, odata_type: &str, property: &str) -> bool {
    match place {
        Value::Object(map) => {
            let own = map.get("@odata.type").and_then(Value::as_str);
            let fits =
                own.is_some_and(|own| own.trim_start_matches('#') == odata_type.trim_start_matches('#'));
            let mut found = fits && map.shift_remove(property).is_some();
            for value in map.values_mut() {
                found |= remove_typed(value, odata_type, property);
            }
            found
        }
        Value::Array(elements) => {
            let mut found = false;
            for element in elements {
                found |= remove_typed(element, odata_type, property);
            }
            found
        }
        _ => false,
    }
}
