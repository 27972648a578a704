//! The last runs of the same operation: how long they took, and how they ended.

use std::time::Duration;

use maud::{Markup, html};

use super::badge::State;
use super::duration::duration;
use super::link::{Link, link};
use super::number::counted;
use super::tabs::Selected;

/// Height of the drawing.
const HEIGHT: f64 = 44.0;

/// Most that are drawn.
const SHOWN: usize = 24;

/// One of the runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRun {
    /// How it ended.
    pub state: State,
    /// How long it took.
    pub ran: Duration,
    /// Whether it is the one that the page is about.
    pub this: Selected,
}

/// Draws the durations of the last runs, oldest first, with the same in words.
#[must_use]
pub fn history(runs: &[PastRun], all: Option<&Link>) -> Markup {
    let runs = &runs[runs.len().saturating_sub(SHOWN)..];
    let longest = runs.iter().map(|run| run.ran.as_secs_f64()).fold(0.001, f64::max);
    #[expect(clippy::cast_precision_loss, reason = "there are 24 at most")]
    let step = 100.0 / runs.len().max(8) as f64;
    let words = in_words(runs);
    let mut bars = Vec::new();
    let mut x = 0.0;
    for run in runs {
        let height = (run.ran.as_secs_f64() / longest * (HEIGHT - 4.0)).max(2.0);
        bars.push((x, HEIGHT - height, height, fill(run.state), run.this.is()));
        x += step;
    }
    html! {
        svg .history role="img" aria-label=(format!("Durations of the last {}: {words}", counted(runs.len() as u64, "run", "runs"))) {
            @for (x, y, height, fill, is_this) in bars {
                @let width = format!("{:.2}%", step * 0.74);
                rect class=(fill) x=(format!("{x:.2}%")) y=(format!("{y:.1}")) width=(width) height=(format!("{height:.1}")) {}
                @if is_this {
                    rect .me x=(format!("{x:.2}%")) y=(format!("{:.1}", y - 2.0)) width=(width) height=(format!("{:.1}", height + 3.0)) {}
                }
            }
        }
        p {
            "Bar height is duration, the longest " (duration(Duration::from_secs_f64(longest))) ". " (words) ". "
            @if let Some(all) = all { (link(all)) }
        }
    }
}

fn in_words(runs: &[PastRun]) -> String {
    let count = |wanted: State| runs.iter().filter(|run| run.state == wanted).count();
    let parts: Vec<String> = State::ALL
        .into_iter()
        .map(|state| (count(state), state))
        .filter(|(count, _)| *count > 0)
        .map(|(count, state)| format!("{count} {}", state.label().to_lowercase()))
        .collect();
    parts.join(", ")
}

const fn fill(state: State) -> &'static str {
    match state {
        State::Running => "fill-run",
        State::Partial | State::Blocked => "fill-part",
        State::Failed => "fill-fail",
        State::Succeeded | State::Queued | State::Cancelled | State::Unknown => "fill-quiet",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn the_last_runs_are_drawn_and_told() {
        let run = |state, seconds, this| PastRun { state, ran: Duration::from_secs(seconds), this };
        let runs = [
            run(State::Succeeded, 60, Selected::No),
            run(State::Failed, 3, Selected::No),
            run(State::Partial, 90, Selected::Yes),
        ];
        check("history", &history(&runs, Some(&Link::new("Show them", "?type=x"))).into_string());
    }
}
