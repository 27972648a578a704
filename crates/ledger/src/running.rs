//! What runs under way say of themselves: how far they have come, and until when their worker's lease holds.

use std::collections::BTreeMap;

use database::{DatabaseError, Row, Ts, statement};
use tenancy::RunId;

use crate::from_stored;
use crate::show::Progress;

statement! {
    /// Reads it for every run under way in some places; progress of an attempt that was taken away is left out.
    pub(crate) RUNNING = "ledger.running", (Uuid, UuidList) -> (Uuid, Json, Text, Time, Time),
    postgres: "/* ledger.running */ SELECT r.id, p.counts, p.phase, p.updated_at, s.expires_at FROM operation_runs r
        LEFT JOIN run_progress p ON p.workspace_id = r.workspace_id AND p.run_id = r.id AND p.fence = r.fence
        LEFT JOIN worker_sessions s ON s.id = r.session_id
        WHERE r.workspace_id = $1 AND r.status = 'running' AND ($2::uuid[] IS NULL OR r.scope_id = ANY($2))",
    sqlite: "SELECT r.id, p.counts, p.phase, p.updated_at, s.expires_at FROM operation_runs r
        LEFT JOIN run_progress p ON p.workspace_id = r.workspace_id AND p.run_id = r.id AND p.fence = r.fence
        LEFT JOIN worker_sessions s ON s.id = r.session_id
        WHERE r.workspace_id = $1 AND r.status = 'running' AND ($2 IS NULL OR r.scope_id IN (SELECT unhex(value) FROM json_each($2)))"
}

/// What a run under way says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunningNow {
    /// How far its attempt has come; none before it said so.
    pub progress: Option<Progress>,
    /// Until when its worker's lease holds; once that is past, another worker takes over.
    pub lease_until: Option<Ts>,
}

/// Reads the answer of [`RUNNING`].
pub(crate) fn read(rows: &[Row]) -> Result<BTreeMap<RunId, RunningNow>, DatabaseError> {
    rows.iter().map(one).collect()
}

fn one(row: &Row) -> Result<(RunId, RunningNow), DatabaseError> {
    let counts: Option<serde_json::Value> = row.get(1)?;
    let progress = match (counts, row.get::<Option<Ts>>(3)?) {
        (Some(counts), Some(updated_at)) => {
            Some(Progress { counts: from_stored("progress counts", counts)?, phase: row.get(2)?, updated_at })
        }
        _ => None,
    };
    Ok((RunId::from_uuid(row.get(0)?), RunningNow { progress, lease_until: row.get(4)? }))
}
