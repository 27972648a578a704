//! Finds the declared places of a tree, to change them.

use contract::{FieldPath, Segment};
use serde_json::{Map, Value};

/// Calls `visit` with every object that may hold the last property of the path, and its name.
///
/// A path that does not end in a property has no such place.
pub(super) fn visit(
    path: &FieldPath,
    tree: &mut Value,
    visit: &mut dyn FnMut(&mut Map<String, Value>, &str),
) {
    if let Some((Segment::Property(last), way)) = path.segments().split_last() {
        walk(way, tree, &mut |holder| {
            if let Some(map) = holder.as_object_mut() {
                visit(map, last);
            }
        });
    }
}

/// Calls `visit` with the value at every place of the path.
pub(super) fn visit_values(path: &FieldPath, tree: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    walk(path.segments(), tree, visit);
}

/// Removes the property at every place; returns how many there were.
pub(super) fn remove(path: &FieldPath, tree: &mut Value) -> usize {
    remove_where(path, tree, |_| true)
}

/// Removes the property at every place where its value fits; returns how many there were.
pub(super) fn remove_where(path: &FieldPath, tree: &mut Value, fits: impl Fn(&Value) -> bool) -> usize {
    let mut count = 0;
    visit(path, tree, &mut |holder, name| {
        if holder.get(name).is_some_and(&fits) {
            holder.shift_remove(name);
            count += 1;
        }
    });
    count
}

fn walk(way: &[Segment], here: &mut Value, visit: &mut dyn FnMut(&mut Value)) {
    match way.split_first() {
        None => visit(here),
        Some((Segment::Property(name), rest)) => {
            if let Some(next) = here.get_mut(name) {
                walk(rest, next, visit);
            }
        }
        Some((Segment::Each, rest)) => {
            for element in here.as_array_mut().into_iter().flatten() {
                walk(rest, element, visit);
            }
        }
    }
}
