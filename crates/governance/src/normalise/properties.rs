//! What must hold for every object, not only for those one thinks of.

use contract::{FieldPath, PolicyType, Registry, Segment, SetKey, SetRule};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::{Map, Value, json};

use super::*;

fn hash(ty: &PolicyType, object: &Value) -> Hash32 {
    normalise(ty, &Document::of(object)).unwrap().canonical_hash
}

fn any_type() -> impl Strategy<Value = &'static PolicyType> {
    any::<Index>().prop_map(|index| index.get(Registry::builtin().types()))
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        "[ -~\u{0}é]{0,8}".prop_map(Value::from),
    ]
}

/// Names that no rule of the registry knows.
fn property() -> impl Strategy<Value = String> {
    "zz[a-z]{1,3}"
}

fn tree() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![4 => scalar(), 1 => Just(Value::Null)];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from), object_of(inner),]
    })
}

fn object_of(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    let entries = prop::collection::vec((property(), inner), 0..5);
    entries.prop_map(|entries| Value::Object(entries.into_iter().collect()))
}

fn object() -> impl Strategy<Value = Value> {
    object_of(tree())
}

/// Reorders keys at every depth; arrays stay.
fn reorder_keys(value: &Value, by: usize) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(k, v)| (k.clone(), reorder_keys(v, by))).collect();
            entries.reverse();
            let middle = by % entries.len().max(1);
            entries.rotate_left(middle);
            Value::Object(entries.into_iter().collect())
        }
        Value::Array(elements) => elements.iter().map(|element| reorder_keys(element, by)).collect(),
        other => other.clone(),
    }
}

/// Returns a pointer to every scalar, `null` excepted.
fn scalars(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| scalars(value, &format!("{at}/{key}"), found));
        }
        Value::Array(elements) => {
            elements.iter().enumerate().for_each(|(i, value)| scalars(value, &format!("{at}/{i}"), found));
        }
        Value::Null => {}
        _ => found.push(at.to_owned()),
    }
}

/// Every set that the registry declares, with its type; those of views need a matching object.
fn declared_sets() -> Vec<(&'static PolicyType, &'static SetRule)> {
    let types = Registry::builtin().types().iter();
    types.flat_map(|ty| ty.sets.iter().map(move |set| (ty, set))).collect()
}

/// Builds an object that holds the array at the place of the path.
fn object_with(path: &FieldPath, array: Value) -> Value {
    path.segments().iter().rev().fold(array, |inner, segment| match segment {
        Segment::Property(name) => json!({name: inner}),
        Segment::Each => json!([inner]),
    })
}

/// Makes elements that differ, also in the properties that they are matched by.
fn elements(rule: &SetRule, scalars: &[Value]) -> Vec<Value> {
    let element = |(number, scalar): (usize, &Value)| match &rule.by {
        SetKey::Value => scalar.clone(),
        SetKey::Element => json!({"zzvalue": scalar}),
        SetKey::SettingInstance => {
            let child = json!({"settingDefinitionId": "c", "simpleSettingValue": {"value": scalar}});
            json!({"settingInstance": {"settingDefinitionId": format!("d{}", number % 2),
                "groupSettingCollectionValue": [{"children": [child]}]}})
        }
        SetKey::Fields(fields) => {
            let mut holder = Map::new();
            for field in fields {
                let keyed = object_with(field, json!(format!("k{}", number % 3)));
                holder.extend(keyed.as_object().cloned().unwrap_or_default());
            }
            holder.insert("zzvalue".to_owned(), scalar.clone());
            Value::Object(holder)
        }
    };
    scalars.iter().enumerate().map(element).collect()
}

proptest! {
    #[test]
    fn an_object_read_twice_has_one_hash(ty in any_type(), object in object()) {
        prop_assert_eq!(hash(ty, &object), hash(ty, &object.clone()));
    }

    #[test]
    fn a_normal_tree_is_its_own_normal_tree(ty in any_type(), object in object()) {
        let tree = normalise(ty, &Document::of(&object)).unwrap().tree;
        let again = normalise(ty, &Document::of(&tree)).unwrap().tree;
        prop_assert_eq!(again, tree);
    }

    #[test]
    fn the_order_of_keys_does_not_change_the_hash(ty in any_type(), object in object(), by in 0_usize..5) {
        prop_assert_eq!(hash(ty, &object), hash(ty, &reorder_keys(&object, by)));
    }

    #[test]
    fn changing_any_scalar_changes_the_hash(
        ty in any_type(),
        object in object(),
        place in any::<Index>(),
        new in scalar(),
    ) {
        let mut places = Vec::new();
        scalars(&object, "", &mut places);
        prop_assume!(!places.is_empty());
        let mut changed = object.clone();
        let value = changed.pointer_mut(place.get::<String>(&places)).unwrap();
        prop_assume!(*value != new);
        *value = new;
        prop_assert_ne!(hash(ty, &object), hash(ty, &changed));
    }

    #[test]
    fn removing_any_scalar_changes_the_hash(ty in any_type(), object in object(), place in any::<Index>()) {
        let mut places = Vec::new();
        scalars(&object, "", &mut places);
        prop_assume!(!places.is_empty());
        let mut changed = object.clone();
        *changed.pointer_mut(place.get::<String>(&places)).unwrap() = Value::Null;
        prop_assert_ne!(hash(ty, &object), hash(ty, &changed));
    }

    #[test]
    fn shuffling_a_declared_set_does_not_change_the_hash(
        which in any::<Index>(),
        (scalars, shuffled) in prop::collection::vec(scalar(), 0..6)
            .prop_flat_map(|values| {
                let places: Vec<usize> = (0..values.len()).collect();
                (Just(values), Just(places).prop_shuffle())
            }),
    ) {
        let sets = declared_sets();
        let (ty, rule) = which.get(&sets);
        let elements = elements(rule, &scalars);
        let reordered: Vec<Value> = shuffled.iter().map(|place| elements[*place].clone()).collect();
        let one = object_with(&rule.path, Value::Array(elements));
        let other = object_with(&rule.path, Value::Array(reordered));
        prop_assert_eq!(hash(ty, &one), hash(ty, &other), "{} {}", ty.key, rule.path);
    }

    #[test]
    fn an_element_more_in_a_declared_set_changes_the_hash(
        which in any::<Index>(),
        scalars in prop::collection::vec(scalar(), 1..6),
    ) {
        let sets = declared_sets();
        let (ty, rule) = which.get(&sets);
        let all = elements(rule, &scalars);
        let fewer = all[1..].to_vec();
        let one = object_with(&rule.path, Value::Array(all));
        let other = object_with(&rule.path, Value::Array(fewer));
        prop_assert_ne!(hash(ty, &one), hash(ty, &other), "{} {}", ty.key, rule.path);
    }
}

#[test]
fn there_are_sets_of_every_sort_to_shuffle() {
    let sets = declared_sets();
    assert!(sets.len() > 100, "{}", sets.len());
    for sort in [SetKey::Value, SetKey::Element, SetKey::SettingInstance] {
        assert!(sets.iter().any(|(_, rule)| rule.by == sort), "{sort:?}");
    }
}
