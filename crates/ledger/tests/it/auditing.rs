//! What people do to runs is in the audit log, or it does not happen.

use database::testing::Backend;
use ledger::catalog::Operation;
use ledger::{Cancelled, Started};
use rstest::rstest;
use serde_json::Value;
use tenancy::audit::AuditRow;
use tenancy::tenant::{self, TenantState};

use crate::house::{Fixture, House, Whole, house};

fn said(log: &[AuditRow]) -> Vec<(&str, &str)> {
    log.iter().map(|row| (row.action.as_str(), row.subject_id.as_str())).collect()
}

async fn without_log(house: &House) {
    house.database.batch("ALTER TABLE audit_log RENAME TO audit_log_away").await;
}

async fn with_log(house: &House) {
    house.database.batch("ALTER TABLE audit_log_away RENAME TO audit_log").await;
}

#[rstest]
#[tokio::test]
async fn a_person_who_starts_and_cancels_a_run_is_written_down_once_and_a_reuse_is_not(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let run = house.start().await;
    house.ledger.start(&house.contoso, Fixture::KIND, Value::Null).await.expect("it is reused");
    // Who calls it off need not have named the tenant.
    assert_eq!(house.ledger.cancel(&house.whole, run).await.expect("it ends"), Cancelled::Ended);
    assert_eq!(house.ledger.cancel(&house.whole, run).await.expect("it is over"), Cancelled::Nothing);
    let log = house.log().await;
    let id = run.to_string();
    assert_eq!(said(&log), [("run.started", id.as_str()), ("run.cancelled", id.as_str())]);
    for row in &log {
        assert_eq!((row.tenant, row.actor_kind.as_str()), (house.contoso.tenant(), "user"), "{row:?}");
        assert_eq!(
            (row.actor, row.subject_type.as_str()),
            (house.contoso.actor().user().map(tenancy::UserId::as_uuid), "run")
        );
        assert_eq!(row.detail["through"], "console");
    }
    assert_eq!(log[0].detail["type"], Fixture::KIND);
}

#[rstest]
#[tokio::test]
async fn asking_a_running_run_to_stop_is_written_down_the_first_time(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let run = house.start().await;
    let _claimed = house.claim_one(house.session().await).await;
    for _ in 0..2 {
        assert_eq!(
            house.ledger.cancel(&house.contoso, run).await.expect("it is asked"),
            Cancelled::Requested
        );
    }
    assert_eq!(house.log().await.iter().filter(|row| row.action == "run.cancelled").count(), 1);
}

#[rstest]
#[tokio::test]
async fn what_the_system_starts_is_not_written_down(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let system = tenancy::access::system(house.whole.workspace(), None);
    house.ledger.start(&system, Whole::KIND, Value::Null).await.expect("it starts");
    assert!(house.log().await.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_start_that_cannot_be_handed_over_is_written_down_with_why(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let now = database::Clock::system().now();
    tenant::set_state(&house.database, &house.contoso, TenantState::Disconnected, now)
        .await
        .expect("it is cut");
    let started = house.ledger.start(&house.contoso, Fixture::KIND, Value::Null).await.expect("it answers");
    let log = house.log().await;
    assert_eq!(said(&log), [("run.started", started.run().id.to_string().as_str())]);
    assert_eq!(log[0].detail["reason_code"], "queue.dispatch_failed");
}

#[rstest]
#[tokio::test]
async fn if_the_audit_row_cannot_be_written_nothing_is_started_and_nothing_cancelled(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    without_log(&house).await;
    house
        .ledger
        .start(&house.contoso, Fixture::KIND, Value::Null)
        .await
        .expect_err("it cannot be written down");
    assert!(house.ledger.list_active(&house.whole, &Default::default()).await.expect("a list").is_empty());
    assert!(house.ledger.notices(&house.contoso).await.expect("notices").is_empty());
    let now = database::Clock::system().now();
    with_log(&house).await;
    tenant::set_state(&house.database, &house.contoso, TenantState::Disconnected, now)
        .await
        .expect("it is cut");
    without_log(&house).await;
    house.ledger.start(&house.contoso, Fixture::KIND, Value::Null).await.expect_err("nor can this");
    let ended = house.ledger.list_ended(&house.whole, &Default::default(), None, 50).await.expect("a list");
    assert!(ended.runs.is_empty());
    with_log(&house).await;
    tenant::set_state(&house.database, &house.contoso, TenantState::Connected, now)
        .await
        .expect("it is back");
    let run = house.start().await;
    without_log(&house).await;
    house.ledger.cancel(&house.contoso, run).await.expect_err("it cannot be written down");
    with_log(&house).await;
    assert_eq!(house.claim_one(house.session().await).await.claim.run, run, "it was left alone");
}

#[rstest]
#[tokio::test]
async fn a_start_is_one_round_trip_on_postgresql(#[values(Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    let ran = database::testing::Ran::default();
    let ledger = crate::house::ledger_on(house.database.noting(ran.clone()));
    let started = ledger.start(&house.contoso, Fixture::KIND, Value::Null).await.expect("it starts");
    assert!(matches!(started, Started::Created(_)));
    assert_eq!(ran.take(), ["tenant.readiness", "ledger.start"]);
}
