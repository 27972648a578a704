//! The frame around every page: the rail with workspace, tenant and navigation, the top bar, and the foot with
//! the workers.

mod lobby;

pub use lobby::lobby;

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html};
use tenancy::user::ServerAdmin;

use crate::assets;
use crate::components::{
    Icon, Link, Toast, avatar, breadcrumbs, icon, named, sprite, toast_region, worker_notice,
};
use crate::csrf;
use crate::here::Here;
use crate::links;
use crate::looks::{Looks, Portion};
use crate::session::Visitor;
use crate::state::AppState;

/// What htmx is told; inline scripts and styles are forbidden, so it must not write any.
const HTMX_CONFIG: &str = r#"{"includeIndicatorCSS":false,"morphIgnore":["data-htmx-powered","open"]}"#;

/// Scripts that every page loads, in their order; those that do not exist are left out.
const SCRIPTS: [&str; 2] = ["vendor/htmx/htmx.min.js", "vendor/htmx/hx-sse.min.js"];

/// Our own script, a module that loads the others.
const MODULE: &str = "atlas.js";

/// Fonts that are fetched before the stylesheet asks for them, so that text does not jump.
const FONTS: [&str; 2] = [
    "vendor/fonts/atkinson-hyperlegible-next-latin-wght-normal.woff2",
    "vendor/fonts/atkinson-hyperlegible-mono-latin-wght-normal.woff2",
];

/// What a visitor may choose about how pages look, where scripts run: cookie and value, words.
const LOOKS: [(&str, &str); 5] = [
    ("theme=system", "System theme"),
    ("theme=light", "Light"),
    ("theme=dark", "Dark"),
    ("density=comfortable", "Comfortable rows"),
    ("density=compact", "Compact rows"),
];

/// A place in the navigation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// A tenant's inventory.
    Inventory,
    /// A tenant's policies.
    Policies,
    /// The list of runs.
    Operations,
    /// The workspace's tenants.
    Tenants,
    /// The workspace's settings.
    Settings,
    /// One's own account.
    Account,
    /// The server's workspaces.
    ServerWorkspaces,
    /// The server's users.
    ServerUsers,
    /// None that has a line of its own.
    Elsewhere,
}

/// A page inside the frame.
#[derive(Clone, Debug)]
pub struct Page {
    /// What the browser's tab says, without the product's name.
    pub title: String,
    /// Where it is in the navigation.
    pub place: Place,
    /// The pages above it, the workspace left out.
    pub way: Vec<Link>,
    /// Its own name at the end of the way.
    pub name: String,
    /// What is told first.
    pub toasts: Vec<Toast>,
    /// The page itself.
    pub main: Markup,
}

/// Draws a page of a workspace; a script that has the frame already gets the page alone.
#[must_use]
pub fn page(app: &AppState, here: &Here, page: &Page) -> Markup {
    if here.looks.portion == Portion::Main {
        return html! {
            title { (page.title) ", TenantAtlas" }
            main #main tabindex="-1" { (page.main) }
        };
    }
    let slug = &here.workspace.slug;
    let mut way = vec![Link::new(&here.workspace.name, links::operations(slug))];
    way.extend(page.way.iter().cloned());
    document(
        &page.title,
        here.looks,
        Some(here.wall.now),
        None,
        &html! {
            a .skip href="#main" { "Skip to content" }
            (rail(app, here, page.place))
            div {
                header .top {
                    button .ib .menu type="button" popovertarget="rail" aria-label="Open navigation" { (icon(Icon::Menu)) }
                    (breadcrumbs(&way, &page.name))
                    span .sp {}
                    (finder(slug))
                    (bell(here))
                    (account(&here.visitor))
                }
                @if here.pulse.workers == 0 { (worker_notice()) }
                main #main tabindex="-1" { (page.main) }
            }
            (toast_region(&page.toasts))
        },
    )
}

/// Draws a page in front of the door: nobody is signed in, or no workspace is chosen yet.
#[must_use]
pub fn door(title: &str, looks: Looks, main: &Markup) -> Markup {
    document(
        title,
        looks,
        None,
        Some("bare"),
        &html! {
            a .skip href="#main" { "Skip to content" }
            main #main .door tabindex="-1" {
                div {
                    a .brand href="/" { (icon(Icon::Brand)) "TenantAtlas" }
                    (main)
                }
            }
        },
    )
}

fn document(
    title: &str,
    looks: Looks,
    rendered_at: Option<Timestamp>,
    class: Option<&str>,
    body: &Markup,
) -> Markup {
    let theme = (looks.theme != "system").then_some(looks.theme);
    let exists = |path: &&str| assets::paths().any(|known| known == *path);
    html! {
        (DOCTYPE)
        html lang="en" dir="ltr" data-theme=[theme] data-density=(looks.density) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="htmx-config" content=(HTMX_CONFIG);
                @if let Some(at) = rendered_at { meta name="rendered-at" content=(at); }
                title { (title) ", TenantAtlas" }
                @for font in FONTS {
                    link rel="preload" as="font" type="font/woff2" crossorigin="anonymous" href=(assets::url(font));
                }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(assets::url("atlas.css"));
                @for script in SCRIPTS.iter().filter(|path| exists(path)) {
                    script src=(assets::url(script)) defer {}
                }
                @if exists(&MODULE) { script type="module" src=(assets::url(MODULE)) {} }
            }
            body class=[class] {
                (sprite())
                (body)
            }
        }
    }
}

