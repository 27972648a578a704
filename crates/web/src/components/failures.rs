//! Failures: one group per reason, largest first.

use maud::{Markup, html};

use super::icon::{Icon, styled_icon};
use super::link::{Link, Weight, link, link_button, named};
use super::number::{counted, grouped};

/// How many items of a group are listed before "Show all".
pub const ITEMS_SHOWN: usize = 20;

/// One thing that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedItem {
    /// What it is called.
    pub name: String,
    /// Where it is; none where we do not keep it.
    pub href: Option<String>,
    /// What it is.
    pub kind: Option<String>,
    /// What exactly went wrong with it.
    pub detail: Option<String>,
}

/// All that failed for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureGroup {
    /// The stable code.
    pub code: String,
    /// The sanitized sentence.
    pub sentence: String,
    /// How often it happened.
    pub count: u64,
    /// The things it happened to; empty where it was none in particular.
    pub items: Vec<FailedItem>,
    /// What to do about it.
    pub advice: Option<String>,
    /// Other runs with this code.
    pub others: Option<Link>,
    /// The whole list, where not all of it is here.
    pub all: Option<Link>,
}

/// Draws the groups; the first is open.
#[must_use]
pub fn failures(groups: &[FailureGroup]) -> Markup {
    html! {
        @for (at, one) in groups.iter().enumerate() {
            // Ids are made of codes, so that an open group stays open when others come before it.
            @let id = format!("reason-{}", one.code.replace('.', "-"));
            @let twin = groups[..at].iter().filter(|earlier| earlier.code == one.code).count();
            (group(&if twin == 0 { id } else { format!("{id}-{twin}") }, at, one))
        }
    }
}

fn group(id: &str, at: usize, of: &FailureGroup) -> Markup {
    html! {
        details .grp id=(id) open[at == 0] {
            summary {
                (styled_icon(Icon::Right, "i tw"))
                span .cnt { (grouped(of.count)) span .sr { (counted_noun(of.count)) } }
                span { span .code { (of.code) } span .why { (of.sentence) } }
            }
            div .in {
                @if !of.items.is_empty() { (items(&of.items)) }
                @if let Some(advice) = &of.advice { p .advice { (advice) } }
                div .end {
                    button .btn .sm type="button" data-copy=(as_text(of)) hidden { (styled_icon(Icon::Copy, "i")) "Copy group" }
                    @if let Some(all) = &of.all { (link_button(all, Weight::Small, None)) }
                    @if let Some(others) = &of.others { (link_button(others, Weight::Small, None)) }
                }
            }
        }
    }
}

fn items(all: &[FailedItem]) -> Markup {
    let has_kind = all.iter().any(|item| item.kind.is_some());
    let has_detail = all.iter().any(|item| item.detail.is_some());
    html! {
        table {
            thead { tr {
                th scope="col" { "Item" }
                @if has_kind { th .c-type scope="col" { "Type" } }
                @if has_detail { th scope="col" { "Detail" } }
            } }
            tbody {
                @for item in all.iter().take(ITEMS_SHOWN) {
                    tr {
                        td {
                            @match &item.href {
                                Some(href) => (link(&Link::new(item.name.as_str(), href.as_str()))),
                                None => (named(&item.name)),
                            }
                        }
                        @if has_kind { td .c-type .mut { (item.kind.as_deref().unwrap_or_default()) } }
                        @if has_detail { td .mono { (item.detail.as_deref().unwrap_or_default()) } }
                    }
                }
            }
        }
        @if all.len() > ITEMS_SHOWN {
            p .advice { "The first " (ITEMS_SHOWN) " of " (counted(all.len() as u64, "item", "items")) "." }
        }
    }
}

fn counted_noun(count: u64) -> &'static str {
    if count == 1 { " time" } else { " times" }
}

/// Gives the group as lines of text, for the clipboard.
fn as_text(of: &FailureGroup) -> String {
    let mut text = format!("{} ({}): {}", of.code, of.count, of.sentence);
    for item in &of.items {
        text.push_str("\n- ");
        text.push_str(&item.name);
        if let Some(detail) = &item.detail {
            text.push_str(", ");
            text.push_str(detail);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::{assert_sound, check};

    fn item(name: &str) -> FailedItem {
        FailedItem {
            name: name.into(),
            href: Some("/p/1".into()),
            kind: None,
            detail: Some("HTTP 409".into()),
        }
    }

    fn conflict(items: Vec<FailedItem>) -> FailureGroup {
        FailureGroup {
            code: "graph.conflict".into(),
            sentence: "The policy changed while it was written.".into(),
            count: items.len() as u64,
            items,
            advice: Some("Run it again.".into()),
            others: Some(Link::new("Other runs with this code", "?code=graph.conflict")),
            all: None,
        }
    }

    #[test]
    fn a_group_says_how_often_why_and_to_what() {
        check(
            "failures",
            &failures(&[conflict(vec![item("WIN Baseline"), item("<script>alert(1)</script>")])])
                .into_string(),
        );
    }

    #[test]
    fn long_groups_are_cut_and_say_so() {
        let markup = failures(&[conflict(vec![item("x"); 21])]).into_string();
        assert_sound(&markup);
        assert!(markup.contains("The first 20 of 21 items."));
        assert_eq!(markup.matches("<tr><td>").count(), ITEMS_SHOWN);
    }
}
