//! When runs were started, as an address says it.

use jiff::civil::Date;
use jiff::{Span, Zoned};
use tenancy::Ts;

use crate::components::Wall;

/// When a run was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// In the last hours.
    Hours(i32),
    /// In the last days, today among them.
    Days(i32),
    /// Between two days, both among them.
    Between(Option<Date>, Option<Date>),
    /// On one day.
    On(Date),
}

/// The range where the address names none.
pub const RANGE: Range = Range::Days(30);

impl Range {
    /// Those that have a name, as value and words.
    pub const NAMED: [(&'static str, &'static str, Self); 4] = [
        ("24h", "Last 24 hours", Self::Hours(24)),
        ("7d", "Last 7 days", Self::Days(7)),
        ("30d", "Last 30 days", Self::Days(30)),
        ("90d", "Last 90 days", Self::Days(90)),
    ];

    /// Gives the value in the query; none where it has no name.
    #[must_use]
    pub fn token(self) -> Option<&'static str> {
        Self::NAMED.iter().find(|(_, _, named)| *named == self).map(|(token, _, _)| *token)
    }

    /// Says it in words.
    #[must_use]
    pub fn words(self, wall: &Wall) -> String {
        let day = |date: Date| wall.short_date(date);
        match self {
            Self::Between(Some(from), Some(to)) => format!("{} to {}", day(from), day(to)),
            Self::Between(Some(from), None) => format!("Since {}", day(from)),
            Self::Between(None, Some(to)) => format!("Until {}", day(to)),
            Self::Between(None, None) => "Any time".to_owned(),
            Self::On(date) => day(date),
            named => Self::NAMED
                .iter()
                .find(|(_, _, range)| *range == named)
                .map_or("Some time", |(_, words, _)| *words)
                .to_owned(),
        }
    }

    /// Gives the first and the last day that it touches; none where it is open.
    #[must_use]
    pub fn days(self, wall: &Wall) -> (Option<Date>, Option<Date>) {
        let today = wall.today();
        let back = |days: i32| today.checked_sub(Span::new().days(days)).ok();
        match self {
            Self::Hours(hours) => (back((hours + 23) / 24), Some(today)),
            Self::Days(days) => (back(days - 1), Some(today)),
            Self::Between(from, to) => (from, to),
            Self::On(date) => (Some(date), Some(date)),
        }
    }

    /// Gives the instants that it lies between, the second of them outside; none where it is open.
    #[must_use]
    pub fn instants(self, wall: &Wall) -> (Option<Ts>, Option<Ts>) {
        let start =
            |date: Date| date.to_zoned(wall.zone.clone()).ok().map(|at: Zoned| Ts::from(at.timestamp()));
        match self {
            Self::Hours(hours) => {
                let seconds = u64::try_from(hours).unwrap_or(0) * 3600;
                (Some(Ts::from(wall.now).minus(std::time::Duration::from_secs(seconds))), None)
            }
            Self::Days(_) => (self.days(wall).0.and_then(start), None),
            Self::Between(_, _) | Self::On(_) => {
                let (from, to) = self.days(wall);
                (from.and_then(start), to.and_then(|to| to.tomorrow().ok()).and_then(start))
            }
        }
    }
}
