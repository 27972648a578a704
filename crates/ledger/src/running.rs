//! What runs under way say of themselves: how far they have come, and until when their worker's lease holds.

use std::collections::BTreeMap;

use database::{DatabaseError, Row, Ts};
use tenancy::RunId;

use crate::from_stored;
use crate::run::RunStatus;
use crate::show::Progress;

/// What a run under way says of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunningNow {
    /// How far its attempt has come; none before it said so.
    pub progress: Option<Progress>,
    /// Until when its worker's lease holds; once that is past, another worker takes over.
    pub lease_until: Option<Ts>,
}

/// Reads it from the columns 15 to 18 of the runs that are under way.
pub(crate) fn read(rows: &[Row]) -> Result<BTreeMap<RunId, RunningNow>, DatabaseError> {
    let mut running = BTreeMap::new();
    for row in rows {
        if row.get::<String>(2)?.parse::<RunStatus>()? == RunStatus::Running {
            running.insert(RunId::from_uuid(row.get(0)?), one(row)?);
        }
    }
    Ok(running)
}

fn one(row: &Row) -> Result<RunningNow, DatabaseError> {
    let counts: Option<serde_json::Value> = row.get(15)?;
    let progress = match (counts, row.get::<Option<Ts>>(17)?) {
        (Some(counts), Some(updated_at)) => Some(Progress {
            counts: from_stored("progress counts", counts)?,
            phase: row.get(16)?,
            updated_at,
        }),
        _ => None,
    };
    Ok(RunningNow { progress, lease_until: row.get(18)? })
}
