//! Starting a run: a new one, or the one that already stands for the same work.

use database::{DatabaseError, Row, Ts, Tx, params, statement};
use serde_json::Value;
use tenancy::{Capability, RunId, Scope, UserId};
use uuid::Uuid;

use crate::catalog::{InputError, Kind, Parsed, RunScope};
use crate::dispatch;
use crate::ensure::{self, Ask};
use crate::failure::Failure;
use crate::run::{Outcome, RunStatus};
use crate::start_key::{self, IdempotencyKey, Opened};
use crate::{Ledger, StartKeyError};

statement! {
    /// Reads what a start that repeats a run is held against.
    EARLIER = "ledger.start_earlier", (Uuid, Uuid, Uuid) -> (Text, Text, Bytes, I16, Uuid, Json),
    both: "SELECT type, status, identity_hash, key_version, initiator_id, inputs FROM operation_runs
        WHERE workspace_id = $1 AND id = $2 AND scope_id = $3"
}

/// How many runs may wait in one workspace unless its ledger says otherwise: a thousand tenants with twenty kinds each.
pub const BACKLOG_MAX: u32 = 20_000;

/// The answer to a start: always exactly one run.
#[derive(Clone, Debug, PartialEq)]
pub enum Started {
    /// A new run was queued.
    Created(RunRef),
    /// The same work is already queued or running.
    Active(RunRef),
    /// The same work ended a short while ago; a new run may start at `until`.
    Cooling {
        /// The run that ended.
        run: RunRef,
        /// From when on a start makes a new run.
        until: Ts,
    },
    /// The work cannot be handed to workers; the attempt is recorded as failed.
    NotDispatched {
        /// The run that records it.
        run: RunRef,
        /// Why.
        failure: Failure,
    },
}

/// What a start says about the run that stands for the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRef {
    /// The run.
    pub id: RunId,
    /// Where it is in its life.
    pub status: RunStatus,
    /// How it ended, if it has.
    pub outcome: Outcome,
    /// Who started it; a reused run keeps its first initiator.
    pub initiator: String,
    /// When it was started.
    pub created_at: Ts,
    /// When it ended, if it has.
    pub completed_at: Option<Ts>,
    /// Whether its kind is paused: what is queued waits until it is resumed.
    pub is_paused: bool,
}

impl Started {
    /// Gives the run, whichever way it came to be.
    #[must_use]
    pub fn run(&self) -> &RunRef {
        match self {
            Self::Created(run)
            | Self::Active(run)
            | Self::Cooling { run, .. }
            | Self::NotDispatched { run, .. } => run,
        }
    }
}

/// Whether a start closes the slot of a run that cools.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Force {
    /// A run that cools is given back.
    #[default]
    No,
    /// A run that cools does not stand in the way; one that is active still does.
    Yes,
}

/// What may be said beside kind and inputs; usually nothing.
#[derive(Clone, Debug, Default)]
pub struct StartOptions {
    /// Whether a cooling run is passed over; takes [`Capability::Force`].
    pub force: Force,
    /// The ended run of the same work that this start repeats; takes the right to cancel that run.
    pub rerun_of: Option<RunId>,
    /// Makes a repeated request the same start, whatever happened to the work meanwhile.
    pub key: Option<IdempotencyKey>,
}

