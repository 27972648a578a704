//! What the service does not take.

use reqwest::Method;
use serde_json::{Value, json};
use simulator::TenantHandle;

use crate::caller::{Caller, empty, settings};

const BETA: &str = "/beta/deviceManagement";
const APPS: &str = "/beta/deviceAppManagement";

fn target(kind: &str) -> Value {
    json!({ "target": { "@odata.type": format!("#microsoft.graph.{kind}"), "groupId": "g" } })
}

fn put(tenant: &TenantHandle, collection: &str, object: Value) -> String {
    tenant.put(collection, object).unwrap()
}

async fn status(caller: &Caller, method: Method, path: &str, body: Value) -> u16 {
    caller.send(method, path, body).await.0
}

#[tokio::test]
async fn parts_that_are_written_apart_are_refused_on_creation_and_change() {
    let (_running, tenant, caller) = empty().await;
    let app = json!({ "mobileAppIdentifier": { "bundleId": "x" } });
    let protection = |apps: Value| json!({ "@odata.type": "#microsoft.graph.iosManagedAppProtection", "displayName": "P", "apps": apps });
    let path = format!("{APPS}/iosManagedAppProtections");
    assert_eq!(status(&caller, Method::POST, &path, protection(json!([app]))).await, 400);
    let (code, made) = caller.send(Method::POST, &path, protection(Value::Null)).await;
    assert_eq!(code, 201);
    let item = format!("{path}/{}", made["id"].as_str().unwrap());
    assert_eq!(status(&caller, Method::PATCH, &item, json!({ "apps": [app] })).await, 400);
    let apps = json!({ "apps": [app] });
    assert_eq!(status(&caller, Method::POST, &format!("{item}/targetApps"), apps.clone()).await, 204);
    assert_eq!(caller.good(&format!("{item}?$expand=apps")).await["apps"].as_array().unwrap().len(), 1);

    let configured = put(&tenant, "targetedManagedAppConfigurations", json!({ "displayName": "C" }));
    let item = format!("{APPS}/targetedManagedAppConfigurations/{configured}/targetApps");
    assert_eq!(status(&caller, Method::POST, &item, apps).await, 400, "appGroupType must be there");
    let whole = json!({ "apps": [app], "appGroupType": "selectedPublicApps" });
    assert_eq!(status(&caller, Method::POST, &item, whole).await, 204);
    let values = json!({ "displayName": "ADMX", "definitionValues": [{ "enabled": true }] });
    assert_eq!(
        status(&caller, Method::POST, &format!("{BETA}/groupPolicyConfigurations"), values).await,
        400
    );
}

#[tokio::test]
async fn what_was_given_at_creation_stays_as_it_is() {
    let (_running, tenant, caller) = empty().await;
    for (collection, base, object, change, same) in [
        (
            "assignmentFilters",
            BETA,
            json!({ "platform": "iOS" }),
            json!({ "platform": "macOS" }),
            json!({ "platform": "iOS" }),
        ),
        (
            "deviceCustomAttributeShellScripts",
            BETA,
            json!({ "displayName": "A", "customAttributeName": "n" }),
            json!({ "displayName": "B" }),
            json!({ "displayName": "A", "runAsAccount": "user" }),
        ),
        (
            "windowsDriverUpdateProfiles",
            BETA,
            json!({ "approvalType": "manual" }),
            json!({ "approvalType": "automatic" }),
            json!({ "description": "x" }),
        ),
        (
            "intents",
            BETA,
            json!({ "templateId": "t" }),
            json!({ "templateId": "u" }),
            json!({ "displayName": "x" }),
        ),
        (
            "mobileAppConfigurations",
            APPS,
            json!({ "targetedMobileApps": ["a"] }),
            json!({ "targetedMobileApps": [] }),
            json!({ "description": "x" }),
        ),
    ] {
        let path = format!("{base}/{collection}/{}", put(&tenant, collection, object));
        assert_eq!(status(&caller, Method::PATCH, &path, change).await, 400, "{collection}");
        assert_eq!(status(&caller, Method::PATCH, &path, same).await, 200, "{collection}");
    }
}

