//! Loading a folder of exported policies.
//!
//! With an `INDEX.tsv` (columns `path` and `type`, tab-separated, a header line first) every line of it is
//! loaded or skipped with a reason. Without one, every `*.json` file below the folder is, and its collection
//! is the name of the folder that it lies in. Files come in the order of their paths. An object keeps its own
//! id at that id's first use in its collection; otherwise its id is derived from the path, so that it is the
//! same on every load.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::collections::{Shape, find};
use crate::encoding::decode;
use crate::ids::derived_id;
use crate::tenant::TenantState;

/// The file that lists what a folder holds.
const INDEX: &str = "INDEX.tsv";

/// Why nothing was loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The folder cannot be read.
    #[error("read the folder {}: give a folder that holds one folder per collection with .json files in it", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The index cannot be read as text.
    #[error("read {}: write it as UTF-8 with a header line, or take it away to load every .json file", path.display())]
    Index {
        /// The index.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The index lacks a column.
    #[error("find the column {column:?} in the first line of {}: the header needs path and type, separated by tabs", path.display())]
    Column {
        /// The index.
        path: PathBuf,
        /// The column that is missing.
        column: &'static str,
    },
    /// There is nothing to load.
    #[error("find any .json file below {}: files lie in folders named by collection, for example configurationPolicies", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
}

/// How many objects of one collection were loaded, by where their ids are from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Loaded {
    /// With the id in the file.
    pub own_id: usize,
    /// With an id derived from the path, because the file has none.
    pub derived_no_id: usize,
    /// With an id derived from the path, because the one in the file was already used in the collection.
    pub derived_duplicate: usize,
}

impl Loaded {
    /// Returns how many were loaded.
    pub fn total(&self) -> usize {
        self.own_id + self.derived_no_id + self.derived_duplicate
    }
}

/// A file that was not loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Skipped {
    /// The path below the folder.
    pub path: String,
    /// The collection that the file was said to be of.
    pub collection: String,
    /// Why it was not loaded.
    pub reason: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.reason)
    }
}

/// What became of every file: loaded or skipped.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LoadReport {
    /// The loaded objects, by collection.
    pub loaded: BTreeMap<String, Loaded>,
    /// The skipped files, in the order of their paths.
    pub skipped: Vec<Skipped>,
}

impl LoadReport {
    /// Returns the sums over all collections.
    pub fn sums(&self) -> Loaded {
        self.loaded.values().fold(Loaded::default(), |sum, loaded| Loaded {
            own_id: sum.own_id + loaded.own_id,
            derived_no_id: sum.derived_no_id + loaded.derived_no_id,
            derived_duplicate: sum.derived_duplicate + loaded.derived_duplicate,
        })
    }

    /// Returns how many files were looked at: loaded and skipped.
    pub fn total(&self) -> usize {
        self.sums().total() + self.skipped.len()
    }
}

/// A file that is to be loaded.
struct Entry {
    path: String,
    collection: String,
}

