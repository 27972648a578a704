//! Calling runs off.

use database::testing::Backend;
use ledger::{Cancelled, GiveBack, GivenBack, Outcome};
use rstest::rstest;
use std::time::Duration;

use crate::house::{LEASE, house};

#[rstest]
#[tokio::test]
async fn a_queued_run_is_cancelled_at_once_and_never_claimed(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let id = house.start().await;
    assert_eq!(house.ledger.cancel(&house.contoso, id).await.expect("it answers"), Cancelled::Ended);
    assert_eq!(house.ledger.cancel(&house.contoso, id).await.expect("it answers"), Cancelled::Nothing);
    assert!(house.claim(house.session().await).await.is_empty());
    let shown = house.ledger.show(&house.contoso, id).await.expect("a run").expect("it is there");
    assert_eq!(
        (shown.row.outcome, shown.row.reason_code.as_deref()),
        (Outcome::Cancelled, Some("ops.cancelled"))
    );
    assert_ne!(house.start().await, id, "a cancelled run never cools");
}

#[rstest]
#[tokio::test]
async fn a_running_run_is_asked_and_does_not_run_again(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let id = house.start().await;
    let session = house.session().await;
    let claimed = house.claim_one(session).await;
    assert!(house.ledger.beat(session, LEASE).await.expect("it answers").cancelled.is_empty());
    assert_eq!(house.ledger.cancel(&house.contoso, id).await.expect("it answers"), Cancelled::Requested);
    let beat = house.ledger.beat(session, LEASE).await.expect("it answers");
    assert_eq!(beat.cancelled, [(house.contoso.workspace(), id)]);
    let back = house
        .ledger
        .give_back(claimed.claim, GiveBack::Release, Duration::ZERO, None, &Default::default())
        .await;
    assert_eq!(back.expect("it answers"), GivenBack::Cancelled);
    assert!(house.claim(session).await.is_empty());
}

#[rstest]
#[tokio::test]
async fn nobody_cancels_what_is_not_in_their_scope(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let id = house.start().await;
    assert_eq!(house.ledger.cancel(&house.fabrikam, id).await.expect("it answers"), Cancelled::Nothing);
    let system = tenancy::access::system(house.contoso.workspace(), house.contoso.tenant());
    assert_eq!(house.ledger.cancel(&system, id).await.expect("it answers"), Cancelled::Nothing);
    assert_eq!(house.claim(house.session().await).await.len(), 1, "it was left alone");
}
