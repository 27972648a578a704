//! Reading a tenant: what `inventory.sync` and `policy.sync` have in common.
//!
//! A *reading* goes through the collections of the wanted types, one after the other; it records page by
//! page and closes each collection with how it ended. Listed depth keeps the inventory; detailed depth
//! reads every object whole and keeps versions as well.

mod collection;
mod connect;
mod details;
mod tally;

use governance::contract::{PolicyType, Registry};
use governance::inventory::Depth;
use graph::TenantClient;
use ledger::Ending;
use ledger::summary::CountKey;
use tenancy::tenant;
use worker::{ActiveRun, Interrupted};

pub(crate) use connect::{CancelWithRun, connect};

use crate::failure::interrupted_by_database;
use crate::services::Services;
use tally::Tally;

/// How many collections in a row may end in a passing fault with nothing read, before the attempt is given up:
/// a tenant that is away would otherwise be asked eighty times.
const UNREACHABLE_IN_A_ROW_MAX: u32 = 3;

/// The counts that a reading keeps.
pub(crate) const COUNTS: &[CountKey] = &[
    CountKey::Total,
    CountKey::Processed,
    CountKey::Succeeded,
    CountKey::Failed,
    CountKey::Skipped,
    CountKey::Created,
    CountKey::Updated,
    CountKey::Unchanged,
    CountKey::Deleted,
];

/// One reading under way.
struct Reading<'r> {
    run: &'r ActiveRun,
    services: &'r Services,
    client: &'r TenantClient,
    cancel: &'r graph::Cancel,
    depth: Depth,
}

/// Reads the wanted types of the run's tenant and gives the run's ending.
pub(crate) async fn read_types(
    run: &ActiveRun,
    services: &Services,
    types: Vec<&'static PolicyType>,
    depth: Depth,
) -> Result<Ending, Interrupted> {
    let (_, client) = connect(run, services).await?;
    let cancel = CancelWithRun::new();
    let reading = Reading { run, services, client: &client, cancel: cancel.handle(), depth };
    let read = cancel.during(run, reading.read(types)).await;
    note_contact(run, services, &read).await?;
    read
}

/// Writes down whether the tenant answered, as its check would: a person who syncs daily need not check as well.
///
/// What stopped a reading on our side says nothing about the tenant.
async fn note_contact(
    run: &ActiveRun,
    services: &Services,
    read: &Result<Ending, Interrupted>,
) -> Result<(), Interrupted> {
    let code = match read {
        Ok(_) => None,
        Err(Interrupted::Failed { failure, .. }) if failure.code.as_str().starts_with("graph.") => {
            Some(failure.code.as_str().to_owned())
        }
        Err(_) => return Ok(()),
    };
    let scope = &run.claimed().scope;
    let noted = tenant::record_check(&services.database, scope, code, services.clock.now()).await;
    noted.map_err(|error| interrupted_by_database(&error))
}

impl Reading<'_> {
    async fn read(&self, types: Vec<&'static PolicyType>) -> Result<Ending, Interrupted> {
        let mut tally = Tally::default();
        let of = types.len();
        let mut unreachable_in_a_row = 0;
        for (at, ty) in types.into_iter().enumerate() {
            let phase = format!("{} ({} of {of})", ty.title, at + 1);
            let end = self.read_collection(ty, &phase, &mut tally).await?;
            unreachable_in_a_row = if end.unreachable { unreachable_in_a_row + 1 } else { 0 };
            if let Some(failure) = end.failure.filter(|_| unreachable_in_a_row >= UNREACHABLE_IN_A_ROW_MAX) {
                return Err(Interrupted::Failed { failure, again: true });
            }
        }
        // The last counts belong to the record of the run, however short ago the one before was written.
        self.run.progress(tally.counts(), "done").await?;
        Ok(tally.ending())
    }
}

/// Gives the types that a person chose, or all that `may` be read this deep; an unknown word is an error.
pub(crate) fn chosen<'t>(
    field: &str,
    wanted: impl Iterator<Item = &'t String>,
    may: fn(&PolicyType) -> bool,
) -> Result<Vec<&'static PolicyType>, String> {
    let registry = Registry::builtin();
    let mut chosen = Vec::new();
    for key in wanted {
        let ty = registry.get(key).filter(|ty| may(ty)).ok_or_else(|| {
            let known: Vec<&str> =
                registry.types().iter().filter(|ty| may(ty)).map(|ty| ty.key.as_str()).collect();
            format!("{field}: `{key}` is not one of {}", known.join(", "))
        })?;
        chosen.push(ty);
    }
    if chosen.is_empty() {
        chosen = registry.types().iter().filter(|ty| may(ty)).collect();
    }
    Ok(chosen)
}
