//! Who may do what: every route of the inventory, for every role, on what is one's own, another's, and missing.

use axum::body::Body;
use axum::http::{Method, StatusCode};
use database::testing::Backend;
use rstest::rstest;
use serde_json::{Value, json};
use tenancy::access::{Role, least_role};
use uuid::Uuid;
use web::routes::{self, Door, Route, Who};

use crate::house::{Answer, House, Person, form, request};

/// Whose thing an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// One of the workspace that most people here are members of.
    Own,
    /// One of another workspace, asked for there.
    Foreign,
    /// One of another workspace, asked for in one's own.
    Smuggled,
    /// None at all.
    Missing,
}

/// Fills the parts of an address.
pub(crate) fn filled(path: &str, house: &House, target: Target) -> String {
    let (workspace, tenant, run, policy) = match target {
        Target::Own => ("default", "contoso", house.run.to_string(), house.policy.to_string()),
        Target::Foreign => {
            ("other", "adatum", house.foreign_run.to_string(), house.foreign_policy.to_string())
        }
        Target::Smuggled => {
            ("default", "adatum", house.foreign_run.to_string(), house.foreign_policy.to_string())
        }
        Target::Missing => {
            ("default", "nowhere", Uuid::from_u128(7).to_string(), Uuid::from_u128(8).to_string())
        }
    };
    let missing = Uuid::from_u128(11).to_string();
    let (member, invitation) = match target {
        Target::Own => (house.spare.id.to_string(), house.invitation.to_string()),
        Target::Foreign | Target::Smuggled => (house.stranger.id.to_string(), missing),
        Target::Missing => (missing.clone(), missing),
    };
    let kind = if path.contains("{tenant}") { "policy.sync" } else { "fixture.whole" };
    path.replace("{workspace}", workspace)
        .replace("{tenant}", tenant)
        .replace("{run}", &run)
        .replace("{policy}", &policy)
        .replace("{kind}", kind)
        .replace("{member}", &member)
        .replace("{invitation}", &invitation)
        .replace("{token}", &Uuid::from_u128(9).to_string())
        .replace("{session}", &Uuid::from_u128(10).to_string())
        .replace("{user}", &house.spare.id.to_string())
        .replace("{number}", "1")
        .replace("{prefix}", "x")
        .replace("{*path}", "atlas.css")
}

/// Says whether an address names anything inside a workspace, so that it can be missing.
fn names_a_thing(route: &Route) -> bool {
    ["{tenant}", "{run}", "{policy}", "{member}", "{invitation}", "{token}"]
        .iter()
        .any(|part| route.path.contains(part))
}

/// The least role for routes whose right depends on what they name; a new one needs a line here.
fn least_of(route: &Route) -> Role {
    let role = match route.who {
        Who::May(capability) => least_role(capability),
        Who::Member => Some(Role::Readonly),
        Who::Depends => match (&route.method, route.path.as_ref()) {
            // The run that these name was started by the Operator, who is not the one with the least role.
            (
                &Method::POST,
                "/w/{workspace}/operations/{run}/cancel" | "/w/{workspace}/operations/{run}/again",
            )
            | (&Method::POST, "/api/v1/workspaces/{workspace}/operations/{run}/cancel")
            | (&Method::POST, "/w/{workspace}/start/{kind}" | "/w/{workspace}/t/{tenant}/start/{kind}")
            | (&Method::POST, "/api/v1/workspaces/{workspace}/operations")
            // Of a token of one's own, which nobody below an Operator has.
            | (&Method::POST, "/w/{workspace}/settings/tokens/{token}/revoke") => Some(Role::Operator),
            _ => None,
        },
        Who::Anyone | Who::SignedIn | Who::ServerAdmin => Some(Role::Readonly),
    };
    role.unwrap_or_else(|| panic!("the matrix has no answer for {} {}", route.method, route.path))
}

