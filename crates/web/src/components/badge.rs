//! The badge: what state a run is in, as glyph and word.
//!
//! The table here is the only place that maps stored tokens to what people see.

use jiff::Timestamp;
use ledger::{Outcome, RunStatus};
use maud::{Markup, html};

use super::icon::{Icon, icon, styled_icon};
use super::wall::Wall;

/// What people call the state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Waits to be claimed.
    Queued,
    /// Is being worked on.
    Running,
    /// All of it was done.
    Succeeded,
    /// Some of it was done.
    Partial,
    /// Nothing was done, or it could not proceed.
    Failed,
    /// Somebody called it off.
    Cancelled,
    /// A precondition refused it.
    Blocked,
    /// A pair of tokens that means nothing to this version.
    Unknown,
}

/// Whether an active run goes its usual way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// It does, or it is over.
    #[default]
    Usual,
    /// It takes longer than twice its usual time, or has waited for over a minute.
    Late,
    /// Nothing was heard of it for longer than a lease.
    NoSignOfLife {
        /// When another worker takes over.
        taken_over_at: Timestamp,
    },
    /// It waits for a person to confirm it.
    AwaitsConfirmation,
    /// It waits until its kind is resumed.
    Paused,
}

/// How large a badge is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BadgeSize {
    /// As text in a row.
    #[default]
    Row,
    /// Beside the title of a page.
    Title,
}

impl State {
    /// Every state, in the order of tabs and filters.
    pub const ALL: [Self; 8] = [
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Partial,
        Self::Failed,
        Self::Cancelled,
        Self::Blocked,
        Self::Unknown,
    ];

    /// Reads the state from its stored tokens; a pair that cannot be is [`State::Unknown`], and is logged.
    #[must_use]
    pub fn of(status: RunStatus, outcome: Outcome) -> Self {
        match (status, outcome) {
            (RunStatus::Queued, Outcome::Pending) => Self::Queued,
            (RunStatus::Running, Outcome::Pending) => Self::Running,
            (RunStatus::Completed, Outcome::Succeeded) => Self::Succeeded,
            (RunStatus::Completed, Outcome::PartiallySucceeded) => Self::Partial,
            (RunStatus::Completed, Outcome::Failed) => Self::Failed,
            (RunStatus::Completed, Outcome::Cancelled) => Self::Cancelled,
            (RunStatus::Completed, Outcome::Blocked) => Self::Blocked,
            (RunStatus::Completed, Outcome::Pending)
            | (
                RunStatus::Queued | RunStatus::Running,
                Outcome::Succeeded
                | Outcome::PartiallySucceeded
                | Outcome::Failed
                | Outcome::Cancelled
                | Outcome::Blocked,
            ) => {
                tracing::warn!(run.status = %status, run.outcome = %outcome, "a run is in a state that cannot be");
                Self::Unknown
            }
        }
    }

    /// Gives the word.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Partial => "Partial",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::Blocked => "Blocked",
            Self::Unknown => "Unknown",
        }
    }

    /// Gives the glyph.
    #[must_use]
    pub const fn icon(self) -> Icon {
        match self {
            Self::Queued => Icon::Queued,
            Self::Running => Icon::Running,
            Self::Succeeded => Icon::Succeeded,
            Self::Partial => Icon::Partial,
            Self::Failed => Icon::Failed,
            Self::Cancelled => Icon::Cancelled,
            Self::Blocked => Icon::Blocked,
            Self::Unknown => Icon::Unknown,
        }
    }

    /// Says whether the run is not over.
    #[must_use]
    pub const fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }

    /// Gives the value of the `state` filter, which is also the name of the badge's style.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Blocked => "blocked",
            Self::Unknown => "unknown",
        }
    }

    /// Gives the class that colours a glyph which stands without its badge.
    #[must_use]
    pub(super) const fn tone(self) -> &'static str {
        match self {
            Self::Running => "i tone-running",
            Self::Succeeded => "i tone-ok",
            Self::Partial | Self::Blocked => "i tone-part",
            Self::Failed => "i tone-fail",
            Self::Queued | Self::Cancelled | Self::Unknown => "i tone-quiet",
        }
    }
}

/// Draws the glyph of a state in its colour, for tabs, toasts and notices; a word has to stand beside it.
#[must_use]
pub fn state_glyph(state: State) -> Markup {
    styled_icon(state.icon(), state.tone())
}

/// Draws the badge of a run: glyph, word, and what is unusual about its pace.
#[must_use]
pub fn badge(status: RunStatus, outcome: Outcome, pace: Pace, size: BadgeSize, wall: &Wall) -> Markup {
    let state = State::of(status, outcome);
    let class = match size {
        BadgeSize::Row => format!("badge badge-{}", state.token()),
        BadgeSize::Title => format!("badge lg badge-{}", state.token()),
    };
    html! {
        span class=(class) {
            @if state == State::Running { (styled_icon(Icon::Running, "i spin")) } @else { (icon(state.icon())) }
            @if state == State::Unknown { span .mono { (status) "/" (outcome) } } @else { (state.label()) }
            @if state.is_active() { (pace_mark(pace, wall)) }
        }
    }
}

fn pace_mark(pace: Pace, wall: &Wall) -> Markup {
    html! {
        @match pace {
            Pace::Usual => {}
            Pace::Late => {
                (styled_icon(Icon::Late, "i pace pace-late"))
                span .sr { ", longer than usual" }
            }
            Pace::NoSignOfLife { taken_over_at } => {
                (styled_icon(Icon::Lifeless, "i pace pace-lifeless"))
                span .sr { ", no sign of life, another worker takes over at " (wall.clock(taken_over_at)) }
            }
            Pace::AwaitsConfirmation => { span .sr { ", previewed, waiting for confirmation" } }
            Pace::Paused => { span .sr { ", this kind is paused" } }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::components::testing::{check, wall};

    fn row(status: RunStatus, outcome: Outcome, pace: Pace) -> String {
        badge(status, outcome, pace, BadgeSize::Row, &wall()).into_string()
    }

    #[test]
    fn every_pair_of_tokens_has_a_badge() {
        let mut all = String::new();
        for &status in RunStatus::ALL {
            for &outcome in Outcome::ALL {
                all.push_str(&row(status, outcome, Pace::Usual));
            }
        }
        check("badges", &all);
    }

    #[test]
    fn states_are_told_apart_by_word_glyph_and_style() {
        let words: BTreeSet<&str> = State::ALL.iter().map(|state| state.label()).collect();
        let styles: BTreeSet<&str> = State::ALL.iter().map(|state| state.token()).collect();
        let glyphs: BTreeSet<String> = State::ALL.iter().map(|state| format!("{:?}", state.icon())).collect();
        assert_eq!((words.len(), styles.len(), glyphs.len()), (8, 8, 8));
    }

    #[test]
    fn a_pair_that_cannot_be_shows_its_tokens() {
        let markup = row(RunStatus::Queued, Outcome::Failed, Pace::Usual);
        assert!(markup.contains("queued/failed") && markup.contains("#i-unknown"), "{markup}");
    }

    #[test]
    fn only_active_runs_have_a_pace() {
        let late = row(RunStatus::Running, Outcome::Pending, Pace::Late);
        assert!(late.contains("#i-late") && late.contains("longer than usual"), "{late}");
        assert!(!row(RunStatus::Completed, Outcome::Failed, Pace::Late).contains("#i-late"));
        let at = wall().now;
        let lifeless = row(RunStatus::Running, Outcome::Pending, Pace::NoSignOfLife { taken_over_at: at });
        assert!(lifeless.contains("takes over at 15:11:57"), "{lifeless}");
    }
}
