//! Random walks: the same events for a database and for the pure machine, the same answers at each step.
//!
//! Durations end on odd multiples of five minutes and the clock moves by even ones, so that the little that a
//! real clock moves between two steps never decides anything.

mod book;

use std::collections::BTreeSet;
use std::time::Duration;

use database::testing::Backend;
use ledger::summary::{CountKey, SummaryCounts};
use ledger::transition::{Deed, Proof};
use ledger::{
    Cancelled, ClaimedRun, Ending, Finished, GiveBack, GivenBack, Held, Ledger, Outcome, RunId, RunStatus,
    SessionId, Started,
};
use rstest::rstest;
use serde_json::{Value, json};
use tenancy::Scope;

use crate::audit::kept;
use crate::dice::{Dice, long};
use crate::house::{Cooling, Fixture, House, Whole, house};
use ledger::catalog::Operation as _;

use book::{Answer, Book, Slot};

const MINUTE: Duration = Duration::from_secs(60);
const LEASE: Duration = Duration::from_secs(35 * 60);
const MAX_RUNTIME: Duration = Duration::from_secs(95 * 60);
const BACKOFF: Duration = Duration::from_secs(25 * 60);

/// How many events a walk has.
const EVENTS: usize = 150;

/// One database and one book, walked together.
struct Walk {
    house: House,
    book: Book,
    dice: Dice,
    ahead: Duration,
    sessions: Vec<SessionId>,
    /// Claims, lost ones included: a zombie does not know that it is one.
    claims: Vec<(ClaimedRun, Proof)>,
    log: Vec<String>,
    seen: BTreeSet<&'static str>,
}

#[rstest]
#[case::first(1)]
#[case::second(2)]
#[case::third(3)]
#[case::fourth(4)]
#[tokio::test]
async fn a_database_and_the_pure_machine_give_the_same_answers_on_every_walk(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
    #[case] seed: u64,
) {
    walked(on, seed, EVENTS).await;
}

#[rstest]
#[tokio::test]
async fn the_walks_of_a_round_meet_every_event_that_matters(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let mut seen = BTreeSet::new();
    let mut seed = 100;
    let wanted = [
        "created",
        "active",
        "cooling",
        "claimed",
        "progress",
        "progress lost",
        "finished",
        "finish resent",
        "finish lost",
        "queued again",
        "spent",
        "called off",
        "give back lost",
        "cancelled queued",
        "cancel requested",
        "nothing to cancel",
        "taken over",
        "lost for good",
        "beat",
        "beat too late",
        "claim without lease",
    ];
    let walks = if long() { 400 } else { 12 };
    while wanted.iter().any(|event| !seen.contains(event)) || (long() && seed < 500) {
        assert!(seed < 100 + walks, "after {walks} walks only {seen:?} were met");
        seen.extend(walked(on, seed, EVENTS).await);
        seed += 1;
    }
}

async fn walked(on: Backend, seed: u64, events: usize) -> BTreeSet<&'static str> {
    let mut walk = Walk {
        house: house(on).await,
        book: Book::default(),
        dice: Dice(seed),
        ahead: Duration::ZERO,
        sessions: Vec::new(),
        claims: Vec::new(),
        log: vec![format!("seed {seed} on {on:?}")],
        seen: BTreeSet::new(),
    };
    for _ in 0..events {
        // Two things never happen at the same instant.
        walk.book.now += 1;
        walk.step().await;
        walk.compare().await;
    }
    walk.seen
}

impl Walk {
    async fn step(&mut self) {
        match self.dice.below(100) {
            0..22 => self.start().await,
            22..28 => self.open().await,
            28..36 => self.beat().await,
            36..38 => self.close().await,
            38..54 => self.claim().await,
            54..60 => self.progress().await,
            60..69 => self.finish().await,
            69..80 => self.give_back().await,
            80..85 => self.cancel().await,
            85..92 => self.take_over().await,
            _ => self.advance().await,
        }
    }

