//! Hand-made histories: a good one that passes, and bad ones that must each be caught by their property.

use std::collections::BTreeSet;

use database::Ts;
use ledger::{Finished, Outcome, RunId, RunStatus};
use serde_json::json;
use uuid::Uuid;

use super::checker::{JUDGES, check};
use super::{Answer, Call, Counted, Done, History};
use crate::audit::Kept;

const HOME: Uuid = Uuid::from_u128(1);
const AWAY: Uuid = Uuid::from_u128(2);

fn run(n: u128) -> RunId {
    RunId::from_uuid(Uuid::from_u128(n))
}

fn call(at: u64, deed: Done) -> Call {
    Call { from: at * 10, to: at * 10 + 5, deed }
}

/// A run that was started, claimed and ended under fence 1, with 15 µs of cooldown.
fn ended(n: u128, from: i64) -> Kept {
    let at = |later| Some(Ts::from_micros(from + later));
    Kept {
        id: run(n),
        scope: HOME,
        identity: vec![7],
        status: RunStatus::Completed,
        outcome: Outcome::Succeeded,
        fence: 1,
        attempt: 1,
        max_attempts: 3,
        session: None,
        dedupe_open: false,
        reuse_until: at(25),
        completed_at: at(10),
        claimed_at: at(5),
        created_at: Ts::from_micros(from),
        cancel_requested: false,
        counts: json!({"processed": 40}),
        failures: json!([]),
        queued_notes: 1,
        terminal_notes: 1,
        by_a_user: true,
        started_at: at(5),
    }
}

fn started(n: u128, answer: Answer) -> Done {
    Done::Started { scope: HOME, work: "sync", run: run(n), answer }
}

fn finished(n: u128, fence: i64, processed: u64, answer: Finished) -> Done {
    Done::Finished { run: run(n), fence, outcome: Outcome::Succeeded, processed, answer }
}

/// Two runs of one identity, one after the other, reused, beaten for, listed.
fn good() -> History {
    let deeds = [
        started(1, Answer::New),
        started(1, Answer::Active),
        Done::Claimed { run: run(1), fence: 1 },
        Done::Handled { run: run(1), fence: 1 },
        Done::Beat { session: 4, alive: true },
        Done::Beat { session: 4, alive: false },
        finished(1, 1, 40, Finished::Done),
        finished(1, 1, 40, Finished::Done),
        started(1, Answer::Cooling),
        started(2, Answer::New),
        Done::Listed { scope: HOME, run: run(2) },
        Done::Claimed { run: run(2), fence: 1 },
        Done::Handled { run: run(2), fence: 1 },
        finished(2, 1, 40, Finished::Done),
        Done::Said("a policy was not read".to_owned()),
    ];
    History {
        calls: (0..).zip(deeds).map(|(at, deed)| call(at, deed)).collect(),
        kept: vec![ended(1, 0), Kept { dedupe_open: true, ..ended(2, 100) }],
        secrets: vec!["CANARY".to_owned()],
        limit: Some((HOME, 1)),
        drained: true,
    }
}

fn with(at: u64, deed: Done) -> History {
    let mut history = good();
    history.calls.push(call(at, deed));
    history
}

fn but(change: impl FnOnce(&mut Kept)) -> History {
    let mut history = good();
    change(&mut history.kept[1]);
    history
}

