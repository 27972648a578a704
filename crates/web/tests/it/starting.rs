//! The start door: each answer of it, from a page, from a script, and from a program.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use database::testing::Backend;
use ledger::failure::FailureSummary;
use ledger::summary::SummaryCounts;
use ledger::{Ending, Outcome, RunFilter};
use rstest::rstest;
use serde_json::json;

use crate::house::{Answer, House, Person, form};

async fn scripted(house: &House, path: &str, person: &Person) -> Answer {
    let request = form(path, Some(person)).header("hx-request", "true");
    house.send(request.body(Body::from(format!("csrf={}", person.csrf))).expect("a request")).await
}

/// Ends everything that is due.
async fn work(house: &House) {
    let session =
        house.ledger.open_session("a test", std::time::Duration::from_secs(30)).await.expect("a session");
    let kinds = house.ledger.catalog().kinds().map(|kind| kind.token.to_owned()).collect();
    let claimed =
        house.ledger.claim(session, kinds, 100, std::time::Duration::from_secs(60)).await.expect("a claim");
    for run in claimed {
        let ending = Ending {
            outcome: Outcome::Succeeded,
            counts: SummaryCounts::default(),
            failures: FailureSummary::default(),
            reason: None,
        };
        house.ledger.finish(run.claim, &run.kind, &ending).await.expect("it ends");
    }
    house.ledger.close_session(session).await.expect("the session ends");
}

#[rstest]
#[tokio::test]
async fn a_start_answers_at_once_and_a_second_click_leads_to_the_same_run(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let path = "/w/default/t/contoso/start/inventory.sync";
    let first = house.post(path, &house.operator, "").await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let run = first.header("location").expect("a run").to_owned();
    assert!(run.ends_with("?answer=queued"), "{run}");
    let page = house.get(&run, Some(&house.operator)).await;
    assert!(page.body.contains("You will be notified when it ends."), "{}", page.body);
    assert!(page.body.contains("No worker is running."), "nobody works: {}", page.body);
    let second = house.post(path, &house.manager, "").await;
    assert_eq!(second.header("location"), Some(run.replace("queued", "active").as_str()));
    let told = house.get(second.header("location").expect("a run"), Some(&house.manager)).await;
    assert!(told.body.contains("started by Otto Operator"), "{}", told.body);
    let toast = scripted(&house, path, &house.manager).await;
    assert_eq!(toast.status, StatusCode::OK);
    assert!(toast.body.contains("Already running") && toast.body.contains("View run"), "{}", toast.body);
    assert!(!toast.body.contains("<html"), "a toast is no page");
    let bell = house.get("/w/default/notifications", Some(&house.operator)).await;
    assert_eq!(bell.body.matches("Inventory sync queued").count(), 1, "{}", bell.body);
    let other = house.get("/w/default/notifications", Some(&house.manager)).await;
    assert!(!other.body.contains("Inventory sync"), "a reused start tells nobody new: {}", other.body);
}

#[rstest]
#[tokio::test]
async fn a_cooling_run_says_until_when(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let path = "/w/default/t/contoso/start/assignments.fetch";
    assert_eq!(house.post(path, &house.operator, "").await.status, StatusCode::SEE_OTHER);
    work(&house).await;
    let again = house.post(path, &house.operator, "").await;
    let run = again.header("location").expect("a run");
    assert!(run.ends_with("?answer=cooling"), "{run}");
    assert!(house.get(run, Some(&house.operator)).await.body.contains("A new one can start at"));
    let toast = scripted(&house, path, &house.operator).await;
    assert!(toast.body.contains("A new one can start at"), "{}", toast.body);
}

