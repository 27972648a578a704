//! Making a schedule.

use database::{DatabaseError, params, statement};
use serde_json::Value;
use tenancy::audit::{self, Action, Entry};
use tenancy::{Capability, Scope};

use super::{Cadence, ScheduleId};
use crate::start::{Force, StartError};
use crate::{Ledger, to_stored};

statement! {
    INSERT = "ledger.schedule_add", (Uuid, Uuid, Uuid, Text, Text, Json, Json, Time, Time, Uuid) -> (),
    both: "INSERT INTO schedules (workspace_id, id, tenant_id, name, type, inputs, cadence, origin, next_due_at, computed_at, created_at, created_by)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'person', $8, $9, $9, $10)"
}

/// The longest name of a schedule, in characters.
const NAME_LENGTH_MAX: usize = 200;

/// What a schedule is made of; the tenant is the scope's.
#[derive(Clone, Debug)]
pub struct NewSchedule {
    /// What it is called.
    pub name: String,
    /// What it starts.
    pub kind: String,
    /// With what.
    pub inputs: Value,
    /// When.
    pub cadence: Cadence,
}

/// Why no schedule was made; nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// The one who acts may not make schedules.
    #[error("making schedules takes the role Manager")]
    NotAllowed,
    /// The name cannot be kept.
    #[error("the name must hold 1 to {NAME_LENGTH_MAX} characters, and no control characters")]
    Name,
    /// What it would start cannot be started like this, or not by the one who acts.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The database could not be used.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Ledger {
    /// Makes a schedule in the scope's tenant or workspace; its first time is the next one from now.
    ///
    /// # Errors
    /// [`ScheduleError::Start`] if the one who acts could not start the same by hand.
    pub async fn add_schedule(&self, scope: &Scope, new: NewSchedule) -> Result<ScheduleId, ScheduleError> {
        if !scope.allows(Capability::ManageSchedules) {
            return Err(ScheduleError::NotAllowed);
        }
        let name = new.name.trim().to_owned();
        if !(1..=NAME_LENGTH_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
            return Err(ScheduleError::Name);
        }
        let (kind, parsed) = self.admit(scope, &new.kind, new.inputs, Force::No)?;
        let (kind, now) = (kind.token, self.clock.now());
        let id = ScheduleId::new(now);
        let entry = Entry::in_scope(scope, Action::ScheduleCreated)
            .about("schedule", id)
            .with("name", name.clone())
            .with("type", kind);
        let row = params![
            scope.workspace(),
            id,
            scope.tenant(),
            name,
            kind,
            parsed.inputs,
            to_stored(&new.cadence),
            new.cadence.next_after(now),
            now,
            scope.actor().user(),
        ]
        .to_vec();
        self.database
            .write("ledger.schedule_add", move |tx| {
                Box::pin(async move {
                    tx.execute(&INSERT, &row).await?;
                    audit::record(tx, entry, now).await
                })
            })
            .await?;
        Ok(id)
    }
}
