//! The life of a run as a pure function: what each deed needs, and what it leaves behind.
//!
//! The statements of this crate are the product; this is what they are held against. The model that explores
//! every interleaving, the random walks over both databases and the checker of histories share it, so that
//! there is one reading of the protocol and not four.
//!
//! | from | to | deed | guard | also |
//! |---|---|---|---|---|
//! | nothing | queued/pending | [`RunState::queued`] | no open row of the identity | fence 0 |
//! | queued | running | [`Deed::Claim`] | due, lease held, not mirrored | fence + 1, attempt + 1, a new token |
//! | running | queued | [`Deed::GiveBack`] | proof | backoff; a release gives the attempt back |
//! | running | queued | [`Deed::TakeOver`] | lease or deadline over, attempts left, no cancel | fence + 1 |
//! | running | completed | [`Deed::Finish`] | proof | cooldown, none for cancelled |
//! | running | completed/failed, cancelled | [`Deed::GiveBack`], [`Deed::TakeOver`] | attempts spent, or a cancel | no cooldown |
//! | queued | completed/cancelled | [`Deed::Cancel`] | none | fence + 1, no cooldown |
//! | running | running | [`Deed::Cancel`] | none | the worker is asked to stop |
//! | completed | completed, slot closed | [`Deed::Close`] | cooldown over, or forced | once |
//! | completed | nothing | [`RunState::may_be_pruned`] | kept long enough, cooldown over | |
//!
//! A *proof* is the pair of fence and token that a claim handed out. Nothing leaves `completed`.

use std::time::Duration;

use database::Ts;

use crate::requeue::GiveBack;
use crate::run::{Outcome, RunStatus};

/// Stands for the random token of a claim; never handed out twice, not even after a failover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// What a claim handed out, and every write of its work must name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Proof {
    /// How often the run was claimed or taken away until then.
    pub fence: i64,
    /// Tells apart two claims that a failover gave the same fence.
    pub token: Token,
}

/// Whether the session that a run points at, or that asks for one, still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Lease {
    /// It does.
    Held,
    /// It has expired, for good.
    Expired,
}

/// Whether a cooling slot may be closed before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Closing {
    /// The next start closes a slot whose cooldown is over.
    Expired,
    /// A person insisted.
    Forced,
}

/// What is tried on a run. `at` is the ledger's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// A worker takes the run.
    Claim {
        /// The worker's session, which must hold.
        session: i64,
        /// Whether it does.
        lease: Lease,
        /// The token of this claim alone.
        token: Token,
        /// How long the attempt may take.
        max_runtime: Duration,
        /// When.
        at: Ts,
    },
    /// A worker ends the run.
    Finish {
        /// Its proof.
        proof: Proof,
        /// How; never pending.
        outcome: Outcome,
        /// How long the run stands for the work afterwards.
        cooldown: Duration,
        /// When.
        at: Ts,
    },
    /// A worker gives the run back.
    GiveBack {
        /// Its proof.
        proof: Proof,
        /// Whether the attempt counts.
        why: GiveBack,
        /// How long nobody may claim it.
        backoff: Duration,
        /// When.
        at: Ts,
    },
    /// Anybody takes a run away from a worker that was lost.
    TakeOver {
        /// Whether the run's session still holds.
        lease: Lease,
        /// When.
        at: Ts,
    },
    /// A person calls the run off.
    Cancel {
        /// When.
        at: Ts,
    },
    /// A start closes the slot of an ended run, to put a new run there.
    Close {
        /// Whether it waits for the cooldown.
        closing: Closing,
        /// When.
        at: Ts,
    },
}

/// Why a deed changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refused {
    /// The run is not in the status that the deed begins with.
    WrongStatus,
    /// The run may not be claimed yet.
    NotDue,
    /// A mirrored run is shown, never claimed and never taken over.
    Mirrored,
    /// The session that asks has expired.
    LeaseLost,
    /// The session that works on the run still holds, and so does its deadline.
    LeaseHeld,
    /// The run ended by this very claim before; the answer was lost, nothing else.
    AlreadyDone,
    /// Another claim, a takeover or an end came in between.
    Stale,
    /// The slot is open still: the run is active, or it cools.
    SlotHeld,
    /// The slot was closed before.
    SlotClosed,
}

