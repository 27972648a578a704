//! The run tape: a column a day, what ended well above the line, what failed below it.

use jiff::civil::{Date, Weekday};
use maud::{Markup, html};

use super::number::{counted, grouped};
use super::wall::Wall;

/// Height above the line, in pixels.
const UP: f64 = 56.0;

/// Height below the line.
const DOWN: f64 = 20.0;

/// Where the line is; the stylesheet draws it there.
const LINE: f64 = 58.0;

/// The least height of anything that happened at all.
const LEAST: f64 = 2.0;

/// How many days a narrow screen shows.
const NARROW_DAYS: usize = 14;

/// The runs of one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapeDay {
    /// The day.
    pub date: Date,
    /// Runs that succeeded.
    pub succeeded: u64,
    /// Runs that succeeded in part.
    pub partial: u64,
    /// Runs that failed.
    pub failed: u64,
    /// Runs that were cancelled or blocked.
    pub other: u64,
    /// Runs that are not over.
    pub active: u64,
    /// The list of that day's runs.
    pub href: String,
}

impl TapeDay {
    fn total(&self) -> u64 {
        self.succeeded + self.partial + self.failed + self.other + self.active
    }

    fn above(&self) -> u64 {
        self.succeeded + self.other + self.partial + self.active
    }
}

/// Draws the tape with its key and, behind a disclosure, the same as a table.
///
/// `span` completes "runs …", as in `in the last 30 days`. The days come oldest first; all have the same scale.
#[must_use]
pub fn tape(days: &[TapeDay], span: &str, wall: &Wall) -> Markup {
    let total: u64 = days.iter().map(TapeDay::total).sum();
    let up_scale = UP / scale(days.iter().map(TapeDay::above).max());
    // Failures share the scale of the rest, unless they would not fit below the line.
    let down_scale = up_scale.min(DOWN / scale(days.iter().map(|day| day.failed).max()));
    html! {
        section #tape .panel .tape data-with-list aria-label=(format!("Runs per day, {span}")) {
            div .key {
                span { b { (grouped(total)) } (if total == 1 { "run " } else { "runs " }) (span) }
                @if let Some(share) = share_succeeded(days) {
                    p { strong { (share) " %" } " fully succeeded" }
                }
            }
            div .days {
                @for (at, day) in days.iter().enumerate() {
                    (column(day, Place { at, of: days.len() }, up_scale, down_scale, wall))
                }
            }
            (table(days))
        }
    }
}

/// Where a day stands among the days.
#[derive(Clone, Copy)]
struct Place {
    at: usize,
    of: usize,
}

impl Place {
    /// Gives how many days there are from here on: today has 1.
    fn days_left(self) -> usize {
        self.of - self.at
    }

    /// Labels stand as close as their columns are wide, counted from today.
    fn has_label(self) -> bool {
        let step = match self.of {
            ..17 => 1,
            17..46 => 2,
            46.. => 7,
        };
        (self.days_left() - 1).is_multiple_of(step)
    }
}

