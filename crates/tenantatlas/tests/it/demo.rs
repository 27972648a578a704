//! The demo from its first line to its last.

use serde_json::Value;

use crate::exports;
use crate::program::Program;

#[tokio::test(flavor = "multi_thread")]
async fn a_demo_tells_its_story_and_the_next_one_finds_its_data() {
    let program = Program::new();
    let first = program.ok(&["demo", "--exit", "--policies", "40"]).await;
    for told in [
        "Simulated tenant contoso: new",
        "Inventory sync of contoso: succeeded",
        "Policy sync of fabrikam: succeeded",
        "as expected: contoso: all ",
        "as expected: fabrikam: all ",
        " → ",
        "as expected: exactly one version was made",
        "The ledger, newest first",
        "All was as expected.",
    ] {
        assert!(first.stdout.contains(told), "`{told}` is not in {}", first.stdout);
    }
    assert_eq!(first.stderr, "");
    let ledger = first.stdout.split("The ledger, newest first").nth(1).unwrap();
    assert_eq!(ledger.matches("Policy sync").count(), 5);
    assert_eq!(ledger.matches("Inventory sync").count(), 2);

    let second = program.json(&["demo", "--exit", "--policies", "40"]).await;
    assert_eq!(second["as_expected"], true, "{second:#}");
    let runs: Vec<&Value> = second["steps"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|step| step["runs"].as_array().unwrap())
        .collect();
    assert_eq!(runs.len(), 7);
    let count = |run: &Value, key: &str| run["counts"][key].as_u64().unwrap();
    for run in &runs[..6] {
        let changed = ["created", "updated", "deleted", "failed"].map(|key| count(run, key));
        assert_eq!(changed, [0; 4], "what the first start left was not found again: {run:#}");
        assert!(count(run, "unchanged") > 0);
    }
    assert_eq!((count(runs[6], "updated"), count(runs[6], "created")), (1, 0));
    let found = &second["steps"].as_array().unwrap().last().unwrap()["step"];
    assert_eq!(found, "The ledger, newest first");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_exports_is_accounted_for_file_by_file() {
    let program = Program::new();
    let folder = program.data_dir().with_file_name("exports");
    exports::write_to(&folder);
    let demo = program.call(&["demo", "--exit", "--policies", "5", "--corpus", "exports"]).await;
    assert_eq!(demo.code, Some(0), "{demo:?}");
    let files = exports::CATALOG_POLICIES + 6;
    for told in [
        format!(
            "as expected: {} loaded + 3 skipped = {files} of the {files} files that the index names",
            files - 3
        ),
        "broken JSON".to_owned(),
        "not one object but a list".to_owned(),
        "_notes holds no policies".to_owned(),
        "as expected: stored = loaded for all 2 types".to_owned(),
        "graph.unexpected_answer".to_owned(),
        "as expected: the run succeeded in part, with sync.incomplete".to_owned(),
        "as expected: configurationPolicy is partial".to_owned(),
        "as expected: deviceCompliancePolicy is complete".to_owned(),
        format!("as expected: still {} objects are known, and 0 are missing", exports::CATALOG_POLICIES),
        "as expected: configurationPolicy is complete, 2 pages".to_owned(),
    ] {
        assert!(demo.stdout.contains(&told), "`{told}` is not in {}", demo.stdout);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_without_anything_to_change_is_not_as_expected() {
    let program = Program::new();
    crate::program::write(
        &program.data_dir().with_file_name("exports"),
        "deviceCategories/one.json",
        br#"{"displayName": "Kiosks"}"#,
    );
    let demo = program.call(&["demo", "--exit", "--policies", "5", "--corpus", "exports"]).await;
    assert_eq!(demo.code, Some(1), "{demo:?}");
    assert!(demo.stdout.contains("NOT AS EXPECTED: contoso holds a policy that can be changed"), "{demo:?}");
}