    fn slot(&self, slot: Slot) -> (&Scope, &'static str, Value) {
        match slot {
            0 => (&self.house.contoso, Fixture::KIND, Value::Null),
            1 => (&self.house.fabrikam, Fixture::KIND, Value::Null),
            2 => (&self.house.contoso, Fixture::KIND, json!({"types": ["a", "b"]})),
            3 => (&self.house.contoso, Cooling::KIND, Value::Null),
            4 => (&self.house.fabrikam, Cooling::KIND, Value::Null),
            _ => (&self.house.whole, Whole::KIND, Value::Null),
        }
    }

    async fn start(&mut self) {
        let slot = self.dice.below(6);
        let (scope, kind, inputs) = self.slot(slot);
        let started = self.ledger().start(scope, kind, inputs).await.expect("it answers");
        let max_attempts = self.ledger().catalog().get(kind).expect("a kind").max_attempts;
        let expected = self.book.start(slot);
        let (found, word) = match &started {
            Started::Created(_) => (Answer::New, "created"),
            Started::Active(run) => (Answer::Active(run.id), "active"),
            Started::Cooling { run, .. } => (Answer::Cooling(run.id), "cooling"),
            other => panic!("{other:?}\n{}", self.told()),
        };
        self.agree("start", format!("{slot}"), &found, &expected, word);
        if found == Answer::New {
            self.book.add(slot, started.run().id, max_attempts);
        }
    }

    async fn open(&mut self) {
        self.sessions.push(self.ledger().open_session("a walk", LEASE).await.expect("a session"));
        self.book.sessions.push(self.book.at().plus(LEASE));
        self.log.push(format!("open session {}", self.sessions.len() - 1));
    }

    fn any_session(&mut self) -> Option<(usize, SessionId)> {
        // Mostly one of the last, sometimes one long gone.
        let all = self.sessions.len();
        let from = if self.dice.percent(80) { all.saturating_sub(3) } else { 0 };
        let at = from + self.dice.below(all - from);
        Some((at, *self.sessions.get(at)?))
    }

    async fn beat(&mut self) {
        let Some((at, session)) = self.any_session() else { return };
        let mut found = self.ledger().beat(session, LEASE).await.expect("it answers");
        found.cancelled.sort_by_key(|(_, run)| run.as_uuid());
        let of = i64::try_from(at).expect("few");
        let alive = self.book.lease(of) == ledger::transition::Lease::Held;
        if alive {
            self.book.sessions[at] = self.book.at().plus(LEASE);
        }
        let called_off =
            self.book.runs.iter().filter(|(_, (_, run))| run.session == Some(of) && run.cancel_requested);
        let expected = (alive, called_off.map(|(id, _)| *id).collect::<Vec<_>>());
        let found = (found.alive, found.cancelled.into_iter().map(|(_, run)| run).collect::<Vec<_>>());
        self.agree("beat", format!("{at}"), &found, &expected, if alive { "beat" } else { "beat too late" });
    }

    async fn close(&mut self) {
        let Some((at, session)) = self.any_session() else { return };
        self.ledger().close_session(session).await.expect("it closes");
        self.book.sessions[at] = self.book.sessions[at].min(self.book.at());
        self.log.push(format!("close session {at}"));
    }

    async fn claim(&mut self) {
        let Some((at, session)) = self.any_session() else { return };
        let most = 1 + self.dice.below(3);
        let kinds = self.ledger().catalog().kinds().map(|kind| kind.token.to_owned()).collect();
        let limit = i32::try_from(most).expect("few");
        let mut found = self.ledger().claim(session, kinds, limit, MAX_RUNTIME).await.expect("it answers");
        found.sort_by_key(|claimed| claimed.claim.run.as_uuid());
        let waited = self.book.runs.values().any(|(_, run)| run.status == RunStatus::Queued);
        let mut expected = self.book.claim(i64::try_from(at).expect("few"), most, MAX_RUNTIME);
        expected.sort_by_key(|(id, _)| id.as_uuid());
        let word = match (expected.is_empty(), self.book.lease(i64::try_from(at).expect("few"))) {
            (false, _) => "claimed",
            (true, ledger::transition::Lease::Expired) if waited => "claim without lease",
            (true, _) => "nothing to claim",
        };
        let ours: Vec<_> = found.iter().map(|claimed| (claimed.claim.run, claimed.claim.fence)).collect();
        let theirs: Vec<_> = expected.iter().map(|(id, proof)| (*id, proof.fence)).collect();
        self.agree("claim", format!("{most} for session {at}"), &ours, &theirs, word);
        self.claims.extend(found.into_iter().zip(expected.into_iter().map(|(_, proof)| proof)));
    }

