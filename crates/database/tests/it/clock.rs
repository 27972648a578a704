//! The ledger's clock: the database's own, which only tests can move.

use std::time::Duration;

use database::testing::{Backend, TestDatabase};
use database::{DatabaseError, Ts, statement};
use rstest::rstest;

statement! {
    NOW = "test.ledger_now", () -> (Time, Time),
    postgres: "SELECT ledger_now(), ledger_statement_now()"
}

async fn now(database: &TestDatabase) -> Ts {
    let read: Result<Ts, DatabaseError> = database
        .write("test.now", |tx| {
            Box::pin(async move {
                if let Some(now) = tx.sqlite_now() {
                    return Ok(now);
                }
                let row = tx.query_one(&NOW, &[]).await?;
                let (volatile, stable): (Ts, Ts) = (row.get(0)?, row.get(1)?);
                assert!(volatile.since(stable) < Duration::from_secs(5), "both functions move together");
                Ok(volatile)
            })
        })
        .await;
    read.expect("the clock can be read")
}

#[rstest]
#[tokio::test]
async fn a_test_moves_the_ledgers_clock_and_nothing_else(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let before = now(&database).await;
    let day = Duration::from_secs(24 * 3600);
    database.set_ledger_clock_ahead(day).await;
    let moved = now(&database).await.since(before);
    assert!(moved >= day && moved < day + Duration::from_secs(60), "{moved:?}");
    database.set_ledger_clock_ahead(Duration::ZERO).await;
    assert!(now(&database).await.since(before) < Duration::from_secs(60));
}
