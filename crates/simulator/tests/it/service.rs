//! The service around the objects: batches, deltas, limits, lateness, approvals.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use simulator::{Family, Fault, Lag, Limits, Rule, Script, Simulator, TenantState, Verdict};

use crate::caller::{Caller, client, empty, started};

const CONFIGURATIONS: &str = "/beta/deviceManagement/deviceConfigurations";
const PROFILE: &str = "#microsoft.graph.iosGeneralDeviceConfiguration";

fn get(id: &str, url: &str) -> Value {
    json!({ "id": id, "method": "GET", "url": url })
}

async fn batch(caller: &Caller, requests: Value) -> (u16, Value) {
    caller.send(Method::POST, "/beta/$batch", json!({ "requests": requests })).await
}

fn part<'a>(body: &'a Value, id: &str) -> &'a Value {
    let parts = body["responses"].as_array().unwrap();
    parts.iter().find(|part| part["id"] == id).unwrap_or(&Value::Null)
}

#[tokio::test]
async fn a_batch_answers_each_request_by_itself_and_in_another_order() {
    let (running, tenant, caller) = empty().await;
    tenant.put("deviceConfigurations", json!({ "id": "c1", "displayName": "One" })).unwrap();
    running.faults().add(Rule::new(Fault::Status(503)).path("roleScopeTags"));
    running.faults().add(Rule::new(Fault::Reset).path("intents"));
    let (status, body) = batch(
        &caller,
        json!([
            get("a", "/deviceManagement/deviceConfigurations/c1"),
            get("b", "deviceManagement/deviceConfigurations/none?$select=id"),
            get("c", "/deviceManagement/roleScopeTags"),
            get("d", "/deviceManagement/intents"),
            { "id": "e", "method": "PATCH", "url": "/deviceManagement/deviceConfigurations/c1",
              "headers": { "Content-Type": "application/json" }, "body": { "description": "new" } },
            { "id": "f", "method": "GET", "url": "/deviceManagement/deviceConfigurations/c1", "dependsOn": ["b"] },
            { "id": "g", "method": "GET", "url": "/deviceManagement/deviceConfigurations/c1", "dependsOn": ["e"] },
        ]),
    )
    .await;
    assert_eq!(status, 200);
    let statuses = ["a", "b", "c", "d", "e", "f", "g"].map(|id| part(&body, id)["status"].as_u64());
    assert_eq!(statuses, [Some(200), Some(404), Some(503), None, Some(200), Some(424), Some(200)]);
    assert_eq!(part(&body, "g")["body"]["description"], "new");
    assert_eq!(body["responses"][0]["id"], "g", "not in the order of the requests");
    let recorder = running.requests();
    assert_eq!(recorder.matching(|request| request.part_of.is_some()).len(), 7);
    assert_eq!(recorder.non_get_count(), 1, "the batch itself writes nothing");
}

#[tokio::test]
async fn a_malformed_batch_is_refused_as_a_whole() {
    let (_running, _, caller) = empty().await;
    let many: Vec<Value> = (0..21).map(|id| get(&id.to_string(), "/groups")).collect();
    for requests in [
        json!(null),
        json!([]),
        json!(many),
        json!([get("a", "/groups"), get("a", "/groups")]),
        json!([{ "id": "a", "url": "/groups" }]),
        json!([get("a", "https://graph.microsoft.com/beta/groups")]),
        json!([{ "id": "a", "method": "POST", "url": "/groups", "body": {} }]),
    ] {
        assert_eq!(batch(&caller, requests.clone()).await.0, 400, "{requests}");
    }
    let url = format!("{}/beta/$batch", caller.url);
    let wrong = client().post(url).bearer_auth("wrong").body("{}").send().await.unwrap();
    assert_eq!(wrong.status(), 401);
}

