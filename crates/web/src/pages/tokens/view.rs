//! What API tokens look like: the list, the form, and a token that was just made.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::components::{
    Band, Column, Empty, Field, FieldOption, Input, Link, Narrow, NoticeTone, Permission, PostForm, Presence,
    Row, Several, Verb, Wall, Weight, action, copy_button, data_table, day_time, empty, error_summary, field,
    hidden_fields, link_button, named, notice, rel_time, several, shortened,
};

/// The list.
#[derive(Clone, Debug)]
pub struct TokensPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// The ways to the other settings.
    pub tabs: Markup,
    /// The workspace.
    pub workspace: String,
    /// Whether the reader may make one, and where.
    pub create: (Permission, String),
    /// The tokens.
    pub tokens: Vec<TokenLine>,
    /// Whether everybody's are shown.
    pub everybody: bool,
}

/// One token.
#[derive(Clone, Debug)]
pub struct TokenLine {
    /// Its id, which stands in its text.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Who it acts for.
    pub owner: String,
    /// What it may do at most.
    pub rights: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
    /// What revokes it.
    pub revoke: PostForm,
}

/// Draws the list, without the shell around it.
#[must_use]
pub fn page(page: &TokensPage) -> Markup {
    let whose = if page.everybody { "Everybody's tokens for" } else { "Your tokens for" };
    html! {
        div .head {
            div {
                h1 { "API tokens" }
                p .sub { (whose) " " (named(&page.workspace)) ". A token does what it names, as far as its owner still may." }
            }
            div .acts { (create_button(&page.create)) }
        }
        section .panel aria-label="API tokens" {
            (page.tabs)
            @if page.tokens.is_empty() {
                (empty(&Empty::new("No tokens yet. Create one to let a program act for you.")))
            } @else { (table(page)) }
        }
    }
}

fn create_button((permission, href): &(Permission, String)) -> Markup {
    match permission {
        Permission::Granted => link_button(&Link::new("Create token", href.as_str()), Weight::Primary, None),
        Permission::Refused { .. } => {
            action("create-token", Verb::plain("Create token"), permission, &PostForm::default())
        }
    }
}

fn table(page: &TokensPage) -> Markup {
    let columns = [
        Column::new("Name", None, Narrow::Title),
        Column::new("Acts for", Some(10), Narrow::Second),
        Column::new("Rights", Some(11), Narrow::Third).desktop(),
        Column::new("Last used", Some(8), Narrow::SecondEnd),
        Column::new("Expires", Some(8), Narrow::Line),
        Column::new("", Some(6), Narrow::ThirdEnd).numbers(),
    ];
    let rows = page.tokens.iter().map(|one| row(one, &page.wall)).collect();
    data_table("API tokens", &columns, &[Band { heading: None, rows }])
}

fn row(of: &TokenLine, wall: &Wall) -> Row {
    let rights = match of.rights.as_slice() {
        [only] => only.clone(),
        several => format!("{} rights", several.len()),
    };
    let verb = Verb { label: "Revoke", icon: None, weight: Weight::Small };
    Row {
        id: format!("token-{}", of.id),
        cells: vec![
            html! { span .ttl { b { (named(&of.name)) } span .under .mono title=(of.id) { (shortened(&of.id)) } } },
            named(&of.owner),
            html! { span title=(of.rights.join(", ")) { (rights) } },
            html! { @if let Some(at) = of.last_used_at { (rel_time(at, wall)) } @else { span .mut { "never" } } },
            day_time(of.expires_at, wall),
            action(&format!("revoke-{}", of.id), verb, &Permission::Granted, &of.revoke),
        ],
        presence: Presence::Here,
    }
}

/// The form that makes a token.
#[derive(Clone, Debug)]
pub struct NewTokenPage {
    /// The workspace that it is good for.
    pub workspace: String,
    /// Where it is sent.
    pub form: PostForm,
    /// Its name as typed, and what is wrong with it.
    pub name: (String, Option<String>),
    /// How long it may live.
    pub lives: Vec<FieldOption>,
    /// How long it is to live, in days, and what is wrong with it.
    pub days: (String, Option<String>),
    /// What it may do.
    pub rights: Several,
    /// What is wrong beside the fields.
    pub general: Option<String>,
    /// The way back.
    pub back: String,
}