/// What a form or a call needs to be understood at all.
fn fields_of(route: &Route) -> &'static str {
    match route.path.as_ref() {
        "/w/{workspace}/t/{tenant}/state" => "state=connected",
        "/w/{workspace}/settings/members/{member}/role" => "role=operator",
        "/w/{workspace}/settings/members/{member}/reach" => "reach=workspace",
        "/w/{workspace}/settings/members/{member}/remove" => "confirm=sara%40example.com",
        "/server/users/{user}/standing" => "standing=enabled",
        "/server/users/{user}/admin" => "admin=withdrawn",
        _ => "",
    }
}

fn body_of(route: &Route, target: Target) -> Option<Value> {
    let tenant = match target {
        Target::Own => "contoso",
        Target::Foreign | Target::Smuggled => "adatum",
        Target::Missing => "nowhere",
    };
    let starts = route.method == Method::POST && route.path.ends_with("/operations");
    starts.then(|| json!({"type": "policy.sync", "tenant": tenant}))
}

async fn ask(house: &House, route: &Route, target: Target, person: Option<&Person>) -> Answer {
    let own = person.and_then(|person| person.spare_token).filter(|_| target == Target::Own);
    let path = match own {
        Some(own) => filled(&route.path.replace("{token}", &own.to_string()), house, target),
        None => filled(&route.path, house, target),
    };
    match (route.door, route.method.clone()) {
        (Door::Api, method) => {
            let token = person.and_then(|person| person.token.as_deref());
            house.call(method, &path, token, body_of(route, target)).await
        }
        (_, Method::POST) => match person {
            Some(person) => house.post(&path, person, fields_of(route)).await,
            None => house.send(form(&path, None).body(Body::empty()).expect("a request")).await,
        },
        (_, method) => {
            house.send(request(method, &path, person).body(Body::empty()).expect("a request")).await
        }
    }
}

fn assert_let_through(answer: &Answer, what: &str) {
    let closed = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED,
    ];
    assert!(
        !closed.contains(&answer.status) && !answer.status.is_server_error(),
        "{what}: {} {}",
        answer.status,
        answer.body
    );
    let elsewhere =
        answer.header("location").is_some_and(|place| place == "/sign-in" || place.starts_with("/sign-in?"));
    assert!(!elsewhere, "{what} was sent to the sign-in");
}