fn column(day: &TapeDay, place: Place, up_scale: f64, down_scale: f64, wall: &Wall) -> Markup {
    let weekend = matches!(day.date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let is_today = day.date == wall.today();
    let class = match (weekend, place.days_left() > NARROW_DAYS) {
        (true, true) => "day we old",
        (true, false) => "day we",
        (false, true) => "day old",
        (false, false) => "day",
    };
    let name = day.date.strftime("%A %-d %B");
    let label = format!(
        "{name}: {}, {} partial, {} failed",
        counted(day.total(), "run", "runs"),
        grouped(day.partial),
        grouped(day.failed)
    );
    html! {
        a class=(class) href=(day.href) title=(label) aria-current=[is_today.then_some("date")] {
            svg viewBox="0 0 16 81" preserveAspectRatio="none" aria-hidden="true" { (bars(day, up_scale, down_scale)) }
            @if is_today {
                time datetime=(day.date) { "Today" }
            } @else if place.has_label() {
                time datetime=(day.date) { (short(day.date, place)) }
            } @else { span .lb {} }
            span .sr { " " (label) }
        }
    }
}

/// Names a day; the month stands with the first label and in the first days of another.
fn short(date: Date, place: Place) -> String {
    let with_month = place.at < 2 || date.day() < 3;
    date.strftime(if with_month { "%-d %b" } else { "%-d" }).to_string()
}

fn bars(day: &TapeDay, up_scale: f64, down_scale: f64) -> Markup {
    let mut top = LINE;
    let mut stacked = Vec::new();
    let above =
        [(day.succeeded + day.other, "fill-quiet"), (day.partial, "fill-part"), (day.active, "active")];
    for (count, class) in above.into_iter().filter(|(count, _)| *count > 0) {
        let height = height(count, up_scale);
        top -= height;
        stacked.push((round(top), height, class));
        top -= 1.0;
    }
    html! {
        @for (y, height, class) in stacked { rect class=(class) y=(y) width="16" height=(height) {} }
        @if day.failed > 0 { rect .fill-fail y=(LINE + 2.0) width="16" height=(height(day.failed, down_scale)) {} }
    }
}

fn table(days: &[TapeDay]) -> Markup {
    html! {
        details .alt {
            summary { "Show as table" }
            div .scroll tabindex="0" role="region" aria-label="Runs per day as a table" {
                table .figures {
                    thead { tr {
                        th scope="col" { "Day" }
                        @for name in ["Succeeded", "Partial", "Failed", "Other", "Active"] { th .num scope="col" { (name) } }
                    } }
                    tbody {
                        @for day in days.iter().rev() {
                            tr {
                                th scope="row" { a href=(day.href) { (day.date.strftime("%A %-d %B")) } }
                                @for count in [day.succeeded, day.partial, day.failed, day.other, day.active] {
                                    td .num { (grouped(count)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Gives how many of the runs that ended did so in full, in percent with one digit; none if none ended.
fn share_succeeded(days: &[TapeDay]) -> Option<String> {
    let succeeded: u64 = days.iter().map(|day| day.succeeded).sum();
    let ended: u64 = days.iter().map(|day| day.total() - day.active).sum();
    // Rounded down: 100 % means all of them.
    let per_mille = (ended > 0).then(|| u128::from(succeeded) * 1000 / u128::from(ended))?;
    Some(format!("{}.{}", per_mille / 10, per_mille % 10).replace("100.0", "100"))
}

fn height(count: u64, scale: f64) -> f64 {
    round((as_float(count) * scale).max(LEAST))
}

fn scale(most: Option<u64>) -> f64 {
    as_float(most.unwrap_or(0).max(1))
}

fn round(pixels: f64) -> f64 {
    (pixels * 10.0).round() / 10.0
}

#[expect(clippy::cast_precision_loss, reason = "a drawing does not need all 64 bits")]
fn as_float(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::components::testing::{assert_sound, check, wall};

    fn day(back: i64, succeeded: u64, partial: u64, failed: u64) -> TapeDay {
        let date = wall().today() - jiff::Span::new().days(back);
        let href = format!("?on={date}");
        TapeDay { date, succeeded, partial, failed, other: 0, active: u64::from(back == 0), href }
    }

    #[test]
    fn a_tape_stands_beside_the_same_as_a_table() {
        let days = [day(2, 52, 1, 1), day(1, 0, 0, 0), day(0, 24, 1, 9)];
        check("tape", &tape(&days, "in the last 3 days", &wall()).into_string());
    }

    #[test]
    fn all_is_said_only_where_all_succeeded() {
        assert_eq!(share_succeeded(&[day(1, 9999, 1, 0)]).as_deref(), Some("99.9"));
        assert_eq!(share_succeeded(&[day(1, 7, 0, 0)]).as_deref(), Some("100"));
        assert_eq!(share_succeeded(&[day(1, 0, 0, 0)]), None);
    }

    proptest! {
        #[test]
        fn no_bar_leaves_its_column(counts in prop::collection::vec((0u64..1_000_000, 0u64..9, 0u64..5_000_000), 1..31)) {
            let days: Vec<TapeDay> = counts.iter().zip(0..).map(|(&(s, p, f), back)| day(back, s, p, f)).collect();
            let markup = tape(&days, "in the last 30 days", &wall()).into_string();
            assert_sound(&markup);
            for rect in markup.split("<rect").skip(1) {
                let number = |name: &str| -> f64 {
                    let rest = rect.split(&format!("{name}=\"")).nth(1).expect("it is there");
                    rest.split('"').next().expect("it ends").parse().expect("it is a number")
                };
                prop_assert!(number("y") >= -4.0 && number("y") + number(" height") <= 81.0, "{}", rect);
            }
        }
    }
}
