//! Guards of the pure machine that no walk reaches, because no statement of today leads there.

use std::time::Duration;

use database::Ts;
use ledger::transition::{Closing, Deed, Lease, Proof, Refused, RunState, Standing, Token};
use ledger::{Outcome, RunStatus};

const HOUR: Duration = Duration::from_secs(3600);

fn at(hours: u32) -> Ts {
    Ts::from_micros(0).plus(HOUR * hours)
}

fn claim(at: Ts) -> Deed {
    Deed::Claim { session: 1, lease: Lease::Held, token: Token(1), max_runtime: HOUR, at }
}

/// A run that ended at the second hour and cools until the fourth.
fn cooling() -> RunState {
    let proof = Proof { fence: 1, token: Token(1) };
    let finish = Deed::Finish { proof, outcome: Outcome::Succeeded, cooldown: HOUR * 2, at: at(2) };
    let claimed = RunState::queued(3, at(0)).step(claim(at(1))).expect("it is due");
    claimed.step(finish).expect("the claim holds it")
}

#[test]
fn a_mirrored_run_is_neither_claimed_nor_taken_over() {
    let queued = RunState { mirrored: true, ..RunState::queued(3, at(0)) };
    assert_eq!(queued.step(claim(at(1))), Err(Refused::Mirrored));
    let running = RunState { status: RunStatus::Running, ..queued };
    assert_eq!(running.sound(), Ok(()));
    assert_eq!(running.step(Deed::TakeOver { lease: Lease::Expired, at: at(9) }), Err(Refused::Mirrored));
}

#[test]
fn a_forced_start_closes_a_cooling_slot_and_never_an_active_one() {
    let force = Deed::Close { closing: Closing::Forced, at: at(3) };
    let closed = cooling().step(force).expect("a cooling slot may be forced");
    assert_eq!(closed, RunState { dedupe_open: false, ..cooling() }, "nothing else of an ended run changes");
    assert_eq!(closed.standing(at(3)), Standing::Closed);
    assert_eq!(RunState::queued(3, at(0)).step(force), Err(Refused::SlotHeld));
    assert_eq!(cooling().step(Deed::Close { closing: Closing::Expired, at: at(3) }), Err(Refused::SlotHeld));
    assert!(cooling().step(Deed::Close { closing: Closing::Expired, at: at(4) }).is_ok());
}

#[test]
fn housekeeping_leaves_active_cooling_and_young_runs() {
    assert!(!RunState::queued(3, at(0)).may_be_pruned(HOUR, at(100)));
    assert!(!cooling().may_be_pruned(HOUR, at(4)), "it cools until then");
    assert!(!cooling().may_be_pruned(HOUR * 90, at(91)));
    assert!(cooling().may_be_pruned(HOUR, at(5)));
}