/// What the guards of the statements look at, and what they write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RunState {
    /// Where it is in its life.
    pub status: RunStatus,
    /// How it ended; pending while it has not.
    pub outcome: Outcome,
    /// How often it was claimed or taken away.
    pub fence: i64,
    /// The token of the last claim; kept when the run goes back or ends, so that a resend is recognised.
    pub token: Option<Token>,
    /// How many attempts count.
    pub attempt: i16,
    /// How many may.
    pub max_attempts: i16,
    /// The session that works on it.
    pub session: Option<i64>,
    /// Whether it stands for its identity: the unique index holds one such row.
    pub dedupe_open: bool,
    /// Until when it does; none while it is active.
    pub reuse_until: Option<Ts>,
    /// The cooldown that was chosen when it ended.
    pub cooldown: Duration,
    /// Whether somebody asked to cancel it.
    pub cancel_requested: bool,
    /// From when on it may be claimed.
    pub not_before: Ts,
    /// When the current attempt counts as lost, whatever its lease says.
    pub deadline_at: Option<Ts>,
    /// When the current or final attempt began.
    pub claimed_at: Option<Ts>,
    /// When it ended.
    pub completed_at: Option<Ts>,
    /// Whether it only follows a record elsewhere.
    pub mirrored: bool,
}

/// What a run says to a start of the same work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Standing {
    /// It is under way: it is the answer.
    Active,
    /// It ended a short while ago: it is the answer until then.
    Cooling(Ts),
    /// Its cooldown is over: a new run takes its place.
    Expired,
    /// Another run took its place, or none needed to.
    Closed,
}

impl RunState {
    /// Gives a run as a start leaves it.
    #[must_use]
    pub fn queued(max_attempts: i16, not_before: Ts) -> Self {
        Self {
            status: RunStatus::Queued,
            outcome: Outcome::Pending,
            fence: 0,
            token: None,
            attempt: 0,
            max_attempts,
            session: None,
            dedupe_open: true,
            reuse_until: None,
            cooldown: Duration::ZERO,
            cancel_requested: false,
            not_before,
            deadline_at: None,
            claimed_at: None,
            completed_at: None,
            mirrored: false,
        }
    }

    /// Tries a deed and gives the run as it is afterwards.
    ///
    /// # Errors
    /// Why nothing changed.
    pub fn step(&self, deed: Deed) -> Result<Self, Refused> {
        match deed {
            Deed::Claim { session, lease, token, max_runtime, at } => {
                self.may_be_claimed(lease, at)?;
                Ok(Self {
                    status: RunStatus::Running,
                    fence: self.fence + 1,
                    token: Some(token),
                    attempt: self.attempt + 1,
                    session: Some(session),
                    deadline_at: Some(at.plus(max_runtime)),
                    claimed_at: Some(at),
                    ..*self
                })
            }
            Deed::Finish { proof, outcome, cooldown, at } => {
                self.held_by(proof)?;
                let cooldown = if outcome == Outcome::Cancelled { Duration::ZERO } else { cooldown };
                Ok(self.ended(outcome, cooldown, at))
            }
            Deed::GiveBack { proof, why, backoff, at } => {
                self.held_by(proof)?;
                Ok(if self.cancel_requested {
                    self.ended(Outcome::Cancelled, Duration::ZERO, at)
                } else if why == GiveBack::Retry && self.attempt >= self.max_attempts {
                    self.ended(Outcome::Failed, Duration::ZERO, at)
                } else {
                    let given_back = i16::from(why != GiveBack::Retry);
                    Self { attempt: self.attempt - given_back, ..self.waiting(at.plus(backoff)) }
                })
            }
            Deed::TakeOver { lease, at } => {
                self.may_be_taken_over(lease, at)?;
                let after = if self.cancel_requested {
                    self.ended(Outcome::Cancelled, Duration::ZERO, at)
                } else if self.attempt >= self.max_attempts {
                    self.ended(Outcome::Failed, Duration::ZERO, at)
                } else {
                    self.waiting(at)
                };
                Ok(Self { fence: self.fence + 1, ..after })
            }
            Deed::Cancel { at } => match self.status {
                RunStatus::Queued => {
                    let ended = self.ended(Outcome::Cancelled, Duration::ZERO, at);
                    Ok(Self { fence: self.fence + 1, cancel_requested: true, ..ended })
                }
                RunStatus::Running => Ok(Self { cancel_requested: true, ..*self }),
                RunStatus::Completed => Err(Refused::WrongStatus),
            },
            Deed::Close { closing, at } => match (self.standing(at), closing) {
                (Standing::Closed, _) => Err(Refused::SlotClosed),
                (Standing::Active, _) | (Standing::Cooling(_), Closing::Expired) => Err(Refused::SlotHeld),
                (Standing::Expired, _) | (Standing::Cooling(_), Closing::Forced) => {
                    Ok(Self { dedupe_open: false, ..*self })
                }
            },
        }
    }

