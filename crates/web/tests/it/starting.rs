//! The start door: each answer of it, from a page, from a script, and from a program.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use database::testing::Backend;
use ledger::{Outcome, RunFilter};
use rstest::rstest;
use serde_json::json;

use crate::house::{Answer, House, Person, form};

async fn scripted(house: &House, path: &str, person: &Person) -> Answer {
    let request = form(path, Some(person)).header("hx-request", "true");
    house.send(request.body(Body::from(format!("csrf={}", person.csrf))).expect("a request")).await
}

/// Every button of today, by the page that it stands on.
const BUTTONS: [(&str, &str); 3] = [
    ("/w/default/t/contoso/policies", "policy.sync"),
    ("/w/default/t/contoso/inventory", "inventory.sync"),
    ("/w/default/tenants", "tenant.check_connection"),
];

#[rstest]
#[tokio::test]
async fn each_start_button_answers_at_once_with_view_run_while_no_worker_runs(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    house.ledger.cancel(&house.whole, house.run).await.expect("nothing is in the way");
    for (page, kind) in BUTTONS {
        let path = format!("/w/default/t/contoso/start/{kind}");
        let shown = house.get(page, Some(&house.operator)).await;
        assert!(
            shown.body.contains(&format!("action=\"{path}\"")),
            "{page} lacks the button: {}",
            shown.body
        );
        assert!(shown.body.contains("No worker is running."), "nobody works: {}", shown.body);
        let toast = scripted(&house, &path, &house.operator).await;
        assert_eq!(toast.status, StatusCode::OK);
        for told in ["queued</b>", "Contoso Ltd. You will be notified when it ends.", "View run"] {
            assert!(toast.body.contains(told), "{kind}: {}", toast.body);
        }
        assert!(!toast.body.contains("<html"), "a toast is no page");
        let queued = RunFilter { kinds: vec![kind.to_owned()], ..Default::default() };
        let runs = house.ledger.list_active(&house.whole, &queued).await.expect("a list");
        assert!(toast.body.contains(&format!("/operations/{}", runs[0].id)), "{}", toast.body);
    }
}

#[rstest]
#[tokio::test]
async fn a_second_click_leads_to_the_same_run(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let path = "/w/default/t/contoso/start/inventory.sync";
    let first = house.post(path, &house.operator, "").await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    let run = first.header("location").expect("a run").to_owned();
    assert!(run.ends_with("?answer=queued"), "{run}");
    let page = house.get(&run, Some(&house.operator)).await;
    assert!(page.body.contains("You will be notified when it ends."), "{}", page.body);
    let second = house.post(path, &house.manager, "").await;
    assert_eq!(second.header("location"), Some(run.replace("queued", "active").as_str()));
    let told = house.get(second.header("location").expect("a run"), Some(&house.manager)).await;
    assert!(told.body.contains("started by Otto Operator"), "{}", told.body);
    let toast = scripted(&house, path, &house.manager).await;
    assert!(toast.body.contains("Already running") && toast.body.contains("View run"), "{}", toast.body);
}

#[rstest]
#[tokio::test]
async fn the_queued_notice_is_there_once(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let path = "/w/default/t/contoso/start/inventory.sync";
    for person in [&house.operator, &house.operator, &house.manager] {
        assert_eq!(house.post(path, person, "").await.status, StatusCode::SEE_OTHER);
    }
    let bell = house.get("/w/default/notifications", Some(&house.operator)).await;
    assert_eq!(bell.body.matches("Inventory sync queued").count(), 1, "{}", bell.body);
    let other = house.get("/w/default/notifications", Some(&house.manager)).await;
    assert!(!other.body.contains("Inventory sync"), "a reused start tells nobody new: {}", other.body);
}

