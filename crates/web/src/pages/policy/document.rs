//! The document of a version as it may be shown: in the form in which it is compared, without what may be a secret.

use governance::contract::Registry;
use governance::normalise::{WITHHELD, normalise, redact};
use governance::policies::{self, PayloadError, StoredDocument, Version, VersionId};
use serde_json::Value as Json;
use tenancy::Scope;

use super::view::{Held, PolicyTab, Setting};
use crate::components::Value;
use crate::problem::Problem;
use crate::state::AppState;

/// How many settings a page shows; what is beyond them is in the JSON.
const SETTINGS_MAX: usize = 3000;

/// How deep the tree of settings goes; the JSON goes on.
const DEPTH_MAX: usize = 12;

/// The longest text of a value that a page shows, in characters.
const TEXT_MAX: usize = 2000;

/// A document that may be shown.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    /// The settings.
    pub(crate) settings: Json,
    /// Whom it is assigned to; none where that was not read.
    pub(crate) assignments: Option<Json>,
}

/// Reads the document of a version.
///
/// A type that this version of the program does not know is not shown at all: nobody can tell what in it is a secret.
pub(crate) async fn shown_document(
    app: &AppState,
    scope: &Scope,
    ty: &str,
    version: VersionId,
) -> Result<Shown, Problem> {
    let bytes = policies::payload(app.database(), scope, version).await.map_err(|error| match error {
        PayloadError::Database(error) => error.into(),
        other => Problem::internal(&other),
    })?;
    let bytes = bytes.ok_or_else(Problem::not_found)?;
    let Some(ty) = Registry::builtin().get(ty) else {
        return Ok(Shown { settings: Json::from(WITHHELD), assignments: None });
    };
    let stored = StoredDocument::read(&bytes).map_err(|error| Problem::internal(&error))?;
    let normal = normalise(ty, &stored.document()).map_err(|error| Problem::internal(&error))?;
    let mut settings = normal.tree;
    redact(ty, &mut settings);
    Ok(Shown { settings, assignments: normal.assignments })
}

/// Makes what a tab shows of a document.
pub(super) fn tab(tab: &str, shown: &Shown, version: &Version) -> PolicyTab {
    match tab {
        "assignments" => PolicyTab::Assignments(shown.assignments.as_ref().map(assigned)),
        "json" => PolicyTab::Json {
            text: pretty(shown),
            number: u64::try_from(version.number).unwrap_or(0),
            size_bytes: version.size_bytes,
            file: None,
        },
        _ => {
            let mut left = SETTINGS_MAX;
            PolicyTab::Settings(settings(&shown.settings, 0, &mut left))
        }
    }
}

fn pretty(shown: &Shown) -> String {
    let mut whole = shown.settings.clone();
    if let (Some(map), Some(assignments)) = (whole.as_object_mut(), &shown.assignments) {
        map.insert("assignments".to_owned(), assignments.clone());
    }
    serde_json::to_string_pretty(&whole).unwrap_or_default()
}

fn settings(tree: &Json, depth: usize, left: &mut usize) -> Vec<Setting> {
    let named: Vec<(String, &Json)> = match tree {
        Json::Object(map) => map.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Json::Array(list) => {
            list.iter().enumerate().map(|(at, value)| (label_of(value, at), value)).collect()
        }
        _ => Vec::new(),
    };
    let mut all = Vec::new();
    for (label, value) in named {
        if *left == 0 {
            break;
        }
        *left -= 1;
        let nested = matches!(value, Json::Object(map) if !map.is_empty())
            || matches!(value, Json::Array(list) if list.iter().any(|one| one.is_object() || one.is_array()));
        let holds = if nested && depth < DEPTH_MAX {
            Held::Settings(settings(value, depth + 1, left))
        } else {
            Held::Value(value_of(value))
        };
        all.push(Setting { label, key: None, holds });
    }
    all
}

/// Names an element of a list by what tells it from the others, else by its place.
fn label_of(element: &Json, at: usize) -> String {
    let names = ["displayName", "name", "settingDefinitionId"];
    let own = names.iter().find_map(|name| element.get(*name)?.as_str());
    let instance = || element.pointer("/settingInstance/settingDefinitionId").and_then(Json::as_str);
    own.or_else(instance).map_or_else(|| (at + 1).to_string(), str::to_owned)
}

fn value_of(value: &Json) -> Value {
    match value {
        Json::String(text) if text == WITHHELD => Value::Withheld,
        Json::String(text) => Value::Text(cut(text)),
        Json::Array(list) => Value::Text(cut(&list.iter().map(plain).collect::<Vec<_>>().join(", "))),
        other => Value::Text(cut(&other.to_string())),
    }
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn cut(text: &str) -> String {
    if text.chars().count() <= TEXT_MAX {
        return text.to_owned();
    }
    text.chars().take(TEXT_MAX).chain(['…']).collect()
}

/// Says for each assignment whom it is for.
fn assigned(assignments: &Json) -> Vec<(String, Value)> {
    let list = assignments.as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .map(|one| {
            let target = one.get("target").unwrap_or(one);
            let kind = target.get("@odata.type").and_then(Json::as_str).unwrap_or_default();
            let kind = kind.rsplit('.').next().unwrap_or_default();
            let words = match kind {
                "allDevicesAssignmentTarget" => "Include, all devices",
                "allLicensedUsersAssignmentTarget" => "Include, all users",
                "groupAssignmentTarget" => "Include, group",
                "exclusionGroupAssignmentTarget" => "Exclude, group",
                _ => "Target",
            };
            let value = match target.get("groupId").and_then(Json::as_str) {
                Some(group) => Value::Code(group.to_owned()),
                None if kind.is_empty() => Value::Code(cut(&one.to_string())),
                None => Value::Text(String::new()),
            };
            (words.to_owned(), value)
        })
        .collect()
}
