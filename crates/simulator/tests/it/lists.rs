//! Lists, page links, parts and expansion.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use simulator::{Simulator, TenantState, collections};

use crate::caller::{empty, generated, settings, started};

const POLICIES: &str = "/beta/deviceManagement/configurationPolicies";

fn ids(objects: &[Value]) -> BTreeSet<String> {
    objects.iter().map(|object| object["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn every_collection_can_be_listed_in_an_empty_tenant() {
    let (_running, _, caller) = empty().await;
    let mut listed = 0;
    for collection in collections().filter(|collection| !collection.singleton) {
        if collection.path.contains("{parent}") {
            continue;
        }
        let objects = caller.all(&format!("/beta{}", collection.path)).await;
        let expected = usize::from(collection.name == "organization");
        assert_eq!(objects.len(), expected, "{}", collection.name);
        listed += 1;
    }
    assert!(listed >= 70, "{listed}");
}

#[tokio::test]
async fn singletons_are_one_object() {
    let (_running, tenant, caller) = empty().await;
    let singletons: Vec<_> = collections().filter(|collection| collection.singleton).collect();
    assert!(singletons.len() >= 9);
    for singleton in singletons {
        let expected = if singleton.name == "applePushNotificationCertificate" { 404 } else { 200 };
        let (status, body) = caller.get(&format!("/beta{}", singleton.path)).await;
        assert_eq!(status, expected, "{body}");
    }
    tenant.put("authorizationPolicy", json!({ "displayName": "Ours" })).unwrap();
    assert_eq!(caller.good("/v1.0/policies/authorizationPolicy").await["displayName"], "Ours");
}

#[tokio::test]
async fn the_settings_catalog_comes_25_to_a_page_with_its_quirks() {
    let (running, tenant, caller) = empty().await;
    for index in 0..60 {
        let policy = json!({ "name": format!("Policy {index}"), "settingCount": 0, "settings": settings(1) });
        tenant.put("configurationPolicies", policy).unwrap();
    }
    let first = caller.good(POLICIES).await;
    assert_eq!(first["@odata.count"], 25);
    let link = first["@odata.nextLink"].as_str().unwrap();
    assert!(link.starts_with(&running.graph_url()), "{link}");
    let context = format!("{}/beta/$metadata#deviceManagement/configurationPolicies", running.graph_url());
    assert_eq!(first["@odata.context"], json!(context));
    let pages = caller.pages(POLICIES).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [25, 25, 10]);
    assert_eq!(ids(&pages.concat()).len(), 60);
    assert!(pages.concat().iter().all(|policy| policy.get("settings").is_none()));
    let bigger = caller.pages(&format!("{POLICIES}?$top=500")).await;
    assert_eq!(bigger.iter().map(Vec::len).collect::<Vec<_>>(), [60], "$top is cut to 100");
    let smaller = caller.pages(&format!("{POLICIES}?$top=7&$select=id,name")).await;
    assert_eq!(smaller.len(), 9);
    assert_eq!(smaller[8][0].as_object().unwrap().len(), 2);
}

#[tokio::test]
async fn a_page_size_overrides_those_of_all_collections() {
    let simulator = Simulator::new().page_size(3);
    let tenant = TenantState::generated(4, simulator::GenerateOptions::default());
    let groups = tenant.counts()["groups"];
    let (_running, _, caller) = started(simulator, tenant).await;
    let pages = caller.pages("/v1.0/groups").await;
    assert_eq!(pages.len(), groups.div_ceil(3));
    assert_eq!(ids(&pages.concat()).len(), groups);
}

#[tokio::test]
async fn a_page_link_is_no_good_elsewhere() {
    let (_running, _, caller) = generated(40).await;
    let page = caller.good("/v1.0/groups?$top=2").await;
    let link = page["@odata.nextLink"].as_str().unwrap();
    let elsewhere = link.replace("/groups?", "/identity/conditionalAccess/policies?");
    assert_eq!(caller.get(&elsewhere).await.0, 400);
}

#[tokio::test]
async fn settings_and_assignments_come_25_to_a_page() {
    let (_running, tenant, caller) = empty().await;
    let policy = json!({ "name": "Long", "settingCount": 0, "isAssigned": false, "settings": settings(60) });
    let id = tenant.put("configurationPolicies", policy).unwrap();
    let groups = (0..30).map(|index| {
        json!({ "target": {
            "@odata.type": "#microsoft.graph.groupAssignmentTarget",
            "groupId": format!("group-{index}"),
        } })
    });
    tenant.set_assignments("configurationPolicies", &id, groups.collect()).unwrap();

    let pages = caller.pages(&format!("{POLICIES}/{id}/settings")).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [25, 25, 10]);
    let order: Vec<_> =
        pages.concat().iter().map(|setting| setting["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(order, (0..60).map(|index: i32| index.to_string()).collect::<Vec<_>>());
    assert!(pages[0][0].get("settingDefinitions").is_none());
    let labelled = caller.all(&format!("{POLICIES}('{id}')/settings?$expand=settingDefinitions")).await;
    assert_eq!(labelled.len(), 60);
    assert_eq!(labelled[59]["settingDefinitions"][0]["id"], "setting_59");

    let pages = caller.pages(&format!("{POLICIES}/{id}/assignments")).await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [25, 5]);
    assert_eq!(pages[0][0]["source"], "direct");

    let item = caller.good(&format!("{POLICIES}/{id}")).await;
    assert_eq!((&item["settingCount"], &item["isAssigned"]), (&json!(60), &json!(true)));
    assert!(item.get("settings").is_none() && item.get("assignments").is_none());
    let expanded = caller.good(&format!("{POLICIES}/{id}?$expand=settings,assignments")).await;
    assert_eq!(expanded["settings"].as_array().unwrap().len(), 25);
    assert_eq!(expanded["assignments"], json!([]), "the service's trap");
    let rest = caller.all(expanded["settings@odata.nextLink"].as_str().unwrap()).await;
    assert_eq!(rest.len(), 35);
}

#[tokio::test]
async fn parts_are_expanded_where_the_service_does() {
    let (_running, tenant, caller) = generated(60).await;
    let path = "/beta/deviceManagement/deviceCompliancePolicies";
    let id = &tenant.ids("deviceCompliancePolicies").unwrap()[0];
    let shallow = caller.good(&format!("{path}/{id}?$expand=scheduledActionsForRule")).await;
    assert!(shallow["scheduledActionsForRule"][0].get("scheduledActionConfigurations").is_none());
    let nested = "$expand=scheduledActionsForRule($expand=scheduledActionConfigurations),assignments";
    let deep = caller.good(&format!("{path}/{id}?{nested}")).await;
    let actions = &deep["scheduledActionsForRule"][0]["scheduledActionConfigurations"];
    assert_eq!(actions[0]["actionType"], "block");
    assert!(deep["assignments"].is_array());
    let listed = caller.good(&format!("{path}?$expand=assignments")).await;
    assert!(listed["value"][0]["assignments"].is_array());
    assert_eq!(caller.get(&format!("{path}?$expand=nonsense")).await.0, 400);
    assert_eq!(caller.get("/beta/deviceAppManagement/policySets?$expand=items").await.0, 400);
}

#[tokio::test]
async fn administrative_templates_give_definitions_and_presentations_on_request() {
    let (_running, tenant, caller) = empty().await;
    let bind = "https://graph.microsoft.com/beta/deviceManagement/groupPolicyDefinitions('def-1')";
    let profile = json!({
        "displayName": "Logs",
        "definitionValues": [{
            "enabled": true,
            "definition@odata.bind": bind,
            "presentationValues": [
                { "value": "x", "presentation@odata.bind": format!("{bind}/presentations('pre-1')") },
            ],
        }],
    });
    let id = tenant.put("groupPolicyConfigurations", profile).unwrap();
    let path = format!("/beta/deviceManagement/groupPolicyConfigurations/{id}/definitionValues");
    let plain = caller.all(&path).await;
    assert!(plain[0].get("definition").is_none() && plain[0].get("presentationValues").is_none());
    let expanded = caller.all(&format!("{path}?$expand=definition")).await;
    assert_eq!(expanded[0]["definition"]["id"], "def-1");
    let value = plain[0]["id"].as_str().unwrap();
    let inner = format!("{path}/{value}/presentationValues");
    assert!(caller.all(&inner).await[0].get("presentation").is_none());
    let presented = caller.all(&format!("{inner}?$expand=presentation")).await;
    assert_eq!((&presented[0]["value"], &presented[0]["presentation"]["id"]), (&json!("x"), &json!("pre-1")));
}

#[tokio::test]
async fn lists_leave_out_contents_that_items_have() {
    let (_running, tenant, caller) = generated(60).await;
    let path = "/beta/deviceManagement/deviceManagementScripts";
    let listed = caller.all(path).await;
    assert_eq!(listed[0]["scriptContent"], Value::Null);
    let id = listed[0]["id"].as_str().unwrap();
    assert!(caller.good(&format!("{path}/{id}")).await["scriptContent"].as_str().unwrap().len() > 50);
    let apps = caller.all("/v1.0/deviceAppManagement/mobileApps").await;
    assert!(apps.iter().all(|app| app.get("roleScopeTagIds").is_none()));
    let protection = &tenant.ids("iosManagedAppProtections").unwrap()[0];
    let path =
        format!("/beta/deviceAppManagement/iosManagedAppProtections/{protection}?$expand=apps,assignments");
    let item = caller.good(&path).await;
    assert_eq!(item["apps"].as_array().unwrap().len(), 2);
    assert_eq!(item["isAssigned"], true);
    assert!(item.get("@odata.type").is_none(), "a typed collection does not repeat its type");
}

#[tokio::test]
async fn built_in_objects_can_be_filtered_out() {
    let (_running, tenant, caller) = generated(5).await;
    let all = caller.all("/beta/deviceManagement/roleScopeTags").await;
    let own = caller.all("/beta/deviceManagement/roleScopeTags?$filter=isBuiltIn%20eq%20false").await;
    assert_eq!((all.len(), own.len()), (3, 2));
    assert_eq!(tenant.counts()["roleScopeTags"], 3);
}

#[tokio::test]
async fn collections_below_an_object_know_it() {
    let (_running, tenant, caller) = generated(5).await;
    let path = "/beta/deviceManagement/depOnboardingSettings";
    let token = caller.all(path).await[0]["id"].as_str().unwrap().to_owned();
    let profiles = caller.all(&format!("{path}/{token}/enrollmentProfiles")).await;
    assert_eq!(profiles.len(), 2);
    let second = tenant.put("depOnboardingSettings", json!({ "tokenName": "Second" })).unwrap();
    assert!(caller.all(&format!("{path}/{second}/enrollmentProfiles")).await.is_empty());
    let below = tenant.put_below("enrollmentProfiles", &second, json!({ "displayName": "Here" })).unwrap();
    let item = caller.good(&format!("{path}/{second}/enrollmentProfiles/{below}")).await;
    assert_eq!(item["displayName"], "Here");
    assert_eq!(caller.get(&format!("{path}/{token}/enrollmentProfiles/{below}")).await.0, 404);
    assert_eq!(caller.get(&format!("{path}/none/enrollmentProfiles")).await.0, 404);
}

#[tokio::test]
async fn secrets_are_masked_or_change_at_every_read() {
    let (_running, tenant, caller) = generated(80).await;
    let secret = |state: &[Value]| {
        let values = state.iter().map(|setting| &setting["settingInstance"]["simpleSettingValue"]);
        let found = values.clone().find(|value| value["valueState"] == "encryptedValueToken");
        found.map(|value| value["value"].as_str().unwrap().to_owned())
    };
    let mut seen = 0;
    for id in tenant.ids("configurationPolicies").unwrap() {
        let path = format!("{POLICIES}/{id}/settings");
        if let Some(first) = secret(&caller.all(&path).await) {
            assert_ne!(Some(first), secret(&caller.all(&path).await));
            seen += 1;
        }
    }
    assert!(seen > 0);

    let custom = caller.all("/beta/deviceManagement/deviceConfigurations").await;
    let custom = custom.iter().find(|profile| profile.get("omaSettings").is_some()).unwrap();
    let setting = &custom["omaSettings"][1];
    assert_eq!(setting["value"], "PGEvPg==");
    let (id, reference) = (&custom["id"], &setting["secretReferenceValueId"]);
    let function = format!(
        "/beta/deviceManagement/deviceConfigurations/{}/getOmaSettingPlainTextValue(secretReferenceValueId='{}')",
        id.as_str().unwrap(),
        reference.as_str().unwrap()
    );
    assert_eq!(caller.good(&function).await["value"], "not-a-real-key-of-anything");
}

#[tokio::test]
async fn a_tenant_of_thousands_is_read_to_its_end() {
    let (_running, tenant, caller) = generated(1500).await;
    let policies = tenant.counts()["configurationPolicies"];
    assert!(policies > 300, "{policies}");
    assert_eq!(ids(&caller.all(POLICIES).await).len(), policies);
}