impl TenantState {
    /// Makes a tenant from a folder of exported policies; identity and credentials follow from `number`.
    ///
    /// Reads the files one after another and blocks meanwhile. UTF-8 with or without byte order mark and
    /// UTF-16 with one are read. A file that cannot be loaded is skipped with a reason, and the rest loads.
    ///
    /// # Errors
    /// [`LoadError`], which says what to do.
    pub fn from_folder(
        folder: &Path,
        number: u64,
        display_name: &str,
    ) -> Result<(Self, LoadReport), LoadError> {
        let mut state = Self::empty(number, display_name);
        let mut report = LoadReport::default();
        for entry in entries(folder)? {
            match load(&mut state, folder, &entry) {
                Ok(origin) => {
                    let loaded = report.loaded.entry(entry.collection).or_default();
                    match origin {
                        IdOrigin::Own => loaded.own_id += 1,
                        IdOrigin::DerivedNoId => loaded.derived_no_id += 1,
                        IdOrigin::DerivedDuplicate => loaded.derived_duplicate += 1,
                    }
                }
                Err(reason) => {
                    report.skipped.push(Skipped { path: entry.path, collection: entry.collection, reason });
                }
            }
        }
        Ok((state, report))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum IdOrigin {
    Own,
    DerivedNoId,
    DerivedDuplicate,
}

/// Loads one file, or says why not.
fn load(state: &mut TenantState, folder: &Path, entry: &Entry) -> Result<IdOrigin, String> {
    if entry.collection.starts_with('_') {
        return Err(format!("{} holds no policies", entry.collection));
    }
    let mut object = read_object(folder, &entry.path)?;
    let collection =
        find(&entry.collection).ok_or_else(|| format!("no collection is named {:?}", entry.collection))?;
    if collection.shape == Shape::Single && state.objects(collection.name).next().is_some() {
        return Err(format!("{} holds one object, which an earlier file gave", collection.name));
    }
    let own_id = object.get("id").and_then(Value::as_str).filter(|id| !id.is_empty());
    let origin = match own_id {
        Some(id) if state.object(collection.name, id).is_none() => IdOrigin::Own,
        Some(_) => IdOrigin::DerivedDuplicate,
        None => IdOrigin::DerivedNoId,
    };
    if origin != IdOrigin::Own {
        object.insert("id".to_owned(), json!(derived_id(&["file", &entry.path]).to_string()));
    }
    state.put_object(collection, object, None);
    Ok(origin)
}

fn read_object(folder: &Path, path: &str) -> Result<Map<String, Value>, String> {
    let inside = Path::new(path).components().all(|component| matches!(component, Component::Normal(_)));
    if !inside {
        return Err("the path leads out of the folder".to_owned());
    }
    let bytes = fs::read(folder.join(path)).map_err(|error| format!("cannot be read: {error}"))?;
    let text = decode(&bytes).ok_or("neither UTF-8 nor UTF-16 with a byte order mark")?;
    // The parser's message ends with line and column.
    match serde_json::from_str(&text).map_err(|error| format!("broken JSON: {error}"))? {
        Value::Object(object) => Ok(object),
        Value::Array(_) => Err("not one object but a list".to_owned()),
        _ => Err("not an object but a single value".to_owned()),
    }
}

/// Lists what is to be loaded, in the order of the paths.
fn entries(folder: &Path) -> Result<Vec<Entry>, LoadError> {
    let unreadable = |source| LoadError::Folder { path: folder.to_owned(), source };
    fs::read_dir(folder).map_err(unreadable)?;
    let index = folder.join(INDEX);
    let mut entries = if index.is_file() {
        indexed(&index)?
    } else {
        let mut found = Vec::new();
        walk(folder, "", &mut found).map_err(unreadable)?;
        found
    };
    if entries.is_empty() {
        return Err(LoadError::Empty { path: folder.to_owned() });
    }
    entries.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(entries)
}

fn indexed(index: &Path) -> Result<Vec<Entry>, LoadError> {
    let text =
        fs::read_to_string(index).map_err(|source| LoadError::Index { path: index.to_owned(), source })?;
    let mut lines = text.trim_start_matches('\u{FEFF}').lines();
    let header: Vec<&str> = lines.next().unwrap_or_default().split('\t').collect();
    let column = |column: &'static str| {
        let found = header.iter().position(|name| *name == column);
        found.ok_or_else(|| LoadError::Column { path: index.to_owned(), column })
    };
    let (path, kind) = (column("path")?, column("type")?);
    let entry = |line: &str| {
        let fields: Vec<&str> = line.split('\t').collect();
        let field = |at: usize| fields.get(at).copied().unwrap_or_default().to_owned();
        Entry { path: field(path), collection: field(kind) }
    };
    Ok(lines.filter(|line| !line.is_empty()).map(entry).collect())
}

fn walk(folder: &Path, below: &str, found: &mut Vec<Entry>) -> io::Result<()> {
    for item in fs::read_dir(folder.join(below))? {
        let item = item?;
        let name = item.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if item.file_type()?.is_dir() {
            walk(folder, &path, found)?;
        } else if name.to_ascii_lowercase().ends_with(".json") {
            let collection = below.rsplit('/').next().unwrap_or_default().to_owned();
            found.push(Entry { path, collection });
        }
    }
    Ok(())
}
