//! The API: its shapes, its problems, its pages.

use axum::http::{Method, StatusCode};
use database::testing::Backend;
use rstest::rstest;
use serde_json::{Value, json};

use crate::house::{House, SCRIPT_SECRET};

const RUNS: &str = "/api/v1/workspaces/default/operations";

#[rstest]
#[tokio::test]
async fn a_start_is_created_once_and_then_reused(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let token = house.operator.token.as_deref();
    let body = json!({"type": "inventory.sync", "tenant": "contoso", "inputs": {"kinds": ["b", "a"]}});
    let first = house.call(Method::POST, RUNS, token, Some(body)).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let place = first.header("location").expect("where it is").to_owned();
    let body = json!({"type": "inventory.sync", "tenant": "contoso", "inputs": {"kinds": ["a", "b", "a"]}});
    let second = house.call(Method::POST, RUNS, token, Some(body)).await;
    assert_eq!((second.status, second.header("location")), (StatusCode::OK, Some(place.as_str())));
    assert_eq!(second.json()["result"], "active");
    let run = house.call(Method::GET, &place, token, None).await.json();
    assert_eq!(
        (&run["type"], &run["status"], &run["tenant"]["slug"]),
        (&json!("inventory.sync"), &json!("queued"), &json!("contoso"))
    );
    assert_eq!(run["initiator"], json!({"kind": "user", "name": "Otto Operator"}));
    let cancelled = house.call(Method::POST, &format!("{place}/cancel"), token, None).await;
    assert_eq!(cancelled.json(), json!({"result": "ended"}));
    let again = house.call(Method::POST, &format!("{place}/cancel"), token, None).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, json!({"result": "nothing"})));
}

#[rstest]
#[tokio::test]
async fn problems_are_named_the_same_way_every_time(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let token = house.operator.token.as_deref();
    let cases = [
        (Some(json!({"type": "moon.land", "tenant": "contoso"})), 400, "body.invalid"),
        (Some(json!({"type": "policy.sync"})), 400, "body.invalid"),
        (Some(json!({"type": "policy.sync", "tenant": "nowhere"})), 404, "request.not_found"),
        (Some(json!({"type": "policy.sync", "tenant": "contoso", "inputs": {"x": 1}})), 400, "body.invalid"),
        (
            Some(json!({"type": "policy.sync", "tenant": "contoso", "workspace_id": "other"})),
            400,
            "body.invalid",
        ),
        (Some(json!([])), 400, "body.invalid"),
        (None, 415, "request.media_type"),
    ];
    for (body, status, code) in cases {
        let what = format!("{body:?}");
        let answer = house.call(Method::POST, RUNS, token, body).await;
        let problem = answer.json();
        assert_eq!((answer.status.as_u16(), &problem["code"]), (status, &json!(code)), "{what}: {problem}");
        assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{what}");
        assert_eq!(problem["status"], status, "{what}");
        for member in ["type", "title", "detail"] {
            assert!(problem[member].is_string(), "{what}: {problem}");
        }
    }
    let deep = format!("{}{}", "[".repeat(70), "]".repeat(70));
    let deep: Value = serde_json::from_str(&deep).expect("it is JSON");
    let answer = house.call(Method::POST, RUNS, token, Some(deep)).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.body);
    let answer = house.call(Method::GET, &format!("{RUNS}?state=sideways"), token, None).await;
    assert_eq!((answer.status, &answer.json()["code"]), (StatusCode::BAD_REQUEST, &json!("query.invalid")));
    let reader = house.reader.token.as_deref();
    if reader.is_some() {
        let body = json!({"type": "policy.sync", "tenant": "contoso"});
        let answer = house.call(Method::POST, RUNS, reader, Some(body)).await;
        assert_eq!((answer.status, &answer.json()["needs"]), (StatusCode::FORBIDDEN, &json!("Operator")));
    }
}

#[rstest]
#[tokio::test]
async fn pages_follow_their_cursors_and_no_other(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    for n in 0..60 {
        let inputs = json!({"policy_types": [format!("t{n}")]});
        let run =
            house.ledger.start(&house.contoso, "policy.sync", inputs).await.expect("it starts").run().id;
        house.ledger.cancel(&house.contoso, run).await.expect("it ends");
    }
    let token = house.operator.token.as_deref();
    let path = format!("{RUNS}?state=cancelled&size=25");
    let (mut seen, mut next) = (Vec::new(), None::<String>);
    loop {
        let page = next.as_ref().map_or(path.clone(), |cursor| format!("{path}&older={cursor}"));
        let answer = house.call(Method::GET, &page, token, None).await.json();
        seen.extend(answer["items"].as_array().expect("a list").iter().map(|run| run["id"].clone()));
        match answer["next"].as_str() {
            Some(cursor) => next = Some(cursor.to_owned()),
            None => break,
        }
    }
    let mut distinct: Vec<String> = seen.iter().map(Value::to_string).collect();
    distinct.sort();
    distinct.dedup();
    assert_eq!((seen.len(), distinct.len()), (60, 60));
    let cursor = next.expect("there were several pages");
    let other = house.call(Method::GET, &format!("{RUNS}?state=failed&older={cursor}"), token, None).await;
    assert_eq!((other.status, &other.json()["code"]), (StatusCode::BAD_REQUEST, &json!("cursor.invalid")));
    let page = house.get("/w/default/operations?state=failed&older=nonsense", Some(&house.operator)).await;
    assert!(page.body.contains("this is the first one"), "a page tells and goes on: {}", page.body);
}

#[rstest]
#[tokio::test]
async fn tenants_policies_and_versions_are_there_without_their_secrets(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let token = house.operator.token.as_deref();
    let base = "/api/v1/workspaces/default/tenants";
    let tenants = house.call(Method::GET, base, token, None).await.json();
    let slugs: Vec<_> =
        tenants["items"].as_array().expect("a list").iter().map(|one| one["slug"].clone()).collect();
    assert_eq!(slugs, [json!("contoso"), json!("fabrikam")]);
    let policies = house.call(Method::GET, &format!("{base}/contoso/policies"), token, None).await.json();
    assert_eq!(policies["items"][0]["id"], json!(house.policy.to_string()));
    let policy = format!("{base}/contoso/policies/{}", house.policy);
    assert_eq!(house.call(Method::GET, &policy, token, None).await.json()["version_count"], 1);
    let versions = house.call(Method::GET, &format!("{policy}/versions"), token, None).await.json();
    assert_eq!(versions["items"][0]["number"], 1);
    let version = house.call(Method::GET, &format!("{policy}/versions/1"), token, None).await;
    assert_eq!(version.json()["settings"]["fileName"], "agent.ps1");
    assert_eq!(version.json()["settings"]["scriptContent"], "[withheld]");
    assert!(!version.body.contains(SCRIPT_SECRET));
    let other =
        house.call(Method::GET, &format!("{base}/fabrikam/policies/{}", house.policy), token, None).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND, "a policy of another tenant");
    assert_eq!(
        house.call(Method::GET, &format!("{policy}/versions/2"), token, None).await.status,
        StatusCode::NOT_FOUND
    );
}
