//! Naming a run on the command line: by its id, or by the end of it.
//!
//! An id begins with the time it was made, so that runs of one minute look alike at the front; its end is
//! random. The end is what lists show, and eight digits of it tell thousands of runs apart.

use std::fmt;
use std::str::FromStr;

use ledger::{Ledger, PAGE_MAX, RunFilter, RunId};
use tenancy::Scope;

use crate::problem::Problem;

/// The fewest hex digits that name a run.
const DIGITS_MIN: usize = 8;

/// How many pages of ended runs are searched for the end of an id; older runs take the whole id.
pub(crate) const PAGES_MAX: usize = 10;

/// What a person gave to name a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RunRef {
    /// All of its id.
    Id(RunId),
    /// The last hex digits of it.
    End(String),
}

/// A text that names no run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a run is named by its id, or by at least {DIGITS_MIN} hex digits of the end of it")]
pub(crate) struct RunRefError;

impl FromStr for RunRef {
    type Err = RunRefError;

    fn from_str(text: &str) -> Result<Self, RunRefError> {
        if let Ok(id) = RunId::from_str(text) {
            return Ok(Self::Id(id));
        }
        let digits: String = text.chars().filter(|c| *c != '-').collect::<String>().to_ascii_lowercase();
        let good = (DIGITS_MIN..32).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_hexdigit());
        if good { Ok(Self::End(digits)) } else { Err(RunRefError) }
    }
}

impl fmt::Display for RunRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::End(end) => f.write_str(end),
        }
    }
}

impl RunRef {
    /// Finds the run's whole id.
    ///
    /// # Errors
    /// No recent run ends like this, or several do.
    pub(crate) async fn resolve(&self, ledger: &Ledger, scope: &Scope) -> Result<RunId, Problem> {
        let end = match self {
            Self::Id(id) => return Ok(*id),
            Self::End(end) => end,
        };
        let mut found =
            matching(end, ledger.list_active(scope, &RunFilter::default()).await?.iter().map(|run| run.id));
        let mut after = None;
        for _ in 0..PAGES_MAX {
            let page = ledger.list_ended(scope, &RunFilter::default(), after, PAGE_MAX).await?;
            found.extend(matching(end, page.runs.iter().map(|run| run.id)));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        self.only(&found)
    }

    /// Gives the one run that was found.
    ///
    /// # Errors
    /// There is none, or there are several.
    pub(crate) fn only(&self, found: &[RunId]) -> Result<RunId, Problem> {
        match found {
            [run] => Ok(*run),
            [] => Err(unknown(self)),
            several => {
                let several: Vec<String> = several.iter().map(ToString::to_string).collect();
                Err(Problem::wrong_use(
                    "run.ambiguous",
                    format!("`{self}` is the end of several runs: {}", several.join(", ")),
                )
                .advice("give more of the id"))
            }
        }
    }
}

/// There is no such run, as far as the one who asks may know.
pub(crate) fn unknown(run: &RunRef) -> Problem {
    Problem::wrong_use("run.unknown", format!("there is no run `{run}`"))
        .advice("`tenantatlas runs list` shows those there are; a run that is not among the newest takes its whole id")
}

/// Gives those runs whose id ends like this.
pub(crate) fn matching(end: &str, runs: impl Iterator<Item = RunId>) -> Vec<RunId> {
    runs.filter(|run| run.as_uuid().simple().to_string().ends_with(end)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_named_by_its_id_or_the_end_of_it() {
        let whole = "0193471c-4b7e-7d1a-8c11-0a1b2c3d4e5f";
        assert_eq!(whole.parse(), Ok(RunRef::Id(whole.parse().expect("it is an id"))));
        assert_eq!("2c3d4E5f".parse(), Ok(RunRef::End("2c3d4e5f".to_owned())));
        assert_eq!("11-0a1b2c3d4e5f".parse(), Ok(RunRef::End("110a1b2c3d4e5f".to_owned())));
        for bad in ["", "latest", "3d4e5f", "2c3d4e5g", &"0".repeat(33)] {
            assert_eq!(bad.parse::<RunRef>(), Err(RunRefError), "{bad}");
        }
    }
}
