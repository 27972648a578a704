//! How far a run has come: a bar with its numbers beside it.

use maud::{Markup, html};

use super::number::{grouped, percent};

/// What a run has counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Things looked at.
    pub processed: u64,
    /// Things there are; none while that is unknown.
    pub total: Option<u64>,
    /// Things that failed.
    pub failed: u64,
}

/// Whether a bar shows work or its result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeterOf {
    /// Work that goes on.
    Progress,
    /// Work that is over.
    Result,
}

/// Draws a meter with the text that says the same.
///
/// A bar is filled only where both numbers are known; elsewhere it is hatched and the count so far stands beside it.
#[must_use]
pub fn meter(tally: Tally, of: MeterOf) -> Markup {
    let done = match of {
        MeterOf::Progress => tally.processed,
        MeterOf::Result => tally.processed.saturating_sub(tally.failed),
    };
    html! {
        span .res {
            @match (tally.total, of) {
                (Some(total), _) if total > 0 => {
                    (bar(tally, total, of))
                    span { (grouped(done)) " / " (grouped(total)) }
                }
                (_, MeterOf::Result) => { span { (grouped(done)) " processed" } }
                (_, MeterOf::Progress) => {
                    span .meter .meter-unknown role="img" aria-label="in progress, total unknown" {}
                    span { (grouped(done)) " so far" }
                }
            }
            @if tally.failed > 0 { span .mut { (grouped(tally.failed)) " failed" } }
        }
    }
}

fn bar(tally: Tally, total: u64, of: MeterOf) -> Markup {
    let bad = percent(tally.failed, total);
    let good = percent(tally.processed.saturating_sub(tally.failed), total).min(100.0 - bad);
    let fill = match of {
        MeterOf::Progress => "fill-run",
        MeterOf::Result => "fill-done",
    };
    let label =
        format!("{} of {}, {} failed", grouped(tally.processed), grouped(total), grouped(tally.failed));
    html! {
        svg .meter viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label=(label) {
            @if good > 0.0 { rect class=(fill) width=(good) height="6" {} }
            // A failure stays visible however small its share is.
            @if bad > 0.0 { rect .fill-fail x=(good.min(97.0)) width=(bad.max(3.0)) height="6" {} }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::components::testing::check;

    fn tally(processed: u64, total: Option<u64>, failed: u64) -> Tally {
        Tally { processed, total, failed }
    }

    #[test]
    fn meters_show_progress_result_and_what_is_not_known() {
        let all = [
            meter(tally(318, Some(412), 0), MeterOf::Progress),
            meter(tally(11_204, None, 0), MeterOf::Progress),
            meter(tally(41, Some(41), 4), MeterOf::Result),
            meter(tally(12, None, 0), MeterOf::Result),
        ];
        check("meters", &all.map(maud::PreEscaped::into_string).concat());
    }

    #[test]
    fn nothing_to_do_is_no_progress_of_a_hundred_percent() {
        let markup = meter(tally(0, Some(0), 0), MeterOf::Result).into_string();
        assert!(!markup.contains("<svg"), "{markup}");
    }

    proptest! {
        #[test]
        fn a_bar_is_never_longer_than_its_ground(processed: u64, total in 1u64.., failed: u64) {
            let markup = bar(tally(processed, Some(total), failed), total, MeterOf::Result).into_string();
            let widths: f64 = markup.split("width=\"").skip(1)
                .map(|rest| rest.split('"').next().expect("it ends").parse::<f64>().expect("it is a number"))
                .sum();
            prop_assert!(widths <= 103.0, "{}", markup);
        }
    }
}
