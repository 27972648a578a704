//! Reading one collection to its end, page by page.

use governance::contract::PolicyType;
use governance::inventory::{self, Depth, ReadingStatus, SeenItem};
use graph::{CollectionEnd, ErrorKind, Item, Page, Retry};
use ledger::failure::{Failure, FailureCode, SafeText, sanitize};
use serde_json::Value;
use worker::Interrupted;

use super::Reading;
use super::tally::Tally;
use crate::failure::{interrupted_by_graph, interrupted_by_recording, of_graph_on};

/// What became of a collection.
pub(super) struct Ended {
    /// Why it is not whole.
    pub(super) failure: Option<Failure>,
    /// Whether nothing at all could be had from it, for a reason that may pass.
    pub(super) unreachable: bool,
}

/// The counts that coverage keeps.
#[derive(Default)]
pub(super) struct Seen {
    items: u64,
    failed: u64,
    pages: u64,
    first_failure: Option<Failure>,
}

impl Reading<'_> {
    /// Reads a collection and closes it; only an error of the whole run is an error here.
    pub(super) async fn read_collection(
        &self,
        ty: &'static PolicyType,
        phase: &str,
        tally: &mut Tally,
    ) -> Result<Ended, Interrupted> {
        self.run.progress(tally.counts(), phase).await?;
        let started_at = self.services.clock.now();
        let mut seen = Seen::default();
        let mut listing = self.client.list(ty, self.cancel);
        while let Some(page) = listing.next_page().await {
            self.run.still_held()?;
            seen.pages += 1;
            self.record_page(ty, page, tally, &mut seen).await?;
            self.run.progress(tally.counts(), phase).await?;
        }
        let end = listing.end();
        let (status, failure, unreachable) = self.judge(ty, &end, seen.first_failure.take())?;
        let reading = inventory::Reading {
            status,
            seen: seen.items,
            failed: seen.failed,
            pages: seen.pages,
            code: failure.as_ref().map(|failure| failure.code.as_str().to_owned()),
        };
        let (scope, run) = (&self.run.claimed().scope, self.run.claimed().claim.run);
        let now = self.services.clock.now();
        let database = &self.services.database;
        let closed =
            inventory::close_collection(database, scope, run, &ty.key, self.depth, reading, started_at, now)
                .await;
        tally.missing(closed.map_err(|error| interrupted_by_recording(&error))?.missing);
        tally.ended(status, failure.clone());
        Ok(Ended { failure, unreachable: unreachable && seen.items == 0 })
    }

    async fn record_page(
        &self,
        ty: &'static PolicyType,
        page: Page,
        tally: &mut Tally,
        seen: &mut Seen,
    ) -> Result<(), Interrupted> {
        tally.listed(page.items.len() + page.unreadable);
        for _ in 0..page.unreadable {
            let failure =
                Failure::new(FailureCode::GRAPH_UNEXPECTED_ANSWER, "an object without an id cannot be kept");
            seen.fail(failure.on(title(ty)), tally);
        }
        let mut listed = Vec::new();
        for item in page.items {
            match SeenItem::of(ty, &item.id, &object(&item)) {
                Ok(kept) => listed.push((item, kept)),
                Err(error) => seen.fail(
                    Failure::new(FailureCode::PAYLOAD_UNREADABLE, sanitize(&error.to_string())).on(title(ty)),
                    tally,
                ),
            }
        }
        seen.items += listed.len() as u64;
        let (scope, run) = (&self.run.claimed().scope, self.run.claimed().claim.run);
        let now = self.services.clock.now();
        match self.depth {
            Depth::Listed => {
                let items = listed.into_iter().map(|(_, kept)| kept).collect();
                let recorded =
                    inventory::record_page(&self.services.database, scope, run, &ty.key, items, now).await;
                tally.recorded(recorded.map_err(|error| interrupted_by_recording(&error))?);
                Ok(())
            }
            Depth::Detailed => self.record_details(ty, listed, tally, seen).await,
        }
    }

    /// Says how the collection counts, given how its listing ended and what failed within it.
    fn judge(
        &self,
        ty: &PolicyType,
        end: &CollectionEnd,
        within: Option<Failure>,
    ) -> Result<(ReadingStatus, Option<Failure>, bool), Interrupted> {
        if let Some(error) = end.error() {
            // Without a token nothing else can be read either, and a stop is not the collection's fault.
            if matches!(
                error.kind(),
                ErrorKind::Cancelled | ErrorKind::CredentialsRejected | ErrorKind::Unauthorized
            ) {
                return Err(interrupted_by_graph(self.run, error));
            }
        }
        let failure = end.error().map(|error| of_graph_on(error, &ty.title));
        let passing = end.error().is_some_and(|error| error.retry() == Retry::Later);
        Ok(match end {
            CollectionEnd::Complete if within.is_none() => (ReadingStatus::Complete, None, false),
            CollectionEnd::Complete => (ReadingStatus::Partial, within, false),
            CollectionEnd::Partial { .. } => (ReadingStatus::Partial, failure, passing),
            CollectionEnd::Denied { .. } => (ReadingStatus::Denied, failure, false),
            CollectionEnd::Unlicensed { .. } => (ReadingStatus::Unlicensed, failure, false),
        })
    }
}

impl Seen {
    /// Takes back an object that was gone before it could be read.
    pub(super) fn gone(&mut self) {
        self.items = self.items.saturating_sub(1);
    }

    /// Counts an object that could not be read or kept, for the run and for the collection.
    pub(super) fn fail(&mut self, failure: Failure, tally: &mut Tally) {
        self.failed += 1;
        self.first_failure.get_or_insert_with(|| failure.clone());
        tally.failed(failure);
    }
}

/// Names a type in a failure.
pub(super) fn title(ty: &PolicyType) -> SafeText {
    sanitize(&ty.title)
}

fn object(item: &Item) -> Value {
    // The listing gave it as an object with an id, so it parses.
    serde_json::from_str(item.raw.get()).unwrap_or(Value::Null)
}
