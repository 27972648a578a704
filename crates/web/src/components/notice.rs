//! Notices: a line in the page that stays as long as its reason does.

use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::link::{Link, link};

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeTone {
    /// Good to know.
    Info,
    /// Something was done.
    Done,
    /// Something waits or is about to go wrong.
    Warning,
    /// Something failed.
    Failure,
}

/// Draws a notice.
#[must_use]
pub fn notice(tone: NoticeTone, text: &str, go: Option<&Link>) -> Markup {
    let (class, glyph) = match tone {
        NoticeTone::Info => ("notice", Icon::Info),
        NoticeTone::Done => ("notice notice-ok", Icon::Succeeded),
        NoticeTone::Warning => ("notice notice-warn", Icon::Alert),
        NoticeTone::Failure => ("notice notice-fail", Icon::Failed),
    };
    html! {
        div class=(class) role=(if tone == NoticeTone::Failure { "alert" } else { "note" }) {
            (icon(glyph))
            p { (text) }
            @if let Some(go) = go { (link(go)) }
        }
    }
}

/// Says across the whole page that nobody works.
#[must_use]
pub fn worker_notice() -> Markup {
    html! {
        section .notice .notice-warn .worker aria-label="Workers" {
            (icon(Icon::Lifeless))
            p { "No worker is running. Queued operations wait until one starts." }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn notices_differ_by_glyph_and_role() {
        let go = Link::new("Show it", "/x");
        let tones = [NoticeTone::Info, NoticeTone::Done, NoticeTone::Warning, NoticeTone::Failure];
        let all: String =
            tones.iter().map(|&tone| notice(tone, "A sentence.", Some(&go)).into_string()).collect();
        check("notices", &(all + &worker_notice().into_string()));
    }
}
