//! What may be done to a run from its page: cancel, run again, run anyway; each without a script.

use axum::http::StatusCode;
use database::testing::Backend;
use rstest::rstest;
use tenancy::audit;

use crate::house::{Answer, House, Person};

async fn page(house: &House, path: &str, person: &Person) -> Answer {
    let page = house.get(path, Some(person)).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    page
}

/// Starts what cools, lets it end, and gives the address of the run.
async fn cooling(house: &House) -> String {
    let started = house.post("/w/default/t/contoso/start/assignments.fetch", &house.operator, "").await;
    house.work().await;
    started.header("location").and_then(|to| to.split('?').next()).expect("a run").to_owned()
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

#[rstest]
#[tokio::test]
async fn run_again_makes_a_new_run_that_names_the_old_one_and_is_written_down(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let path = format!("/w/default/operations/{}", house.run);
    let early = house.post(&format!("{path}/again"), &house.operator, "").await;
    assert_eq!(early.status, StatusCode::UNPROCESSABLE_ENTITY, "it has not ended: {}", early.body);
    house.work().await;
    assert!(page(&house, &path, &house.operator).await.body.contains("Run again"));
    for person in [&house.reader, &house.narrowed] {
        let shown = page(&house, &path, person).await;
        assert!(shown.body.contains("Needs the Manager role in Northwind Holdings."), "{}", shown.body);
        assert_eq!(house.post(&format!("{path}/again"), person, "").await.status, StatusCode::FORBIDDEN);
    }
    let first = house.post(&format!("{path}/again"), &house.manager, "").await;
    let run = first.header("location").expect("a run").to_owned();
    assert!(run.ends_with("?answer=queued") && !run.starts_with(&path), "{run}");
    let second = house.post(&format!("{path}/again"), &house.operator, "").await;
    assert_eq!(second.header("location"), Some(run.replace("queued", "active").as_str()));
    let shown = page(&house, &run, &house.manager).await;
    assert!(shown.body.contains(&format!("href=\"{path}\"")), "it names what it repeats: {}", shown.body);
    let log = audit::list(&house.database, &house.whole, None, 10).await.expect("a log");
    assert_eq!((log[0].action.as_str(), log[0].actor_name.as_str()), ("run.repeated", "Mara Manager"));
    assert_eq!(log[0].detail["rerun_of"], house.run.to_string());
}

#[rstest]
#[tokio::test]
async fn run_anyway_passes_over_a_cooling_run_for_those_who_may_force(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let path = cooling(&house).await;
    let again = format!("{path}/again");
    let shown = page(&house, &path, &house.operator).await;
    for told in
        ["Run again", "A new one can start at", "Run anyway", "Needs the Manager role in Northwind Holdings."]
    {
        assert!(shown.body.contains(told), "{told}: {}", shown.body);
    }
    assert!(!shown.body.contains(&format!("action=\"{again}\"")), "neither may be pressed: {}", shown.body);
    assert_eq!(house.post(&again, &house.operator, "force=yes").await.status, StatusCode::FORBIDDEN);
    let cools = house.post(&again, &house.operator, "").await;
    assert_eq!(cools.header("location"), Some(format!("{path}?answer=cooling").as_str()));
    let odd = house.post(&again, &house.manager, "force=perhaps").await;
    assert_eq!(odd.status, StatusCode::UNPROCESSABLE_ENTITY);
    let may = page(&house, &path, &house.manager).await;
    assert!(may.body.contains(&format!("action=\"{again}\"")), "{}", may.body);
    assert!(may.body.contains("name=\"force\" value=\"yes\""), "{}", may.body);
    let anyway = house.post(&again, &house.manager, "force=yes").await;
    let run = anyway.header("location").expect("a run");
    assert!(run.ends_with("?answer=queued") && !run.starts_with(&path), "{run}");
    let log = audit::list(&house.database, &house.whole, None, 10).await.expect("a log");
    assert_eq!((log[0].action.as_str(), log[0].actor_name.as_str()), ("run.forced", "Mara Manager"));
}

#[rstest]
#[tokio::test]
async fn what_a_person_does_to_a_run_is_written_down_with_the_request(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let path = format!("/w/default/operations/{}", house.run);
    house.post(&format!("{path}/cancel"), &house.operator, "").await;
    let log = audit::list(&house.database, &house.whole, None, 10).await.expect("a log");
    let row = &log[0];
    assert_eq!((row.action.as_str(), row.tenant), ("run.cancelled", house.contoso.tenant()));
    assert_eq!((row.subject_id.clone(), row.actor_name.as_str()), (house.run.to_string(), "Otto Operator"));
    assert!(!row.request_id.is_empty(), "{row:?}");
}
