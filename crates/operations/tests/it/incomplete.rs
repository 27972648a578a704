//! Syncs that do not see everything: they say so, and conclude nothing from what they did not see.

use database::testing::Backend;
use governance::inventory::{self, ReadingStatus};
use governance::policies;
use ledger::failure::FailureCode;
use ledger::summary::CountKey;
use ledger::{Outcome, RunDetail};
use rstest::rstest;
use serde_json::{Value, json};
use simulator::{Availability, Fault, GenerateOptions, RetryAfter, Rule, Simulator, TenantState};

use crate::house::{House, house, house_of};

async fn status_of(house: &House, ty: &str) -> (ReadingStatus, Option<String>) {
    let coverage = inventory::coverage(&house.database, &house.scope).await.expect("coverage");
    let row = coverage.into_iter().find(|row| row.ty == ty).expect("the type is covered");
    (row.reading.status, row.reading.code)
}

async fn missing(house: &House) -> u64 {
    let totals = policies::totals(&house.database, &house.scope).await.expect("totals");
    totals.iter().map(|total| total.missing).sum()
}

fn codes(run: &RunDetail) -> Vec<&str> {
    run.failures.listed().iter().map(|failure| failure.code.as_str()).collect()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_collection_whose_second_page_fails_makes_the_run_partial_and_deletes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
    #[values("503", "html", "foreign", "loop", "no value", "broken")] how: &str,
) {
    let state = TenantState::generated(7, GenerateOptions::default().policies(100));
    let house = house_of(on, Simulator::new().page_size(10), state).await;
    let only = json!({"policy_types": ["configurationPolicy", "assignmentFilter"]});
    let whole = house.run("policy.sync", only.clone()).await;
    let versions = house.version_count().await;
    let (fault, code) = match how {
        "503" => (Fault::Status(503), "graph.unavailable"),
        "html" => (Fault::Html, "graph.unexpected_answer"),
        "foreign" => (Fault::ForeignNextLink("http://127.0.0.2:9".to_owned()), "graph.foreign_link"),
        "loop" => (Fault::NextLinkLoop, "graph.page_loop"),
        "no value" => (Fault::MissingValue, "graph.unexpected_answer"),
        _ => (Fault::BrokenJson, "graph.unexpected_answer"),
    };
    house.simulator.faults().add(Rule::new(fault).path("/configurationPolicies?").page(2));
    let partial = house.run("policy.sync", only.clone()).await;
    assert_eq!(partial.row.outcome, Outcome::PartiallySucceeded, "{:?}", partial.failures);
    assert_eq!(partial.row.reason_code.as_deref(), Some("sync.incomplete"));
    assert_eq!(codes(&partial), [code]);
    assert_eq!(
        status_of(&house, "configurationPolicy").await,
        (ReadingStatus::Partial, Some(code.to_owned()))
    );
    assert_eq!(status_of(&house, "assignmentFilter").await.0, ReadingStatus::Complete);
    assert_eq!((missing(&house).await, partial.row.counts.get(CountKey::Deleted)), (0, Some(0)));
    assert_eq!(house.version_count().await, versions);
    house.simulator.faults().clear();
    let healed = house.run("policy.sync", only).await;
    assert_eq!(healed.row.outcome, Outcome::Succeeded, "{:?}", healed.failures);
    assert_eq!(healed.row.counts.get(CountKey::Unchanged), whole.row.counts.get(CountKey::Total));
    assert_eq!(house.simulator.requests().hosts().len(), 1, "nobody else was ever asked");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn an_object_that_cannot_be_read_fails_alone_and_keeps_its_place_in_the_inventory(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on, 60).await;
    let id = house.tenant.ids("configurationPolicies").expect("the collection exists").remove(0);
    house.simulator.faults().add(Rule::new(Fault::Status(403)).path(&format!("{id}/settings")));
    let run = house.run("policy.sync", json!({"policy_types": ["configurationPolicy"]})).await;
    assert_eq!(run.row.outcome, Outcome::PartiallySucceeded);
    assert_eq!(run.row.counts.get(CountKey::Failed), Some(1));
    assert_eq!(codes(&run), ["graph.forbidden"]);
    let name = run.failures.listed()[0].item.as_ref().expect("the failure names its object");
    assert!(!name.as_str().is_empty());
    assert_eq!(status_of(&house, "configurationPolicy").await.0, ReadingStatus::Partial);
    assert_eq!(missing(&house).await, 0);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_type_that_may_not_be_read_is_denied_and_the_others_are_read(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on, 40).await;
    house
        .tenant
        .set_availability("deviceManagementScripts", Availability::Denied)
        .expect("the collection exists");
    let run = house.run("policy.sync", Value::Null).await;
    assert_eq!(run.row.outcome, Outcome::PartiallySucceeded);
    assert_eq!(codes(&run), ["graph.forbidden"]);
    assert_eq!(status_of(&house, "deviceManagementScript").await.0, ReadingStatus::Denied);
    assert_eq!(status_of(&house, "configurationPolicy").await.0, ReadingStatus::Complete);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn throttling_that_passes_is_waited_out(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on, 60).await;
    for after in [RetryAfter::Absent, RetryAfter::Seconds(0)] {
        house
            .simulator
            .faults()
            .add(Rule::new(Fault::Throttled(after)).path("/configurationPolicies").times(1));
    }
    let run = house.run("policy.sync", json!({"policy_types": ["configurationPolicy"]})).await;
    assert_eq!(run.row.outcome, Outcome::Succeeded, "{:?}", run.failures);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_is_away_ends_the_run_after_its_attempts_with_the_code(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on, 20).await;
    house.simulator.faults().add(Rule::new(Fault::Status(503)).path("/v1.0"));
    house.simulator.faults().add(Rule::new(Fault::Status(503)).path("/beta"));
    let started = house.ledger.start(&house.scope, "inventory.sync", Value::Null).await.expect("it starts");
    let id = started.run().id;
    // Each attempt is given back with a wait; the test moves the ledger's clock past it.
    let ended = loop {
        house.database.set_ledger_clock_ahead(std::time::Duration::from_secs(20)).await;
        let shown = house.ledger.show(&house.scope, id).await.expect("an answer").expect("the run is there");
        if shown.row.completed_at.is_some() {
            break shown;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        house.database.set_ledger_clock_ahead(std::time::Duration::ZERO).await;
    };
    assert_eq!((ended.row.outcome, ended.row.attempt), (Outcome::Failed, 3));
    assert_eq!(ended.row.reason_code.as_deref(), Some("graph.unavailable"));
    assert_eq!(ended.failures.first_code(), Some(&FailureCode::GRAPH_UNAVAILABLE));
}