    fn any_claim(&mut self) -> Option<(ClaimedRun, Proof)> {
        let holds = |(claimed, proof): &&(ClaimedRun, Proof)| {
            let (_, run) = &self.book.runs[&claimed.claim.run];
            run.session.is_some() && run.token == Some(proof.token)
        };
        let held: Vec<_> = self.claims.iter().filter(holds).cloned().collect();
        let among = if self.dice.percent(60) { &held } else { &self.claims };
        self.dice.one_of(among).cloned()
    }

    async fn progress(&mut self) {
        let Some((claimed, proof)) = self.any_claim() else { return };
        let run = claimed.claim.run;
        let counts = SummaryCounts::default().with(CountKey::Processed, 1);
        let found = self.ledger().progress(claimed.claim, &counts, "walking").await.expect("it answers");
        let deed =
            Deed::Finish { proof, outcome: Outcome::Failed, cooldown: Duration::ZERO, at: self.book.at() };
        let holds = self.book.runs[&run].1.step(deed).is_ok();
        let (expected, word) = if holds { (Held::Yes, "progress") } else { (Held::Lost, "progress lost") };
        self.agree("progress", format!("{run} {}", proof.fence), &found, &expected, word);
    }

    async fn finish(&mut self) {
        let Some((claimed, proof)) = self.any_claim() else { return };
        let outcomes = [
            Outcome::Succeeded,
            Outcome::PartiallySucceeded,
            Outcome::Failed,
            Outcome::Blocked,
            Outcome::Cancelled,
        ];
        let outcome = *self.dice.one_of(&outcomes).expect("five");
        let ending =
            Ending { outcome, counts: SummaryCounts::default(), failures: Default::default(), reason: None };
        let found = self.ledger().finish(claimed.claim, &claimed.kind, &ending).await.expect("it answers");
        let cooldown = self.ledger().catalog().cooldown(&claimed.kind, outcome, None);
        let deed = Deed::Finish { proof, outcome, cooldown, at: self.book.at() };
        let (expected, word) = match self.book.try_on(claimed.claim.run, deed) {
            Ok(_) => (Finished::Done, "finished"),
            Err(ledger::transition::Refused::AlreadyDone) => (Finished::Done, "finish resent"),
            Err(_) => (Finished::Lost, "finish lost"),
        };
        self.agree(
            "finish",
            format!("{} {} {outcome}", claimed.claim.run, proof.fence),
            &found,
            &expected,
            word,
        );
    }

    async fn give_back(&mut self) {
        let Some((claimed, proof)) = self.any_claim() else { return };
        let why = if self.dice.percent(80) { GiveBack::Retry } else { GiveBack::Release };
        let backoff = if self.dice.percent(30) { BACKOFF } else { Duration::ZERO };
        let given = self.ledger().give_back(claimed.claim, why, backoff, None, &Default::default()).await;
        let found = given.expect("it answers");
        let deed = Deed::GiveBack { proof, why, backoff, at: self.book.at() };
        let (expected, word) = match self.book.try_on(claimed.claim.run, deed).map(|run| run.outcome) {
            Ok(Outcome::Failed) => (GivenBack::Failed, "spent"),
            Ok(Outcome::Cancelled) => (GivenBack::Cancelled, "called off"),
            Ok(_) => (GivenBack::Queued, "queued again"),
            Err(_) => (GivenBack::Lost, "give back lost"),
        };
        self.agree("give back", format!("{} {why:?}", claimed.claim.run), &found, &expected, word);
    }

