//! Many tasks at once over one ledger, with crashes, lost answers, thawed workers and jumps of the clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use database::testing::Backend;
use ledger::catalog::Operation as _;
use ledger::failure::{Failure, FailureCode, FailureSummary, sanitize};
use ledger::summary::{CountKey, SummaryCounts};
use ledger::{ClaimedRun, Ending, Finished, GiveBack, GivenBack, Ledger, Outcome, SessionId, Started};
use rstest::rstest;
use serde_json::Value;
use tenancy::Scope;
use tokio::sync::RwLock;

use super::checker::check;
use super::{Answer, Counted, Done, History, Recorder};
use crate::audit::kept;
use crate::dice::{Dice, long};
use crate::house::{Cooling, Fixture, House, LEASE, MAX_RUNTIME, Whole, house};

const STARTERS: usize = 6;
const WORKERS: usize = 4;
const STARTS: usize = 120;

/// What a storm is made of.
struct Storm {
    house: House,
    recorder: Recorder,
    /// Held while the clock jumps, so that no statement runs half before and half after.
    calm: RwLock<()>,
    starting: AtomicUsize,
    drained: AtomicBool,
    seed: u64,
}

#[rstest]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_history_of_a_storm_keeps_every_promise(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    for seed in 1..=(if long() { 20 } else { 1 }) {
        storm(on, seed).await;
    }
}

async fn storm(on: Backend, seed: u64) {
    let storm = Arc::new(Storm {
        house: house(on).await,
        recorder: Recorder::default(),
        calm: RwLock::new(()),
        starting: AtomicUsize::new(STARTERS),
        drained: AtomicBool::new(false),
        seed,
    });
    let mut tasks = Vec::new();
    for n in 0..STARTERS {
        tasks.push(tokio::spawn(starter(Arc::clone(&storm), n)));
    }
    for n in 0..WORKERS {
        tasks.push(tokio::spawn(worker(Arc::clone(&storm), n)));
    }
    tasks.push(tokio::spawn(keeper(Arc::clone(&storm))));
    for task in tasks {
        task.await.expect("no task of the storm panics");
    }
    let calls = std::mem::take(&mut *storm.recorder.calls.lock().expect("no recorder panics"));
    let secrets = (0..WORKERS).map(canary).collect();
    let history =
        History { calls, kept: kept(&storm.house.database).await, secrets, limit: None, drained: true };
    let found = check(&history);
    println!("storm {seed} on {on:?}: {} calls, {} runs", history.calls.len(), history.kept.len());
    assert!(found.is_empty(), "seed {seed} on {on:?}: {found:#?}");
    assert_rare_things_happened(&history);
}

/// A storm in which nothing rare happened shows nothing.
fn assert_rare_things_happened(history: &History) {
    let any = |what: fn(&Done) -> bool| history.calls.iter().any(|call| what(&call.deed));
    assert!(
        any(|deed| matches!(deed, Done::Started { answer: Answer::Active, .. })),
        "an active run was reused"
    );
    assert!(
        any(|deed| matches!(deed, Done::Started { answer: Answer::Cooling, .. })),
        "a cooling run was reused"
    );
    assert!(
        any(|deed| matches!(deed, Done::Finished { answer: Finished::Lost, .. })),
        "a zombie was refused"
    );
    assert!(any(|deed| matches!(deed, Done::TakenOver { .. })), "a run was taken over");
    assert!(any(|deed| matches!(deed, Done::GaveBack { .. })), "a run was given back");
    assert!(any(|deed| matches!(deed, Done::Beat { alive: false, .. })), "a session expired");
}

async fn starter(storm: Arc<Storm>, n: usize) {
    let mut dice = Dice(storm.seed * 1_000 + n as u64);
    for _ in 0..STARTS {
        let (scope, kind) = match dice.below(5) {
            0 => (&storm.house.contoso, Fixture::KIND),
            1 => (&storm.house.fabrikam, Fixture::KIND),
            2 => (&storm.house.contoso, Cooling::KIND),
            3 => (&storm.house.fabrikam, Cooling::KIND),
            _ => (&storm.house.whole, Whole::KIND),
        };
        let _calm = storm.calm.read().await;
        let from = storm.recorder.begin();
        let started = storm.ledger().start(scope, kind, Value::Null);
        if dice.percent(10) {
            // The caller went away: what came of it is unknown, and the next start asks again.
            abandoned(started).await;
            continue;
        }
        let started = started.await.expect("a start is answered");
        let answer = match &started {
            Started::Created(_) => Answer::New,
            Started::Active(_) => Answer::Active,
            Started::Cooling { .. } => Answer::Cooling,
            Started::NotDispatched { .. } => Answer::Nothing,
        };
        let deed = Done::Started { scope: scope.key(), work: kind, run: started.run().id, answer };
        storm.recorder.answered(from, deed);
        if dice.percent(15) {
            storm.list(scope).await;
        }
        if dice.percent(5) {
            storm.ledger().cancel(&storm.house.whole, started.run().id).await.expect("a cancel is answered");
        }
    }
    storm.starting.fetch_sub(1, Ordering::SeqCst);
}

/// Lets a call run for a few turns of the scheduler, and drops it.
async fn abandoned<F: Future>(call: F) {
    let turns = async {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        () = turns => {}
        _ = call => {}
    }
}

