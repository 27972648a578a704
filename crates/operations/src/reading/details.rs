//! Reading the objects of a page whole, and recording them with their versions.

use futures_util::{StreamExt, stream};
use governance::contract::{PolicyType, Registry};
use governance::inventory::{self, SeenItem};
use governance::policies::{self, PolicyRead, RawDocument, RawPart};
use graph::{Document, ErrorKind, GraphError, Item};
use ledger::failure::{Failure, FailureCode, sanitize};
use worker::Interrupted;

use super::Reading;
use super::collection::Seen;
use super::tally::Tally;
use crate::failure::{interrupted_by_graph, interrupted_by_recording, of_graph_on};

/// How many objects of a tenant are read at once; Graph's own limit per tenant is watched over by the client.
const OBJECTS_AT_ONCE: usize = 4;

/// What became of one object.
enum ObjectRead {
    Whole(Box<PolicyRead>, SeenItem),
    /// Deleted between the list and the call for its parts.
    Gone,
    Failed(Failure),
}

impl Reading<'_> {
    /// Reads every object of a page whole, then records the page in one go.
    ///
    /// An object that could not be read is kept out of the versions but in the inventory: it is there.
    pub(super) async fn record_details(
        &self,
        ty: &'static PolicyType,
        listed: Vec<(Item, SeenItem)>,
        tally: &mut Tally,
        seen: &mut Seen,
    ) -> Result<(), Interrupted> {
        let reads: Vec<_> = listed.into_iter().map(|(item, kept)| self.read_object(ty, item, kept)).collect();
        let mut reads = stream::iter(reads).buffered(OBJECTS_AT_ONCE);
        let (mut whole, mut there) = (Vec::new(), Vec::new());
        while let Some((kept, read)) = reads.next().await {
            match read? {
                ObjectRead::Whole(policy, refreshed) => {
                    whole.push(*policy);
                    there.push(refreshed);
                }
                ObjectRead::Gone => {
                    tally.skipped();
                    seen.gone();
                }
                ObjectRead::Failed(failure) => {
                    seen.fail(failure, tally);
                    there.push(kept);
                }
            }
        }
        let (scope, run) = (&self.run.claimed().scope, self.run.claimed().claim.run);
        let (database, now) = (&self.services.database, self.services.clock.now());
        // The inventory first: a crash between the two leaves an object that is known and not yet read, which is true.
        let recorded = inventory::record_page(database, scope, run, &ty.key, there, now).await;
        recorded.map_err(|error| interrupted_by_recording(&error))?;
        let recorded = policies::record(database, scope, run, whole, now).await;
        tally.recorded(recorded.map_err(|error| interrupted_by_recording(&error))?);
        Ok(())
    }

    async fn read_object(
        &self,
        ty: &'static PolicyType,
        item: Item,
        kept: SeenItem,
    ) -> (SeenItem, Result<ObjectRead, Interrupted>) {
        if let Err(stopped) = self.run.still_held() {
            return (kept, Err(stopped));
        }
        let name = kept.name().to_owned();
        let read = match self.client.read(ty, &item, self.cancel).await {
            Ok(document) => Ok(prepared(ty, &document, &name)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(ObjectRead::Gone),
            Err(error) => self.failed(&error, &name),
        };
        (kept, read)
    }

    /// Tells an object that could not be read from a run that cannot go on.
    fn failed(&self, error: &GraphError, name: &str) -> Result<ObjectRead, Interrupted> {
        match error.kind() {
            ErrorKind::Cancelled | ErrorKind::CredentialsRejected | ErrorKind::Unauthorized => {
                Err(interrupted_by_graph(self.run, error))
            }
            _ => Ok(ObjectRead::Failed(of_graph_on(error, name))),
        }
    }
}

fn prepared(ty: &'static PolicyType, document: &Document, name: &str) -> ObjectRead {
    let raw = document.parts.iter().fold(RawDocument::of(&document.object), |raw, part| {
        raw.with(RawPart { part: part.part, of: part.of.as_deref(), elements: &part.elements })
    });
    match policies::prepare(ty, Registry::builtin().rule_set(), &document.id, &raw) {
        Ok(read) => {
            let refreshed = read.seen().clone();
            ObjectRead::Whole(Box::new(read), refreshed)
        }
        Err(error) => {
            let failure = Failure::new(FailureCode::PAYLOAD_UNREADABLE, sanitize(&error.to_string()));
            ObjectRead::Failed(failure.on(sanitize(name)))
        }
    }
}
