//! When a schedule fires.
//!
//! A *cadence* is either a span, counted from the beginning of 1970 and so the same on every machine, or a cron
//! expression of five fields in a time zone. Where a zone's clock is set forward over a time, that time fires
//! once, right after the gap; where it is set back, a time that comes twice fires once, the first time. An
//! expression that names every hour or a step of hours follows the clock on the wall through both.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use database::Ts;
use jiff::Zoned;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// The shortest span between two times: what runs more often is no schedule but a queue.
pub const SPAN_MINUTES_MIN: u32 = 5;

/// The longest span between two times of a cadence that is given in minutes: a year.
pub const SPAN_MINUTES_MAX: u32 = 366 * 24 * 60;

/// The longest cron expression, in bytes.
const EXPRESSION_MAX: usize = 200;

/// How many times are looked at to find two that are too close.
const LOOKED_AT: usize = 60;

/// When a schedule fires.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Cadence {
    /// Every so many minutes.
    Every {
        /// How many.
        minutes: u32,
    },
    /// As a cron expression says.
    Cron {
        /// Minute, hour, day of the month, month, day of the week.
        expression: String,
        /// The zone that it is read in, for example `Europe/Berlin`.
        zone: String,
    },
}

/// A cadence that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CadenceError {
    /// The span is too short or too long.
    #[error("a schedule fires every {SPAN_MINUTES_MIN} minutes at most, and once a year at least")]
    Span,
    /// The expression is not one.
    #[error(
        "`{0}` is no cron expression of five fields: minute, hour, day of the month, month, day of the week"
    )]
    Expression(String),
    /// There is no such zone.
    #[error("there is no time zone `{0}`; name one such as Europe/Berlin or UTC")]
    Zone(String),
    /// The expression names a day that does not exist.
    #[error("`{0}` never fires: there is no such day")]
    Never(String),
}

impl Cadence {
    /// Fires every so many minutes.
    ///
    /// # Errors
    /// [`CadenceError::Span`] outside of what is taken.
    pub fn every(minutes: u32) -> Result<Self, CadenceError> {
        if (SPAN_MINUTES_MIN..=SPAN_MINUTES_MAX).contains(&minutes) {
            Ok(Self::Every { minutes })
        } else {
            Err(CadenceError::Span)
        }
    }

    /// Fires once a day, at this time of a zone.
    ///
    /// # Errors
    /// [`CadenceError::Expression`] for a time that no day has, [`CadenceError::Zone`] for an unknown zone.
    pub fn daily(hour: u8, minute: u8, zone: &str) -> Result<Self, CadenceError> {
        Self::cron(&format!("{minute} {hour} * * *"), zone)
    }

    /// Fires as a cron expression says, in a zone; `now` is where looking for its times begins.
    ///
    /// # Errors
    /// Any [`CadenceError`]: what is no expression of five fields, fires never, or more often than every
    /// [`SPAN_MINUTES_MIN`] minutes.
    pub fn cron(expression: &str, zone: &str) -> Result<Self, CadenceError> {
        let cadence = Self::Cron { expression: expression.trim().to_owned(), zone: zone.to_owned() };
        cadence.compiled()?;
        // From a fixed day on, so that the same expression is always judged alike; it spans a leap year's end.
        let mut last = Ts::from_micros(FIRST_LOOK);
        let mut found = 0;
        for at in cadence.upcoming(last, LOOKED_AT) {
            if found > 0 && at.since(last).as_secs() < u64::from(SPAN_MINUTES_MIN) * 60 {
                return Err(CadenceError::Span);
            }
            (last, found) = (at, found + 1);
        }
        if found == 0 { Err(CadenceError::Never(quoted(expression))) } else { Ok(cadence) }
    }

    /// Gives the first time after an instant; none where there is none any more.
    #[must_use]
    pub fn next_after(&self, after: Ts) -> Option<Ts> {
        match self {
            Self::Every { minutes } => {
                let span = i64::from(*minutes) * MICROS_PER_MINUTE;
                let turn = after.as_micros().div_euclid(span).checked_add(1)?;
                turn.checked_mul(span).map(Ts::from_micros)
            }
            Self::Cron { .. } => {
                let (cron, zone) = self.compiled().ok()??;
                let after = after.to_jiff().to_zoned(zone);
                cron.find_next_occurrence(&after, false).ok().map(|at: Zoned| at.timestamp().into())
            }
        }
    }

    /// Gives the last time up to an instant, that instant among them.
    #[must_use]
    pub fn latest_until(&self, until: Ts) -> Option<Ts> {
        match self {
            Self::Every { minutes } => {
                let span = i64::from(*minutes) * MICROS_PER_MINUTE;
                Some(Ts::from_micros(until.as_micros().div_euclid(span) * span))
            }
            Self::Cron { .. } => {
                let (cron, zone) = self.compiled().ok()??;
                let until = until.to_jiff().to_zoned(zone);
                cron.find_previous_occurrence(&until, true).ok().map(|at: Zoned| at.timestamp().into())
            }
        }
    }

    /// Gives the next times after an instant, for a preview.
    pub fn upcoming(&self, after: Ts, count: usize) -> impl Iterator<Item = Ts> {
        std::iter::successors(self.next_after(after), |last| self.next_after(*last)).take(count)
    }