/// Why a start was refused; nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The catalogue has no such kind.
    #[error("there is no operation `{found}`; there are {known}")]
    UnknownKind {
        /// What was asked for.
        found: String,
        /// What there is, comma-separated.
        known: String,
    },
    /// The inputs do not make sense.
    #[error(transparent)]
    Inputs(#[from] InputError),
    /// The one who asks may not start this, or not in this way.
    #[error("starting `{kind}` takes the right `{}`", needs.token())]
    NotAllowed {
        /// The kind.
        kind: String,
        /// The capability that is missing.
        needs: Capability,
    },
    /// A tenant's operation was started without a tenant, or a workspace's with one.
    #[error("`{kind}` runs for {wanted}")]
    WrongScope {
        /// The kind.
        kind: String,
        /// What it runs for.
        wanted: &'static str,
    },
    /// The run that is to be repeated is not there, or is no earlier run of the same work.
    #[error("run `{run}` cannot be repeated: {why}")]
    NotRepeatable {
        /// The run.
        run: RunId,
        /// Why not.
        why: &'static str,
    },
    /// The key belongs to another start.
    #[error(transparent)]
    Key(#[from] StartKeyError),
    /// As many runs wait as may.
    #[error("{waiting_max} runs wait in this workspace already; start again when some of them have run")]
    BacklogFull {
        /// How many may wait.
        waiting_max: u32,
    },
    /// The database could not be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// A run that is to be repeated.
struct Earlier {
    kind: String,
    status: RunStatus,
    identity: Vec<u8>,
    key_version: i16,
    initiator: Option<UserId>,
    inputs: Value,
}

impl Ledger {
    /// Returns the run that now stands for this work: a new one, the one already active, or the one that cools.
    ///
    /// It never waits for work and never calls Graph. A tenant that cannot be worked with leaves a failed run
    /// with `queue.dispatch_failed`, and no queued one. Where a person starts a run, the audit log says so, or
    /// nothing is started. Calling again after an error is safe.
    ///
    /// # Errors
    /// Any [`StartError`]; nothing was written.
    pub async fn start(&self, scope: &Scope, kind: &str, inputs: Value) -> Result<Started, StartError> {
        self.start_with(scope, kind, inputs, StartOptions::default()).await
    }

    /// Starts the work of an ended run anew: the same kind and inputs, in the scope of its tenant or workspace.
    ///
    /// # Errors
    /// Any [`StartError`]; nothing was written.
    pub async fn repeat(&self, scope: &Scope, run: RunId, force: Force) -> Result<Started, StartError> {
        let earlier = self.earlier(scope, run).await?;
        let options = StartOptions { force, rerun_of: Some(run), key: None };
        self.start_with(scope, &earlier.kind, earlier.inputs, options).await
    }

    /// Does the same as [`Ledger::start`], with more to say about it.
    ///
    /// # Errors
    /// Any [`StartError`]; nothing was written.
    pub async fn start_with(
        &self,
        scope: &Scope,
        kind: &str,
        inputs: Value,
        options: StartOptions,
    ) -> Result<Started, StartError> {
        let (kind, parsed) = self.admit(scope, kind, inputs, options.force)?;
        if let Some(run) = options.rerun_of {
            may_repeat(scope, kind, &parsed, run, &self.earlier(scope, run).await?)?;
        }
        let obstacle = dispatch::obstacle(&self.database, scope).await?;
        let now = self.clock.now();
        let ask = Ask {
            scope: scope.clone(),
            kind: kind.token,
            parsed,
            max_attempts: kind.max_attempts,
            rerun_of: options.rerun_of,
            force: options.force,
            backlog_max: self.backlog_max,
            new: RunId::new(now),
            now,
        };
        // Two starts that wait for each other are both right; the one that gave way simply asks again.
        let started = match self.put(&ask, obstacle.as_ref(), options.key.as_ref()).await {
            Err(StartError::Database(error)) if error.may_be_retried() => {
                self.put(&ask, obstacle.as_ref(), options.key.as_ref()).await?
            }
            other => other?,
        };
        if matches!(started, Started::Created(_)) {
            self.wake.notify_waiters();
        }
        Ok(started)
    }

    pub(crate) fn admit(
        &self,
        scope: &Scope,
        kind: &str,
        inputs: Value,
        force: Force,
    ) -> Result<(&Kind, Parsed), StartError> {
        let found = self.catalog.get(kind).ok_or_else(|| StartError::UnknownKind {
            found: kind.chars().take(100).collect(),
            known: self.catalog.kinds().map(|kind| kind.token).collect::<Vec<_>>().join(", "),
        })?;
        let wrong = |wanted| StartError::WrongScope { kind: found.token.to_owned(), wanted };
        match (found.scope, scope.tenant()) {
            (RunScope::Tenant, None) => return Err(wrong("one tenant; name it")),
            (RunScope::Workspace, Some(_)) => return Err(wrong("the whole workspace; name no tenant")),
            _ => {}
        }
        require(scope, found, found.needs)?;
        if force == Force::Yes {
            require(scope, found, Capability::Force)?;
        }
        let parsed = (found.parse)(inputs)?;
        Ok((found, parsed))
    }

    async fn earlier(&self, scope: &Scope, run: RunId) -> Result<Earlier, StartError> {
        let values = params![scope.workspace(), run, scope.key()].to_vec();
        let row = self
            .database
            .read("ledger.start_earlier", move |tx| {
                Box::pin(async move { tx.query_opt(&EARLIER, &values).await })
            })
            .await?;
        let row = row.ok_or(StartError::NotRepeatable { run, why: "there is no such run here" })?;
        Ok(earlier(&row)?)
    }

    async fn put(
        &self,
        ask: &Ask,
        obstacle: Option<&Failure>,
        key: Option<&IdempotencyKey>,
    ) -> Result<Started, StartError> {
        let (ask, obstacle) = (ask.clone(), obstacle.cloned());
        let owner = key.cloned().zip(ask.scope.actor().user());
        match owner {
            // One statement: no transaction has to be begun and ended around it.
            None => {
                self.database
                    .write_single("ledger.start", move |tx| {
                        Box::pin(async move { place(tx, &ask, obstacle).await })
                    })
                    .await
            }
            Some((key, user)) => {
                self.database
                    .write("ledger.start_keyed", move |tx| {
                        Box::pin(async move { place_once(tx, &ask, obstacle, &key, user).await })
                    })
                    .await
            }
        }
    }
}

/// Answers a request that was answered before with the same again, and any other like a start without a key.
async fn place_once(
    tx: &mut Tx<'_>,
    ask: &Ask,
    obstacle: Option<Failure>,
    key: &IdempotencyKey,
    user: UserId,
) -> Result<Started, StartError> {
    if let Opened::Answered(started) = start_key::open(tx, ask, key, user).await? {
        return Ok(started);
    }
    let started = place(tx, ask, obstacle).await?;
    start_key::close(tx, ask, key, user, &started).await?;
    Ok(started)
}

/// Gives the run that stands for the work, or records why it cannot be handed to workers, within a transaction.
pub(crate) async fn place(
    tx: &mut Tx<'_>,
    ask: &Ask,
    obstacle: Option<Failure>,
) -> Result<Started, StartError> {
    if let Some(why) = obstacle {
        return Ok(dispatch::record(tx, ask, why).await?);
    }
    let full = StartError::BacklogFull { waiting_max: ask.backlog_max };
    let started = ensure::ensure(tx, ask).await?;
    match started {
        // The run ended while the forced start looked: what was active then cools now, and may be passed over.
        Some(Started::Cooling { .. }) if ask.force == Force::Yes => {
            ensure::ensure(tx, ask).await?.ok_or(full)
        }
        Some(started) => Ok(started),
        None => Err(full),
    }
}

fn require(scope: &Scope, kind: &Kind, needs: Capability) -> Result<(), StartError> {
    if scope.allows(needs) {
        return Ok(());
    }
    Err(StartError::NotAllowed { kind: kind.token.to_owned(), needs })
}

fn may_repeat(
    scope: &Scope,
    kind: &Kind,
    parsed: &Parsed,
    run: RunId,
    earlier: &Earlier,
) -> Result<(), StartError> {
    let refused = |why| StartError::NotRepeatable { run, why };
    let own = earlier.initiator.is_some() && earlier.initiator == scope.actor().user();
    require(scope, kind, if own { Capability::CancelOwnRuns } else { Capability::CancelAnyRun })?;
    if earlier.status != RunStatus::Completed {
        return Err(refused("it has not ended"));
    }
    // Hashes of two recipes cannot be compared.
    let comparable = earlier.key_version == parsed.identity.key_version;
    if earlier.kind != kind.token || (comparable && earlier.identity != parsed.identity.hash) {
        return Err(refused("it did other work"));
    }
    Ok(())
}

fn earlier(row: &Row) -> Result<Earlier, DatabaseError> {
    Ok(Earlier {
        kind: row.get(0)?,
        status: row.get::<String>(1)?.parse()?,
        identity: row.get(2)?,
        key_version: row.get(3)?,
        initiator: row.get::<Option<Uuid>>(4)?.map(UserId::from_uuid),
        inputs: row.get(5)?,
    })
}
