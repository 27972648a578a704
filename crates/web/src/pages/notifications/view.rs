//! What the notices of whoever is signed in look like.

use jiff::{Timestamp, civil::Date};
use maud::{Markup, html};

use crate::components::{
    Empty, Link, Permission, PostForm, State, Verb, Wall, action, empty, hidden_fields, link, named,
    rel_time, state_glyph,
};

/// The page.
#[derive(Clone, Debug)]
pub struct NotificationsPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// The notices, newest first.
    pub notices: Vec<NoticeLine>,
    /// What marks all of them as read; none where nothing is unread.
    pub mark_all: Option<PostForm>,
    /// The list of runs.
    pub operations: Link,
}

/// One notice.
#[derive(Clone, Debug)]
pub struct NoticeLine {
    /// The state of the run that it tells of.
    pub state: State,
    /// What happened: "Policy sync queued", "Policy sync ended, Partial".
    pub sentence: String,
    /// The tenant of the run.
    pub tenant: Option<String>,
    /// When it was written.
    pub at: Timestamp,
    /// The run.
    pub run: String,
    /// What marks it as read; none where it was read.
    pub mark: Option<PostForm>,
}

/// Draws the page, without the shell around it.
#[must_use]
pub fn page(page: &NotificationsPage) -> Markup {
    let unread = page.notices.iter().filter(|notice| notice.mark.is_some()).count();
    html! {
        div .head {
            div {
                h1 { "Notifications" }
                p .sub {
                    "Runs that you started, when they were queued and when they ended. "
                    @match unread { 0 => "All read.", 1 => "1 is unread.", many => { (many) " are unread." } }
                }
            }
            @if let Some(form) = &page.mark_all {
                div .acts { (action("mark-all", Verb::plain("Mark all read"), &Permission::Granted, form)) }
            }
        }
        @if page.notices.is_empty() {
            section .panel { (empty(&Empty::new("No notifications. What you start is told here when it is queued and when it ends.").then(page.operations.clone()))) }
        } @else {
            div .stack { @for (date, notices) in by_day(page) { (day(date, &notices, &page.wall)) } }
        }
    }
}

fn day(date: Date, notices: &[&NoticeLine], wall: &Wall) -> Markup {
    let id = format!("d-{date}");
    html! {
        section .panel aria-labelledby=(id) {
            div .ph { h2 id=(id) { (wall.day_heading(date)) } }
            ul .inbox { @for notice in notices { (line(notice, wall)) } }
        }
    }
}

fn line(of: &NoticeLine, wall: &Wall) -> Markup {
    html! {
        li class=[of.mark.as_ref().map(|_| "unread")] {
            @if of.mark.is_some() { span .dotted {} } @else { span {} }
            (state_glyph(of.state))
            span {
                b { @if of.mark.is_some() { span .sr { "Unread: " } } (of.sentence) }
                small { @if let Some(tenant) = &of.tenant { (named(tenant)) ", " } (rel_time(of.at, wall)) }
            }
            span .go {
                (link(&Link::new("View run", of.run.as_str())))
                @if let Some(form) = &of.mark {
                    form method="post" action=(form.action) {
                        (hidden_fields(&form.fields))
                        button .plain type="submit" { "Mark read" }
                    }
                }
            }
        }
    }
}

fn by_day(page: &NotificationsPage) -> Vec<(Date, Vec<&NoticeLine>)> {
    let mut days: Vec<(Date, Vec<&NoticeLine>)> = Vec::new();
    for notice in &page.notices {
        let date = page.wall.date(notice.at);
        match days.last_mut() {
            Some((last, notices)) if *last == date => notices.push(notice),
            _ => days.push((date, vec![notice])),
        }
    }
    days
}

#[cfg(test)]
mod tests;
