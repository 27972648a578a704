//! Starting a run: a new one, or the one that already stands for the same work.

use database::{DatabaseError, Row, Ts, Tx, params, statement};
use serde_json::Value;
use tenancy::{Capability, RunId, Scope};

use crate::catalog::{InputError, Kind, Parsed, RunScope};
use crate::failure::Failure;
use crate::run::{Outcome, RunStatus};
use crate::{Ledger, dispatch, notice};

statement! {
    /// One statement decides new, active or cooling; exactly one row comes back. A duplicate writes nothing.
    ENSURE = "ledger.start", (Uuid, Uuid, Bytes, Uuid, Uuid, Text, I16, Text, Uuid, Text, Json, Json, I16)
        -> (Uuid, Bool, Text, Text, Time, Text, Time),
    postgres: "/* ledger.start */ WITH hit AS MATERIALIZED (
          SELECT id, status, outcome, reuse_until, initiator_name, created_at FROM operation_runs
          WHERE workspace_id = $1 AND scope_id = $2 AND identity_hash = $3 AND dedupe_open
            AND (status <> 'completed' OR reuse_until > ledger_statement_now())),
        me AS MATERIALIZED (SELECT $4::uuid AS id WHERE NOT EXISTS (SELECT 1 FROM hit)),
        /* Closes an expired slot, waiting for whoever else is closing it. */
        flip AS (UPDATE operation_runs SET dedupe_open = false
          WHERE workspace_id = $1 AND scope_id = $2 AND identity_hash = $3 AND dedupe_open AND status = 'completed'
            AND reuse_until <= ledger_statement_now() AND EXISTS (SELECT 1 FROM me) RETURNING id),
        ins AS (INSERT INTO operation_runs AS r (workspace_id, id, tenant_id, scope_id, type, key_version, identity_hash,
            initiator_kind, initiator_id, initiator_name, inputs, context, max_attempts)
          SELECT $1, me.id, $5, $2, $6, $7, $3, $8, $9, $10, $11, $12, $13 FROM me
          WHERE (SELECT count(*) FROM flip) >= 0 /* orders the closing before the insert */
          /* The update changes nothing: it locks the winner's row and returns it. */
          ON CONFLICT (workspace_id, scope_id, identity_hash) WHERE dedupe_open DO UPDATE SET fence = r.fence
          RETURNING id, status, outcome, reuse_until, initiator_name, created_at),
        note AS (INSERT INTO notification_outbox (workspace_id, run_id, kind, user_id)
          SELECT $1, ins.id, 'queued', $9 FROM ins, me WHERE ins.id = me.id AND $9 IS NOT NULL)
        SELECT ins.id, ins.id = me.id, ins.status, ins.outcome, nullif(ins.reuse_until, 'infinity'), ins.initiator_name, ins.created_at FROM ins, me
        UNION ALL SELECT id, false, status, outcome, nullif(reuse_until, 'infinity'), initiator_name, created_at FROM hit"
}
statement! {
    /// Looks for the run that stands for the work now.
    LOOK = "ledger.start_look", (Uuid, Uuid, Bytes, Time) -> (Uuid, Bool, Text, Text, Time, Text, Time),
    sqlite: "SELECT id, 0, status, outcome, nullif(reuse_until, 9223372036854775807), initiator_name, created_at FROM operation_runs
        WHERE workspace_id = $1 AND scope_id = $2 AND identity_hash = $3 AND dedupe_open = 1 AND (status <> 'completed' OR reuse_until > $4)"
}
statement! {
    /// Closes a slot whose cooldown is over.
    CLOSE = "ledger.start_close", (Uuid, Uuid, Bytes, Time) -> (),
    sqlite: "UPDATE operation_runs SET dedupe_open = 0 WHERE workspace_id = $1 AND scope_id = $2 AND identity_hash = $3
        AND dedupe_open = 1 AND status = 'completed' AND reuse_until <= $4"
}
statement! {
    /// Adds the run. The unique index still decides: a bug above cannot make a second open row.
    INSERT = "ledger.start_insert", (Uuid, Uuid, Bytes, Uuid, Uuid, Text, I16, Text, Uuid, Text, Json, Json, I16, Time)
        -> (Uuid, Bool, Text, Text, Time, Text, Time),
    sqlite: "INSERT INTO operation_runs AS r (workspace_id, id, tenant_id, scope_id, type, key_version, identity_hash,
            initiator_kind, initiator_id, initiator_name, inputs, context, max_attempts, not_before, created_at)
        VALUES ($1, $4, $5, $2, $6, $7, $3, $8, $9, $10, $11, $12, $13, $14, $14)
        ON CONFLICT (workspace_id, scope_id, identity_hash) WHERE dedupe_open = 1 DO UPDATE SET fence = r.fence
        RETURNING id, id = $4, status, outcome, nullif(reuse_until, 9223372036854775807), initiator_name, created_at"
}

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
    /// The one who asks may not start this.
    #[error("starting `{kind}` takes the right `{needs}`")]
    NotAllowed {
        /// The kind.
        kind: String,
        /// The capability that is missing.
        needs: &'static str,
    },
    /// A tenant's operation was started without a tenant, or a workspace's with one.
    #[error("`{kind}` runs for {wanted}")]
    WrongScope {
        /// The kind.
        kind: String,
        /// What it runs for.
        wanted: &'static str,
    },
    /// The database could not be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Ledger {
    /// Returns the run that now stands for this work: a new one, the one already active, or the one that cools.
    ///
    /// It never waits for work and never calls Graph. A tenant that cannot be worked with leaves a failed run
    /// with `queue.dispatch_failed`, and no queued one. Calling again after an error is safe.
    ///
    /// # Errors
    /// Any [`StartError`]; nothing was written.
    pub async fn start(&self, scope: &Scope, kind: &str, inputs: Value) -> Result<Started, StartError> {
        let (kind, parsed) = self.admit(scope, kind, inputs)?;
        if let Some(why) = dispatch::obstacle(&self.database, scope).await? {
            return self.record_failed_dispatch(scope, kind, parsed, why).await;
        }
        // Two starts that wait for each other are both right; the one that gave way simply asks again.
        let first = self.ensure(scope, kind, &parsed).await;
        let started = match first {
            Err(error) if error.may_be_retried() => self.ensure(scope, kind, &parsed).await?,
            other => other?,
        };
        if matches!(started, Started::Created(_)) {
            self.wake.notify_waiters();
        }
        Ok(started)
    }

    fn admit(&self, scope: &Scope, kind: &str, inputs: Value) -> Result<(&Kind, Parsed), StartError> {
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
        let needs: Capability = found.needs;
        if !scope.allows(needs) {
            return Err(StartError::NotAllowed { kind: found.token.to_owned(), needs: needs.token() });
        }
        let parsed = (found.parse)(inputs)?;
        Ok((found, parsed))
    }

    async fn ensure(&self, scope: &Scope, kind: &Kind, parsed: &Parsed) -> Result<Started, DatabaseError> {
        let (scope, parsed) = (scope.clone(), parsed.clone());
        let (token, max_attempts, new) = (kind.token, kind.max_attempts, RunId::new(self.clock.now()));
        self.database
            .write_single("ledger.start", move |tx| {
                Box::pin(async move {
                    let row = match tx.sqlite_now() {
                        None => {
                            tx.query_one(&ENSURE, &values(&scope, token, max_attempts, new, &parsed)).await?
                        }
                        Some(now) => {
                            ensure_in_steps(tx, &scope, token, max_attempts, new, &parsed, now).await?
                        }
                    };
                    read(&row)
                })
            })
            .await
    }
}

