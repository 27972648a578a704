//! Workers: claim, work, end or give back, lose answers, crash, and go on after their lease is gone.

use ledger::GiveBack;
use ledger::transition::{Deed, Lease, Refused, RunState, Token};
use ledger::{Outcome, RunStatus};

use super::flaw::Flaw;
use super::world::{Act, Broken, Held, Sent, Session, Worker, Working, World, ticks, ts};
use super::{Ledgers, Rare};

impl Ledgers {
    pub(super) fn workers_may(&self, world: &World, acts: &mut Vec<Act>) {
        for (who, worker) in world.workers.iter().enumerate() {
            let Ok(who) = u8::try_from(who) else { continue };
            self.worker_may(world, who, worker, acts);
            if world.left.crashes > 0 && worker.at != Working::Idle {
                acts.push(Act::Crash(who));
            }
            let revives = self.has(Flaw::RevivingBeat) && worker.session.is_some();
            if world.left.beats > 0 && (world.session_holds(worker.session) || revives) {
                acts.push(Act::Beat(who));
            }
        }
    }

    fn worker_may(&self, world: &World, who: u8, worker: &Worker, acts: &mut Vec<Act>) {
        match worker.at {
            Working::Idle if !world.session_holds(worker.session) => {
                if world.left.sessions > 0 {
                    acts.push(Act::Open(who));
                }
            }
            Working::Idle => {
                // A row that a transaction has locked is skipped, not waited for.
                for (at, row) in world.rows().filter(|(at, _)| !world.locked(*at)) {
                    if row.run.status == RunStatus::Queued && row.run.not_before <= ts(world.now) {
                        acts.push(Act::Pick(who, at));
                    }
                    if self.has(Flaw::UnclaimedDelivery) && row.run.status == RunStatus::Running {
                        acts.push(Act::Redeliver(who, at));
                    }
                }
            }
            Working::Picked { .. } => acts.push(Act::Grab(who)),
            Working::Busy { .. } => {
                acts.push(Act::Send(who, Sent::Finish));
                acts.push(Act::Send(who, Sent::GiveBack));
            }
            Working::Sent { row, .. } if world.locked(row) => {}
            Working::Sent { .. } => {
                acts.push(Act::Land(who));
                if world.left.lost_answers > 0 {
                    acts.push(Act::LandUnheard(who));
                }
            }
            Working::Unsure { .. } => acts.push(Act::Resend(who)),
        }
    }

    pub(super) fn work(&self, world: &mut World, act: Act) {
        match act {
            Act::Open(who) => {
                world.left.sessions -= 1;
                let id = u8::try_from(world.sessions.len()).expect("sessions are few");
                world.sessions.push(Session { expires: world.now + self.scene.lease, gone: false });
                world.workers[usize::from(who)].session = Some(id);
            }
            Act::Beat(who) => {
                world.left.beats -= 1;
                if let Some(id) = world.workers[usize::from(who)].session {
                    world.sessions[usize::from(id)].expires = world.now + self.scene.lease;
                }
            }
            Act::Pick(who, row) => {
                let counted = world.running();
                let full = self.scene.gate.is_some_and(|limit| world.gate >= limit);
                if full {
                    self.happened(Rare::GateWasFull);
                } else {
                    world.workers[usize::from(who)].at = Working::Picked { row, at: world.now, counted };
                }
            }
            Act::Grab(who) => self.grab(world, who),
            Act::Redeliver(who, row) => self.redeliver(world, who, row),
            Act::Send(who, what) => {
                if let Working::Busy { row, held } = world.workers[usize::from(who)].at {
                    world.workers[usize::from(who)].at = Working::Sent { row, held, what };
                }
            }
            Act::Land(who) => {
                self.land(world, who);
                world.workers[usize::from(who)].at = Working::Idle;
            }
            Act::LandUnheard(who) => {
                world.left.lost_answers -= 1;
                self.land(world, who);
                if let Working::Sent { row, held, what } = world.workers[usize::from(who)].at {
                    world.workers[usize::from(who)].at = Working::Unsure { row, held, what };
                }
            }
            Act::Resend(who) => {
                if let Working::Unsure { row, held, what } = world.workers[usize::from(who)].at {
                    world.workers[usize::from(who)].at = Working::Sent { row, held, what };
                }
            }
            Act::Crash(who) => {
                world.left.crashes -= 1;
                world.workers[usize::from(who)] = Worker { session: None, at: Working::Idle };
            }
            _ => {}
        }
    }

