//! Writes over HTTP: what is written is read back.

use reqwest::Method;
use serde_json::{Value, json};

use crate::caller::{empty, settings};

const POLICIES: &str = "/beta/deviceManagement/configurationPolicies";

fn group(id: &str) -> Value {
    json!({ "target": { "@odata.type": "#microsoft.graph.groupAssignmentTarget", "groupId": id } })
}

#[tokio::test]
async fn a_policy_is_created_replaced_and_deleted() {
    let (_running, tenant, caller) = empty().await;
    let policy = json!({ "id": "mine", "name": "New", "settingCount": 0, "settings": settings(3) });
    let (status, created) = caller.send(Method::POST, POLICIES, policy).await;
    assert_eq!(status, 201, "{created}");
    let id = created["id"].as_str().unwrap();
    assert_ne!(id, "mine");
    assert!(created["createdDateTime"].is_string());
    let item = format!("{POLICIES}/{id}");

    let (status, _) = caller.send(Method::PATCH, &item, json!({ "settings": [] })).await;
    assert_eq!(status, 400, "settings are not patched");
    let replacement = json!({ "name": "Newer", "settings": settings(30) });
    assert_eq!(caller.send(Method::PUT, &item, replacement).await.0, 204);
    let read = caller.good(&item).await;
    assert_eq!((&read["name"], &read["settingCount"]), (&json!("Newer"), &json!(30)));
    assert_eq!(caller.all(&format!("{item}/settings")).await.len(), 30);

    assert_eq!(caller.send(Method::DELETE, &item, Value::Null).await.0, 200);
    assert_eq!(caller.get(&item).await.0, 404);
    assert_eq!(tenant.counts()["configurationPolicies"], 0);
}

#[tokio::test]
async fn assign_replaces_the_whole_set_under_the_right_name() {
    let (_running, tenant, caller) = empty().await;
    let script = json!({ "displayName": "Script", "scriptContent": "ZWNobw==" });
    let id = tenant.put("deviceManagementScripts", script).unwrap();
    let path = format!("/beta/deviceManagement/deviceManagementScripts/{id}");
    let wrong = json!({ "assignments": [group("a")] });
    assert_eq!(caller.send(Method::POST, &format!("{path}/assign"), wrong).await.0, 400);
    for groups in [vec!["a", "b"], vec!["c"], vec![]] {
        let set: Vec<Value> = groups.iter().map(|id| group(id)).collect();
        let body = json!({ "deviceManagementScriptAssignments": set });
        assert_eq!(caller.send(Method::POST, &format!("{path}/assign"), body).await.0, 204);
        let read = caller.all(&format!("{path}/assignments")).await;
        let targets: Vec<_> = read.iter().map(|entry| entry["target"]["groupId"].as_str().unwrap()).collect();
        assert_eq!(targets, groups);
    }
}

#[tokio::test]
async fn some_assignments_are_written_one_by_one() {
    let (_running, tenant, caller) = empty().await;
    let profile = json!({ "displayName": "Autopilot" });
    let id = tenant.put("windowsAutopilotDeploymentProfiles", profile).unwrap();
    let path = format!("/beta/deviceManagement/windowsAutopilotDeploymentProfiles/{id}/assignments");
    let (status, made) = caller.send(Method::POST, &path, group("a")).await;
    assert_eq!(status, 201);
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(caller.send(Method::DELETE, &one, Value::Null).await.0, 204);
    assert!(caller.all(&path).await.is_empty());
    assert_eq!(caller.send(Method::DELETE, &one, Value::Null).await.0, 404);
}

#[tokio::test]
async fn what_the_service_refuses_to_create_is_refused() {
    let (running, tenant, caller) = empty().await;
    let untyped = json!({ "displayName": "Untyped" });
    let path = "/beta/deviceManagement/deviceConfigurations";
    assert_eq!(caller.send(Method::POST, path, untyped).await.0, 400);
    let lenient = json!({ "@odata.type": "#microsoft.graph.iosCompliancePolicy", "displayName": "Lenient" });
    let path = "/v1.0/deviceManagement/deviceCompliancePolicies";
    assert_eq!(caller.send(Method::POST, path, lenient).await.0, 400);
    let body = caller.request(Method::POST, "/v1.0/groups").body("{broken").send().await.unwrap();
    assert_eq!(body.status(), 400);
    assert_eq!(caller.send(Method::PUT, "/v1.0/groups", json!({})).await.0, 405);
    assert_eq!(tenant.counts().values().sum::<usize>(), 1);
    assert_eq!(running.requests().non_get_count(), 4);
}

#[tokio::test]
async fn definition_values_are_updated_in_one_call() {
    let (_running, tenant, caller) = empty().await;
    let profile = json!({ "displayName": "Logs", "definitionValues": [
        { "id": "one", "enabled": true }, { "id": "two", "enabled": true },
    ] });
    let id = tenant.put("groupPolicyConfigurations", profile).unwrap();
    let path = format!("/beta/deviceManagement/groupPolicyConfigurations/{id}");
    let body = json!({
        "added": [{ "enabled": true, "definition@odata.bind": "groupPolicyDefinitions('three')" }],
        "updated": [{ "id": "two", "enabled": false }],
        "deletedIds": ["one"],
    });
    assert_eq!(caller.send(Method::POST, &format!("{path}/updateDefinitionValues"), body).await.0, 204);
    let values = caller.all(&format!("{path}/definitionValues?$expand=definition")).await;
    assert_eq!(values.len(), 2);
    assert_eq!((&values[0]["id"], &values[0]["enabled"]), (&json!("two"), &json!(false)));
    assert_eq!(values[1]["definition"]["id"], "three");
}

#[tokio::test]
async fn a_conditional_access_policy_is_patched_without_content_in_the_answer() {
    let (_running, tenant, caller) = empty().await;
    let policy = json!({ "displayName": "CA001", "state": "enabled", "modifiedDateTime": null });
    let id = tenant.put("conditionalAccessPolicies", policy).unwrap();
    let path = format!("/v1.0/identity/conditionalAccess/policies/{id}");
    assert_eq!(caller.send(Method::PATCH, &path, json!({ "state": "disabled" })).await.0, 204);
    let read = caller.good(&path).await;
    assert_eq!(read["state"], "disabled");
    assert!(read["modifiedDateTime"].is_string());
}