/// The same in steps, for the database whose only writer we are.
async fn ensure_in_steps(
    tx: &mut Tx<'_>,
    scope: &Scope,
    kind: &'static str,
    max_attempts: i16,
    new: RunId,
    parsed: &Parsed,
    now: Ts,
) -> Result<Row, DatabaseError> {
    let slot = params![scope.workspace(), scope.key(), parsed.identity.hash, now].to_vec();
    if let Some(hit) = tx.query_opt(&LOOK, &slot).await? {
        return Ok(hit);
    }
    tx.execute(&CLOSE, &slot).await?;
    let mut row = values(scope, kind, max_attempts, new, parsed);
    row.push(now.into());
    let inserted = tx.query_one(&INSERT, &row).await?;
    notice::write(tx, scope.workspace(), new, notice::NoticeKind::Queued, scope.actor().user(), now).await?;
    Ok(inserted)
}

fn values(
    scope: &Scope,
    kind: &'static str,
    max_attempts: i16,
    new: RunId,
    parsed: &Parsed,
) -> Vec<database::Value> {
    let actor = scope.actor();
    params![
        scope.workspace(),
        scope.key(),
        parsed.identity.hash,
        new,
        scope.tenant(),
        kind,
        parsed.identity.key_version,
        actor.kind(),
        actor.user(),
        actor.name(),
        parsed.inputs.clone(),
        parsed.context.clone(),
        max_attempts,
    ]
    .to_vec()
}

fn read(row: &Row) -> Result<Started, DatabaseError> {
    let created: bool = row.get(1)?;
    let until: Option<Ts> = row.get(4)?;
    let run = RunRef {
        id: RunId::from_uuid(row.get(0)?),
        status: row.get::<String>(2)?.parse()?,
        outcome: row.get::<String>(3)?.parse()?,
        initiator: row.get(5)?,
        created_at: row.get(6)?,
    };
    Ok(match (created, until) {
        (true, _) => Started::Created(run),
        (false, Some(until)) if run.status == RunStatus::Completed => Started::Cooling { run, until },
        (false, _) => Started::Active(run),
    })
}