    fn compiled(&self) -> Result<Option<(Cron, TimeZone)>, CadenceError> {
        let Self::Cron { expression, zone } = self else { return Ok(None) };
        let wrong = || CadenceError::Expression(quoted(expression));
        let plain = expression.len() <= EXPRESSION_MAX
            && expression.is_ascii()
            && !expression.starts_with('@')
            && expression.split_ascii_whitespace().count() == 5;
        if !plain {
            return Err(wrong());
        }
        let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
        let cron = parser.parse(expression).map_err(|_| wrong())?;
        // Offsets and POSIX rules are no zones: their clocks are never set, which nobody means.
        let named = zone.len() <= 64 && (zone == "UTC" || zone.contains('/'));
        let found = if named { TimeZone::get(zone).ok() } else { None };
        let zone = found.ok_or_else(|| CadenceError::Zone(quoted(zone)))?;
        Ok(Some((cron, zone)))
    }
}

const MICROS_PER_MINUTE: i64 = 60_000_000;

/// The first of January 2027.
const FIRST_LOOK: i64 = 1_798_761_600_000_000;

fn quoted(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Ts {
        text.parse::<jiff::Timestamp>().expect("a time").into()
    }

    fn times(cadence: &Cadence, after: &str, count: usize) -> Vec<String> {
        cadence.upcoming(at(after), count).map(|at| at.to_string()).collect()
    }

    #[test]
    fn b31_a_time_in_the_gap_of_a_spring_night_fires_once_right_after_it() {
        let berlin = Cadence::cron("30 2 * * *", "Europe/Berlin").expect("a cadence");
        assert_eq!(
            times(&berlin, "2027-03-27T12:00:00Z", 3),
            ["2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z", "2027-03-30T00:30:00Z"]
        );
    }

    #[test]
    fn b31_a_time_that_comes_twice_in_an_autumn_night_fires_once() {
        let berlin = Cadence::daily(2, 30, "Europe/Berlin").expect("a cadence");
        assert_eq!(
            times(&berlin, "2027-10-30T12:00:00Z", 3),
            ["2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z", "2027-11-02T01:30:00Z"]
        );
        assert_eq!(berlin.latest_until(at("2027-10-31T01:45:00Z")), Some(at("2027-10-31T00:30:00Z")));
    }

    #[test]
    fn b31_hours_on_the_wall_are_followed_through_both_nights() {
        let hourly = Cadence::cron("0 * * * *", "Europe/Berlin").expect("a cadence");
        for night in ["2027-03-27T22:30:00Z", "2027-10-30T22:30:00Z"] {
            let all: Vec<Ts> = hourly.upcoming(at(night), 6).collect();
            assert!(all.windows(2).all(|two| two[1].since(two[0]).as_secs() == 3600), "{all:?}");
        }
    }

    #[test]
    fn the_latest_time_and_the_next_one_meet() {
        for cadence in [
            Cadence::every(15).expect("a span"),
            Cadence::daily(3, 10, "UTC").expect("a time"),
            Cadence::cron("0 22 * * 1-5", "Europe/Berlin").expect("a cadence"),
        ] {
            for step in 0..500 {
                let now = Ts::from_micros(FIRST_LOOK + step * 7_654_321_987);
                let latest = cadence.latest_until(now).expect("there was one");
                assert!(latest <= now);
                let next = cadence.next_after(now).expect("there is one");
                assert!(next > now && cadence.next_after(latest) == Some(next), "{cadence:?} at {now}");
                assert_eq!(cadence.latest_until(latest), Some(latest));
            }
        }
    }

    #[test]
    fn b30_what_is_no_cadence_is_refused_in_words() {
        let refused = |expression: &str, zone: &str| {
            Cadence::cron(expression, zone).expect_err("it is refused").to_string()
        };
        let long = "0 ".repeat(5_000);
        for wrong in [
            "",
            "@reboot",
            "@daily",
            "60 * * * *",
            "* * * *",
            "0 0 0 * * *",
            "0 0 0 * * * 2027",
            "a b c d e",
            &long,
        ] {
            assert!(refused(wrong, "UTC").contains("five fields"), "{wrong}");
        }
        assert!(refused("0 0 30 2 *", "UTC").contains("never fires"));
        for often in ["* * * * *", "*/2 * * * *", "0,1 3 * * *"] {
            assert!(refused(often, "UTC").contains("every 5 minutes at most"), "{often}");
        }
        for zone in ["", "UTC+25", "Mars/Base", "CET-1CEST", "../etc/passwd", "Europe/Berlin\0"] {
            assert!(refused("0 3 * * *", zone).contains("no time zone"), "{zone}");
        }
        assert_eq!(Cadence::every(0), Err(CadenceError::Span));
        assert_eq!(Cadence::every(u32::MAX), Err(CadenceError::Span));
    }

    #[test]
    fn a_cadence_is_read_as_it_was_stored() {
        for cadence in [Cadence::every(15), Cadence::cron("0 22 * * 1-5", "Europe/Berlin")] {
            let cadence = cadence.expect("a cadence");
            let stored = serde_json::to_value(&cadence).expect("it has a form");
            assert_eq!(serde_json::from_value::<Cadence>(stored).expect("it is read"), cadence);
        }
    }
}
