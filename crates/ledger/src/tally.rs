//! How many runs there are, day by day: the numbers on the tabs and the drawing above the list.

use std::collections::BTreeMap;

use database::{DatabaseError, Row, Value, params, statement};
use tenancy::Scope;

use crate::Ledger;
use crate::list::{narrowed, narrowed_sqlite};
use crate::run::{Outcome, RunStatus};
use crate::search::RunSearch;

statement! {
    /// Counts runs by day, status and outcome. A day is a whole number of days since 1970 in the zone that is
    /// this many seconds ahead of UTC.
    pub(crate) TALLY = "ledger.tally", (Uuid, UuidList, TextList, Text, Uuid, Text, Uuid, Uuid, Text, Text, I64) -> (I64, Text, Text, I64),
    postgres: concat!("/* ledger.tally */ SELECT floor((extract(epoch FROM created_at) + $11::bigint) / 86400)::bigint AS day, status, outcome, count(*)
        FROM operation_runs WHERE ", narrowed!(), " GROUP BY day, status, outcome"),
    sqlite: concat!("SELECT (created_at + $11 * 1000000) / 86400000000 AS day, status, outcome, count(*)
        FROM operation_runs WHERE ", narrowed_sqlite!(), " GROUP BY day, status, outcome"),
}

/// How many runs of a day are in which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Waiting.
    pub queued: u64,
    /// Under way.
    pub running: u64,
    /// Done.
    pub succeeded: u64,
    /// Done in part.
    pub partial: u64,
    /// Not done.
    pub failed: u64,
    /// Refused by a precondition.
    pub blocked: u64,
    /// Called off.
    pub cancelled: u64,
}

/// The runs that were started on one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayTally {
    /// The day, counted from 1970-01-01.
    pub day: i64,
    /// Its runs.
    pub runs: Tally,
}

impl Tally {
    /// Gives all of them.
    #[must_use]
    pub fn all(self) -> u64 {
        self.active() + self.succeeded + self.partial + self.failed + self.blocked + self.cancelled
    }

    /// Gives those that are not over.
    #[must_use]
    pub fn active(self) -> u64 {
        self.queued + self.running
    }

    /// Adds up several.
    #[must_use]
    pub fn sum(of: impl IntoIterator<Item = Self>) -> Self {
        of.into_iter().fold(Self::default(), |sum, one| Self {
            queued: sum.queued + one.queued,
            running: sum.running + one.running,
            succeeded: sum.succeeded + one.succeeded,
            partial: sum.partial + one.partial,
            failed: sum.failed + one.failed,
            blocked: sum.blocked + one.blocked,
            cancelled: sum.cancelled + one.cancelled,
        })
    }

    fn add(&mut self, status: RunStatus, outcome: Outcome, count: u64) {
        let slot = match (status, outcome) {
            (RunStatus::Queued, _) => &mut self.queued,
            (RunStatus::Running, _) => &mut self.running,
            (RunStatus::Completed, Outcome::Succeeded) => &mut self.succeeded,
            (RunStatus::Completed, Outcome::PartiallySucceeded) => &mut self.partial,
            (RunStatus::Completed, Outcome::Blocked) => &mut self.blocked,
            (RunStatus::Completed, Outcome::Cancelled) => &mut self.cancelled,
            (RunStatus::Completed, Outcome::Failed | Outcome::Pending) => &mut self.failed,
        };
        *slot += count;
    }
}

impl Ledger {
    /// Counts the runs that match by the day they were started, whatever their state; days without any are left out.
    ///
    /// Days are those of a zone `ahead_seconds` ahead of UTC.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn tally(
        &self,
        scope: &Scope,
        search: &RunSearch,
        ahead_seconds: i64,
    ) -> Result<Vec<DayTally>, DatabaseError> {
        let values = values(scope, search, ahead_seconds);
        self.database
            .read("ledger.tally", move |tx| {
                Box::pin(async move { read_days(&tx.query(&TALLY, &values).await?) })
            })
            .await
    }
}

/// Gives the values of [`TALLY`].
pub(crate) fn values(scope: &Scope, search: &RunSearch, ahead_seconds: i64) -> Vec<Value> {
    let mut values = search.values(scope);
    values.extend(params![ahead_seconds].to_vec());
    values
}

/// Reads the answer of [`TALLY`].
pub(crate) fn read_days(rows: &[Row]) -> Result<Vec<DayTally>, DatabaseError> {
    let mut days: BTreeMap<i64, Tally> = BTreeMap::new();
    for row in rows {
        let (status, outcome): (String, String) = (row.get(1)?, row.get(2)?);
        days.entry(row.get(0)?).or_default().add(status.parse()?, outcome.parse()?, row.get(3)?);
    }
    Ok(days.into_iter().map(|(day, runs)| DayTally { day, runs }).collect())
}