fn rail(app: &AppState, here: &Here, place: Place) -> Markup {
    html! {
        aside #rail .rail popover="auto" aria-label="Primary" {
            a .brand href="/w" { (icon(Icon::Brand)) "TenantAtlas" }
            div .scope {
                a .at href="/w" {
                    small { "Workspace" }
                    b { (named(&here.workspace.name)) }
                    (icon(Icon::UpDown))
                }
                (tenant_switcher(here, place))
            }
            (navigation(here, place))
            div .plant {
                span {
                    b { (here.pulse.workers) @if here.pulse.workers == 1 { " worker" } @else { " workers" } }
                    " alive"
                }
                span { "v" (app.version()) ", times in " (here.wall.offset()) }
            }
        }
    }
}

fn tenant_switcher(here: &Here, place: Place) -> Markup {
    let slug = &here.workspace.slug;
    let name = match here.tenant() {
        Ok(tenant) => tenant.name.clone(),
        Err(_) => format!("All tenants ({})", here.tenants.len()),
    };
    let in_tenant = |tenant: &str| match place {
        Place::Inventory => links::inventory(slug, tenant),
        _ => links::policies(slug, tenant),
    };
    if here.scope.tenant().is_some() {
        return html! {
            a .at href=(links::tenants(slug)) {
                small { "Tenant" }
                b { (named(&name)) }
                (icon(Icon::UpDown))
            }
        };
    }
    html! {
        details {
            summary {
                small { "Tenant" }
                b { (name) }
                (icon(Icon::UpDown))
            }
            ul {
                @for tenant in &here.tenants {
                    li { a href=(in_tenant(&tenant.slug)) { (named(&tenant.name)) } }
                }
                li { a href=(links::tenants(slug)) { "Tenants and connections" } }
            }
        }
    }
}

fn navigation(here: &Here, place: Place) -> Markup {
    let slug = &here.workspace.slug;
    // Without a tenant in the address, the lines about a tenant lead to the one there is, or to the choice.
    let tenant = match (here.tenant(), here.tenants.as_slice()) {
        (Ok(tenant), _) | (Err(_), [tenant]) => Some(tenant.slug.as_str()),
        (Err(_), _) => None,
    };
    let of_tenant =
        |page: fn(&str, &str) -> String| tenant.map_or(links::tenants(slug), |tenant| page(slug, tenant));
    let line = |at: Place, glyph: Icon, href: &str, label: &str, more: &Markup| {
        html! {
            a href=(href) aria-current=[(at == place).then_some("page")] { (icon(glyph)) (label) (more) }
        }
    };
    let none = html! {};
    let running = html! {
        @if here.pulse.running > 0 {
            span .n .live { (icon(Icon::Running)) (here.pulse.running) span .sr { " running" } }
        }
    };
    html! {
        nav .nav aria-label="Main" {
            h2 { "Observe" }
            (line(Place::Inventory, Icon::Inventory, &of_tenant(links::inventory), "Inventory", &none))
            (line(Place::Policies, Icon::Policy, &of_tenant(links::policies), "Policies", &none))
            h2 { "Monitoring" }
            (line(Place::Operations, Icon::Operations, &links::operations(slug), "Operations", &running))
            h2 { "Workspace" }
            (line(Place::Tenants, Icon::Tenant, &links::tenants(slug), "Tenants", &none))
            (line(Place::Settings, Icon::System, &links::members(slug), "Settings", &none))
        }
    }
}

/// Draws the search of the workspace: a field where there is room, else the way to its page.
fn finder(workspace: &str) -> Markup {
    let place = links::search(workspace);
    html! {
        form role="search" aria-label="Search" method="get" action=(place) {
            label .find {
                (icon(Icon::Search))
                span .sr { "Search runs, tenants, policies and pages" }
                input type="search" name="q" placeholder="Search or run ID" autocomplete="off" spellcheck="false";
            }
        }
        a .ib .find-go href=(place) aria-label="Search" { (icon(Icon::Search)) }
    }
}

fn bell(here: &Here) -> Markup {
    let unread = here.pulse.unread;
    let label =
        if unread == 0 { "Notifications".to_owned() } else { format!("Notifications, {unread} unread") };
    html! {
        a .ib href=(links::notifications(&here.workspace.slug)) aria-label=(label) {
            (icon(Icon::Bell))
            @if unread > 0 { span .dot aria-hidden="true" { @if unread > 99 { "99+" } @else { (unread) } } }
        }
    }
}

fn account(visitor: &Visitor) -> Markup {
    let session = &visitor.0;
    html! {
        details .drop .right data-drop {
            summary .ib { (avatar(&session.name)) span .sr { "Account: " (session.name) } }
            div .sheet {
                p { b { (named(&session.name)) } br; small .mut { (session.email) } }
                ul {
                    li { a href=(links::ACCOUNT) { (icon(Icon::Person)) "Your account" } }
                    @if session.server_admin == ServerAdmin::Yes {
                        li { a href=(links::SERVER_WORKSPACES) { (icon(Icon::System)) "Server" } }
                    }
                }
                @for (look, words) in LOOKS {
                    button .btn .sm type="button" data-look=(look) hidden { (words) }
                }
                form method="post" action="/sign-out" {
                    input type="hidden" name=(csrf::FIELD) value=(visitor.form_token());
                    button .btn .sm type="submit" { "Sign out" }
                }
            }
        }
    }
}
