//! Loading folders of exported policies.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use simulator::{LoadError, LoadReport, Loaded, Simulator, TenantState};
use tempfile::TempDir;

use crate::caller::started;

fn write(folder: &Path, path: &str, bytes: &[u8]) {
    let file = folder.join(path);
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(file, bytes).unwrap();
}

fn utf16(text: &str) -> Vec<u8> {
    [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

/// A folder with every encoding, ids that repeat and lack, and files that cannot be loaded.
fn fixture() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let policy = |id: &str, name: &str| json!({ "id": id, "name": name }).to_string();
    write(at, "configurationPolicies/a.json", policy("p1", "Größe").as_bytes());
    write(at, "configurationPolicies/b.json", &utf16(&policy("p2", "Größe")));
    write(at, "configurationPolicies/c.json", &[b"\xEF\xBB\xBF", policy("p1", "Größe").as_bytes()].concat());
    write(at, "configurationPolicies/d.json", br#"{"name":"no id"}"#);
    write(at, "configurationPolicies/e.json", b"{\n  \"name\": \"broken\",\n  oops\n}");
    write(at, "configurationPolicies/f.json", b"\xC3\x28");
    write(at, "groups/list.json", b"[{}]");
    write(at, "nonsense/x.json", br#"{"id":"x"}"#);
    write(at, "_errors/y.json", b"{}");
    write(at, "groups/readme.txt", b"not looked at");
    folder
}

fn reason(report: &LoadReport, path: &str) -> String {
    report.skipped.iter().find(|skipped| skipped.path.ends_with(path)).unwrap().to_string()
}

#[test]
fn every_file_is_loaded_or_skipped_with_a_reason() {
    let folder = fixture();
    let (state, report) = TenantState::from_folder(folder.path(), 1, "Folder").unwrap();
    let expected = Loaded { own_id: 2, derived_no_id: 1, derived_duplicate: 1 };
    assert_eq!(report.loaded["configurationPolicies"], expected);
    assert_eq!((report.sums(), report.total()), (expected, 9));
    assert_eq!(state.counts()["configurationPolicies"], 4);
    let cases = [
        ("e.json", "configurationPolicies/e.json: broken JSON: key must be a string at line 3 column 3"),
        ("f.json", "configurationPolicies/f.json: neither UTF-8 nor UTF-16 with a byte order mark"),
        ("list.json", "groups/list.json: not one object but a list"),
        ("x.json", "nonsense/x.json: no collection is named \"nonsense\""),
        ("y.json", "_errors/y.json: _errors holds no policies"),
    ];
    assert_eq!(report.skipped.len(), cases.len());
    for (path, expected) in cases {
        assert_eq!(reason(&report, path), expected);
    }
}

#[test]
fn derived_ids_are_the_same_on_every_load() {
    let folder = fixture();
    let load = || TenantState::from_folder(folder.path(), 1, "Folder").unwrap();
    assert_eq!(load().0.to_snapshot(), load().0.to_snapshot());
}

#[test]
fn an_index_decides_what_is_loaded_and_of_which_collection() {
    let folder = fixture();
    write(folder.path(), "odd/name.json", br#"{"displayName":"Indexed"}"#);
    let index = "path\tkind\ttype\n\
        odd/name.json\texport\tgroups\n\
        configurationPolicies/a.json\texport\tconfigurationPolicies\n\
        gone.json\texport\tgroups\n\
        ../outside.json\texport\tgroups\n";
    write(folder.path(), "INDEX.tsv", index.as_bytes());
    let (state, report) = TenantState::from_folder(folder.path(), 1, "Folder").unwrap();
    assert_eq!((report.sums().total(), report.skipped.len()), (2, 2));
    assert_eq!((state.counts()["groups"], state.counts()["configurationPolicies"]), (1, 1));
    assert!(reason(&report, "gone.json").contains("cannot be read"));
    assert!(reason(&report, "outside.json").contains("leads out of the folder"));
}

#[test]
fn a_folder_that_cannot_be_loaded_is_an_error_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let load = |path: &Path| TenantState::from_folder(path, 1, "Folder").unwrap_err();
    let missing = load(&folder.path().join("missing"));
    assert!(matches!(missing, LoadError::Folder { .. }));
    assert!(missing.to_string().contains("one folder per collection"), "{missing}");
    assert!(matches!(load(folder.path()), LoadError::Empty { .. }));
    write(folder.path(), "INDEX.tsv", b"path\tname\n");
    assert!(matches!(load(folder.path()), LoadError::Column { column: "type", .. }));
    write(folder.path(), "INDEX.tsv", &[0xFF, 0xFE]);
    assert!(matches!(load(folder.path()), LoadError::Index { .. }));
}

#[tokio::test]
async fn inline_parts_are_served_by_detail_calls_and_export_links_are_gone() {
    let folder = tempfile::tempdir().unwrap();
    let export = json!({
        "@odata.context": "https://graph.microsoft.com/beta/$metadata#x",
        "@odata.editLink": "deviceManagement/configurationPolicies('p')",
        "#microsoft.graph.assign": {},
        "id": "p",
        "name": "Exported",
        "unknownToEveryone": { "kept": [1, 2.50, null] },
        "settings@odata.context": "x",
        "settings": [{ "id": "0", "settingInstance": { "settingDefinitionId": "s" } }],
        "assignments": [{ "target": { "@odata.type": "#microsoft.graph.allDevicesAssignmentTarget" } }],
    });
    write(folder.path(), "configurationPolicies/p.json", &utf16(&export.to_string()));
    let (state, _) = TenantState::from_folder(folder.path(), 1, "Folder").unwrap();
    let (_running, _, caller) = started(Simulator::new(), state).await;
    let path = "/beta/deviceManagement/configurationPolicies/p";
    let mut item = caller.good(path).await;
    item.as_object_mut().unwrap().remove("@odata.context");
    let expected = json!({
        "id": "p", "name": "Exported", "unknownToEveryone": { "kept": [1, 2.50, null] },
    });
    assert_eq!(item, expected);
    assert_eq!(caller.all(&format!("{path}/settings")).await.len(), 1);
    let assignments: Vec<Value> = caller.all(&format!("{path}/assignments")).await;
    assert_eq!(assignments[0]["id"], "p_adadadad-808e-44e2-905a-0b7873a8a531");
}
