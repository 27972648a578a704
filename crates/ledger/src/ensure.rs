//! Putting a start into the ledger: a new run, or the one that stands for the same work.

use database::{DatabaseError, Row, Ts, Tx, Value, params, statement};
use tenancy::audit::{self, Action, Entry};
use tenancy::{RunId, Scope, audit_columns};

use crate::catalog::Parsed;
use crate::notice;
use crate::run::RunStatus;
use crate::start::{Force, RunRef, Started};

statement! {
    /// One statement decides new, active or cooling, and writes the run, its notice and the audit row together. A
    /// duplicate writes nothing. No row comes back where the backlog is full; otherwise exactly one.
    ENSURE = "ledger.start", (Uuid, Uuid, Bytes, Uuid, Uuid, Text, I16, Text, Uuid, Text, Json, Json, I16, Uuid, Bool, I64,
            Uuid, Uuid, Uuid, Time, Text, Uuid, Text, Text, Text, Text, Json, Text, Text, Text)
        -> (Uuid, Bool, Text, Text, Time, Text, Time, Time, Bool),
    postgres: concat!("/* ledger.start */ WITH hit AS MATERIALIZED (
          SELECT id, status, outcome, reuse_until, initiator_name, created_at, completed_at FROM operation_runs
          WHERE workspace_id = $1 AND scope_id = $2 AND identity_hash = $3 AND dedupe_open
            AND (status <> 'completed' OR (reuse_until > ledger_statement_now() AND NOT $15::boolean))),
        me AS MATERIALIZED (SELECT $4::uuid AS id WHERE NOT EXISTS (SELECT 1 FROM hit)
          /* Reads no further than the limit, in the index of queued runs. */
          AND (SELECT count(*) FROM (SELECT 1 FROM operation_runs
            WHERE workspace_id = $1 AND status = 'queued' AND NOT mirrored LIMIT $16::bigint) waiting) < $16::bigint),
        /* Closes an expired or a forced slot, waiting for whoever else is closing it. */
        flip AS (UPDATE operation_runs SET dedupe_open = false
          WHERE workspace_id = $1 AND scope_id = $2 AND identity_hash = $3 AND dedupe_open AND status = 'completed'
            AND (reuse_until <= ledger_statement_now() OR $15::boolean) AND EXISTS (SELECT 1 FROM me)
          RETURNING reuse_until > ledger_statement_now() AS cooled),
        ins AS (INSERT INTO operation_runs AS r (workspace_id, id, tenant_id, scope_id, type, key_version, identity_hash,
            initiator_kind, initiator_id, initiator_name, inputs, context, max_attempts, rerun_of)
          SELECT $1, me.id, $5, $2, $6, $7, $3, $8, $9, $10, $11, $12, $13, $14 FROM me
          WHERE (SELECT count(*) FROM flip) >= 0 /* orders the closing before the insert */
          /* The update changes nothing: it locks the winner's row and returns it. */
          ON CONFLICT (workspace_id, scope_id, identity_hash) WHERE dedupe_open DO UPDATE SET fence = r.fence
          RETURNING id, status, outcome, reuse_until, initiator_name, created_at, completed_at),
        note AS (INSERT INTO notification_outbox (workspace_id, run_id, kind, user_id)
          SELECT $1, ins.id, 'queued', $9 FROM ins, me WHERE ins.id = me.id AND $9 IS NOT NULL),
        log AS (INSERT INTO audit_log (", audit_columns!(), ")
          SELECT $17, $18, $19, $20, $21, $22, $23, CASE WHEN EXISTS (SELECT 1 FROM flip WHERE cooled) THEN $30 ELSE $24 END,
            $25, $26, $27, $28, $29 FROM ins, me WHERE ins.id = me.id AND $17::uuid IS NOT NULL)
        SELECT a.*, EXISTS (SELECT 1 FROM paused_kinds WHERE workspace_id = $1 AND type = $6) FROM (
          SELECT ins.id, ins.id = me.id, ins.status, ins.outcome, nullif(ins.reuse_until, 'infinity'), ins.initiator_name, ins.created_at, ins.completed_at FROM ins, me
          UNION ALL SELECT id, false, status, outcome, nullif(reuse_until, 'infinity'), initiator_name, created_at, completed_at FROM hit) a")
}
statement! {
    /// Looks for the run that stands for the work now.
    LOOK = "ledger.start_look", (Uuid, Uuid, Bytes, Bool, Time, Text) -> (Uuid, Bool, Text, Text, Time, Text, Time, Time, Bool),
    sqlite: "SELECT id, 0, status, outcome, nullif(reuse_until, 9223372036854775807), initiator_name, created_at, completed_at,
          EXISTS (SELECT 1 FROM paused_kinds WHERE workspace_id = $1 AND type = $6) FROM operation_runs
        WHERE workspace_id = $1 AND scope_id = $2 AND identity_hash = $3 AND dedupe_open = 1
          AND (status <> 'completed' OR (reuse_until > $5 AND NOT $4))"
}
statement! {
    /// Says whether as many runs wait as may; reads no further than that in the index of queued runs.
    FULL = "ledger.start_full", (Uuid, I64) -> (Bool),
    sqlite: "SELECT count(*) >= $2 FROM (SELECT 1 FROM operation_runs WHERE workspace_id = $1 AND status = 'queued' AND mirrored = 0 LIMIT $2)"
}
statement! {
    /// Closes a slot whose cooldown is over, or that is forced.
    CLOSE = "ledger.start_close", (Uuid, Uuid, Bytes, Bool, Time) -> (Bool),
    sqlite: "UPDATE operation_runs SET dedupe_open = 0 WHERE workspace_id = $1 AND scope_id = $2 AND identity_hash = $3
        AND dedupe_open = 1 AND status = 'completed' AND (reuse_until <= $5 OR $4) RETURNING reuse_until > $5"
}
statement! {
    /// Adds the run. The unique index still decides: a bug above cannot make a second open row.
    INSERT = "ledger.start_insert", (Uuid, Uuid, Bytes, Uuid, Uuid, Text, I16, Text, Uuid, Text, Json, Json, I16, Uuid, Time)
        -> (Uuid, Bool, Text, Text, Time, Text, Time, Time, Bool),
    sqlite: "INSERT INTO operation_runs AS r (workspace_id, id, tenant_id, scope_id, type, key_version, identity_hash,
            initiator_kind, initiator_id, initiator_name, inputs, context, max_attempts, rerun_of, not_before, created_at)
        VALUES ($1, $4, $5, $2, $6, $7, $3, $8, $9, $10, $11, $12, $13, $14, $15, $15)
        ON CONFLICT (workspace_id, scope_id, identity_hash) WHERE dedupe_open = 1 DO UPDATE SET fence = r.fence
        RETURNING id, id = $4, status, outcome, nullif(reuse_until, 9223372036854775807), initiator_name, created_at, completed_at,
          EXISTS (SELECT 1 FROM paused_kinds WHERE workspace_id = $1 AND type = $6)"
}

