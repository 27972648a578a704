//! What the tenants of a workspace look like, and the form that connects one.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::components::{
    Band, Column, Empty, Field, FieldOption, Hang, Icon, Input, Link, MenuItem, Narrow, Need, Permission,
    PostForm, Presence, Row, TenantEnvironment, Verb, Wall, Weight, action, data_table, empty, environment,
    error_summary, field, hidden_fields, icon, link_button, menu, rel_time, row_link, shortened,
};

/// The page.
#[derive(Clone, Debug)]
pub struct TenantsPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// What is listed, in one sentence.
    pub sentence: String,
    /// Whether the reader may add one, and where.
    pub add: (Permission, String),
    /// The tenants.
    pub tenants: Vec<TenantLine>,
}

/// One tenant.
#[derive(Clone, Debug)]
pub struct TenantLine {
    /// Its short name, unique in the workspace.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// Its page.
    pub href: String,
    /// What a mistake would cost.
    pub environment: TenantEnvironment,
    /// Its id as links outside of this server name it.
    pub external_id: String,
    /// Whether it can be reached.
    pub connection: Connection,
    /// When it was last reached.
    pub last_contact: Option<Timestamp>,
    /// Permissions that its application holds, and those that are needed.
    pub permissions: Option<(u32, u32)>,
    /// Check connection, edit, disconnect.
    pub deeds: Vec<MenuItem>,
}

/// Whether a tenant can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Connection {
    /// It was, when last asked.
    Connected,
    /// Nobody asked yet.
    NotChecked,
    /// It was not; the code says why.
    Failing(String),
    /// Its secret ends in so many days.
    SecretExpires(u32),
    /// It was disconnected.
    Disconnected,
}

/// Draws the page, without the shell around it.
#[must_use]
pub fn page(page: &TenantsPage) -> Markup {
    let columns = [
        Column::new("Name", None, Narrow::Title),
        Column::new("Environment", Some(8), Narrow::State),
        Column::new("Connection", Some(14), Narrow::Second),
        Column::new("Last contact", Some(8), Narrow::SecondEnd),
        Column::new("Permissions", Some(7), Narrow::Line).numbers(),
        Column::new("Tenant ID", Some(11), Narrow::Line).desktop(),
        Column::new("", Some(8), Narrow::Line).numbers(),
    ];
    let rows = page.tenants.iter().map(|tenant| row(tenant, &page.wall)).collect();
    html! {
        div .head {
            div { h1 { "Tenants" } p .sub { (page.sentence) } }
            div .acts { (add_button(&page.add)) }
        }
        section .panel aria-label="Tenants" {
            @if page.tenants.is_empty() { (nothing(&page.add)) }
            @else { (data_table("Tenants of this workspace", &columns, &[Band { heading: None, rows }])) }
        }
    }
}

fn add_button((permission, href): &(Permission, String)) -> Markup {
    match permission {
        Permission::Granted => link_button(&Link::new("Add tenant", href.as_str()), Weight::Primary, None),
        Permission::Refused { .. } => {
            action("add-tenant", Verb::plain("Add tenant"), permission, &PostForm::default())
        }
    }
}

fn nothing((permission, href): &(Permission, String)) -> Markup {
    let why =
        Empty::new("No tenants yet. Connect one to see its policies, keep their versions and notice drift.");
    match permission {
        Permission::Granted => empty(&why.then(Link::new("Add tenant", href.as_str()))),
        Permission::Refused { .. } => {
            empty(&Empty::new("No tenants yet. An Owner of this workspace can connect one."))
        }
    }
}

fn row(of: &TenantLine, wall: &Wall) -> Row {
    let cells = vec![
        html! { span .ttl { (row_link(&of.href, &of.name)) span .under .mono { (of.slug) } } },
        environment(of.environment),
        connection(&of.connection),
        html! { @if let Some(at) = of.last_contact { (rel_time(at, wall)) } @else { span .mut { "never" } } },
        html! { @if let Some((held, needed)) = of.permissions { (held) " / " (needed) } },
        html! { span .mono .mut title=(of.external_id) { (shortened(&of.external_id)) } },
        html! { @if !of.deeds.is_empty() { (menu("Actions", Icon::More, Weight::Small, Hang::Right, &of.deeds)) } },
    ];
    Row { id: format!("tenant-{}", of.slug), cells, presence: Presence::Here }
}

fn connection(of: &Connection) -> Markup {
    html! {
        @match of {
            Connection::Connected => { span .badge .badge-succeeded { (icon(Icon::Succeeded)) "Connected" } }
            Connection::NotChecked => { span .badge .badge-queued { (icon(Icon::Queued)) "Not checked yet" } }
            Connection::Failing(code) => { span .badge .badge-failed { (icon(Icon::Failed)) "Not reached" } " " span .mono .mut { (code) } }
            Connection::SecretExpires(days) => { span .badge .badge-partial { (icon(Icon::Late)) "Secret expires in " (days) " days" } }
            Connection::Disconnected => { span .badge .badge-cancelled { (icon(Icon::Cancelled)) "Disconnected" } }
        }
    }
}

