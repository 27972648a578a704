//! Taking runs along: everything that matches, page by page, the active ones first.

use std::collections::BTreeSet;

use database::{DatabaseError, params};
use tenancy::{RunId, Scope};

use crate::Ledger;
use crate::list::{ACTIVE, PAGE_MAX, PageFrom, RunRow, active_values, read_active};
use crate::search::{EndedRuns, RunSearch};

/// The place in the values of [`ACTIVE`] of the id that its runs are below.
const BELOW_AT: usize = 7;

/// Where an export goes on, and which runs it has given while they were active.
///
/// A run that ends while the export goes on would be met again among those that have ended.
#[derive(Clone, Debug, Default)]
pub struct ExportPlace {
    from: From,
    given: BTreeSet<RunId>,
}

#[derive(Clone, Copy, Debug, Default)]
enum From {
    #[default]
    Newest,
    ActiveBelow(RunId),
    Ended(PageFrom),
}

impl Ledger {
    /// Gives the next runs of an export with the place after them; none when all were given.
    ///
    /// Every run that matched when the export began is given once, whatever happens to it meanwhile; one that is
    /// started after that may be left out. A page may be empty before the last.
    ///
    /// # Errors
    /// Any [`DatabaseError`].
    pub async fn export(
        &self,
        scope: &Scope,
        search: &RunSearch,
        place: ExportPlace,
    ) -> Result<Option<(Vec<RunRow>, ExportPlace)>, DatabaseError> {
        let ExportPlace { from, mut given } = place;
        let below = match from {
            From::Newest => None,
            From::ActiveBelow(run) => Some(run),
            From::Ended(_) if search.ended == EndedRuns::LeftOut => return Ok(None),
            From::Ended(at) => {
                let page = self.search_ended(scope, search, at, PAGE_MAX).await?;
                let Some(last) = page.runs.last().map(|run| run.id) else { return Ok(None) };
                let runs = page.runs.into_iter().filter(|run| !given.contains(&run.id)).collect();
                return Ok(Some((runs, ExportPlace { from: From::Ended(PageFrom::OlderThan(last)), given })));
            }
        };
        let runs = self.active_below(scope, search, below).await?;
        let next = match runs.last() {
            Some(last) => From::ActiveBelow(last.id),
            None => From::Ended(PageFrom::Newest),
        };
        given.extend(runs.iter().map(|run| run.id));
        Ok(Some((runs, ExportPlace { from: next, given })))
    }

    async fn active_below(
        &self,
        scope: &Scope,
        search: &RunSearch,
        below: Option<RunId>,
    ) -> Result<Vec<RunRow>, DatabaseError> {
        let Some(mut values) = active_values(scope, search) else { return Ok(Vec::new()) };
        if let Some(below) = below {
            values[BELOW_AT] = params![below][0].clone();
        }
        self.database
            .read("ledger.export", move |tx| {
                Box::pin(async move { tx.query(&ACTIVE, &values).await?.iter().map(read_active).collect() })
            })
            .await
    }
}