/// A start that was allowed and understood.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    /// Where, and who asks.
    pub(crate) scope: Scope,
    /// What is to be done.
    pub(crate) kind: &'static str,
    /// With what.
    pub(crate) parsed: Parsed,
    /// How often it is tried.
    pub(crate) max_attempts: i16,
    /// The run that it repeats.
    pub(crate) rerun_of: Option<RunId>,
    /// Whether a cooling slot is closed for it.
    pub(crate) force: Force,
    /// How many runs may wait in the workspace.
    pub(crate) backlog_max: u32,
    /// The id of the run that comes of it, if one does.
    pub(crate) new: RunId,
    /// The application's clock, for the audit log.
    pub(crate) now: Ts,
}

impl Ask {
    /// Gives the values that every statement which adds a run begins with.
    pub(crate) fn values(&self) -> Vec<Value> {
        let (scope, actor) = (&self.scope, self.scope.actor());
        params![
            scope.workspace(),
            scope.key(),
            self.parsed.identity.hash,
            self.new,
            scope.tenant(),
            self.kind,
            self.parsed.identity.key_version,
            actor.kind(),
            actor.user(),
            actor.name(),
            self.parsed.inputs.clone(),
            self.parsed.context.clone(),
            self.max_attempts,
            self.rerun_of,
        ]
        .to_vec()
    }