#[rstest]
#[tokio::test]
async fn every_route_answers_every_role_as_the_table_says(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let inventory = routes::inventory();
    let inside: Vec<&Route> = inventory.iter().filter(|route| route.path.contains("{workspace}")).collect();
    assert!(inside.len() >= 20, "the inventory has lost its routes");
    for route in inside {
        let least = least_of(route);
        for (role, person) in house.members() {
            let what = format!("{role:?} {} {}", route.method, route.path);
            // A token of somebody who may make none is none.
            if route.door == Door::Api && person.token.is_none() {
                continue;
            }
            let own = ask(&house, route, Target::Own, Some(person)).await;
            if role >= least {
                assert_let_through(&own, &what);
            } else {
                assert_eq!(own.status, StatusCode::FORBIDDEN, "{what}: {}", own.body);
                // The run was started by the Operator: for everybody else it is another's.
                let about_a_run = route.path.ends_with("/cancel") || route.path.ends_with("/again");
                let needed = if about_a_run { Role::Manager } else { least };
                let needed = format!("{needed:?}");
                assert!(own.body.contains(&format!("Needs the {needed} role")), "{what}: {}", own.body);
            }
            let foreign = ask(&house, route, Target::Foreign, Some(person)).await;
            assert_eq!(
                foreign.status,
                StatusCode::NOT_FOUND,
                "{what} in another workspace: {}",
                foreign.body
            );
            if names_a_thing(route) {
                for target in [Target::Smuggled, Target::Missing] {
                    let answer = ask(&house, route, target, Some(person)).await;
                    // Who may do nothing of the kind is told so before anything is looked for.
                    if role < least && answer.status == StatusCode::FORBIDDEN {
                        assert_eq!(answer.body, own.body, "{what} {target:?} tells what is there");
                        continue;
                    }
                    assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what} {target:?}: {}", answer.body);
                }
            }
        }
        let what = format!("a stranger {} {}", route.method, route.path);
        let answer = ask(&house, route, Target::Own, Some(&house.stranger)).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{what}: {}", answer.body);
        let nobody = ask(&house, route, Target::Own, None).await;
        match route.door {
            Door::Api => assert_eq!(nobody.status, StatusCode::UNAUTHORIZED, "{what}"),
            Door::Page | Door::Open => {
                assert_eq!(nobody.status, StatusCode::SEE_OTHER, "{what}");
                assert!(
                    nobody.header("location").is_some_and(|place| place.starts_with("/sign-in")),
                    "{what}"
                );
            }
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_narrowed_member_meets_only_their_tenant(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    let fabrikam = tenancy::access::console(
        &house.database,
        "default",
        Some("fabrikam"),
        database::Clock::system().now(),
    );
    let fabrikam = fabrikam.await.expect("the console may act");
    let hidden = house.ledger.start(&fabrikam, "policy.sync", Value::Null).await.expect("it starts").run().id;
    let whole =
        house.ledger.start(&house.whole, "fixture.whole", Value::Null).await.expect("it starts").run().id;
    let list = house.get("/w/default/operations", Some(&house.narrowed)).await;
    assert!(list.body.contains(&house.run.to_string()) && !list.body.contains("Fabrikam"), "{}", list.body);
    for run in [hidden, whole] {
        assert!(!list.body.contains(&run.to_string()));
        let path = format!("/w/default/operations/{run}");
        assert_eq!(house.get(&path, Some(&house.narrowed)).await.status, StatusCode::NOT_FOUND);
        assert_eq!(
            house.post(&format!("{path}/cancel"), &house.narrowed, "").await.status,
            StatusCode::NOT_FOUND
        );
    }
    for path in ["/w/default/t/fabrikam/policies", "/w/default/t/fabrikam/inventory", "/w/default/t/fabrikam"]
    {
        assert_eq!(house.get(path, Some(&house.narrowed)).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let whole = house.post("/w/default/start/fixture.whole", &house.narrowed, "").await;
    assert_eq!(whole.status, StatusCode::FORBIDDEN, "{}", whole.body);
    let filtered = house.get("/w/default/operations?tenant=fabrikam", Some(&house.narrowed)).await;
    assert!(filtered.body.contains("There is no tenant “fabrikam”."), "{}", filtered.body);
    let tenants = house.get("/w/default/tenants", Some(&house.narrowed)).await;
    assert!(tenants.body.contains("Contoso Ltd") && !tenants.body.contains("Fabrikam"), "{}", tenants.body);
    let token = house.narrowed.token.as_deref();
    let listed = house.call(Method::GET, "/api/v1/workspaces/default/operations", token, None).await.json();
    let items = listed["items"].as_array().expect("a list");
    assert_eq!(items.len(), 1, "{listed}");
}

#[rstest]
#[tokio::test]
async fn the_server_is_there_for_server_administrators_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = House::on(on).await;
    house.administers(&house.manager).await;
    let missing = house.get("/no/such/page", Some(&house.owner)).await;
    let inventory = routes::inventory();
    let server: Vec<&Route> = inventory.iter().filter(|route| route.who == Who::ServerAdmin).collect();
    assert!(
        server.len() >= 7
            && inventory.iter().all(|r| !r.path.starts_with("/server") || r.who == Who::ServerAdmin)
    );
    for route in server {
        let what = format!("{} {}", route.method, route.path);
        for person in [&house.reader, &house.owner, &house.stranger, &house.narrowed] {
            let answer = ask(&house, route, Target::Own, Some(person)).await;
            assert_eq!((answer.status, &answer.body), (missing.status, &missing.body), "{what}");
        }
        let nobody = ask(&house, route, Target::Own, None).await;
        assert_eq!(nobody.status, StatusCode::SEE_OTHER, "{what}");
        assert_let_through(&ask(&house, route, Target::Own, Some(&house.manager)).await, &what);
    }
}
