//! A link as plain data.

use maud::{Markup, html};

use super::icon::{Icon, icon};

/// Words and where they lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The words.
    pub label: String,
    /// The address.
    pub href: String,
}

impl Link {
    /// Makes a link.
    #[must_use]
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into() }
    }
}

/// How much a button weighs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Weight {
    /// One of several.
    #[default]
    Plain,
    /// The one thing to do here; at most one on a page.
    Primary,
    /// Inside a panel.
    Small,
}

impl Weight {
    pub(super) const fn class(self) -> &'static str {
        match self {
            Self::Plain => "btn",
            Self::Primary => "btn pri",
            Self::Small => "btn sm",
        }
    }
}

/// Draws a link as a link.
#[must_use]
pub fn link(to: &Link) -> Markup {
    html! { a href=(to.href) { (named(&to.label)) } }
}

/// Draws a link as a button.
#[must_use]
pub fn link_button(to: &Link, weight: Weight, glyph: Option<Icon>) -> Markup {
    html! {
        a class=(weight.class()) href=(to.href) {
            @if let Some(glyph) = glyph { (icon(glyph)) }
            (to.label)
        }
    }
}

/// Writes a name that came from outside, isolated so that its direction does not turn the text around it.
#[must_use]
pub fn named(name: &str) -> Markup {
    html! { bdi { (name) } }
}
