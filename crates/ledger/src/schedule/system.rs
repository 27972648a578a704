//! The schedules that every workspace has, so that the house is kept.

use database::{DatabaseError, Row, params, statement};
use serde_json::Value;
use tenancy::WorkspaceId;

use super::{Cadence, ScheduleId};
use crate::{Ledger, to_stored};

statement! {
    LACKING = "ledger.schedule_lacking", (Text) -> (Uuid),
    both: "SELECT w.id FROM workspaces w WHERE NOT EXISTS
        (SELECT 1 FROM schedules s WHERE s.workspace_id = w.id AND s.type = $1 AND s.origin = 'system') ORDER BY w.id"
}
statement! {
    /// Another scheduler may be faster; one row of a kind is enough.
    INSERT = "ledger.schedule_system", (Uuid, Uuid, Text, Text, Json, Json, Time, Time) -> (),
    both: "INSERT INTO schedules (workspace_id, id, name, type, inputs, cadence, origin, next_due_at, computed_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, 'system', $7, $8, $8) ON CONFLICT (workspace_id, type) WHERE origin = 'system' DO NOTHING"
}

/// A schedule that every workspace has.
#[derive(Clone, Copy, Debug)]
pub struct SystemSchedule {
    /// What it starts, without inputs.
    pub kind: &'static str,
    /// What it is called.
    pub name: &'static str,
    /// When; workspaces may differ, so that a thousand of them do not start at once.
    pub cadence: fn(WorkspaceId) -> Cadence,
}

impl Ledger {
    /// Gives every workspace the schedules that it lacks, and says how many that were.
    ///
    /// # Errors
    /// Any [`DatabaseError`]; calling again is safe.
    pub async fn ensure_system_schedules(&self, all: &[SystemSchedule]) -> Result<u64, DatabaseError> {
        let mut added = 0;
        for one in all.iter().copied() {
            let lacking: Vec<Row> = self
                .database
                .read("ledger.schedule_lacking", move |tx| {
                    Box::pin(async move { tx.query(&LACKING, params![one.kind]).await })
                })
                .await?;
            for row in lacking {
                let workspace = WorkspaceId::from_uuid(row.get(0)?);
                added += self.add_system_schedule(workspace, one).await?;
            }
        }
        Ok(added)
    }

    async fn add_system_schedule(
        &self,
        workspace: WorkspaceId,
        one: SystemSchedule,
    ) -> Result<u64, DatabaseError> {
        let (now, cadence) = (self.clock.now(), (one.cadence)(workspace));
        self.database
            .write_single("ledger.schedule_system", move |tx| {
                Box::pin(async move {
                    let inputs = Value::Object(serde_json::Map::new());
                    let (stored, next) = (to_stored(&cadence), cadence.next_after(now));
                    let id = ScheduleId::new(now);
                    let row = params![workspace, id, one.name, one.kind, inputs, stored, next, now];
                    tx.execute(&INSERT, row).await
                })
            })
            .await
    }
}