#[rstest]
#[tokio::test]
async fn a_member_without_the_right_gets_403_with_the_role_that_is_needed(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    for (page, kind) in BUTTONS {
        let path = format!("/w/default/t/contoso/start/{kind}");
        let shown = house.get(page, Some(&house.reader)).await;
        assert!(!shown.body.contains(&format!("action=\"{path}\"")), "{page}: {}", shown.body);
        let reason = "Needs the Operator role in Northwind Holdings. Owners: Olga Owner.";
        assert!(shown.body.contains(reason), "{page} says why, and who can grant it: {}", shown.body);
        let forged = house.post(&path, &house.reader, "").await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN);
        assert!(forged.body.contains("Needs the Operator role in Northwind Holdings."), "{}", forged.body);
        let toast = scripted(&house, &path, &house.reader).await;
        assert_eq!(toast.status, StatusCode::FORBIDDEN);
        assert!(toast.body.contains("Needs the Operator role in Northwind Holdings."), "{}", toast.body);
    }
    let body = json!({"type": "policy.sync", "tenant": "contoso"});
    let runs = "/api/v1/workspaces/default/operations";
    let called = house.call(Method::POST, runs, house.reader.token.as_deref(), Some(body)).await;
    assert_eq!((called.status, &called.json()["needs"]), (StatusCode::FORBIDDEN, &json!("Operator")));
}

#[rstest]
#[tokio::test]
async fn a_start_of_a_paused_kind_waits_and_says_so(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let now = database::Clock::system().now();
    let server = tenancy::access::server_console(&house.database, now).await.expect("the console may act");
    let workspace = house.whole.workspace();
    house.ledger.pause_kind(&server, workspace, "inventory.sync").await.expect("it is paused");
    let path = "/w/default/t/contoso/start/inventory.sync";
    let toast = scripted(&house, path, &house.operator).await;
    let paused = "This kind of operation is paused; the run waits until it is resumed.";
    assert!(toast.body.contains(paused) && toast.body.contains("Inventory sync queued"), "{}", toast.body);
    let run = house.post(path, &house.operator, "").await;
    let page = house.get(run.header("location").expect("a run"), Some(&house.operator)).await;
    assert!(page.body.contains(paused), "{}", page.body);
    let list = house.get("/w/default/operations", Some(&house.operator)).await;
    assert!(list.body.contains("paused"), "{}", list.body);
    let runs = "/api/v1/workspaces/default/operations?type=inventory.sync";
    let listed = house.call(Method::GET, runs, house.operator.token.as_deref(), None).await.json();
    assert_eq!(listed["items"][0]["paused"], true);
}

#[rstest]
#[tokio::test]
async fn a_cooling_run_says_until_when(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let path = "/w/default/t/contoso/start/assignments.fetch";
    assert_eq!(house.post(path, &house.operator, "").await.status, StatusCode::SEE_OTHER);
    house.work().await;
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
async fn with_nothing_to_do_no_run_is_made(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = House::on(on).await;
    let path = "/w/default/t/contoso/start/backup_set.add_policies";
    let toast = scripted(&house, path, &house.operator).await;
    assert!(
        toast.body.contains("Nothing to do") && toast.body.contains("No policies selected."),
        "{}",
        toast.body
    );
    assert!(!toast.body.contains("View run") && !toast.body.contains("alert"), "{}", toast.body);
    let page = house.post(path, &house.operator, "").await;
    assert!(page.body.contains("No policies selected."), "{}", page.body);
    let body = json!({"type": "backup_set.add_policies", "tenant": "contoso"});
    let runs = "/api/v1/workspaces/default/operations";
    let called = house.call(Method::POST, runs, house.operator.token.as_deref(), Some(body)).await;
    assert_eq!(called.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(called.json()["reason_code"], "start.nothing_to_do");
    let filter = RunFilter { kinds: vec!["backup_set.add_policies".to_owned()], ..Default::default() };
    assert!(house.ledger.list_active(&house.whole, &filter).await.expect("a list").is_empty());
    assert_eq!(house.post(path, &house.operator, "policies=a").await.status, StatusCode::SEE_OTHER);
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
