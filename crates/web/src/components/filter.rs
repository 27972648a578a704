//! Filters: one form that sends itself as a query, so that every view has an address.

use jiff::civil::Date;
use maud::{Markup, html};

use super::action::hidden_fields;
use super::drop::{Hang, drop};
use super::icon::{Icon, icon};
use super::link::Link;
use super::tabs::Selected;

/// How many choices of a picker may be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Take {
    /// One.
    One,
    /// Any number; none means all.
    Any,
}

/// One choice of a picker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What the query says.
    pub value: String,
    /// What people read.
    pub label: String,
    /// Whether it is taken.
    pub selected: Selected,
}

/// A range of days, for pickers of times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DayRange {
    /// The first day, as the field `from`.
    pub from: Option<Date>,
    /// The last day, as the field `to`.
    pub to: Option<Date>,
}

/// One filter behind a button that says what it is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picker {
    /// The field of the query.
    pub name: String,
    /// What is chosen: "Type".
    pub label: String,
    /// What it is set to, in words: "Any", "Last 30 days".
    pub value: String,
    /// Whether the button is marked, because it narrows the list.
    pub marked: Selected,
    /// How many choices may be taken.
    pub take: Take,
    /// The choices.
    pub choices: Vec<Choice>,
    /// Days to choose instead.
    pub days: Option<DayRange>,
}

/// The search of a filter form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// What may be typed: "Run ID, reason code, policy name".
    pub placeholder: String,
    /// What a screen reader calls it: "Search runs".
    pub label: String,
    /// What was typed.
    pub value: String,
}

/// Whether a list is narrowed by filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Narrowed {
    /// It is.
    Yes,
    /// It shows everything.
    No,
}

/// A filter form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filters {
    /// Where it sends itself.
    pub action: String,
    /// The id of the region that its answer replaces where scripts run.
    pub region: String,
    /// What stays in the query unseen.
    pub kept: Vec<(String, String)>,
    /// The search; it is the field `q`.
    pub search: Option<Search>,
    /// The filters.
    pub pickers: Vec<Picker>,
    /// Which columns are shown; it is a filter like any other.
    pub columns: Option<Picker>,
    /// The address without any filter; none where nothing is set.
    pub clear: Option<Link>,
}

/// Draws a filter form.
#[must_use]
pub fn filters(of: &Filters) -> Markup {
    let region = format!("#{}", of.region);
    html! {
        form .filters role="search" method="get" action=(of.action) data-filters
            hx-get=(of.action) hx-trigger="change, submit" hx-select=(region) hx-target=(region)
            hx-select-oob="[data-with-list]:outerMorph" hx-swap="outerMorph" hx-push-url="true" hx-indicator=(region) {
            (hidden_fields(&of.kept))
            @if let Some(search) = &of.search {
                label .q {
                    (icon(Icon::Search))
                    span .sr { (search.label) }
                    input type="search" name="q" value=(search.value) placeholder=(search.placeholder) data-search autocomplete="off" spellcheck="false";
                }
            }
            @for one in &of.pickers { (picker(one, Hang::Left)) }
            @if let Some(clear) = &of.clear { a .btn .sm href=(clear.href) { (clear.label) } }
            // Without scripts a form is sent by a button; the menus have their own as well.
            noscript { button .btn .sm type="submit" { "Apply" } }
            @if let Some(columns) = &of.columns { span .end { (picker(columns, Hang::Right)) } }
        }
    }
}

fn picker(of: &Picker, hang: Hang) -> Markup {
    let button = html! {
        @if hang == Hang::Right { (icon(Icon::Columns)) }
        @if of.value.is_empty() { (of.label) } @else { span { (of.label) } " " b { (of.value) } }
        (icon(Icon::Down))
    };
    let class = if of.marked.is() { "sel on" } else { "sel" };
    let kind = match of.take {
        Take::One => "radio",
        Take::Any => "checkbox",
    };
    let body = html! {
        fieldset {
            legend .sr { (of.label) }
            @for choice in &of.choices {
                label .opt {
                    input type=(kind) name=(of.name) value=(choice.value) checked[choice.selected.is()];
                    bdi { (choice.label) }
                }
            }
        }
        @if let Some(days) = &of.days {
            div .split {
                label { "From" input type="date" name="from" value=[days.from.map(|day| day.to_string())]; }
                label { "To" input type="date" name="to" value=[days.to.map(|day| day.to_string())]; }
            }
        }
        button .btn .sm type="submit" { "Apply" }
    };
    drop(class, &button, hang, &body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::testing::check;

    #[test]
    fn filters_are_one_form_that_works_without_scripts() {
        let choice =
            |value: &str, selected| Choice { value: value.into(), label: value.to_uppercase(), selected };
        let kinds = Picker {
            name: "type".into(),
            label: "Type".into(),
            value: "Any".into(),
            marked: Selected::No,
            take: Take::Any,
            choices: vec![choice("policy.sync", Selected::No)],
            days: None,
        };
        let range = Picker {
            name: "range".into(),
            label: "Created".into(),
            value: "Last 7 days".into(),
            marked: Selected::Yes,
            take: Take::One,
            choices: vec![choice("24h", Selected::No), choice("7d", Selected::Yes)],
            days: Some(DayRange { from: None, to: Some(jiff::civil::date(2026, 11, 20)) }),
        };
        let form = Filters {
            action: "/w/n/operations".into(),
            region: "runs".into(),
            kept: vec![("state".into(), "failed".into())],
            search: Some(Search {
                placeholder: "Run ID".into(),
                label: "Search runs".into(),
                value: "\"><b>".into(),
            }),
            pickers: vec![kinds.clone(), range],
            columns: Some(Picker {
                name: "cols".into(),
                label: "Columns".into(),
                value: String::new(),
                ..kinds
            }),
            clear: Some(Link::new("Clear", "/w/n/operations")),
        };
        check("filters", &filters(&form).into_string());
    }
}
