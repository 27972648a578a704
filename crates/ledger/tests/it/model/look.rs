//! Everybody else: the clock, reconcilers, the pruner, a person who cancels, and a standby that takes over.

use ledger::transition::{Deed, Lease, RunState};
use ledger::{Outcome, RunStatus};

use super::flaw::Flaw;
use super::world::{Act, Asking, Broken, Glance, World, ticks, ts};
use super::{Ledgers, Rare};

/// How long a run is kept after its end.
const KEPT: u8 = 0;

impl Ledgers {
    pub(super) fn others_may(&self, world: &World, acts: &mut Vec<Act>) {
        if world.now < self.scene.ticks {
            acts.push(Act::Tick);
        }
        for (who, glance) in world.reconcilers.iter().enumerate() {
            let Ok(who) = u8::try_from(who) else { continue };
            match glance.0 {
                Some(_) => acts.push(Act::Take(who)),
                None => {
                    let lost = world.rows().filter(|(_, row)| {
                        let session = row.run.session.and_then(|id| u8::try_from(id).ok());
                        row.run.status == RunStatus::Running && !world.session_holds(session)
                    });
                    acts.extend(lost.map(|(at, _)| Act::See(who, at)));
                }
            }
        }
        if self.scene.prunes {
            match world.pruner {
                Some(_) => acts.push(Act::Prune),
                None => {
                    let hasty = self.has(Flaw::HastyPruner);
                    let old = world.rows().filter(|(_, row)| {
                        row.run.may_be_pruned(ticks(KEPT), ts(world.now))
                            || (hasty && row.run.status == RunStatus::Completed)
                    });
                    acts.extend(old.map(|(at, _)| Act::Spot(at)));
                }
            }
        }
        if world.left.cancels > 0 {
            let active =
                world.rows().filter(|(at, row)| row.run.status != RunStatus::Completed && !world.locked(*at));
            acts.extend(active.map(|(at, _)| Act::Cancel(at)));
        }
        if world.left.failovers > 0 {
            acts.push(if world.standby.is_none() { Act::Replicate } else { Act::Failover });
        }
    }

    pub(super) fn look_after(&self, world: &mut World, act: Act) {
        match act {
            Act::Tick => {
                world.now += 1;
                for session in &mut world.sessions {
                    session.gone |= session.expires <= world.now;
                    if session.gone {
                        self.happened(Rare::SessionExpired);
                    }
                }
            }
            Act::See(who, row) => {
                world.reconcilers[usize::from(who)] = Glance(Some((row, world.now, world.sessions_held())));
            }
            Act::Take(who) => self.take(world, who),
            Act::Spot(row) => world.pruner = Some((row, world.now)),
            Act::Prune => self.prune(world),
            Act::Cancel(row) => self.cancel(world, row),
            Act::Replicate => world.standby = Some((world.rows.clone(), world.gate)),
            Act::Failover => fail_over(world),
            _ => {}
        }
    }

    /// Locks the row unless somebody has, looks again at the row, but not again at the sessions, and takes it.
    fn take(&self, world: &mut World, who: u8) {
        let Some((at, _, held)) = world.reconcilers[usize::from(who)].0 else { return };
        world.reconcilers[usize::from(who)] = Glance(None);
        let Some(row) = world.row(at).cloned().filter(|_| !world.locked(at)) else { return };
        let session = row.run.session.and_then(|id| u8::try_from(id).ok());
        let lease = match session {
            Some(id) if held & (1 << id) != 0 => Lease::Held,
            _ => Lease::Expired,
        };
        let now = ts(world.now);
        if self.has(Flaw::BlindRescue) {
            let again = RunState {
                status: RunStatus::Running,
                outcome: Outcome::Pending,
                cancel_requested: false,
                attempt: 1,
                reuse_until: None,
                dedupe_open: true,
                completed_at: None,
                ..row.run
            };
            let Ok(run) = (RunState { max_attempts: 1, ..again })
                .step(Deed::TakeOver { lease: Lease::Expired, at: now })
            else {
                return;
            };
            world.write(at, RunState { max_attempts: row.run.max_attempts, ..run });
            return;
        }
        let patient = if self.has(Flaw::EndlessAttempts) {
            RunState { max_attempts: i16::MAX, ..row.run }
        } else {
            row.run
        };
        let Ok(run) = patient.step(Deed::TakeOver { lease, at: now }) else {
            self.happened(Rare::TakeoverLostTheRace);
            return;
        };
        if world.session_holds(session) {
            self.happened(Rare::LiveClaimTakenOverByAnOldSnapshot);
        }
        let run = RunState { max_attempts: row.run.max_attempts, ..run };
        let session = if self.has(Flaw::HalfTakeover) { row.run.session } else { None };
        world.write(at, RunState { session, ..run });
        if run.outcome == Outcome::Failed {
            self.happened(Rare::AttemptsSpent);
        }
        if self.has(Flaw::SilentEnd)
            && run.status == RunStatus::Completed
            && let Some(row) = world.rows[usize::from(at)].as_mut()
        {
            row.terminal_notes = 0;
        }
    }

    fn prune(&self, world: &mut World) {
        let Some((at, asked)) = world.pruner.take() else { return };
        let now = ts(world.now);
        let Some(row) = world.row(at).filter(|_| !world.locked(at)) else { return };
        let may = row.run.may_be_pruned(ticks(KEPT), ts(asked));
        let hasty = self.has(Flaw::HastyPruner) && row.run.status == RunStatus::Completed;
        if !(may || hasty) {
            return;
        }
        let needed = row.run.status != RunStatus::Completed
            || (row.run.dedupe_open && row.run.reuse_until.is_none_or(|until| until > now));
        world.rows[usize::from(at)] = None;
        self.happened(Rare::Pruned);
        if needed {
            world.breaks(Broken::PrunedTooSoon);
        }
    }

    fn cancel(&self, world: &mut World, at: u8) {
        world.left.cancels -= 1;
        let Some(row) = world.row(at) else { return };
        if let Ok(run) = row.run.step(Deed::Cancel { at: ts(world.now) }) {
            if run.status == RunStatus::Completed {
                self.happened(Rare::CancelledWhileQueued);
            }
            world.write(at, run);
        }
    }
}

/// The standby's rows are the truth now; open transactions are gone, workers know nothing of it.
fn fail_over(world: &mut World) {
    world.left.failovers -= 1;
    if let Some((rows, gate)) = world.standby.take() {
        world.rows = rows;
        world.gate = gate;
    }
    for producer in &mut world.producers {
        if producer.at != Asking::Idle {
            producer.starts -= 1;
            producer.at = Asking::Idle;
        }
    }
}