#[tokio::test]
async fn a_delta_tells_what_changed_and_refuses_what_the_service_refuses() {
    let (running, tenant, caller) = empty().await;
    tenant.put("groups", json!({ "id": "g1", "displayName": "One", "members": [{ "id": "u1" }] })).unwrap();
    let first = caller.good("/v1.0/groups/delta?$select=displayName,members").await;
    assert_eq!(first["value"][0]["members@delta"][0]["id"], "u1");
    let link = first["@odata.deltaLink"].as_str().unwrap();
    tenant.set_part("groups", "g1", "members", Vec::new()).unwrap();
    let second = caller.good(link).await;
    assert_eq!(second["value"][0]["members@delta"][0]["@removed"]["reason"], "deleted");
    assert_eq!(caller.good(link).await["value"], second["value"], "a link replays");
    for query in ["$top=5", "$expand=members", "$orderby=displayName", "$filter=displayName eq 'x'"] {
        assert_eq!(caller.get(&format!("/v1.0/groups/delta?{query}")).await.0, 400, "{query}");
    }
    let latest = caller.good("/v1.0/groups/delta?$deltatoken=latest").await;
    assert_eq!(latest["value"], json!([]));

    let other = running.add_tenant(TenantState::empty(2, "Other")).unwrap();
    let stranger = Caller::log_in(&running, &other).await;
    assert_eq!(stranger.get(link).await.0, 410, "a link is good for its tenant alone");
    running.advance(Duration::from_hours(7 * 24));
    let caller = Caller::log_in(&running, &tenant).await;
    let gone = caller.request(Method::GET, link).send().await.unwrap();
    assert_eq!(gone.status(), 410);
    assert!(gone.headers()["location"].to_str().unwrap().ends_with("/v1.0/groups/delta?$deltatoken="));
}

#[tokio::test]
async fn each_family_is_throttled_by_itself_and_each_tenant_too() {
    let hour = Duration::from_secs(3600);
    let limits = Limits::default()
        .all(Family::ConditionalAccess, 1, hour)
        .writes(Family::Intune, 1, hour)
        .all(Family::Directory, 2, hour);
    let (running, tenant, caller) =
        started(Simulator::new().limits(limits), TenantState::empty(1, "One")).await;
    let other = running.add_tenant(TenantState::empty(2, "Two")).unwrap();
    let other = Caller::log_in(&running, &other).await;
    let access = "/v1.0/identity/conditionalAccess/policies";
    assert_eq!((caller.get(access).await.0, caller.get(access).await.0), (200, 429));
    assert_eq!(other.get(access).await.0, 200);
    let refused = caller.request(Method::GET, access).send().await.unwrap();
    assert!(!refused.headers().contains_key("retry-after"), "Conditional Access does not say when");
    let profile = || json!({ "@odata.type": PROFILE, "displayName": "P" });
    assert_eq!(caller.send(Method::POST, CONFIGURATIONS, profile()).await.0, 201);
    assert_eq!(caller.send(Method::POST, CONFIGURATIONS, profile()).await.0, 429);
    assert_eq!(caller.get(CONFIGURATIONS).await.0, 200, "reads are counted apart");
    for _ in 0..2 {
        caller.good("/v1.0/groups").await;
    }
    let refused = caller.request(Method::GET, "/v1.0/groups").send().await.unwrap();
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((3500..=3601).contains(&wait), "{wait}");
    running.advance(hour);
    let caller = Caller::log_in(&running, &tenant).await;
    assert_eq!(caller.get(access).await.0, 200);
    assert_ne!(Limits::documented(), Limits::default());
}

#[tokio::test]
async fn what_was_created_appears_after_so_many_reads_or_so_much_time() {
    for (lag, step) in
        [(Lag::Reads(2), None), (Lag::Time(Duration::from_secs(60)), Some(Duration::from_secs(60)))]
    {
        let (running, tenant, caller) =
            started(Simulator::new().lag(lag), TenantState::empty(1, "One")).await;
        let profile = json!({ "@odata.type": PROFILE, "displayName": "P" });
        let (status, made) = caller.send(Method::POST, CONFIGURATIONS, profile).await;
        assert_eq!(status, 201);
        let item = format!("{CONFIGURATIONS}/{}", made["id"].as_str().unwrap());
        assert!(caller.all(CONFIGURATIONS).await.is_empty(), "{lag:?}");
        assert_eq!(caller.get(&item).await.0, 404, "{lag:?}");
        if let Some(step) = step {
            running.advance(step);
        }
        assert_eq!(caller.get(&item).await.0, 200, "{lag:?}");
        assert_eq!(caller.all(CONFIGURATIONS).await.len(), 1, "{lag:?}");
        assert_eq!(tenant.counts()["deviceConfigurations"], 1);
    }
}

