//! Events: what happened to a run, newest first.

use jiff::Timestamp;
use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::wall::{Wall, clock_time};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// The glyph of what the run was after it.
    pub icon: Icon,
    /// What, in a few words.
    pub what: String,
    /// More about it.
    pub note: Option<String>,
    /// A reason code.
    pub code: Option<String>,
}

/// Draws events in the order they come in.
#[must_use]
pub fn events(all: &[Event], wall: &Wall) -> Markup {
    html! {
        ol .ev {
            @for event in all {
                li {
                    (clock_time(event.at, wall))
                    span .knot { span .thread {} (icon(event.icon)) }
                    span {
                        (event.what)
                        @if let Some(code) = &event.code { small .mono { (code) } }
                        @if let Some(note) = &event.note { small { (note) } }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::{check, wall};

    #[test]
    fn events_have_a_time_a_glyph_and_words() {
        let at = wall().now;
        let all = [
            Event {
                at,
                icon: Icon::Partial,
                what: "Ended, Partial".into(),
                note: Some("notified Jonas Weber".into()),
                code: None,
            },
            Event {
                at,
                icon: Icon::Late,
                what: "Attempt 1 stopped".into(),
                note: None,
                code: Some("graph.throttled".into()),
            },
        ];
        check("events", &events(&all, &wall()).into_string());
    }
}
