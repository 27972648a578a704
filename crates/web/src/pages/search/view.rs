//! What the results of a search look like.

use maud::{Markup, html};

use crate::components::{Empty, Icon, Link, Related, counted, empty, icon, link, named, related};

/// The page.
#[derive(Clone, Debug)]
pub struct SearchPage {
    /// Where the form sends itself.
    pub action: String,
    /// What was typed.
    pub typed: String,
    /// Why nothing was looked for, in a sentence.
    pub told: Option<String>,
    /// What was found; groups without a result are left out.
    pub groups: Vec<Group>,
}

/// Results of one sort.
#[derive(Clone, Debug)]
pub struct Group {
    /// What they are.
    pub title: &'static str,
    /// The results.
    pub results: Vec<Related>,
    /// The way to all of them, where there may be more.
    pub more: Option<Link>,
}

/// Draws the page, without the shell around it.
#[must_use]
pub fn page(page: &SearchPage) -> Markup {
    html! {
        div .head {
            div {
                h1 { "Search" }
                p .sub { (sentence(page)) }
            }
        }
        form .panel .seek role="search" aria-label="Search the workspace" method="get" action=(page.action) {
            label .q {
                (icon(Icon::Search))
                span .sr { "Search for" }
                input type="search" name="q" value=(page.typed) placeholder="Run ID or address, tenant, policy, page" data-search autocomplete="off" spellcheck="false";
            }
            button .btn type="submit" { "Search" }
        }
        @if let Some(told) = &page.told { p .line role="note" { (icon(Icon::Info)) (told) } }
        @if page.groups.is_empty() && !page.typed.is_empty() {
            section .panel { (empty(&Empty::new("Nothing that you may see matches. Runs are found by their id, reason code or what they are about; the rest by name."))) }
        }
        div .found {
            @for group in &page.groups { (results(group)) }
        }
    }
}

fn sentence(page: &SearchPage) -> Markup {
    let found: usize = page.groups.iter().map(|group| group.results.len()).sum();
    html! {
        @if page.typed.is_empty() { "Runs, tenants, policies and pages of this workspace." }
        @else { (counted(found as u64, "result", "results")) " for “" (named(&page.typed)) "”." }
    }
}

fn results(group: &Group) -> Markup {
    let heading = format!("h-{}", group.title.to_lowercase());
    html! {
        section .panel aria-labelledby=(heading) {
            div .ph { h2 id=(heading) { (group.title) } span .sub { (group.results.len()) } }
            (related(&group.results))
            @if let Some(more) = &group.more { p .pb { (link(more)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn results_stand_in_groups_and_hostile_names_are_text() {
        let result = |label: &str| Related {
            icon: Icon::Policy,
            to: Link::new(label, "/w/n/t/c/policies/1"),
            note: Some("Device script, Contoso".into()),
        };
        let shown = page(&SearchPage {
            action: "/w/n/search".into(),
            typed: "\"><script>alert(1)</script>".into(),
            told: None,
            groups: vec![Group {
                title: "Policies",
                results: vec![result("WIN Baseline"), result("<img src=x onerror=alert(1)>")],
                more: Some(Link::new("All policies that match", "?q=x")),
            }],
        });
        check("search", &shown.into_string());
    }

    #[test]
    fn nothing_found_says_what_can_be_found() {
        let shown = page(&SearchPage {
            action: "/w/n/search".into(),
            typed: "moon".into(),
            told: None,
            groups: Vec::new(),
        });
        check("search_empty", &shown.into_string());
    }
}