    async fn cancel(&mut self) {
        let runs: Vec<RunId> = self.book.runs.keys().copied().collect();
        let from = runs.len().saturating_sub(6);
        let Some(run) = self.dice.one_of(&runs[from..]).copied() else { return };
        let found = self.ledger().cancel(&self.house.whole, run).await.expect("it answers");
        let (expected, word) = match self.book.try_on(run, Deed::Cancel { at: self.book.at() }) {
            Ok(run) if run.status == RunStatus::Completed => (Cancelled::Ended, "cancelled queued"),
            Ok(_) => (Cancelled::Requested, "cancel requested"),
            Err(_) => (Cancelled::Nothing, "nothing to cancel"),
        };
        self.agree("cancel", format!("{run}"), &found, &expected, word);
    }

    async fn take_over(&mut self) {
        let mut found: Vec<_> =
            self.ledger().take_over().await.expect("it answers").iter().map(|t| (t.run, t.status)).collect();
        found.sort_by_key(|(run, _)| run.as_uuid());
        let expected = self.book.take_over();
        let word = match expected.first() {
            None => "nothing to take over",
            Some((_, RunStatus::Completed)) => "lost for good",
            Some(_) => "taken over",
        };
        self.agree("take over", String::new(), &found, &expected, word);
    }

    async fn advance(&mut self) {
        let minutes = 10 * (1 + u32::try_from(self.dice.below(5)).expect("few"));
        self.ahead += MINUTE * minutes;
        self.book.now += i64::from(minutes) * 60_000_000;
        self.house.database.set_ledger_clock_ahead(self.ahead).await;
        self.log.push(format!("advance {minutes} minutes"));
    }

    /// Holds every column that a guard looks at against the book.
    async fn compare(&self) {
        let rows = kept(&self.house.database).await;
        assert_eq!(rows.len(), self.book.runs.len(), "as many runs\n{}", self.told());
        for (row, (id, (_, run))) in rows.iter().zip(&self.book.runs) {
            let session = row.session.map(|_| self.session_of(run.session));
            let found = (row.id, row.status, row.outcome, row.fence, row.attempt, session.is_some());
            let expected = (*id, run.status, run.outcome, run.fence, run.attempt, run.session.is_some());
            assert_eq!(found, expected, "\n{}", self.told());
            let found =
                (row.dedupe_open, row.cancel_requested, row.completed_at.is_some(), row.claimed_at.is_some());
            let expected =
                (run.dedupe_open, run.cancel_requested, run.completed_at.is_some(), run.claimed_at.is_some());
            assert_eq!(found, expected, "{id}\n{}", self.told());
            let cooled = row.reuse_until.zip(row.completed_at).map(|(until, ended)| until.since(ended));
            assert_eq!(cooled, run.completed_at.map(|_| run.cooldown), "{id}\n{}", self.told());
            let ended = i64::from(run.status == RunStatus::Completed);
            assert_eq!((row.queued_notes, row.terminal_notes), (1, ended), "{id}\n{}", self.told());
            assert_eq!(run.sound(), Ok(()), "{id}\n{}", self.told());
        }
    }

    fn session_of(&self, at: Option<i64>) -> Option<SessionId> {
        at.and_then(|at| usize::try_from(at).ok()).and_then(|at| self.sessions.get(at)).copied()
    }

    fn agree<T: PartialEq + std::fmt::Debug>(
        &mut self,
        what: &str,
        with: String,
        found: &T,
        expected: &T,
        word: &'static str,
    ) {
        self.log.push(format!("{what} {with}: {found:?}"));
        assert_eq!(found, expected, "the database said the first\n{}", self.told());
        self.seen.insert(word);
    }

    fn ledger(&self) -> &Ledger {
        &self.house.ledger
    }

    /// The walk so far, its seed first.
    fn told(&self) -> String {
        self.log.join("\n")
    }
}
