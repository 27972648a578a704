//! The settings of a workspace: what its pages share.

use axum::response::{IntoResponse, Redirect, Response};
use maud::Markup;

use crate::components::{Link, Selected, Tab, Toast, ToastTone, tabs};
use crate::fields::Fields;
use crate::here::Here;
use crate::links;
use crate::shell::{self, Page, Place};
use crate::state::AppState;

/// A page of the settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Who works here.
    Members,
    /// One's own API tokens.
    Tokens,
    /// How queue and server are.
    Health,
}

impl Section {
    const ALL: [Self; 3] = [Self::Members, Self::Tokens, Self::Health];

    /// Gives its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Members => "Members",
            Self::Tokens => "API tokens",
            Self::Health => "Health",
        }
    }

    /// Gives its address.
    #[must_use]
    pub fn href(self, workspace: &str) -> String {
        match self {
            Self::Members => links::members(workspace),
            Self::Tokens => links::tokens(workspace),
            Self::Health => links::health(workspace),
        }
    }
}

/// Leads from the settings to their first page.
pub async fn show(here: Here) -> Redirect {
    Redirect::to(&links::members(&here.workspace.slug))
}

/// Draws the ways to the other pages of the settings.
#[must_use]
pub(crate) fn section_tabs(workspace: &str, shown: Section) -> Markup {
    let all = Section::ALL.map(|section| Tab {
        label: section.name().to_owned(),
        href: section.href(workspace),
        count: None,
        glyph: None,
        selected: Selected::when(section == shown),
    });
    tabs("Settings", &all)
}

/// Answers with a page of the settings; `name` is its own where it stands below its section.
pub(crate) fn framed(
    app: &AppState,
    here: &Here,
    section: Section,
    name: Option<&str>,
    told: Option<Toast>,
    main: Markup,
) -> Response {
    let slug = &here.workspace.slug;
    let mut way = vec![Link::new("Settings", links::members(slug))];
    if name.is_some() {
        way.push(Link::new(section.name(), section.href(slug)));
    }
    let name = name.unwrap_or(section.name());
    let page = Page {
        title: format!("{name}, {}", here.workspace.name),
        place: Place::Settings,
        way,
        name: name.to_owned(),
        toasts: told.into_iter().collect(),
        main,
    };
    shell::page(app, here, &page).into_response()
}

/// Reads what a page is to tell first: the word that the form before it left in the address.
#[must_use]
pub(crate) fn told(query: Option<&str>) -> Option<String> {
    let mut fields = Fields::parse(query?.as_bytes()).ok()?;
    fields.all("told").pop()
}

/// Makes a toast that tells that something was done.
#[must_use]
pub(crate) fn done(title: &str, text: &str) -> Toast {
    Toast { tone: ToastTone::Info, title: title.to_owned(), text: text.to_owned(), go: None, again: None }
}