/// Draws the form.
#[must_use]
pub fn new(page: &NewTokenPage) -> Markup {
    let name = Field::text("name", "Name")
        .hinting("Where it will be used, so that you know what stops when you revoke it.")
        .holding(page.name.0.as_str())
        .failing(page.name.1.clone())
        .filled("off");
    let days = Field::text("days", "Good for")
        .taking(Input::Options(page.lives.clone()))
        .holding(page.days.0.as_str())
        .failing(page.days.1.clone());
    let general: Vec<String> = page.general.iter().chain(page.rights.error.as_ref()).cloned().collect();
    html! {
        div .head {
            div {
                h1 { "Create token" }
                p .sub { "It acts for you in " (named(&page.workspace)) " alone, and is shown once." }
            }
        }
        section .panel {
            form .form .pb method="post" action=(page.form.action) {
                (hidden_fields(&page.form.fields))
                (error_summary(&general, &[&name, &days]))
                (field(&name))
                (field(&days))
                (several(&page.rights))
                div .acts {
                    button .btn .pri type="submit" { "Create token" }
                    (link_button(&Link::new("Cancel", page.back.as_str()), Weight::Plain, None))
                }
            }
        }
    }
}

/// A token that was just made.
#[derive(Clone, Debug)]
pub struct CreatedPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// What it is called.
    pub name: String,
    /// Its text.
    pub text: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// An address that it may be tried on.
    pub example: String,
    /// The way back.
    pub back: String,
}

/// Draws the token, this once.
#[must_use]
pub fn created(page: &CreatedPage) -> Markup {
    html! {
        div .head {
            div { h1 { (named(&page.name)) } p .sub { "Good until " (day_time(page.expires_at, &page.wall)) "." } }
        }
        section .panel aria-labelledby="h-token" {
            div .ph { h2 #h-token { "The token" } }
            div .pb .stack {
                (notice(NoticeTone::Warning, "It is shown this once and is kept as a hash only. Put it where your program keeps its secrets.", None))
                p { code { (page.text) } (copy_button(&page.text, "Copy the token")) }
                p .hint { "Programs send it as " code { "Authorization: Bearer …" } ", for example to " code { (page.example) } "." }
                div .acts { (link_button(&Link::new("Back to tokens", page.back.as_str()), Weight::Plain, None)) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::components::testing::{check, show, wall};
    use crate::pages::settings::{Section, section_tabs};

    fn line(id: &str, name: &str, rights: &[&str], last_used_at: Option<Timestamp>) -> TokenLine {
        TokenLine {
            id: format!("019aa1b2-c3d4-7e5f-8a9b-0c1d2e3f4a{id}"),
            name: name.into(),
            owner: "Otto Operator".into(),
            rights: rights.iter().map(|one| (*one).into()).collect(),
            created_at: wall().now - SignedDuration::from_hours(500),
            expires_at: wall().now + SignedDuration::from_hours(1500),
            last_used_at,
            revoke: PostForm { action: "/revoke".into(), ..PostForm::default() },
        }
    }

    fn list() -> TokensPage {
        TokensPage {
            wall: wall(),
            tabs: section_tabs("n", Section::Tokens),
            workspace: "Northwind Holdings".into(),
            create: (Permission::Granted, "/w/n/settings/tokens/new".into()),
            tokens: vec![
                line("01", "nightly report", &["See everything in reach"], Some(wall().now)),
                line(
                    "02",
                    "<script>alert(1)</script> with a rather long name for a token",
                    &["A", "B"],
                    None,
                ),
            ],
            everybody: false,
        }
    }

    #[test]
    fn tokens_are_listed_with_their_last_use_and_a_way_to_revoke_them() {
        let markup = page(&list());
        show("tokens", "shell", &markup);
        let text = markup.into_string();
        assert!(!text.contains("<script>"), "{text}");
        check("tokens", &text);
        let none = page(&TokensPage { tokens: Vec::new(), ..list() });
        show("tokens-none", "shell", &none);
        assert!(none.into_string().contains("No tokens yet."));
    }

    #[test]
    fn a_token_is_named_bounded_and_shown_once() {
        let option =
            |value: &str, label: &str| FieldOption { value: value.into(), label: label.into(), hint: None };
        let form = new(&NewTokenPage {
            workspace: "Northwind Holdings".into(),
            form: PostForm { action: "/new".into(), ..PostForm::default() },
            name: (String::new(), Some("The name must hold 1 to 200 characters.".into())),
            lives: vec![option("30", "30 days"), option("365", "1 year")],
            days: ("30".into(), None),
            rights: Several {
                name: "right".into(),
                label: "Rights".into(),
                options: vec![option("see", "See everything in reach"), option("export", "Export")],
                chosen: vec!["see".into()],
                error: None,
            },
            general: None,
            back: "/tokens".into(),
        });
        show("token-new", "shell", &form);
        let made = created(&CreatedPage {
            wall: wall(),
            name: "nightly report".into(),
            text: format!("tat_{}_{}", "0".repeat(32), "A".repeat(51)),
            expires_at: wall().now + SignedDuration::from_hours(720),
            example: "https://atlas.example/api/v1/workspaces/n/operations".into(),
            back: "/tokens".into(),
        });
        show("token-created", "shell", &made);
        check("token_form", &(form.into_string() + &made.into_string()));
    }
}