async fn worker(storm: Arc<Storm>, n: usize) {
    let mut dice = Dice(storm.seed * 1_000 + 500 + n as u64);
    let mut session = storm.session().await;
    let mut frozen: Vec<ClaimedRun> = Vec::new();
    while !storm.drained.load(Ordering::SeqCst) {
        if dice.percent(20) && !storm.beat(session).await || dice.percent(5) {
            session = storm.session().await;
        }
        for claimed in storm.claim(session).await {
            let Some(claimed) = storm.handle(claimed).await else { continue };
            match dice.below(100) {
                0..60 => storm.finish(&claimed, &mut dice, n).await,
                60..75 => storm.give_back(&claimed, &mut dice).await,
                // Thaws later, and does not know for how long it was away.
                75..90 => frozen.push(claimed),
                // Crashes.
                _ => session = storm.session().await,
            }
        }
        if !frozen.is_empty() && dice.percent(5) {
            let thawed = frozen.remove(dice.below(frozen.len()));
            storm.finish(&thawed, &mut dice, n).await;
        }
        tokio::task::yield_now().await;
    }
    for thawed in frozen {
        storm.finish(&thawed, &mut dice, n).await;
    }
}

/// Takes over what was lost, moves the clock, and says when nothing is left.
async fn keeper(storm: Arc<Storm>) {
    let mut ahead = Duration::ZERO;
    loop {
        for _ in 0..20 {
            let _calm = storm.calm.read().await;
            let from = storm.recorder.begin();
            for taken in storm.ledger().take_over().await.expect("it looks") {
                storm.recorder.answered(from, Done::TakenOver { run: taken.run });
            }
            tokio::task::yield_now().await;
        }
        let started = storm.starting.load(Ordering::SeqCst) == 0;
        let active = storm.ledger().list_active(&storm.house.whole, &Default::default()).await;
        if started && active.expect("a list").is_empty() {
            storm.drained.store(true, Ordering::SeqCst);
            return;
        }
        let _storm = storm.calm.write().await;
        ahead += Duration::from_secs(200);
        storm.house.database.set_ledger_clock_ahead(ahead).await;
    }
}

/// What a worker's failures try to smuggle into the tables.
fn canary(worker: usize) -> String {
    format!("CaNaRy{worker}x9Kq27Lm")
}

impl Storm {
    fn ledger(&self) -> &Ledger {
        &self.house.ledger
    }

    async fn session(&self) -> SessionId {
        let _calm = self.calm.read().await;
        self.ledger().open_session("a storm", LEASE).await.expect("a session can be opened")
    }

    async fn beat(&self, session: SessionId) -> bool {
        let _calm = self.calm.read().await;
        let from = self.recorder.begin();
        let beat = self.ledger().beat(session, LEASE).await.expect("a beat is answered");
        let number = format!("{session:?}").chars().filter(char::is_ascii_digit).collect::<String>();
        let session = number.parse().expect("a session is a number");
        self.recorder.answered(from, Done::Beat { session, alive: beat.alive });
        beat.alive
    }

    async fn list(&self, scope: &Scope) {
        if scope.tenant().is_none() {
            return;
        }
        let from = self.recorder.begin();
        for row in self.ledger().list_active(scope, &Default::default()).await.expect("a list") {
            self.recorder.answered(from, Done::Listed { scope: scope.key(), run: row.id });
        }
    }

    async fn claim(&self, session: SessionId) -> Vec<ClaimedRun> {
        let _calm = self.calm.read().await;
        let from = self.recorder.begin();
        let kinds = self.ledger().catalog().kinds().map(|kind| kind.token.to_owned()).collect();
        let claimed = self.ledger().claim(session, kinds, 2, MAX_RUNTIME).await.expect("a claim is answered");
        for one in &claimed {
            self.recorder.answered(from, Done::Claimed { run: one.claim.run, fence: one.claim.fence });
        }
        claimed
    }

    async fn handle(&self, claimed: ClaimedRun) -> Option<ClaimedRun> {
        let from = self.recorder.begin();
        self.recorder.answered(from, Done::Handled { run: claimed.claim.run, fence: claimed.claim.fence });
        Some(claimed)
    }

    /// Ends the run, sometimes twice, as one whose first answer was lost does.
    async fn finish(&self, claimed: &ClaimedRun, dice: &mut Dice, worker: usize) {
        let outcome = if dice.percent(70) { Outcome::Succeeded } else { Outcome::Failed };
        let processed = dice.next() % 1_000_000;
        let said =
            format!("HTTP 401 for client_secret={} in {{\"token\":\"{}\"}}", canary(worker), canary(worker));
        let failure = Failure::new(FailureCode::GRAPH_THROTTLED, sanitize(&said));
        let ending = Ending {
            outcome,
            counts: SummaryCounts::default().with(CountKey::Processed, processed),
            failures: if outcome == Outcome::Failed {
                FailureSummary::from(failure)
            } else {
                Default::default()
            },
            reason: None,
        };
        for _ in 0..(if dice.percent(20) { 2 } else { 1 }) {
            let _calm = self.calm.read().await;
            let from = self.recorder.begin();
            let answer =
                self.ledger().finish(claimed.claim, &claimed.kind, &ending).await.expect("it is answered");
            let (run, fence) = (claimed.claim.run, claimed.claim.fence);
            self.recorder.answered(from, Done::Finished { run, fence, outcome, processed, answer });
        }
    }

    async fn give_back(&self, claimed: &ClaimedRun, dice: &mut Dice) {
        let why = if dice.percent(50) { GiveBack::Retry } else { GiveBack::Release };
        let _calm = self.calm.read().await;
        let from = self.recorder.begin();
        let given =
            self.ledger().give_back(claimed.claim, why, Duration::ZERO, None, &Default::default()).await;
        if given.expect("it is answered") == GivenBack::Lost {
            return;
        }
        let counted = if why == GiveBack::Retry { Counted::Yes } else { Counted::No };
        let deed = Done::GaveBack { run: claimed.claim.run, fence: claimed.claim.fence, counted };
        self.recorder.answered(from, deed);
    }
}
