//! The tenants of a workspace, and the form that connects one.

pub mod view;

use std::str::FromStr;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use secrecy::SecretString;
use tenancy::tenant::{
    self, CloudName, Connect, ConnectError, Environment, SimulatedUrls, Tenant, TenantState,
};
use tenancy::workspace::Origin;
use tenancy::{Capability, Slug, access};

use crate::components::{Answer, Link, MenuItem, Permission, PostForm, TenantEnvironment};
use crate::csrf::{FIELD, SignedForm};
use crate::fields::Fields;
use crate::here::Here;
use crate::links;
use crate::options::Options;
use crate::pages::sign_in::{PASSWORD_MAX, sentence};
use crate::problem::Problem;
use crate::shell::{self, Page, Place};
use crate::start;
use crate::state::AppState;
use view::{ConnectPage, Connection, TenantLine, TenantsPage};

/// The operation that looks whether a connection works.
const CHECK: &str = "tenant.check_connection";

/// What may be chosen as a cloud.
const CLOUDS: [(CloudName, &str); 5] = [
    (CloudName::Global, "Global"),
    (CloudName::UsGov, "United States government, level 4"),
    (CloudName::UsGovDod, "United States government, level 5"),
    (CloudName::China, "China, operated by 21Vianet"),
    (CloudName::Simulated, "Simulated, on this machine"),
];

/// What an application needs to read what is read today.
const PERMISSIONS: [&str; 5] = [
    "DeviceManagementConfiguration.Read.All",
    "DeviceManagementApps.Read.All",
    "DeviceManagementServiceConfig.Read.All",
    "DeviceManagementRBAC.Read.All",
    "Policy.Read.All",
];

/// Shows the tenants.
///
/// # Errors
/// Not found.
pub async fn show(State(app): State<AppState>, here: Here) -> Result<Response, Problem> {
    let slug = &here.workspace.slug;
    let may_add = here.obstacle(Capability::ManageTenants);
    let page = TenantsPage {
        wall: here.wall.clone(),
        sentence: format!("The Microsoft tenants of {} that you may see.", here.workspace.name),
        add: (
            may_add.map_or(Permission::Granted, |reason| Permission::Refused { reason }),
            links::new_tenant(slug),
        ),
        tenants: here.tenants.iter().map(|tenant| line(&app, &here, tenant)).collect(),
    };
    Ok(framed(&app, &here, "Tenants", "Tenants", Vec::new(), view::page(&page)))
}

/// Shows the form that connects a tenant; who gave the password too long ago gives it first.
///
/// # Errors
/// Not allowed with the role that is needed.
pub async fn new(State(app): State<AppState>, here: Here) -> Result<Response, Problem> {
    here.require(Capability::ManageTenants)?;
    let own = links::new_tenant(&here.workspace.slug);
    if !here.visitor.0.is_proved(app.now()) {
        return Ok(prove_first(&own));
    }
    let typed = view::Connect {
        environment: "production".to_owned(),
        cloud: "global".to_owned(),
        ..Default::default()
    };
    Ok(form(&app, &here, typed, Vec::new()))
}

/// Connects a tenant, and starts a check of the connection.
///
/// # Errors
/// Not allowed, or the database could not be used; what is wrong with the fields is shown in the form.
pub async fn connect(
    State(app): State<AppState>,
    here: Here,
    SignedForm(fields): SignedForm,
) -> Result<Response, Problem> {
    here.require(Capability::ManageTenants)?;
    let (typed, connect) = match read(&app, fields)? {
        Ok(read) => read,
        Err((typed, errors)) => return Ok(wrong(&app, &here, *typed, errors)),
    };
    let slug = connect.slug.to_string();
    if here.tenants.iter().any(|tenant| tenant.slug == slug) {
        let error = ("slug".to_owned(), "There is a tenant of this short name already.".to_owned());
        return Ok(wrong(&app, &here, typed, vec![error]));
    }
    match tenant::upsert(app.database(), &here.scope, app.master_key(), connect, app.now()).await {
        Ok(_) => {}
        Err(ConnectError::NotProved) => return Ok(prove_first(&links::new_tenant(&here.workspace.slug))),
        Err(ConnectError::Field { field, problem }) => {
            let error = (field_of(field).to_owned(), sentence(&format!("the {field} {problem}")));
            return Ok(wrong(&app, &here, typed, vec![error]));
        }
        Err(ConnectError::NotAllowed) => {
            return Err(crate::here::refusal(Capability::ManageTenants, &here.workspace.name));
        }
        Err(ConnectError::Database(error)) => return Err(error.into()),
        Err(other) => return Err(Problem::internal(&other)),
    }
    let scope =
        access::member(app.database(), &here.visitor.0.principal(), &here.workspace.slug, Some(&slug))
            .await?;
    let started = start::start(&app, &scope, &here.workspace.name, CHECK, serde_json::Value::Null).await;
    Ok(match started {
        Ok(started) => {
            let run = links::run(&here.workspace.slug, started.run().id);
            Redirect::to(&format!("{run}?answer={}", start::token(&started))).into_response()
        }
        // The tenant is connected either way; its check can be started from the list.
        Err(_) => Redirect::to(&links::tenants(&here.workspace.slug)).into_response(),
    })
}