#[tokio::test]
async fn a_put_keeps_its_template_and_its_source() {
    let (_running, tenant, caller) = empty().await;
    let policy = json!({
        "name": "P", "platforms": "macOS", "technologies": "enrollment", "creationSource": "token-1",
        "templateReference": { "templateFamily": "enrollmentConfiguration" }, "settings": settings(1),
    });
    let path =
        format!("{BETA}/configurationPolicies/{}", put(&tenant, "configurationPolicies", policy.clone()));
    for (property, value) in
        [("platforms", json!("iOS")), ("creationSource", json!("token-2")), ("creationSource", Value::Null)]
    {
        let mut body = policy.clone();
        body[property] = value.clone();
        assert_eq!(status(&caller, Method::PUT, &path, body).await, 400, "{property} {value}");
    }
    let mut without = policy.clone();
    without.as_object_mut().unwrap().remove("creationSource");
    assert_eq!(status(&caller, Method::PUT, &path, without).await, 400);
    assert_eq!(status(&caller, Method::PUT, &path, policy).await, 204);
}

#[tokio::test]
async fn every_wrapper_is_taken_under_its_own_name_alone() {
    let (_running, tenant, caller) = empty().await;
    for (collection, base, wrapper) in [
        ("deviceConfigurations", BETA, "assignments"),
        ("deviceManagementScripts", BETA, "deviceManagementScriptAssignments"),
        ("deviceShellScripts", BETA, "deviceManagementScriptAssignments"),
        ("deviceCustomAttributeShellScripts", BETA, "deviceManagementScriptAssignments"),
        ("deviceHealthScripts", BETA, "deviceHealthScriptAssignments"),
        ("deviceComplianceScripts", BETA, "deviceHealthScriptAssignments"),
        ("hardwareConfigurations", BETA, "hardwareConfigurationAssignments"),
        ("deviceEnrollmentConfigurations", BETA, "enrollmentConfigurationAssignments"),
        ("mobileApps", APPS, "mobileAppAssignments"),
        ("wdacSupplementalPolicies", APPS, "wdacPolicyAssignments"),
        ("iosLobAppProvisioningConfigurations", APPS, "iOSLobAppProvisioningConfigAssignments"),
        ("managedEBooks", APPS, "managedEBookAssignments"),
    ] {
        let id = put(&tenant, collection, json!({ "displayName": "x" }));
        let path = format!("{base}/{collection}/{id}/assign");
        let set = json!([target("groupAssignmentTarget")]);
        let wrong =
            if wrapper == "assignments" { "deviceManagementScriptAssignments" } else { "assignments" };
        assert_eq!(status(&caller, Method::POST, &path, json!({ wrong: set })).await, 400, "{collection}");
        assert_eq!(
            status(&caller, Method::POST, &path, json!({ wrapper: set, wrong: set })).await,
            400,
            "{collection}"
        );
        assert!(status(&caller, Method::POST, &path, json!({ wrapper: set })).await < 300, "{collection}");
        assert_eq!(tenant.get(collection, &id).unwrap().unwrap()["assignments"].as_array().unwrap().len(), 1);
    }
}

#[tokio::test]
async fn targets_that_a_type_cannot_have_are_refused() {
    let (_running, tenant, caller) = empty().await;
    let everyone =
        json!({ "target": { "@odata.type": "#microsoft.graph.allLicensedUsersAssignmentTarget" } });
    let protection = put(&tenant, "iosManagedAppProtections", json!({ "displayName": "P" }));
    let profile = put(&tenant, "deviceConfigurations", json!({ "displayName": "P" }));
    let protection = format!("{APPS}/iosManagedAppProtections/{protection}/assign");
    let profile = format!("{BETA}/deviceConfigurations/{profile}/assign");
    let mut filtered = target("exclusionGroupAssignmentTarget");
    filtered["target"]["deviceAndAppManagementAssignmentFilterId"] = json!("f");
    let mut nobody = target("groupAssignmentTarget");
    nobody["target"]["groupId"] = Value::Null;
    let assign = |assignment: &Value| json!({ "assignments": [assignment] });
    assert_eq!(status(&caller, Method::POST, &protection, assign(&everyone)).await, 400);
    assert_eq!(status(&caller, Method::POST, &profile, assign(&everyone)).await, 200);
    for wrong in [filtered, nobody, json!({ "target": {} }), json!({})] {
        assert_eq!(status(&caller, Method::POST, &profile, assign(&wrong)).await, 400, "{wrong}");
    }
    assert_eq!(
        tenant.get("deviceConfigurations", &tenant.ids("deviceConfigurations").unwrap()[0]).unwrap().unwrap()
            ["assignments"]
            .as_array()
            .unwrap()
            .len(),
        1,
        "a refused set changes nothing"
    );
}

