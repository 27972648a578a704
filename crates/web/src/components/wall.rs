//! The clock on the wall: now, in the reader's zone, and how instants are written.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned, civil::Date};
use maud::{Markup, html};

/// From here on an instant is written in full instead of as a distance, in seconds.
const ABSOLUTE_AFTER: i64 = 24 * 60 * 60;

/// Below this, in seconds, something happened just now.
const JUST_NOW: i64 = 5;

/// Now, and the zone of whoever reads.
#[derive(Clone, Debug)]
pub struct Wall {
    /// The instant that the page is rendered at.
    pub now: Timestamp,
    /// The zone that its times are written in.
    pub zone: TimeZone,
}

impl Wall {
    /// Makes a wall clock.
    #[must_use]
    pub fn new(now: Timestamp, zone: TimeZone) -> Self {
        Self { now, zone }
    }

    /// Gives the day it is.
    #[must_use]
    pub fn today(&self) -> Date {
        self.zoned(self.now).date()
    }

    /// Gives the day that an instant falls on.
    #[must_use]
    pub fn date(&self, at: Timestamp) -> Date {
        self.zoned(at).date()
    }

    /// Writes the time of day: `13:58:04`.
    #[must_use]
    pub fn clock(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%H:%M:%S").to_string()
    }

    /// Writes the time of day to the minute: `13:58`.
    #[must_use]
    pub fn minute(&self, at: Timestamp) -> String {
        self.zoned(at).strftime("%H:%M").to_string()
    }

    /// Writes an instant with its zone: `2026-11-20 13:58:04 (UTC+01:00)`.
    #[must_use]
    pub fn exact(&self, at: Timestamp) -> String {
        let zoned = self.zoned(at);
        format!("{} ({})", zoned.strftime("%Y-%m-%d %H:%M:%S"), offset_of(&zoned))
    }

    /// Writes a day without its time: `20 Nov`, with the year where it is another one.
    #[must_use]
    pub fn day(&self, at: Timestamp) -> String {
        self.short_date(self.date(at))
    }

    /// Writes day and time: `19 Nov 23:10`.
    #[must_use]
    pub fn day_and_minute(&self, at: Timestamp) -> String {
        format!("{} {}", self.day(at), self.minute(at))
    }

    /// Names the zone by its offset now: `UTC+01:00`.
    #[must_use]
    pub fn offset(&self) -> String {
        offset_of(&self.zoned(self.now))
    }

    /// Writes a date: `20 Nov`, with the year where it is another one.
    #[must_use]
    pub fn short_date(&self, date: Date) -> String {
        let format = if date.year() == self.today().year() { "%-d %b" } else { "%-d %b %Y" };
        date.strftime(format).to_string()
    }

    /// Heads the band of a day: `Today, Friday 20 November`.
    #[must_use]
    pub fn day_heading(&self, date: Date) -> String {
        let today = self.today();
        let format = if date.year() == today.year() { "%A %-d %B" } else { "%A %-d %B %Y" };
        let name = date.strftime(format);
        if date == today {
            format!("Today, {name}")
        } else if today.yesterday().is_ok_and(|yesterday| date == yesterday) {
            format!("Yesterday, {name}")
        } else {
            name.to_string()
        }
    }

    /// Writes how long ago something was: `just now`, `2 min ago`, and after a day in full; never a negative distance.
    #[must_use]
    pub fn relative(&self, at: Timestamp) -> String {
        let seconds = self.now.as_second().saturating_sub(at.as_second());
        match seconds {
            ..JUST_NOW => "just now".to_owned(),
            JUST_NOW..60 => format!("{seconds} s ago"),
            60..3600 => format!("{} min ago", seconds / 60),
            3600..ABSOLUTE_AFTER => format!("{} h ago", seconds / 3600),
            ABSOLUTE_AFTER.. => self.day_and_minute(at),
        }
    }

    fn zoned(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }
}

fn offset_of(zoned: &Zoned) -> String {
    if zoned.offset().seconds() == 0 { "UTC".to_owned() } else { format!("UTC{}", zoned.strftime("%:z")) }
}

/// Writes an instant as a distance from now; the exact value is a hover, a focus or a screen reader away.
#[must_use]
pub fn rel_time(at: Timestamp, wall: &Wall) -> Markup {
    let exact = wall.exact(at);
    html! {
        time datetime=(at) title=(exact) data-exact=(exact) data-rel { (wall.relative(at)) }
    }
}

/// Writes an instant as its time of day, for lists of one run's events.
#[must_use]
pub fn clock_time(at: Timestamp, wall: &Wall) -> Markup {
    html! { time datetime=(at) title=(wall.exact(at)) { (wall.clock(at)) } }
}

/// Writes an instant as day and minute.
#[must_use]
pub fn day_time(at: Timestamp, wall: &Wall) -> Markup {
    html! { time datetime=(at) title=(wall.exact(at)) { (wall.day_and_minute(at)) } }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, civil::date};
    use proptest::prelude::*;

    use super::*;
    use crate::components::testing::{check, wall};

    fn ago(seconds: i64) -> String {
        let wall = wall();
        wall.relative(wall.now - SignedDuration::from_secs(seconds))
    }

    #[test]
    fn distances_grow_from_just_now_to_a_date() {
        let cases = [
            (-90, "just now"),
            (0, "just now"),
            (4, "just now"),
            (5, "5 s ago"),
            (59, "59 s ago"),
            (60, "1 min ago"),
            (3599, "59 min ago"),
            (3600, "1 h ago"),
            (86_399, "23 h ago"),
            (86_400, "19 Nov 15:11"),
            (400 * 86_400, "16 Oct 2025 16:11"),
        ];
        for (seconds, words) in cases {
            assert_eq!(ago(seconds), words, "{seconds} s");
        }
    }

    #[test]
    fn a_time_carries_its_exact_value() {
        let wall = wall();
        check("rel_time", &rel_time(wall.now - SignedDuration::from_secs(126), &wall).into_string());
    }

    #[test]
    fn bands_name_today_and_yesterday() {
        let wall = wall();
        assert_eq!(wall.day_heading(date(2026, 11, 20)), "Today, Friday 20 November");
        assert_eq!(wall.day_heading(date(2026, 11, 19)), "Yesterday, Thursday 19 November");
        assert_eq!(wall.day_heading(date(2026, 11, 18)), "Wednesday 18 November");
        assert_eq!(wall.day_heading(date(2025, 12, 31)), "Wednesday 31 December 2025");
        assert_eq!(wall.offset(), "UTC+01:00");
        assert_eq!(Wall::new(wall.now, TimeZone::UTC).offset(), "UTC");
    }

    proptest! {
        #[test]
        fn no_instant_breaks_a_page_or_lies_in_the_future(
            at in Timestamp::MIN.as_second()..Timestamp::MAX.as_second()
        ) {
            let wall = wall();
            let at = Timestamp::from_second(at).expect("it is in range");
            let words = wall.relative(at);
            prop_assert!(!words.is_empty() && !words.starts_with('-'));
            if at >= wall.now { prop_assert_eq!(words, "just now") }
        }
    }
}
