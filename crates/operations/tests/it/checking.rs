//! `tenant.check_connection`, and credentials that do not work.

use database::testing::Backend;
use ledger::Outcome;
use rstest::rstest;
use secrecy::SecretString;
use serde_json::Value;
use simulator::{Fault, Rule};
use tenancy::tenant;

use crate::house::{connect, house};

/// Looks wrong enough to be found wherever it leaks to.
const WRONG_SECRET: &str = "wr0ng~Canary-secret-that-must-not-appear";

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_works_is_recorded_as_such(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on, 10).await;
    let run = house.run("tenant.check_connection", Value::Null).await;
    assert_eq!(run.row.outcome, Outcome::Succeeded, "{:?}", run.failures);
    let tenant = tenant::get(&house.database, &house.scope).await.expect("an answer").expect("the tenant");
    assert!(tenant.checked_at.is_some() && tenant.check_code.is_none());
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_secret_fails_the_check_and_the_sync_with_its_code_and_is_repeated_nowhere(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on, 10).await;
    connect(&house.database, &house.simulator, &house.tenant, SecretString::from(WRONG_SECRET)).await;
    for kind in ["tenant.check_connection", "policy.sync"] {
        let run = house.run(kind, Value::Null).await;
        assert_eq!((run.row.outcome, run.row.attempt), (Outcome::Failed, 1), "trying again cannot help");
        assert_eq!(run.row.reason_code.as_deref(), Some("graph.credentials_rejected"));
        assert!(!format!("{run:?}").contains("Canary"), "{run:?}");
        assert!(run.failures.listed()[0].message.as_str().contains("AADSTS7000215"), "{:?}", run.failures);
    }
    let tenant = tenant::get(&house.database, &house.scope).await.expect("an answer").expect("the tenant");
    assert_eq!(tenant.check_code.as_deref(), Some("graph.credentials_rejected"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_sync_tells_of_the_connection_what_a_check_would(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on, 10).await;
    let good = house.tenant.client_secret();
    for (secret, code) in [
        (good.clone(), None),
        (SecretString::from(WRONG_SECRET), Some("graph.credentials_rejected")),
        (good, None),
    ] {
        connect(&house.database, &house.simulator, &house.tenant, secret).await;
        house.run("inventory.sync", Value::Null).await;
        let tenant = tenant::get(&house.database, &house.scope).await.expect("an answer");
        let tenant = tenant.expect("the tenant");
        assert!(tenant.checked_at.is_some());
        assert_eq!(tenant.check_code.as_deref(), code);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_answers_html_fails_the_check_with_a_code_and_no_part_of_the_answer(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on, 10).await;
    house.simulator.faults().add(Rule::new(Fault::Html).path("/v1.0/organization"));
    let run = house.run("tenant.check_connection", Value::Null).await;
    assert_eq!(run.row.reason_code.as_deref(), Some("graph.unexpected_answer"));
    assert!(!format!("{:?}", run.failures).contains('<'), "{:?}", run.failures);
}
