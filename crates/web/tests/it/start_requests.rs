//! What a program may say with a start: a key, force, and the run that it repeats.

use axum::body::Body;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use axum::http::{Method, Request, StatusCode};
use database::testing::Backend;
use rstest::rstest;
use serde_json::{Value, json};

use crate::house::{Answer, HOST_NAME, House, Person};

const RUNS: &str = "/api/v1/workspaces/default/operations";

async fn start(house: &House, person: &Person, keys: &[&str], body: Value) -> Answer {
    let token = person.token.as_deref().expect("a token");
    let mut request = Request::builder()
        .method(Method::POST)
        .uri(RUNS)
        .header(HOST, HOST_NAME)
        .header(AUTHORIZATION, format!("Bearer {token}"))
        .header(CONTENT_TYPE, "application/json");
    for key in keys {
        request = request.header("idempotency-key", *key);
    }
    house.send(request.body(Body::from(body.to_string())).expect("a request")).await
}

fn fetch() -> Value {
    json!({"type": "assignments.fetch", "tenant": "contoso"})
}

#[rstest]
#[tokio::test]
async fn the_same_key_and_request_give_the_same_answer(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let first = start(&house, &house.operator, &["k1"], fetch()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    house.work().await;
    let again = start(&house, &house.operator, &["k1"], fetch()).await;
    assert_eq!((again.status, again.body), (StatusCode::CREATED, first.body.clone()));
    assert_eq!(again.headers.get("location"), first.headers.get("location"));
    let unkeyed = start(&house, &house.operator, &[], fetch()).await;
    assert_eq!((unkeyed.status, &unkeyed.json()["result"]), (StatusCode::OK, &json!("cooling")));
    // A key belongs to who sent it.
    let other = start(&house, &house.manager, &["k1"], fetch()).await;
    assert_eq!(other.json()["result"], "cooling");
}

#[rstest]
#[tokio::test]
async fn b33_the_same_key_with_another_body_is_refused_and_a_long_one_is_malformed(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    start(&house, &house.operator, &["k1"], fetch()).await;
    let other = json!({"type": "inventory.sync", "tenant": "contoso"});
    let reused = start(&house, &house.operator, &["k1"], other.clone()).await;
    assert_eq!(reused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(reused.json()["reason_code"], "start.key_reused");
    let long = "k".repeat(10_000);
    for wrong in [&[long.as_str()][..], &[""], &["a b"], &["k2", "k3"]] {
        let refused = start(&house, &house.operator, wrong, other.clone()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.body);
        assert_eq!(refused.json()["reason_code"], "start.key_malformed");
    }
}

#[rstest]
#[tokio::test]
async fn force_and_rerun_of_are_for_those_who_may(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let run = start(&house, &house.operator, &[], fetch()).await.json()["run_id"].clone();
    house.work().await;
    let with = |more: Value| {
        let mut body = fetch();
        body.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        body
    };
    let refused = start(&house, &house.operator, &[], with(json!({"force": true}))).await;
    assert_eq!((refused.status, &refused.json()["needs"]), (StatusCode::FORBIDDEN, &json!("Manager")));
    let others = start(&house, &house.narrowed, &[], with(json!({"rerun_of": run}))).await;
    assert_eq!((others.status, &others.json()["needs"]), (StatusCode::FORBIDDEN, &json!("Manager")));
    let cooling = start(&house, &house.operator, &[], with(json!({"rerun_of": run}))).await;
    assert_eq!((cooling.status, &cooling.json()["result"]), (StatusCode::OK, &json!("cooling")));
    let forced = start(&house, &house.manager, &[], with(json!({"rerun_of": run, "force": true}))).await;
    assert_eq!(forced.status, StatusCode::CREATED, "{}", forced.body);
    let path = forced.header("location").expect("where it is").to_owned();
    let shown = house.call(Method::GET, &path, house.manager.token.as_deref(), None).await.json();
    assert_eq!(shown["rerun_of"], run);
    for (body, why) in [
        (
            json!({"type": "inventory.sync", "tenant": "contoso", "rerun_of": run, "inputs": {}}),
            "it did other work",
        ),
        (
            json!({"type": "assignments.fetch", "tenant": "fabrikam", "rerun_of": run, "inputs": {}}),
            "no such run here",
        ),
        (with(json!({"rerun_of": house.foreign_run})), "no such run here"),
        (with(json!({"rerun_of": forced.json()["run_id"]})), "it has not ended"),
    ] {
        let refused = start(&house, &house.manager, &[], body).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        assert!(refused.body.contains(why), "{why}: {}", refused.body);
    }
}

#[rstest]
#[tokio::test]
async fn over_the_backlog_limit_the_answer_is_503_and_says_when_to_come_back(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::letting(on, 1).await;
    let refused = start(&house, &house.operator, &["k"], fetch()).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{}", refused.body);
    assert_eq!(refused.json()["reason_code"], "queue.backlog_full");
    assert!(refused.header("retry-after").is_some());
    let form = crate::house::form("/w/default/t/contoso/start/inventory.sync", Some(&house.operator));
    let body = Body::from(format!("csrf={}", house.operator.csrf));
    let toast = house.send(form.header("hx-request", "true").body(body).expect("a request")).await;
    assert_eq!(toast.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        toast.header("retry-after").is_some() && toast.body.contains("wait in this workspace"),
        "{}",
        toast.body
    );
    let active = house.ledger.list_active(&house.whole, &Default::default()).await.expect("a list");
    assert_eq!(active.len(), 1, "no row was written");
    house.work().await;
    assert_eq!(start(&house, &house.operator, &["k"], fetch()).await.status, StatusCode::CREATED);
}