    /// Says what the run answers to a start of the same work.
    #[must_use]
    pub fn standing(&self, at: Ts) -> Standing {
        match (self.dedupe_open, self.status, self.reuse_until) {
            (false, ..) => Standing::Closed,
            (true, RunStatus::Completed, Some(until)) if until <= at => Standing::Expired,
            (true, RunStatus::Completed, Some(until)) => Standing::Cooling(until),
            (true, ..) => Standing::Active,
        }
    }

    /// Says whether housekeeping may remove the run: it ended `kept` ago, and no cooldown needs it.
    #[must_use]
    pub fn may_be_pruned(&self, kept: Duration, at: Ts) -> bool {
        let old = self.completed_at.is_some_and(|ended| ended.plus(kept) < at);
        old && self.reuse_until.is_some_and(|until| until < at)
    }

    /// Says which rule between its columns the run breaks; the schema's CHECKs say the same.
    ///
    /// # Errors
    /// The rule.
    pub fn sound(&self) -> Result<(), &'static str> {
        let completed = self.status == RunStatus::Completed;
        let rules = [
            (completed == (self.outcome != Outcome::Pending), "a run has an outcome when it has ended"),
            (completed == self.completed_at.is_some(), "a run has an end when it has ended"),
            (completed || (self.dedupe_open && self.reuse_until.is_none()), "an active run holds its slot"),
            (
                (self.status == RunStatus::Running && !self.mirrored) == self.session.is_some(),
                "a running run has a worker",
            ),
            (self.attempt >= 0 && self.attempt <= self.max_attempts, "attempts are bounded"),
            (self.fence >= i64::from(self.attempt), "every attempt moves the fence"),
        ];
        rules.into_iter().find(|(holds, _)| !holds).map_or(Ok(()), |(_, rule)| Err(rule))
    }

    fn may_be_claimed(&self, lease: Lease, at: Ts) -> Result<(), Refused> {
        match () {
            () if self.status != RunStatus::Queued => Err(Refused::WrongStatus),
            () if self.mirrored => Err(Refused::Mirrored),
            () if self.not_before > at => Err(Refused::NotDue),
            () if lease == Lease::Expired => Err(Refused::LeaseLost),
            () => Ok(()),
        }
    }

    fn may_be_taken_over(&self, lease: Lease, at: Ts) -> Result<(), Refused> {
        match () {
            () if self.status != RunStatus::Running => Err(Refused::WrongStatus),
            () if self.mirrored => Err(Refused::Mirrored),
            () if lease == Lease::Held && self.deadline_at.is_none_or(|deadline| deadline >= at) => {
                Err(Refused::LeaseHeld)
            }
            () => Ok(()),
        }
    }

    fn held_by(&self, proof: Proof) -> Result<(), Refused> {
        let same = self.fence == proof.fence && self.token == Some(proof.token);
        match self.status {
            RunStatus::Running if same => Ok(()),
            RunStatus::Completed if same => Err(Refused::AlreadyDone),
            _ => Err(Refused::Stale),
        }
    }

    fn waiting(&self, not_before: Ts) -> Self {
        Self {
            status: RunStatus::Queued,
            session: None,
            deadline_at: None,
            cooldown: Duration::ZERO,
            not_before,
            ..*self
        }
    }

    fn ended(&self, outcome: Outcome, cooldown: Duration, at: Ts) -> Self {
        Self {
            status: RunStatus::Completed,
            outcome,
            session: None,
            deadline_at: None,
            cooldown,
            reuse_until: Some(at.plus(cooldown)),
            dedupe_open: !cooldown.is_zero(),
            completed_at: Some(at),
            ..*self
        }
    }
}