/// The form that connects a tenant, or changes how it is reached.
#[derive(Clone, Debug)]
pub struct ConnectPage {
    /// What is done: "Add tenant", "Edit Contoso".
    pub title: String,
    /// Where it is sent.
    pub form: PostForm,
    /// The way back.
    pub back: Link,
    /// What was typed, by field.
    pub typed: Connect,
    /// What is wrong, by field name, and beside the fields under the empty name.
    pub errors: Vec<(String, String)>,
    /// The clouds that may be chosen: value and name.
    pub clouds: Vec<(String, String)>,
    /// The permissions that the application needs.
    pub permissions: Vec<String>,
    /// The button: "Connect and check".
    pub verb: String,
}

/// What is entered to connect a tenant; the secret is never sent back.
#[derive(Clone, Debug, Default)]
pub struct Connect {
    /// Its name.
    pub name: String,
    /// Its short name.
    pub slug: String,
    /// `production` or `test`.
    pub environment: String,
    /// Its cloud.
    pub cloud: String,
    /// Where it is simulated, if it is.
    pub simulator: String,
    /// Its id or domain at Microsoft.
    pub graph_tenant_id: String,
    /// The application.
    pub client_id: String,
}

/// Draws the form.
#[must_use]
pub fn connect(page: &ConnectPage) -> Markup {
    let general: Vec<String> =
        page.errors.iter().filter(|(name, _)| name.is_empty()).map(|(_, error)| error.clone()).collect();
    let (about, reach) = (about(page), reach(page));
    let all: Vec<&Field> = about.iter().chain(&reach).collect();
    html! {
        div .head { div { h1 { (page.title) } p .sub { "Nothing is read before you have seen that the connection works." } } }
        div .cols {
            form .stack method="post" action=(page.form.action) autocomplete="off" {
                (hidden_fields(&page.form.fields))
                (error_summary(&general, &all))
                (part("The tenant", &about))
                (part("How it is reached", &reach))
                div .acts .pb {
                    button .btn .pri type="submit" { (page.verb) }
                    a .btn href=(page.back.href) { (page.back.label) }
                }
            }
            aside .stack aria-label="What the application needs" {
                section .panel {
                    div .ph { h2 { "Permissions" } }
                    div .pb .stack {
                        p { "Register an application in the tenant, grant it these application permissions, and give an administrator's consent:" }
                        ul { @for permission in &page.permissions { li .mono { (permission) } } }
                        p .hint { "Reading permissions only. What writes is asked for when the first restore is made." }
                    }
                }
            }
        }
    }
}

fn part(title: &str, fields: &[Field]) -> Markup {
    html! {
        section .panel {
            div .ph { h2 { (title) } }
            div .pb { div .form { @for one in fields { (field(one)) } } }
        }
    }
}

fn about(page: &ConnectPage) -> Vec<Field> {
    let (typed, wrong) = (&page.typed, |name| error_of(page, name));
    let option = |value: &str, label: &str, hint: &str| FieldOption {
        value: value.into(),
        label: label.into(),
        hint: Some(hint.into()),
    };
    vec![
        Field::text("name", "Name").holding(typed.name.as_str()).failing(wrong("name")),
        Field::text("slug", "Short name")
            .taking(Input::Code)
            .hinting("For addresses and commands: lower-case letters, digits and dashes. It stays when the name changes.")
            .holding(typed.slug.as_str())
            .failing(wrong("slug")),
        Field::text("environment", "Environment")
            .taking(Input::Options(vec![
                option("production", "Production", "People work in it. Restores ask an Owner and need the name typed."),
                option("test", "Test", "Nobody does. Managers may restore."),
            ]))
            .holding(typed.environment.as_str())
            .failing(wrong("environment")),
    ]
}

fn reach(page: &ConnectPage) -> Vec<Field> {
    let (typed, wrong) = (&page.typed, |name| error_of(page, name));
    let clouds = page
        .clouds
        .iter()
        .map(|(value, label)| FieldOption { value: value.clone(), label: label.clone(), hint: None })
        .collect();
    let simulator = Field {
        need: Need::Optional,
        ..Field::text("simulator", "Address of the simulator")
            .taking(Input::Code)
            .hinting("For a simulated tenant: what `tenantatlas simulate` printed.")
            .holding(typed.simulator.as_str())
            .failing(wrong("simulator"))
    };
    let mut all = vec![
        Field::text("cloud", "Cloud")
            .taking(Input::Options(clouds))
            .holding(typed.cloud.as_str())
            .failing(wrong("cloud")),
        Field::text("graph_tenant_id", "Microsoft tenant")
            .taking(Input::Code)
            .hinting("Its directory id (a UUID), or a domain such as contoso.onmicrosoft.com.")
            .holding(typed.graph_tenant_id.as_str())
            .failing(wrong("graph_tenant_id")),
        Field::text("client_id", "Application (client) ID")
            .taking(Input::Code)
            .holding(typed.client_id.as_str())
            .failing(wrong("client_id")),
        Field::text("client_secret", "Client secret")
            .taking(Input::Secret { autocomplete: "off" })
            .hinting("The secret's value, not its id. It is sealed before it is kept and never shown again.")
            .failing(wrong("client_secret")),
    ];
    if page.clouds.iter().any(|(cloud, _)| cloud == "simulated") {
        all.insert(1, simulator);
    }
    all
}

fn error_of(page: &ConnectPage, field: &str) -> Option<String> {
    page.errors.iter().find(|(name, _)| name == field).map(|(_, error)| error.clone())
}

#[cfg(test)]
mod tests;
