//! What one's own account looks like.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::components::{
    Band, Column, Field, Input, Narrow, Permission, PostForm, Presence, Row, Verb, Wall, Weight, action,
    data_table, day_time, error_summary, field, hidden_fields, rel_time,
};

/// The page.
#[derive(Clone, Debug)]
pub struct AccountPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// What one signs in with.
    pub email: String,
    /// What one is called, or typed last.
    pub name: String,
    /// Where the name is sent.
    pub rename: PostForm,
    /// Where the password is sent.
    pub password: PostForm,
    /// What was not taken, and why.
    pub wrong: Option<Wrong>,
    /// Where one is signed in.
    pub sessions: Vec<SessionLine>,
    /// What ends all but this session.
    pub end_others: PostForm,
    /// When this session ends at the latest.
    pub ends_at: Timestamp,
    /// What ends this one.
    pub sign_out: PostForm,
}

/// What was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// The name.
    Name(String),
    /// The current password.
    Current(String),
    /// The new password.
    New(String),
}

/// One session.
#[derive(Clone, Debug)]
pub struct SessionLine {
    /// Its id; not a secret.
    pub id: String,
    /// The device, in words.
    pub device: String,
    /// The address that it began from; may be empty.
    pub address: String,
    /// When it began.
    pub began: Timestamp,
    /// When it was last used.
    pub last_seen: Timestamp,
    /// What ends it; none for this one.
    pub end: Option<PostForm>,
}

/// Draws the page, without the shell around it.
#[must_use]
pub fn page(page: &AccountPage) -> Markup {
    html! {
        div .head { div { h1 { "Account" } p .sub { "You sign in with " bdi { (page.email) } "." } } }
        div .stack {
            (form("name", "Name", "Change name", &page.rename, &[name(page)]))
            (form("password", "Password", "Change password", &page.password, &passwords(page)))
            (sessions(page))
        }
    }
}

fn name(page: &AccountPage) -> Field {
    let wrong = match &page.wrong {
        Some(Wrong::Name(why)) => Some(why.clone()),
        _ => None,
    };
    Field::text("name", "Your name").holding(page.name.as_str()).failing(wrong).filled("name")
}

fn passwords(page: &AccountPage) -> [Field; 2] {
    let (current, new) = match &page.wrong {
        Some(Wrong::Current(why)) => (Some(why.clone()), None),
        Some(Wrong::New(why)) => (None, Some(why.clone())),
        _ => (None, None),
    };
    [
        Field::text("current", "Current password")
            .taking(Input::Secret { autocomplete: "current-password" })
            .failing(current),
        Field::text("new", "New password")
            .taking(Input::Secret { autocomplete: "new-password" })
            .hinting("15 characters or more are best; a sentence is fine. Every other session of yours ends.")
            .failing(new),
    ]
}

fn form(id: &str, title: &str, verb: &str, to: &PostForm, fields: &[Field]) -> Markup {
    let heading = format!("h-{id}");
    let all: Vec<&Field> = fields.iter().collect();
    html! {
        section .panel aria-labelledby=(heading) {
            div .ph { h2 id=(heading) { (title) } }
            form .form .pb method="post" action=(to.action) {
                (hidden_fields(&to.fields))
                (error_summary(&[], &all))
                @for one in fields { (field(one)) }
                div .acts { button .btn type="submit" { (verb) } }
            }
        }
    }
}

fn sessions(page: &AccountPage) -> Markup {
    let columns = [
        Column::new("Device", None, Narrow::Title),
        Column::new("Address", Some(12), Narrow::Second),
        Column::new("Signed in", Some(8), Narrow::Line),
        Column::new("Last seen", Some(8), Narrow::SecondEnd),
        Column::new("", Some(7), Narrow::ThirdEnd).numbers(),
    ];
    let rows = page.sessions.iter().map(|one| row(one, page)).collect();
    html! {
        section .panel aria-labelledby="h-sessions" {
            div .ph {
                h2 #h-sessions { "Where you are signed in" }
                @if page.sessions.len() > 1 {
                    span .end {
                        (action("end-others", small("End all others"), &Permission::Granted, &page.end_others))
                    }
                }
            }
            (data_table("Your sessions", &columns, &[Band { heading: None, rows }]))
            p .pb .hint { "This session ends " (day_time(page.ends_at, &page.wall)) " at the latest, and half an hour after its last use." }
        }
    }
}

fn row(of: &SessionLine, page: &AccountPage) -> Row {
    let end = match &of.end {
        Some(form) => action(&format!("end-{}", of.id), small("End"), &Permission::Granted, form),
        None => action("sign-out", small("Sign out"), &Permission::Granted, &page.sign_out),
    };
    Row {
        id: format!("session-{}", of.id),
        cells: vec![
            html! { span .ttl { b { bdi { (of.device) } } @if of.end.is_none() { span .chip { "this one" } } } },
            html! { span .mono { @if of.address.is_empty() { "–" } @else { (of.address) } } },
            rel_time(of.began, &page.wall),
            rel_time(of.last_seen, &page.wall),
            end,
        ],
        presence: Presence::Here,
    }
}

fn small(label: &str) -> Verb<'_> {
    Verb { label, icon: None, weight: Weight::Small }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::components::testing::{check, show, wall};

    fn account() -> AccountPage {
        let form = |action: &str| PostForm { action: action.into(), ..PostForm::default() };
        let session = |id: &str, device: &str, address: &str, end| SessionLine {
            id: id.into(),
            device: device.into(),
            address: address.into(),
            began: wall().now - SignedDuration::from_hours(3),
            last_seen: wall().now - SignedDuration::from_secs(70),
            end,
        };
        AccountPage {
            wall: wall(),
            email: "mara@northwind.example".into(),
            name: "Mara \"<b>\" Lindqvist".into(),
            rename: form("/account/name"),
            password: form("/account/password"),
            wrong: None,
            sessions: vec![
                session("1", "Firefox on Windows", "203.0.113.7", None),
                session("2", "<script>alert(1)</script>", "2001:db8:1:2:3:4:5:6", Some(form("/end"))),
            ],
            end_others: form("/account/sessions/end-others"),
            ends_at: wall().now + SignedDuration::from_hours(9),
            sign_out: form("/sign-out"),
        }
    }

    #[test]
    fn an_account_shows_where_one_is_signed_in_and_ends_it() {
        let markup = page(&account());
        show("account", "shell", &markup);
        let text = markup.into_string();
        assert!(!text.contains("<script>") && !text.contains("\"<b>\""), "{text}");
        check("account", &text);
    }

    #[test]
    fn what_is_wrong_with_a_password_stands_at_its_field() {
        let wrong = Some(Wrong::New("The password must have 8 characters at least.".into()));
        let text = page(&AccountPage { wrong, ..account() }).into_string();
        assert!(text.contains("href=\"#f-new\"") && text.contains("id=\"f-new-error\""), "{text}");
    }
}
