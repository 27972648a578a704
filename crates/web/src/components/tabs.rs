//! Tabs that are links: the address is the state.

use maud::{Markup, html};

use super::badge::{State, state_glyph};
use super::number::Count;

/// One tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tab {
    /// What it is called.
    pub label: String,
    /// Where it leads.
    pub href: String,
    /// How much is behind it.
    pub count: Option<Count>,
    /// The state whose glyph stands before it.
    pub glyph: Option<State>,
    /// Whether it is the one that is shown.
    pub selected: Selected,
}

/// Whether something is the one that is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Selected {
    /// It is.
    Yes,
    /// It is not.
    #[default]
    No,
}

impl Selected {
    /// Makes it from the answer to a question.
    #[must_use]
    pub const fn when(it_is: bool) -> Self {
        if it_is { Self::Yes } else { Self::No }
    }

    pub(super) const fn is(self) -> bool {
        matches!(self, Self::Yes)
    }
}

/// Draws tabs; `label` says what they choose.
#[must_use]
pub fn tabs(label: &str, all: &[Tab]) -> Markup {
    html! {
        nav .tabs aria-label=(label) {
            @for tab in all {
                a href=(tab.href) aria-current=[tab.selected.is().then_some("page")] {
                    @if let Some(state) = tab.glyph { (state_glyph(state)) }
                    (tab.label)
                    @if let Some(count) = tab.count { " " b { (count.text()) } }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn tabs_are_links_with_counts() {
        let tab = |label: &str, count, glyph, selected| Tab {
            label: label.into(),
            href: format!("?state={label}"),
            count: Some(count),
            glyph,
            selected,
        };
        let all = [
            tab("All", Count::AtLeast(10_000), None, Selected::Yes),
            tab("Failed", Count::Exactly(28), Some(State::Failed), Selected::No),
        ];
        check("tabs", &tabs("Filter by state", &all).into_string());
    }
}
