//! Listing the schedules of a workspace.

use database::{DatabaseError, Row, Ts, params, statement};
use tenancy::{Capability, RunId, Scope, TenantId};
use uuid::Uuid;

use super::{Cadence, FireResult, ScheduleId};
use crate::{Ledger, from_stored};

statement! {
    /// With the last fire of each.
    LIST = "ledger.schedule_list", (Uuid, UuidList)
        -> (Uuid, Uuid, Text, Text, Json, Text, Time, Time, Time, Time, I32, Text, Uuid, Text),
    postgres: "/* ledger.schedule_list */ SELECT s.id, s.tenant_id, s.name, s.type, s.cadence, s.origin, s.next_due_at, s.paused_at,
          f.due_at, f.fired_at, f.missed, f.result, f.run_id, f.reason
        FROM schedules s LEFT JOIN schedule_fires f ON f.workspace_id = s.workspace_id AND f.schedule_id = s.id AND f.due_at =
          (SELECT max(l.due_at) FROM schedule_fires l WHERE l.workspace_id = s.workspace_id AND l.schedule_id = s.id)
        WHERE s.workspace_id = $1 AND ($2::uuid[] IS NULL OR s.tenant_id = ANY ($2)) ORDER BY s.name, s.id",
    sqlite: "SELECT s.id, s.tenant_id, s.name, s.type, s.cadence, s.origin, s.next_due_at, s.paused_at,
          f.due_at, f.fired_at, f.missed, f.result, f.run_id, f.reason
        FROM schedules s LEFT JOIN schedule_fires f ON f.workspace_id = s.workspace_id AND f.schedule_id = s.id AND f.due_at =
          (SELECT max(l.due_at) FROM schedule_fires l WHERE l.workspace_id = s.workspace_id AND l.schedule_id = s.id)
        WHERE s.workspace_id = $1 AND ($2 IS NULL OR s.tenant_id IN (SELECT unhex(value) FROM json_each($2))) ORDER BY s.name, s.id",
}

/// Who made a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The system, to keep its house.
    System,
    /// A person.
    Person,
}

/// A schedule as it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    /// Its id.
    pub id: ScheduleId,
    /// The tenant that it is about; none for the whole workspace.
    pub tenant: Option<TenantId>,
    /// What it is called.
    pub name: String,
    /// What it starts.
    pub kind: String,
    /// When.
    pub cadence: Cadence,
    /// Who made it.
    pub origin: Origin,
    /// The next time; none where there is none any more.
    pub next_due_at: Option<Ts>,
    /// Since when it does not fire.
    pub paused_at: Option<Ts>,
    /// What it did last.
    pub last: Option<LastFire>,
}

/// The last fire of a schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct LastFire {
    /// The time that it was for.
    pub due_at: Ts,
    /// When it was done.
    pub fired_at: Ts,
    /// How many times before it passed while nobody was there.
    pub missed: u32,
    /// What came of it.
    pub result: FireResult,
}

impl Ledger {
    /// Lists the schedules that the scope may see, by name.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn schedules(&self, scope: &Scope) -> Result<Vec<Schedule>, DatabaseError> {
        if !scope.allows(Capability::See) {
            return Ok(Vec::new());
        }
        let only: Option<Vec<Uuid>> = match scope.tenant() {
            Some(tenant) => Some(vec![tenant.as_uuid()]),
            None => scope.visible_tenants().map(|all| all.iter().map(|tenant| tenant.as_uuid()).collect()),
        };
        let workspace = scope.workspace();
        self.database
            .read("ledger.schedule_list", move |tx| {
                Box::pin(async move {
                    tx.query(&LIST, params![workspace, only]).await?.iter().map(read).collect()
                })
            })
            .await
    }
}

fn read(row: &Row) -> Result<Schedule, DatabaseError> {
    let due_at: Option<Ts> = row.get(8)?;
    let last = match due_at {
        None => None,
        Some(due_at) => Some(LastFire {
            due_at,
            fired_at: row.get(9)?,
            missed: u32::try_from(row.get::<i32>(10)?).unwrap_or(0),
            result: FireResult::stored(
                &row.get::<String>(11)?,
                row.get::<Option<Uuid>>(12)?.map(RunId::from_uuid),
                row.get(13)?,
            ),
        }),
    };
    Ok(Schedule {
        id: ScheduleId::from_uuid(row.get(0)?),
        tenant: row.get::<Option<Uuid>>(1)?.map(TenantId::from_uuid),
        name: row.get(2)?,
        kind: row.get(3)?,
        cadence: from_stored("cadence", row.get(4)?)?,
        origin: if row.get::<String>(5)? == "system" { Origin::System } else { Origin::Person },
        next_due_at: row.get(6)?,
        paused_at: row.get(7)?,
        last,
    })
}