#[rstest]
#[tokio::test]
async fn a_start_that_cannot_be_handed_over_is_recorded_as_failed(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let now = database::Clock::system().now();
    let state = tenancy::tenant::TenantState::Disconnected;
    tenancy::tenant::set_state(&house.database, &house.contoso, state, now)
        .await
        .expect("it is disconnected");
    let path = "/w/default/t/contoso/start/inventory.sync";
    let toast = scripted(&house, path, &house.operator).await;
    let told = "Nothing was started; the attempt is recorded as Failed";
    assert!(toast.body.contains(told) && toast.body.contains("Try again"), "{}", toast.body);
    let filter = RunFilter { kinds: vec!["inventory.sync".to_owned()], ..Default::default() };
    assert!(house.ledger.list_active(&house.whole, &filter).await.expect("a list").is_empty());
    let ended = house.ledger.list_ended(&house.whole, &filter, None, 10).await.expect("a list").runs;
    assert_eq!((ended.len(), ended[0].outcome), (1, Outcome::Failed));
    let token = house.operator.token.as_deref();
    let body = json!({"type": "inventory.sync", "tenant": "contoso"});
    let answer = house.call(Method::POST, "/api/v1/workspaces/default/operations", token, Some(body)).await;
    let problem = answer.json();
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(problem["reason_code"], "queue.dispatch_failed");
    assert!(problem["run_id"].is_string(), "{problem}");
}

#[rstest]
#[tokio::test]
async fn who_may_not_start_sees_why_and_a_forged_start_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let page = house.get("/w/default/t/contoso/policies", Some(&house.reader)).await;
    assert!(page.body.contains("aria-disabled=\"true\""), "{}", page.body);
    assert!(page.body.contains("Needs the Operator role in Northwind Holdings."), "{}", page.body);
    let path = "/w/default/t/contoso/start/inventory.sync";
    assert!(!page.body.contains("action=\"/w/default/t/contoso/start/"), "{}", page.body);
    let forged = house.post(path, &house.reader, "").await;
    assert_eq!(forged.status, StatusCode::FORBIDDEN);
    let toast = scripted(&house, path, &house.reader).await;
    assert_eq!(toast.status, StatusCode::FORBIDDEN);
    assert!(
        toast.body.contains("Needs the Operator role") && !toast.body.contains("<html"),
        "{}",
        toast.body
    );
}

#[tokio::test]
async fn inputs_that_make_no_sense_start_nothing() {
    let house = House::on(Backend::Sqlite).await;
    let path = "/w/default/t/contoso/start/inventory.sync";
    assert_eq!(
        house.post(path, &house.operator, "surprise=1").await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(
        house.post("/w/default/t/contoso/start/moon.land", &house.operator, "").await.status,
        StatusCode::NOT_FOUND
    );
    let wrong = house.post("/w/default/start/inventory.sync", &house.operator, "").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let filter = RunFilter { kinds: vec!["inventory.sync".to_owned()], ..Default::default() };
    assert!(house.ledger.list_active(&house.whole, &filter).await.expect("a list").is_empty());
}

#[rstest]
#[tokio::test]
async fn a_run_is_cancelled_and_run_again_by_those_who_may(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let path = format!("/w/default/operations/{}", house.run);
    let page = house.get(&path, Some(&house.operator)).await;
    assert!(page.body.contains(&format!("action=\"{path}/cancel\"")), "{}", page.body);
    let narrowed = house.get(&path, Some(&house.narrowed)).await;
    assert!(narrowed.body.contains("Needs the Manager role"), "another's run: {}", narrowed.body);
    assert_eq!(
        house.post(&format!("{path}/cancel"), &house.narrowed, "").await.status,
        StatusCode::FORBIDDEN
    );
    let cancelled = house.post(&format!("{path}/cancel"), &house.operator, "").await;
    assert_eq!(cancelled.header("location"), Some(format!("{path}?answer=cancelled").as_str()));
    let again = house.post(&format!("{path}/again"), &house.operator, "").await;
    let place = again.header("location").expect("a run");
    assert!(place.ends_with("?answer=queued") && !place.starts_with(&path), "{place}");
}