    /// Gives what the audit log says of it; none where no person acts.
    pub(crate) fn entry(&self, action: Action) -> Option<Entry> {
        self.scope.actor().user()?;
        let entry = Entry::in_scope(&self.scope, action).about("run", self.new).with("type", self.kind);
        Some(match self.rerun_of {
            Some(run) => entry.with("rerun_of", run.to_string()),
            None => entry,
        })
    }

    /// Gives the word for it where nothing cooled.
    pub(crate) fn action(&self) -> Action {
        if self.rerun_of.is_some() { Action::RunRepeated } else { Action::RunStarted }
    }
}

/// Gives the values of an audit row for a statement that writes it along; nulls where there is nothing to write.
pub(crate) fn logged(entry: Option<Entry>, now: Ts) -> Vec<Value> {
    entry.map_or_else(|| vec![Value::Null; 13], |entry| entry.into_values(now))
}

/// Gives the run that stands for the work; none where the backlog is full, and then nothing was written.
pub(crate) async fn ensure(tx: &mut Tx<'_>, ask: &Ask) -> Result<Option<Started>, DatabaseError> {
    let row = match tx.sqlite_now() {
        Some(now) => ensure_in_steps(tx, ask, now).await?,
        None => {
            let mut values = ask.values();
            values.extend(params![ask.force == Force::Yes, i64::from(ask.backlog_max)].to_vec());
            values.extend(logged(ask.entry(ask.action()), ask.now));
            values.push(Action::RunForced.as_str().into());
            tx.query_opt(&ENSURE, &values).await?
        }
    };
    row.map(|row| read(&row)).transpose()
}

/// The same in steps, for the database whose only writer we are.
async fn ensure_in_steps(tx: &mut Tx<'_>, ask: &Ask, now: Ts) -> Result<Option<Row>, DatabaseError> {
    let workspace = ask.scope.workspace();
    if let Some(hit) = look(tx, ask, now).await? {
        return Ok(Some(hit));
    }
    if tx.query_one(&FULL, params![workspace, i64::from(ask.backlog_max)]).await?.get(0)? {
        return Ok(None);
    }
    let closed = tx.query_opt(&CLOSE, &slot(ask, now)).await?;
    let cooled = closed.map(|row| row.get::<bool>(0)).transpose()?.unwrap_or(false);
    let mut values = ask.values();
    values.push(now.into());
    let inserted = tx.query_one(&INSERT, &values).await?;
    let user = ask.scope.actor().user();
    notice::write(tx, workspace, ask.new, notice::NoticeKind::Queued, user, now).await?;
    let action = if cooled { Action::RunForced } else { ask.action() };
    if let Some(entry) = ask.entry(action) {
        audit::record(tx, entry, ask.now).await?;
    }
    Ok(Some(inserted))
}

/// Looks for the run that stands for the work, on SQLite.
pub(crate) async fn look(tx: &mut Tx<'_>, ask: &Ask, now: Ts) -> Result<Option<Row>, DatabaseError> {
    let mut values = slot(ask, now);
    values.push(ask.kind.into());
    tx.query_opt(&LOOK, &values).await
}

fn slot(ask: &Ask, now: Ts) -> Vec<Value> {
    let forced = ask.force == Force::Yes;
    params![ask.scope.workspace(), ask.scope.key(), ask.parsed.identity.hash, forced, now].to_vec()
}

/// Reads an answer: id, whether it is new, status, outcome, until when it cools, initiator, start, end, whether paused.
pub(crate) fn read(row: &Row) -> Result<Started, DatabaseError> {
    let (created, until): (bool, Option<Ts>) = (row.get(1)?, row.get(4)?);
    let run = RunRef {
        id: RunId::from_uuid(row.get(0)?),
        status: row.get::<String>(2)?.parse()?,
        outcome: row.get::<String>(3)?.parse()?,
        initiator: row.get(5)?,
        created_at: row.get(6)?,
        completed_at: row.get(7)?,
        is_paused: row.get(8)?,
    };
    Ok(match (created, until) {
        (true, _) => Started::Created(run),
        (false, Some(until)) if run.status == RunStatus::Completed => Started::Cooling { run, until },
        (false, _) => Started::Active(run),
    })
}
