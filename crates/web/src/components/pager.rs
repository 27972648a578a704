//! The foot of a list: where in it the page is, and the way to newer and older ones.

use maud::{Markup, html};

use super::icon::{Icon, icon};
use super::number::{Count, grouped};

/// Which part of a list a page shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pager {
    /// How many rows the page has.
    pub shown: u64,
    /// The place of the first row, from 1, where it is known.
    pub first: Option<u64>,
    /// How many rows there are in all, where that was counted.
    pub total: Option<Count>,
    /// What a row is, in the singular and in the plural.
    pub noun: (&'static str, &'static str),
    /// The page before; none on the first.
    pub newer: Option<String>,
    /// The page after; none on the last.
    pub older: Option<String>,
    /// What the two are called: `("Newer", "Older")`, or `("Previous", "Next")` where order is not time.
    pub words: (&'static str, &'static str),
}

/// Draws the foot; the keys stand there where rows can be walked by keys.
#[must_use]
pub fn pager(of: &Pager) -> Markup {
    html! {
        div .foot {
            span { (position(of)) }
            span .hint { kbd { "J" } " " kbd { "K" } " move, " kbd { "Enter" } " open, " kbd { "F" } " filter, " kbd { "?" } " keys" }
            @if of.newer.is_some() || of.older.is_some() {
                nav .pg aria-label="Pages" {
                    (step(of.newer.as_deref(), of.words.0, "prev"))
                    (step(of.older.as_deref(), of.words.1, "next"))
                }
            }
        }
    }
}

fn position(of: &Pager) -> String {
    let (one, many) = of.noun;
    let noun = |count: u64| if count == 1 { one } else { many };
    match (of.first, of.total) {
        (_, Some(total)) if total.number() <= of.shown => {
            format!("{} {}", total.text(), noun(total.number()))
        }
        (Some(first), Some(total)) => {
            format!("{}–{} of {}", grouped(first), grouped(first + of.shown.saturating_sub(1)), total.text())
        }
        (None, Some(total)) => format!("{} of {}", grouped(of.shown), total.text()),
        (_, None) => format!("{} {}", grouped(of.shown), noun(of.shown)),
    }
}

fn step(href: Option<&str>, word: &str, rel: &str) -> Markup {
    let label = html! {
        @if rel == "prev" { (icon(Icon::Left)) }
        (word)
        @if rel == "next" { (icon(Icon::Right)) }
    };
    match href {
        Some(href) => html! { a .btn .sm href=(href) rel=(rel) data-page=(rel) { (label) } },
        None => html! { span .btn .sm role="link" aria-disabled="true" { (label) } },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    fn of(shown: u64, first: Option<u64>, total: Option<Count>) -> Pager {
        let noun = ("run", "runs");
        Pager {
            shown,
            first,
            total,
            noun,
            newer: None,
            older: Some("?after=x".into()),
            words: ("Newer", "Older"),
        }
    }

    #[test]
    fn the_foot_leads_to_older_rows() {
        check("pager", &pager(&of(50, Some(1), Some(Count::Exactly(1241)))).into_string());
    }

    #[test]
    fn the_position_says_no_more_than_is_known() {
        assert_eq!(position(&of(50, Some(51), Some(Count::AtLeast(10_000)))), "51–100 of 10,000+");
        assert_eq!(position(&of(50, None, Some(Count::Exactly(1241)))), "50 of 1,241");
        assert_eq!(position(&of(50, None, None)), "50 runs");
        assert_eq!(position(&of(1, Some(1), Some(Count::Exactly(1)))), "1 run");
    }
}