/// Every bad history with the property that must notice it.
fn all() -> Vec<(&'static str, History)> {
    let (one, two) = (run(1), run(2));
    vec![
        ("P1", {
            let mut history = good();
            history.kept[0].dedupe_open = true;
            history
        }),
        ("P2", but(|row| row.started_at = Some(Ts::from_micros(7)))),
        ("P2", but(|row| row.created_at = Ts::from_micros(12))),
        ("P3", with(30, started(1, Answer::Nothing))),
        ("P3", with(30, started(9, Answer::Active))),
        ("P3", with(30, started(1, Answer::Active))),
        ("P3", with(30, started(2, Answer::New))),
        ("P3", {
            let mut history = with(30, started(2, Answer::Active));
            history.kept[1].reuse_until = history.kept[1].completed_at;
            history.kept[1].dedupe_open = false;
            history
        }),
        ("P3", {
            let mut history = good();
            history.calls.insert(0, Call { from: 0, to: 1, deed: started(2, Answer::Active) });
            history
        }),
        ("P4", with(30, Done::Claimed { run: two, fence: 1 })),
        ("P4", with(30, Done::Claimed { run: two, fence: 0 })),
        ("P5", with(30, finished(2, 2, 40, Finished::Done))),
        ("P5", {
            let mut history = good();
            history.calls.push(Call { from: 121, to: 122, deed: Done::Claimed { run: two, fence: 2 } });
            history
        }),
        ("P5", {
            let mut history = but(|row| {
                row.status = RunStatus::Queued;
                row.outcome = Outcome::Pending;
                row.completed_at = None;
                row.reuse_until = None;
                row.terminal_notes = 0;
            });
            history.drained = false;
            history
        }),
        ("P6", but(|row| row.counts = json!({"processed": 39}))),
        ("P6", but(|row| row.outcome = Outcome::Failed)),
        ("P7", but(|row| row.terminal_notes = 2)),
        ("P7", but(|row| row.queued_notes = 0)),
        ("P7", but(|row| row.by_a_user = false)),
        ("P8", but(|row| row.session = Some(4))),
        ("P8", but(|row| row.claimed_at = None)),
        ("P9", with(30, Done::Handled { run: one, fence: 2 })),
        ("P9", with(30, Done::Handled { run: one, fence: 1 })),
        ("P10", with(30, Done::Beat { session: 4, alive: true })),
        ("P11", {
            let mut history = good();
            history.calls.push(Call { from: 24, to: 31, deed: Done::Claimed { run: two, fence: 0 } });
            history
        }),
        ("P12", but(|row| row.attempt = 4)),
        ("P12", {
            let mut history = good();
            history.kept[1].fence = 9;
            for fence in 2..5 {
                let from = 116 + u64::try_from(fence).expect("small") * 3;
                let claimed = Done::Claimed { run: two, fence };
                history.calls.push(Call { from, to: from + 1, deed: claimed });
            }
            history
        }),
        ("P13", {
            let mut history = good();
            let waiting = Kept {
                id: run(3),
                identity: vec![8],
                status: RunStatus::Queued,
                outcome: Outcome::Pending,
                dedupe_open: true,
                reuse_until: None,
                completed_at: None,
                terminal_notes: 0,
                ..ended(3, 200)
            };
            history.kept.push(waiting);
            history
        }),
        ("P14", with(30, Done::Pruned { run: one, status: RunStatus::Completed, cooling: true })),
        ("P14", with(30, Done::Pruned { run: one, status: RunStatus::Queued, cooling: false })),
        ("P15", with(30, Done::Said("token CANARY was refused".to_owned()))),
        ("P15", but(|row| row.failures = json!([{"message": "CANARY"}]))),
        ("P16", with(30, Done::Listed { scope: AWAY, run: two })),
        ("P16", with(30, Done::Started { scope: AWAY, work: "other", run: two, answer: Answer::Active })),
    ]
}

#[test]
fn a_good_history_passes() {
    assert_eq!(check(&good()), []);
    let released = with(30, Done::GaveBack { run: run(1), fence: 1, counted: Counted::No });
    assert_eq!(check(&released), []);
    let taken = with(30, Done::TakenOver { run: run(1) });
    assert_eq!(check(&taken), []);
}

#[test]
fn every_bad_history_is_caught_by_its_property() {
    for (n, (property, history)) in all().into_iter().enumerate() {
        let found = check(&history);
        assert!(
            found.iter().any(|violation| violation.property == property),
            "bad history {n} went unnoticed by {property}; found {found:?}"
        );
    }
}

#[test]
fn every_property_of_the_checker_has_a_bad_history() {
    let shown: BTreeSet<_> = all().iter().map(|(property, _)| *property).collect();
    for (property, _) in JUDGES {
        assert!(shown.contains(property), "nothing shows that {property} can fail");
    }
}