#[tokio::test]
async fn what_is_in_use_or_not_ours_is_not_deleted() {
    let (_running, tenant, caller) = empty().await;
    let location = put(&tenant, "namedLocations", json!({ "displayName": "HQ", "isTrusted": true }));
    let policy =
        json!({ "displayName": "CA", "conditions": { "locations": { "includeLocations": [location] } } });
    let policy = put(&tenant, "conditionalAccessPolicies", policy);
    let access = "/v1.0/identity/conditionalAccess";
    let path = format!("{access}/namedLocations/{location}");
    assert_eq!(status(&caller, Method::DELETE, &path, Value::Null).await, 400, "trusted");
    assert_eq!(status(&caller, Method::PATCH, &path, json!({ "isTrusted": false })).await, 204);
    assert_eq!(status(&caller, Method::DELETE, &path, Value::Null).await, 409, "in use");
    tenant.delete("conditionalAccessPolicies", &policy).unwrap();
    assert_eq!(status(&caller, Method::DELETE, &path, Value::Null).await, 204);

    let autopilot = json!({ "displayName": "A", "assignments": [target("groupAssignmentTarget")] });
    let autopilot = put(&tenant, "windowsAutopilotDeploymentProfiles", autopilot);
    let path = format!("{BETA}/windowsAutopilotDeploymentProfiles/{autopilot}");
    let (code, body) = caller.send(Method::DELETE, &path, Value::Null).await;
    assert_eq!(code, 409);
    assert!(body["error"]["message"].as_str().unwrap().contains("5001"));
    for (collection, object) in [
        ("roleDefinitions", json!({ "displayName": "Reader", "isBuiltIn": true })),
        ("deviceEnrollmentConfigurations", json!({ "displayName": "Default", "priority": 0 })),
        ("intuneBrandingProfiles", json!({ "profileName": "Default", "isDefaultProfile": true })),
    ] {
        let id = put(&tenant, collection, object);
        let path = format!("{BETA}/{collection}/{id}");
        assert_eq!(status(&caller, Method::DELETE, &path, Value::Null).await, 400, "{collection}");
    }
}

#[tokio::test]
async fn objects_that_belong_together_are_written_in_order() {
    let (_running, tenant, caller) = empty().await;
    assert_eq!(status(&caller, Method::POST, &format!("{BETA}/intents"), json!({})).await, 400);
    tenant.put("templates", json!({ "id": "t1", "displayName": "T" })).unwrap();
    let delta = json!({ "displayName": "I", "settingsDelta": [{ "definitionId": "a", "valueJson": "1" }] });
    let (code, made) = caller.send(Method::POST, &format!("{BETA}/templates/t1/createInstance"), delta).await;
    assert_eq!((code, made["templateId"].as_str()), (201, Some("t1")));
    let intent = format!("{BETA}/intents/{}", made["id"].as_str().unwrap());
    let change = json!({ "settings": [{ "definitionId": "a", "valueJson": "null" }, { "definitionId": "b", "valueJson": "2" }] });
    assert_eq!(status(&caller, Method::POST, &format!("{intent}/updateSettings"), change).await, 204);
    let settings = caller.all(&format!("{intent}/settings")).await;
    assert_eq!((settings.len(), &settings[0]["definitionId"]), (1, &json!("b")));

    let template = put(&tenant, "notificationMessageTemplates", json!({ "displayName": "N" }));
    let messages = format!("{BETA}/notificationMessageTemplates/{template}/localizedNotificationMessages");
    let message = |locale: &str, first: bool| json!({ "locale": locale, "subject": "s", "isDefault": first });
    assert_eq!(status(&caller, Method::POST, &messages, message("de", false)).await, 400);
    assert_eq!(status(&caller, Method::POST, &messages, message("en", true)).await, 201);
    assert_eq!(status(&caller, Method::POST, &messages, message("de", false)).await, 201);

    let twice = json!({ "@odata.type": "#microsoft.graph.windows10CustomConfiguration", "omaSettings": [{ "omaUri": "./A" }, { "omaUri": "./a" }] });
    assert_eq!(status(&caller, Method::POST, &format!("{BETA}/deviceConfigurations"), twice).await, 400);
    let root = json!({ "settings": { "secureByDefault": true } });
    assert_eq!(status(&caller, Method::PATCH, BETA, root).await, 204);
    assert_eq!(caller.good(&format!("{BETA}/settings")).await["secureByDefault"], true);
    assert_eq!(status(&caller, Method::PATCH, BETA, json!({})).await, 400);
}