    /// Locks the row unless somebody has, looks again at its newest version, and claims it.
    fn grab(&self, world: &mut World, who: u8) {
        let worker = &world.workers[usize::from(who)];
        let Working::Picked { row: at, at: asked, counted } = worker.at else { return };
        let session = worker.session.unwrap_or(u8::MAX);
        world.workers[usize::from(who)].at = Working::Idle;
        let full = self.scene.gate.is_some_and(|limit| {
            let running = if self.has(Flaw::LiveCountGate) { counted } else { world.gate };
            running >= limit
        });
        let token = Token(world.tokens + 1);
        // The session was asked in the snapshot: it held when the statement began.
        let claim = Deed::Claim {
            session: i64::from(session),
            lease: Lease::Held,
            token,
            max_runtime: ticks(100),
            at: ts(world.now),
        };
        let found = world.row(at).filter(|row| !world.locked(at) && row.run.not_before <= ts(asked));
        let Some((row, Ok(run))) = found.map(|row| (row.clone(), row.run.step(claim))) else {
            self.happened(Rare::ClaimLostTheRace);
            return;
        };
        if full {
            self.happened(Rare::GateWasFull);
            return;
        }
        let run = if self.has(Flaw::FenceStandsStill) {
            RunState { fence: row.run.fence.max(1), ..run }
        } else {
            run
        };
        self.judge_claim(world, at, &run);
        world.tokens += 1;
        if let Some(stored) = world.rows[usize::from(at)].as_mut() {
            stored.run = run;
            stored.handed = run.fence;
            stored.permit = self.scene.gate.is_some();
        }
        world.gate += u8::from(self.scene.gate.is_some());
        let held = Held { fence: run.fence, token };
        let again = world.workers.iter().any(|other| match other.at {
            Working::Busy { row, held } | Working::Sent { row, held, .. } => {
                row == at && held.fence == run.fence
            }
            _ => false,
        });
        if again && self.scene.left.failovers > 0 {
            self.happened(Rare::FenceIssuedTwiceAfterAFailover);
        }
        world.workers[usize::from(who)].at = Working::Busy { row: at, held };
    }

    /// Work on an identity begins after the cooldown of the last, never beside it, and under a fence of its own.
    fn judge_claim(&self, world: &mut World, at: u8, run: &RunState) {
        let Some(row) = world.row(at) else { return };
        let now = ts(world.now);
        let early = world.rows().any(|(other, before)| {
            other != at
                && before.identity == row.identity
                && (before.run.status == RunStatus::Running
                    || before.run.completed_at.is_some_and(|ended| {
                        let cools =
                            if before.waived { std::time::Duration::ZERO } else { before.run.cooldown };
                        ended.plus(cools) > now
                    }))
        });
        let twice = run.fence <= row.handed;
        if early {
            world.breaks(Broken::CooldownOrOverlap);
        }
        if twice {
            world.breaks(Broken::FenceTwice);
        }
    }

    fn redeliver(&self, world: &mut World, who: u8, at: u8) {
        let Some(run) = world.row(at).map(|row| row.run) else { return };
        if let Some(token) = run.token {
            world.workers[usize::from(who)].at =
                Working::Busy { row: at, held: Held { fence: run.fence, token } };
        }
    }

    /// The statement reaches the row: compares the proof with its newest version, and writes or refuses.
    fn land(&self, world: &mut World, who: u8) {
        let Working::Sent { row: at, held, what } = world.workers[usize::from(who)].at else { return };
        let Some(row) = world.row(at).cloned() else { return };
        let now = ts(world.now);
        // What the flawed guards believe: that whoever asks holds the run.
        let believed = match row.run.token {
            Some(token) if self.has(Flaw::StateOnlyGuard) => Held { fence: row.run.fence, token },
            Some(token) if self.has(Flaw::FenceAlone) => Held { token, ..held },
            _ => held,
        };
        let cancelled = row.run.cancel_requested;
        let deed = match what {
            Sent::Finish => Deed::Finish {
                proof: believed.into(),
                outcome: if cancelled { Outcome::Cancelled } else { Outcome::Succeeded },
                cooldown: ticks(self.scene.cooldown),
                at: now,
            },
            Sent::GiveBack => {
                Deed::GiveBack { proof: believed.into(), why: GiveBack::Retry, backoff: ticks(0), at: now }
            }
        };
        match (row.run.step(deed), what) {
            (Ok(run), _) => {
                world.write(at, run);
                self.judge_end(world, at, held, what);
                let again = what == Sent::Finish && run.attempt > 1;
                if again {
                    self.happened(Rare::TakenOverAndFinished);
                }
                if run.outcome == Outcome::Failed {
                    self.happened(Rare::AttemptsSpent);
                }
                if run.outcome == Outcome::Cancelled {
                    self.happened(Rare::CancelledWhileRunning);
                }
            }
            (Err(Refused::AlreadyDone), _) => self.happened(Rare::LostAnswerResolved),
            (Err(_), Sent::Finish) => self.happened(Rare::StaleFinishRefused),
            (Err(_), Sent::GiveBack) => self.happened(Rare::StaleGiveBackRefused),
        }
    }

    /// Only the claim that holds the run may write to it, and its summary is the one that is kept.
    fn judge_end(&self, world: &mut World, at: u8, held: Held, what: Sent) {
        let Some(row) = world.rows[usize::from(at)].as_mut() else { return };
        let stale = row.run.token != Some(held.token);
        if what == Sent::Finish {
            row.summary = Some(held.token);
        }
        if stale {
            world.breaks(Broken::EndedTwiceOrStale);
        }
    }
}
