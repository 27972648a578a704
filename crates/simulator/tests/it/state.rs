//! The handle on a tenant, changes, and snapshots.

use serde_json::{Value, json};
use simulator::{Availability, GenerateOptions, Simulator, SnapshotError, StateError, TenantState};

use crate::caller::{empty, generated, started};

#[tokio::test]
async fn one_change_changes_one_value_that_the_next_read_shows() {
    let (_running, tenant, caller) = generated(80).await;
    for seed in 0..20 {
        let before = tenant.state();
        let change = tenant.change_one(seed).unwrap();
        assert_ne!(change.before, change.after);
        let after = tenant.state();
        let whole = |state: &TenantState| serde_json::from_slice::<Value>(&state.to_snapshot()).unwrap();
        let (before, after) = (whole(&before), whole(&after));
        let objects = |state: &Value| state["collections"].as_object().unwrap().clone();
        let differing: Vec<String> = objects(&before)
            .iter()
            .filter(|(name, held)| objects(&after)[name.as_str()] != **held)
            .map(|(name, _)| name.clone())
            .collect();
        assert_eq!(differing, [change.collection.as_str()]);
    }
    let change = tenant.change_one(99).unwrap();
    assert_eq!(change.collection, "configurationPolicies");
    let place: usize = change.property.split(['[', ']']).nth(1).unwrap().parse().unwrap();
    let path = format!("/beta/deviceManagement/configurationPolicies/{}/settings", change.id);
    let instance = &caller.all(&path).await[place]["settingInstance"];
    let value = instance["choiceSettingValue"].get("value").or(instance["simpleSettingValue"].get("value"));
    assert_eq!(value, Some(&change.after));
}

#[tokio::test]
async fn a_change_is_found_where_there_is_no_settings_catalog() {
    let (_running, tenant, _) = empty().await;
    assert_eq!(tenant.change_one(1), None);
    let policy = json!({ "displayName": "CA001", "state": "enabled" });
    tenant.put("conditionalAccessPolicies", policy).unwrap();
    let change = tenant.change_one(1).unwrap();
    assert_eq!((change.property.as_str(), &change.before), ("state", &json!("enabled")));
}

#[tokio::test]
async fn the_handle_changes_what_requests_read() {
    let (_running, tenant, caller) = empty().await;
    let filter = json!({ "displayName": "Old", "rule": "a", "extra": { "kept": 1, "gone": 2 } });
    let id = tenant.put("assignmentFilters", filter).unwrap();
    let path = format!("/beta/deviceManagement/assignmentFilters/{id}");
    tenant.rename("assignmentFilters", &id, "New").unwrap();
    tenant.patch("assignmentFilters", &id, json!({ "rule": "b", "extra": { "gone": null } })).unwrap();
    let read = caller.good(&path).await;
    assert_eq!((&read["displayName"], &read["rule"]), (&json!("New"), &json!("b")));
    assert_eq!(read["extra"], json!({ "kept": 1 }));
    assert!(read["lastModifiedDateTime"].is_string());
    assert_eq!(tenant.get("assignmentFilters", &id).unwrap().unwrap()["rule"], "b");
    tenant.delete("assignmentFilters", &id).unwrap();
    assert_eq!(caller.get(&path).await.0, 404);

    let unknown = StateError::UnknownObject { collection: "assignmentFilters".to_owned(), id: id.clone() };
    assert_eq!(tenant.delete("assignmentFilters", &id), Err(unknown));
    let unknown = StateError::UnknownCollection("nonsense".to_owned());
    assert_eq!(tenant.put("nonsense", json!({})), Err(unknown));
    assert!(matches!(tenant.put("groups", json!([])), Err(StateError::NotAnObject(_))));
    assert!(matches!(
        tenant.set_assignments("groups", "any", Vec::new()),
        Err(StateError::UnknownPart { .. })
    ));
}

#[tokio::test]
async fn a_snapshot_brings_everything_back() {
    let (running, tenant, caller) = generated(40).await;
    tenant.set_availability("intents", Availability::Denied).unwrap();
    let kept = tenant.snapshot();
    tenant.change_one(1).unwrap();
    let lost = tenant.put("groups", json!({ "displayName": "Lost" })).unwrap();
    assert_ne!(tenant.snapshot(), kept);
    tenant.restore(&kept).unwrap();
    assert_eq!(tenant.snapshot(), kept);
    assert_eq!(caller.get(&format!("/v1.0/groups/{lost}")).await.0, 404);
    let again = tenant.put("groups", json!({ "displayName": "Again" })).unwrap();
    assert_eq!(again, lost, "ids go on where the snapshot was");
    running.stop().await;

    let restored = TenantState::from_snapshot(&kept).unwrap();
    assert_eq!(restored.to_snapshot(), kept);
    let (_running, _, caller) = started(Simulator::new(), restored).await;
    assert_eq!(caller.get("/beta/deviceManagement/intents").await.0, 403);
}

#[tokio::test]
async fn a_wrong_snapshot_changes_nothing() {
    let (_running, tenant, _) = empty().await;
    let before = tenant.snapshot();
    let cut = tenant.restore(&before[..before.len() / 2]);
    assert!(matches!(cut, Err(SnapshotError::Parse(_))));
    let other = TenantState::generated(9, GenerateOptions::default().policies(1));
    assert!(matches!(tenant.restore(&other.to_snapshot()), Err(SnapshotError::OtherTenant { .. })));
    let newer = String::from_utf8(before.clone()).unwrap().replace("\"version\":1,", "\"version\":2,");
    assert!(matches!(tenant.restore(newer.as_bytes()), Err(SnapshotError::Version(2))));
    assert_eq!(tenant.snapshot(), before);
}

#[test]
fn the_client_can_be_chosen() {
    let tenant_id = "aaaaaaaa-1111-4222-8333-bbbbbbbbbbbb".parse().unwrap();
    let client_id = "cccccccc-1111-4222-8333-bbbbbbbbbbbb".parse().unwrap();
    let state = TenantState::empty(1, "Chosen")
        .with_tenant_id(tenant_id)
        .with_client(client_id, "chosen secret".to_owned().into());
    assert_eq!((state.tenant_id(), state.client_id()), (tenant_id, client_id));
    assert_eq!(state.counts()["organization"], 1);
    assert!(!format!("{state:?}").contains("chosen secret"));
}