#[tokio::test]
async fn a_policy_set_is_changed_part_by_part() {
    let (_running, tenant, caller) = empty().await;
    let set = put(
        &tenant,
        "policySets",
        json!({ "displayName": "S", "items": [{ "id": "i1", "payloadId": "p1" }] }),
    );
    let path = format!("{APPS}/policySets/{set}");
    let update = json!({
        "addedPolicySetItems": [{ "payloadId": "p2" }], "deletedPolicySetItems": ["i1"],
        "assignments": [target("groupAssignmentTarget")],
    });
    assert_eq!(status(&caller, Method::POST, &format!("{path}/update"), update).await, 204);
    let read = caller.good(&format!("{path}?$expand=items,assignments")).await;
    assert_eq!((&read["items"][0]["payloadId"], read["items"].as_array().unwrap().len()), (&json!("p2"), 1));
    assert_eq!(read["assignments"].as_array().unwrap().len(), 1);
    assert_eq!(status(&caller, Method::PATCH, &path, json!({ "items": [] })).await, 400);
}

#[tokio::test]
async fn a_device_preparation_policy_gets_its_group_once_until_it_is_cleared() {
    let (_running, tenant, caller) = empty().await;
    let policy = put(&tenant, "configurationPolicies", json!({ "name": "P" }));
    let group = put(&tenant, "groups", json!({ "displayName": "G" }));
    let path = format!("{BETA}/configurationPolicies/{policy}");
    let set = |id: &str| json!({ "enrollmentTimeDeviceMembershipTargets": [{ "targetType": "staticSecurityGroup", "targetId": id }] });
    let action = format!("{path}/setEnrollmentTimeDeviceMembershipTarget");
    assert_eq!(status(&caller, Method::POST, &action, set("nobody")).await, 400);
    assert_eq!(status(&caller, Method::POST, &action, set(&group)).await, 200);
    assert_eq!(status(&caller, Method::POST, &action, set(&group)).await, 400);
    let read = caller.good(&format!("{path}/retrieveEnrollmentTimeDeviceMembershipTarget")).await;
    assert_eq!(read["enrollmentTimeDeviceMembershipTargetValidationStatuses"][0]["targetId"], group.as_str());
    let clear = format!("{path}/clearEnrollmentTimeDeviceMembershipTarget");
    assert_eq!(status(&caller, Method::POST, &clear, json!({})).await, 204);
    assert_eq!(status(&caller, Method::POST, &action, set(&group)).await, 200);
}

#[tokio::test]
async fn quirks_of_reading_are_there() {
    let (_running, tenant, caller) = empty().await;
    let mut assignment = target("groupAssignmentTarget");
    assignment["runRemediationScript"] = json!(true);
    let script =
        put(&tenant, "deviceHealthScripts", json!({ "displayName": "H", "assignments": [assignment] }));
    let read = caller.all(&format!("{BETA}/deviceHealthScripts/{script}/assignments")).await;
    assert_eq!(read[0]["runRemediationScript"], false, "whatever was written");
    for collection in ["configurationPolicies", "compliancePolicies"] {
        let id = put(
            &tenant,
            collection,
            json!({ "name": "P", "assignments": [target("groupAssignmentTarget")] }),
        );
        let path = format!("{BETA}/{collection}/{id}");
        assert_eq!(caller.good(&format!("{path}?$expand=assignments")).await["assignments"], json!([]));
        assert_eq!(caller.all(&format!("{path}/assignments")).await.len(), 1, "{collection}");
    }
}