#[tokio::test]
async fn a_protected_write_waits_for_another_administrator() {
    let (running, tenant, caller) = empty().await;
    tenant.require_approval(&["deviceConfigurations"]).unwrap();
    let body = json!({ "@odata.type": PROFILE, "displayName": "P" });
    let send = async |headers: &[(&'static str, &str)], body: &Value| {
        let mut request = caller.request(Method::POST, CONFIGURATIONS).json(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        let code =
            response.headers().get("x-msft-approval-code").map(|code| code.to_str().unwrap().to_owned());
        (response.status().as_u16(), code)
    };
    assert_eq!(send(&[], &body).await, (400, None), "a justification is needed");
    let justified = [("x-msft-approval-justification", "because")];
    for (verdict, status) in [(None, 403), (Some(Verdict::Rejected), 403), (Some(Verdict::Approved), 201)] {
        let (refused, code) = send(&justified, &body).await;
        assert_eq!(refused, 403);
        let code = code.unwrap();
        let listed = caller.good(&format!("/beta/deviceManagement/operationApprovalRequests/{code}")).await;
        assert_eq!(listed["status"], "needsApproval");
        if let Some(verdict) = verdict {
            tenant.decide(&code, verdict).unwrap();
        }
        let approved = [("x-msft-approval-code", code.as_str())];
        if verdict == Some(Verdict::Approved) {
            let other = json!({ "@odata.type": PROFILE, "displayName": "Another" });
            assert_eq!(send(&approved, &other).await.0, 400, "it is good for this write alone");
        }
        assert_eq!(send(&approved, &body).await.0, status, "{verdict:?}");
        if verdict == Some(Verdict::Approved) {
            assert_eq!(send(&approved, &body).await.0, 400, "and for one time");
        }
    }
    assert_eq!(tenant.counts()["deviceConfigurations"], 1);
    let (_, code) = send(&justified, &body).await;
    let code = code.unwrap();
    tenant.decide(&code, Verdict::Approved).unwrap();
    running.advance(Duration::from_secs(3 * 24 * 3600));
    let caller = Caller::log_in(&running, &tenant).await;
    let late = caller.request(Method::POST, CONFIGURATIONS).header("x-msft-approval-code", &code).json(&body);
    assert_eq!(late.send().await.unwrap().status(), 400, "after three days it has expired");
}

#[tokio::test]
async fn a_script_changes_the_tenant_when_its_time_has_come() {
    let (running, tenant, caller) = empty().await;
    let hour = Duration::from_secs(3600);
    let put = |name: &'static str| {
        move |tenant: &simulator::TenantHandle| {
            tenant.put("deviceConfigurations", json!({ "id": name, "displayName": name })).unwrap();
        }
    };
    tenant.play(
        Script::new()
            .after(2 * hour, |tenant| tenant.delete("deviceConfigurations", "first").unwrap())
            .after(Duration::ZERO, put("first"))
            .after(2 * hour, put("second")),
    );
    let names = async |caller: &Caller| {
        let listed = caller.all(CONFIGURATIONS).await;
        listed.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(&caller).await, ["first"]);
    running.advance(hour);
    assert!(tenant.get("deviceConfigurations", "second").unwrap().is_none());
    running.advance(hour);
    assert!(tenant.get("deviceConfigurations", "first").unwrap().is_none());
    let caller = Caller::log_in(&running, &tenant).await;
    assert_eq!(names(&caller).await, ["second"]);
}
