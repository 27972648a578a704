//! How long it takes: with fair workers everything ends, and a lost claim is taken away within a bound.

use std::collections::BTreeMap;
use std::time::Duration;

use database::testing::Backend;
use ledger::catalog::Operation as _;
use ledger::{ClaimedRun, RunId, SessionId};
use rstest::rstest;
use serde_json::json;

use crate::audit::kept;
use crate::dice::Dice;
use crate::house::{Fixture, LEASE, MAX_RUNTIME, house};
use crate::starting::succeeded;

/// How often lost runs are looked for; the beat and the sweep of a worker.
const TICK: Duration = Duration::from_secs(10);

const RUNS: usize = 12;

/// One worker of the simulation: a session, or none after a crash, and what it holds.
#[derive(Default)]
struct Hand {
    session: Option<SessionId>,
    held: Vec<ClaimedRun>,
}

#[rstest]
#[tokio::test]
async fn every_run_ends_within_a_bound_and_every_lost_claim_is_taken_over_within_lease_and_tick(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    for n in 0..RUNS {
        let inputs = json!({"types": [format!("type-{n}")]});
        house.ledger.start(&house.contoso, Fixture::KIND, inputs).await.expect("it starts");
    }
    let mut dice = Dice(13);
    let mut hands: Vec<Hand> = (0..3).map(|_| Hand::default()).collect();
    let mut lost: BTreeMap<RunId, Duration> = BTreeMap::new();
    let (mut ahead, mut slowest, mut crashes) = (Duration::ZERO, Duration::ZERO, 0);
    // Every attempt may be lost, and each loss costs a lease and a tick before the next begins.
    let attempts = RUNS * 3;
    let bound = (LEASE + TICK * 2) * u32::try_from(attempts).expect("few");
    loop {
        ahead += TICK;
        house.database.set_ledger_clock_ahead(ahead).await;
        for hand in &mut hands {
            let alive = match hand.session {
                Some(session) => house.ledger.beat(session, LEASE).await.expect("it answers").alive,
                None => false,
            };
            if !alive {
                *hand = Hand { session: Some(house.session().await), held: Vec::new() };
            }
            let session = hand.session.expect("it was just opened");
            let kinds = vec![Fixture::KIND.to_owned()];
            hand.held.extend(house.ledger.claim(session, kinds, 1, MAX_RUNTIME).await.expect("it answers"));
            if dice.percent(40) {
                crashes += 1;
                lost.extend(hand.held.drain(..).map(|claimed| (claimed.claim.run, ahead)));
                hand.session = None;
            } else if dice.percent(60) {
                for done in hand.held.drain(..) {
                    house.ledger.finish(done.claim, &done.kind, &succeeded()).await.expect("it ends");
                }
            }
        }
        for taken in house.ledger.take_over().await.expect("it looks") {
            let since = lost.remove(&taken.run).expect("only lost runs are taken over");
            slowest = slowest.max(ahead - since);
        }
        if kept(&house.database).await.iter().all(|run| run.completed_at.is_some()) {
            break;
        }
        assert!(ahead < bound, "after {ahead:?} there are runs left");
    }
    assert!(lost.is_empty(), "these were never taken over: {lost:?}");
    assert!(crashes > 5 && slowest > Duration::ZERO, "workers were lost");
    assert!(slowest <= LEASE + TICK, "the slowest takeover took {slowest:?}");
}