/// Disconnects a tenant, or connects it again.
///
/// # Errors
/// Not found, not allowed, or the database could not be used.
pub async fn set_state(
    State(app): State<AppState>,
    here: Here,
    SignedForm(mut fields): SignedForm,
) -> Result<Response, Problem> {
    here.require(Capability::ManageTenants)?;
    let state = fields.required("state")?;
    fields.end()?;
    let state = match state.as_str() {
        "connected" => TenantState::Connected,
        "disconnected" => TenantState::Disconnected,
        _ => return Err(Problem::invalid("state", "must be connected or disconnected")),
    };
    match tenant::set_state(app.database(), &here.scope, state, app.now()).await {
        Ok(()) => Ok(Redirect::to(&links::tenants(&here.workspace.slug)).into_response()),
        Err(ConnectError::NotProved) => Ok(prove_first(&links::tenants(&here.workspace.slug))),
        Err(ConnectError::Database(error)) => Err(error.into()),
        Err(other) => Err(Problem::internal(&other)),
    }
}

fn line(app: &AppState, here: &Here, tenant: &Tenant) -> TenantLine {
    let slug = &here.workspace.slug;
    let (permission, check) = start::button_for(app, here, Some(&tenant.slug), CHECK);
    let check = PostForm { answer: Answer::Page, ..check };
    let mut deeds = vec![MenuItem::Do { label: "Check connection".to_owned(), permission, form: check }];
    let (word, state, confirm) = match tenant.state {
        TenantState::Connected => (
            "Disconnect",
            "disconnected",
            Some("Disconnect this tenant? Nothing can be started for it until it is connected again."),
        ),
        TenantState::Disconnected | TenantState::Removing => ("Connect again", "connected", None),
    };
    deeds.push(MenuItem::Do {
        label: word.to_owned(),
        permission: here
            .obstacle(Capability::ManageTenants)
            .map_or(Permission::Granted, |reason| Permission::Refused { reason }),
        form: PostForm {
            action: format!("/w/{slug}/t/{}/state", tenant.slug),
            fields: vec![
                (FIELD.to_owned(), here.visitor.form_token()),
                ("state".to_owned(), state.to_owned()),
            ],
            confirm: confirm.map(str::to_owned),
            answer: Answer::Page,
        },
    });
    TenantLine {
        slug: tenant.slug.clone(),
        name: tenant.name.clone(),
        href: links::policies(slug, &tenant.slug),
        environment: match tenant.environment {
            Environment::Production => TenantEnvironment::Production,
            Environment::Test => TenantEnvironment::Test,
        },
        external_id: tenant.external_id.to_string(),
        connection: match (tenant.state, &tenant.check_code, tenant.checked_at) {
            (TenantState::Disconnected | TenantState::Removing, _, _) => Connection::Disconnected,
            (TenantState::Connected, _, None) => Connection::NotChecked,
            (TenantState::Connected, Some(code), Some(_)) => Connection::Failing(code.clone()),
            (TenantState::Connected, None, Some(_)) => Connection::Connected,
        },
        last_contact: tenant.checked_at.map(tenancy::Ts::to_jiff),
        permissions: None,
        deeds,
    }
}

