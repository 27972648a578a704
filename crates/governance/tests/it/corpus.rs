//! The normaliser on real exports, which lie outside the project.

use std::path::{Path, PathBuf};
use std::{env, fs};

use contract::{PolicyType, Registry};
use governance::normalise::{Document, Normalised, normalise};
use serde_json::Value;

/// Names the folder of the exports; without it they are looked for beside the workspace.
const FOLDER_VARIABLE: &str = "TENANTATLAS_CORPUS";
/// The file that lists every export, one a line, behind a line of headings.
const INDEX: &str = "INDEX.tsv";
/// Lines of the index that are known to hold an object of a known type.
const LOADABLE_COUNT: usize = 757;

/// Returns the folder, or nothing where there is none to be expected.
fn folder() -> Option<PathBuf> {
    #[expect(clippy::disallowed_methods, reason = "the corpus is named from outside, and only to this test")]
    if let Some(named) = env::var_os(FOLDER_VARIABLE) {
        return Some(PathBuf::from(named));
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
    let shared = workspace.parent()?.join("shared");
    shared.exists().then(|| shared.join("intune-corpus"))
}

struct Export {
    path: String,
    ty: &'static PolicyType,
    object: Value,
}

/// Loads every export that is one object of a known type; the rest is told with its reason.
fn exports(folder: &Path) -> (Vec<Export>, Vec<(String, &'static str)>) {
    let index = fs::read_to_string(folder.join(INDEX)).expect("the corpus has an index");
    let (mut loaded, mut skipped) = (Vec::new(), Vec::new());
    for line in index.lines().skip(1).filter(|line| !line.is_empty()) {
        let mut columns = line.split('\t');
        let path = columns.next().expect("a line has a first column").to_owned();
        let name = columns.next().expect("a line has a second column");
        if name.starts_with('_') {
            skipped.push((path, "an extra folder"));
            continue;
        }
        let bytes = fs::read(folder.join(&path)).expect("every file of the index is there");
        let object: Value = serde_json::from_str(&text_of(&bytes)).unwrap_or_else(|e| panic!("{path}: {e}"));
        if !object.is_object() {
            skipped.push((path, "not one object but a list"));
            continue;
        }
        let mut types = Registry::builtin().types().iter();
        let ty = types.find(|ty| ty.corpus_type.as_deref() == Some(name));
        let ty = ty.unwrap_or_else(|| panic!("{path}: no type is called {name}"));
        loaded.push(Export { path, ty, object });
    }
    (loaded, skipped)
}

/// Reads UTF-8 with or without its mark, and UTF-16 LE with it.
fn text_of(bytes: &[u8]) -> String {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => {
            let units = rest.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).collect::<Result<_, _>>().expect("the export is UTF-16")
        }
        [0xEF, 0xBB, 0xBF, rest @ ..] | rest => {
            String::from_utf8(rest.to_vec()).expect("the export is UTF-8")
        }
    }
}

/// Turns the keys round at every depth; arrays stay.
fn keys_reversed(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.iter().rev().map(|(key, value)| (key.clone(), keys_reversed(value))).collect())
        }
        Value::Array(elements) => elements.iter().map(keys_reversed).collect(),
        other => other.clone(),
    }
}

fn normal(export: &Export, object: &Value) -> Normalised {
    normalise(export.ty, &Document::of(object)).unwrap_or_else(|e| panic!("{}: {e}", export.path))
}

/// Runs a check over every export, or says how many it was not run on.
fn for_each_export(check: impl Fn(&Export)) {
    let Some(folder) = folder() else {
        println!("{LOADABLE_COUNT} exports were not run: set {FOLDER_VARIABLE} to their folder");
        return;
    };
    let (loaded, skipped) = exports(&folder);
    assert_eq!(loaded.len(), LOADABLE_COUNT, "skipped: {skipped:#?}");
    loaded.iter().for_each(check);
}

#[test]
fn an_export_and_its_copy_with_other_key_order_have_one_hash() {
    for_each_export(|export| {
        let (one, other) = (normal(export, &export.object), normal(export, &keys_reversed(&export.object)));
        assert_eq!(one.canonical_hash, other.canonical_hash, "{}", export.path);
        assert_eq!(one.assignments_hash, other.assignments_hash, "{}", export.path);
        assert_eq!(one.ignored, other.ignored, "{}", export.path);
    });
}

#[test]
fn the_normal_tree_of_an_export_is_its_own_normal_tree() {
    for_each_export(|export| {
        let one = normal(export, &export.object);
        let again = normal(export, &one.tree);
        assert_eq!(again.tree, one.tree, "{}", export.path);
        assert_eq!(again.settings_hash, one.settings_hash, "{}", export.path);
    });
}

#[test]
fn the_name_of_an_export_is_never_ignored() {
    for_each_export(|export| {
        let Some(property) = export.ty.name_property.as_deref() else { return };
        let mut renamed = export.object.clone();
        renamed[property] = Value::from("A name that nothing else has");
        let (one, other) = (normal(export, &export.object), normal(export, &renamed));
        assert_ne!(one.canonical_hash, other.canonical_hash, "{}", export.path);
    });
}

#[test]
fn turning_round_every_declared_set_of_an_export_does_not_change_its_hash() {
    for_each_export(|export| {
        let mut turned = export.object.clone();
        for rule in &export.ty.sets {
            turn_round(rule.path.segments(), &mut turned);
        }
        let (one, other) = (normal(export, &export.object), normal(export, &turned));
        assert_eq!(one.canonical_hash, other.canonical_hash, "{}", export.path);
    });
}

fn turn_round(way: &[contract::Segment], here: &mut Value) {
    match way.split_first() {
        None => {
            if let Some(elements) = here.as_array_mut() {
                elements.reverse();
            }
        }
        Some((contract::Segment::Property(name), rest)) => {
            if let Some(next) = here.get_mut(name) {
                turn_round(rest, next);
            }
        }
        Some((contract::Segment::Each, rest)) => {
            for element in here.as_array_mut().into_iter().flatten() {
                turn_round(rest, element);
            }
        }
    }
}
