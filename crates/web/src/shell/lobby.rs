//! The frame around a page that belongs to no workspace.

use maud::{Markup, html};
use tenancy::user::ServerAdmin;

use super::{Page, Place, account, document};
use crate::components::{Icon, breadcrumbs, icon, named, toast_region};
use crate::links;
use crate::lobby::Lobby;
use crate::looks::Portion;
use crate::state::AppState;

/// Draws a page outside of every workspace; a script that has the frame already gets the page alone.
#[must_use]
pub fn lobby(app: &AppState, lobby: &Lobby, page: &Page) -> Markup {
    if lobby.looks.portion == Portion::Main {
        return html! {
            title { (page.title) ", TenantAtlas" }
            main #main tabindex="-1" { (page.main) }
        };
    }
    document(
        &page.title,
        lobby.looks,
        Some(lobby.wall.now),
        None,
        &html! {
            a .skip href="#main" { "Skip to content" }
            (rail(app, lobby, page.place))
            div {
                header .top {
                    button .ib .menu type="button" popovertarget="rail" aria-label="Open navigation" { (icon(Icon::Menu)) }
                    (breadcrumbs(&page.way, &page.name))
                    span .sp {}
                    (account(&lobby.visitor))
                }
                main #main tabindex="-1" { (page.main) }
            }
            (toast_region(&page.toasts))
        },
    )
}

fn rail(app: &AppState, lobby: &Lobby, place: Place) -> Markup {
    let line = |at: Place, glyph: Icon, href: &str, label: &str| {
        html! { a href=(href) aria-current=[(at == place).then_some("page")] { (icon(glyph)) (label) } }
    };
    html! {
        aside #rail .rail popover="auto" aria-label="Primary" {
            a .brand href="/w" { (icon(Icon::Brand)) "TenantAtlas" }
            nav .nav aria-label="Main" {
                @if !lobby.workspaces.is_empty() {
                    h2 { "Workspaces" }
                    @for one in &lobby.workspaces {
                        a href=(links::operations(&one.slug)) { (icon(Icon::Overview)) (named(&one.name)) }
                    }
                }
                h2 { "You" }
                (line(Place::Account, Icon::Person, links::ACCOUNT, "Account"))
                @if lobby.visitor.0.server_admin == ServerAdmin::Yes {
                    h2 { "Server" }
                    (line(Place::ServerWorkspaces, Icon::Overview, links::SERVER_WORKSPACES, "Workspaces"))
                    (line(Place::ServerUsers, Icon::Group, links::SERVER_USERS, "Users"))
                }
            }
            div .plant { span { "v" (app.version()) ", times in " (lobby.wall.offset()) } }
        }
    }
}