fn wrong(app: &AppState, here: &Here, typed: view::Connect, errors: Vec<(String, String)>) -> Response {
    let mut response = form(app, here, typed, errors);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

fn form(app: &AppState, here: &Here, typed: view::Connect, errors: Vec<(String, String)>) -> Response {
    let tenants = links::tenants(&here.workspace.slug);
    let page = ConnectPage {
        title: "Add tenant".to_owned(),
        form: PostForm {
            action: links::new_tenant(&here.workspace.slug),
            fields: vec![(FIELD.to_owned(), here.visitor.form_token())],
            ..PostForm::default()
        },
        back: Link::new("Cancel", &tenants),
        typed,
        errors,
        clouds: CLOUDS
            .iter()
            .filter(|(cloud, _)| may_choose(app.options(), *cloud))
            .map(|(cloud, name)| (cloud.as_str().to_owned(), (*name).to_owned()))
            .collect(),
        permissions: PERMISSIONS.iter().map(|one| (*one).to_owned()).collect(),
        verb: "Connect and check".to_owned(),
    };
    framed(app, here, "Add tenant", "Add tenant", vec![Link::new("Tenants", tenants)], view::connect(&page))
}

fn framed(
    app: &AppState,
    here: &Here,
    title: &str,
    name: &str,
    way: Vec<Link>,
    main: maud::Markup,
) -> Response {
    let page = Page {
        title: format!("{title}, {}", here.workspace.name),
        place: Place::Tenants,
        way,
        name: name.to_owned(),
        toasts: Vec::new(),
        main,
    };
    shell::page(app, here, &page).into_response()
}

/// What was typed with what is wrong with it, or with what can be done.
type Read = Result<(view::Connect, Connect), (Box<view::Connect>, Vec<(String, String)>)>;

/// Says whether a cloud is offered; a simulated one is only where everybody who comes is on this machine.
///
/// Elsewhere its address would let an Owner make this machine talk to services of its own.
fn may_choose(options: &Options, cloud: CloudName) -> bool {
    cloud != CloudName::Simulated || !options.is_tls()
}

/// Reads the address of a simulator: plain HTTP on this machine and a port, nothing else.
fn simulator(typed: &str) -> Option<SimulatedUrls> {
    let url = url::Url::parse(typed).ok()?;
    let here = match url.host()? {
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
        url::Host::Domain(_) => false,
    };
    let plain = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let nobody = url.username().is_empty() && url.password().is_none();
    let fits = url.scheme() == "http" && here && plain && nobody && url.port().is_some();
    let origin = url.origin().ascii_serialization();
    fits.then(|| SimulatedUrls { login: origin.clone(), graph: origin })
}

fn read(app: &AppState, mut fields: Fields) -> Result<Read, Problem> {
    let mut take = |name: &str| fields.one(name).map(|value| value.unwrap_or_default().trim().to_owned());
    let typed = view::Connect {
        name: take("name")?,
        slug: take("slug")?,
        environment: take("environment")?,
        cloud: take("cloud")?,
        simulator: take("simulator")?,
        graph_tenant_id: take("graph_tenant_id")?,
        client_id: take("client_id")?,
    };
    let secret = SecretString::from(fields.one_up_to("client_secret", PASSWORD_MAX)?.unwrap_or_default());
    fields.end()?;
    let mut errors = Vec::new();
    let mut wrong = |field: &str, why: String| errors.push((field.to_owned(), why));
    let slug = Slug::from_str(&typed.slug).map_err(|error| wrong("slug", sentence(&error.to_string()))).ok();
    let environment = Environment::from_str(&typed.environment)
        .map_err(|_| wrong("environment", "Choose production or test.".to_owned()))
        .ok();
    let offered = |cloud: &CloudName| {
        CLOUDS.iter().any(|(known, _)| known == cloud) && may_choose(app.options(), *cloud)
    };
    let cloud = CloudName::from_str(&typed.cloud).ok().filter(offered);
    if cloud.is_none() {
        wrong("cloud", "Choose a cloud.".to_owned());
    }
    let simulated = simulator(&typed.simulator).filter(|_| cloud == Some(CloudName::Simulated));
    if cloud == Some(CloudName::Simulated) && simulated.is_none() {
        let why = "Enter what the simulator printed, such as http://127.0.0.1:8765.";
        wrong("simulator", why.to_owned());
    }
    if secrecy::ExposeSecret::expose_secret(&secret).is_empty() {
        wrong("client_secret", "Enter the application's secret.".to_owned());
    }
    Ok(match (slug, environment, cloud) {
        (Some(slug), Some(environment), Some(cloud)) if errors.is_empty() => {
            let connect = Connect {
                slug,
                name: typed.name.clone(),
                graph_tenant_id: typed.graph_tenant_id.clone(),
                environment,
                cloud,
                simulated,
                client_id: typed.client_id.clone(),
                client_secret: secret,
                origin: Origin::Own,
            };
            Ok((typed, connect))
        }
        _ => Err((Box::new(typed), errors)),
    })
}

/// Gives the field that a name in an error belongs to; none of them means the whole form.
fn field_of(name: &str) -> &'static str {
    match name {
        "name" => "name",
        "slug" => "slug",
        "Microsoft tenant" => "graph_tenant_id",
        "client id" => "client_id",
        "cloud" => "cloud",
        _ => "",
    }
}

fn prove_first(next: &str) -> Response {
    let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
    Redirect::to(&format!("/sign-in/again?next={next}")).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_others_reach_offers_no_simulated_cloud() {
        let here = Options::loopback("127.0.0.1:8080".parse().expect("an address"));
        let public = Options::public("https://atlas.example.com", Vec::new()).expect("an address");
        assert!(may_choose(&here, CloudName::Simulated));
        assert!(!may_choose(&public, CloudName::Simulated));
        assert!(may_choose(&public, CloudName::Global));
    }
}
