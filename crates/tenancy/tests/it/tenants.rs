//! Tenants and their credentials.

use database::Clock;
use database::testing::{Backend, TestDatabase};
use rstest::rstest;
use secrecy::{ExposeSecret, SecretString};
use tenancy::secrets::{MasterKey, SealError};
use tenancy::tenant::{
    self, CloudName, Connect, ConnectError, Environment, Secret, SimulatedUrls, TenantState,
};
use tenancy::workspace::{self, Origin};
use tenancy::{Scope, access};

fn key() -> MasterKey {
    MasterKey::from_bytes([3; 32])
}

async fn console(database: &TestDatabase, slug: &str) -> Scope {
    let now = Clock::system().now();
    workspace::ensure(database, &slug.parse().expect("a slug"), slug, Origin::Own, now)
        .await
        .expect("a workspace");
    access::console(database, slug, None, now).await.expect("a scope")
}

fn contoso() -> Connect {
    Connect {
        slug: "contoso".parse().expect("a slug"),
        name: "Contoso".to_owned(),
        graph_tenant_id: "contoso.onmicrosoft.com".to_owned(),
        environment: Environment::Production,
        cloud: CloudName::Global,
        simulated: None,
        client_id: "0f8fad5b-d9cb-469f-a165-70867728950e".to_owned(),
        client_secret: SecretString::from("first secret"),
        origin: Origin::Own,
    }
}

async fn upsert(
    database: &TestDatabase,
    scope: &Scope,
    connect: Connect,
) -> Result<tenant::Tenant, ConnectError> {
    tenant::upsert(database, scope, &key(), connect, Clock::system().now()).await
}

#[rstest]
#[tokio::test]
async fn connecting_again_changes_the_connection_and_never_the_ids(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let scope = console(&database, "default").await;
    let first = upsert(&database, &scope, contoso()).await.expect("it connects");
    assert_eq!(first.external_id.get_version_num(), 4);
    let changed = Connect {
        name: "Contoso Ltd".to_owned(),
        client_secret: SecretString::from("second secret"),
        ..contoso()
    };
    let again = upsert(&database, &scope, changed).await.expect("it connects again");
    assert_eq!(
        (again.id, again.external_id, again.name.as_str()),
        (first.id, first.external_id, "Contoso Ltd")
    );
    let read = tenant::credentials(&database, &scope, &key(), &again)
        .await
        .expect("they open")
        .expect("they are kept");
    assert_eq!(read.client_secret.expose_secret(), "second secret");
    assert_eq!(tenant::list(&database, &scope).await.expect("a list"), [again]);
}

#[rstest]
#[tokio::test]
async fn credentials_do_not_open_under_another_master_key(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let scope = console(&database, "default").await;
    let tenant = upsert(&database, &scope, contoso()).await.expect("it connects");
    let other = MasterKey::from_bytes([4; 32]);
    let refused =
        tenant::credentials(&database, &scope, &other, &tenant).await.expect_err("it is another key");
    assert!(matches!(refused, ConnectError::Seal(SealError::OtherKey)));
}

#[rstest]
#[tokio::test]
async fn tenants_of_one_slug_in_two_workspaces_are_two_tenants(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let (one, two) = (console(&database, "one").await, console(&database, "two").await);
    let first = upsert(&database, &one, contoso()).await.expect("it connects");
    assert!(tenant::find(&database, &two, "contoso").await.expect("an answer").is_none());
    let second = upsert(&database, &two, contoso()).await.expect("it connects");
    assert_ne!((first.id, first.external_id), (second.id, second.external_id));
    assert_eq!(tenant::list(&database, &two).await.expect("a list"), [second]);
}

#[rstest]
#[tokio::test]
async fn what_cannot_be_kept_is_refused_by_field_and_nothing_is_written(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let scope = console(&database, "default").await;
    let urls = || {
        Some(SimulatedUrls { login: "http://127.0.0.1:1".to_owned(), graph: "http://127.0.0.1:1".to_owned() })
    };
    let cases = [
        (Connect { name: " ".to_owned(), ..contoso() }, "the name must hold 1 to 200 characters"),
        (Connect { name: "a\0b".to_owned(), ..contoso() }, "the name must hold 1 to 200 characters"),
        (
            Connect { graph_tenant_id: "contoso/../x".to_owned(), ..contoso() },
            "the Microsoft tenant must be a tenant id",
        ),
        (Connect { client_id: String::new(), ..contoso() }, "the client id must be the application's id"),
        (Connect { cloud: CloudName::Simulated, ..contoso() }, "the cloud `simulated` needs the addresses"),
        (
            Connect { cloud: CloudName::Simulated, simulated: urls(), ..contoso() },
            "the cloud `simulated` is refused for a tenant whose environment is production",
        ),
        (
            Connect { simulated: urls(), ..contoso() },
            "the cloud takes addresses of its own only when it is `simulated`",
        ),
    ];
    for (connect, expected) in cases {
        let refused = upsert(&database, &scope, connect).await.expect_err(expected).to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
    let narrow = access::system(scope.workspace(), None);
    assert!(matches!(upsert(&database, &narrow, contoso()).await, Err(ConnectError::NotAllowed)));
    assert!(tenant::list(&database, &scope).await.expect("a list").is_empty());
}

#[rstest]
#[tokio::test]
async fn readiness_tells_state_and_credentials_apart(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let scope = console(&database, "default").await;
    upsert(&database, &scope, contoso()).await.expect("it connects");
    let now = Clock::system().now();
    let scope = access::console(&database, "default", Some("contoso"), now).await.expect("a scope");
    let ready = || tenant::readiness(&database, &scope);
    assert_eq!(ready().await.expect("an answer"), Some((TenantState::Connected, Secret::Kept)));
    tenant::set_state(&database, &scope, TenantState::Removing, now).await.expect("it changes");
    database.batch("DELETE FROM tenant_secrets").await;
    assert_eq!(ready().await.expect("an answer"), Some((TenantState::Removing, Secret::Missing)));
    let whole = access::console(&database, "default", None, now).await.expect("a scope");
    assert_eq!(tenant::readiness(&database, &whole).await.expect("an answer"), None);
}

#[rstest]
#[tokio::test]
async fn only_seeded_tenants_may_be_wiped_without_asking(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let scope = console(&database, "default").await;
    assert!(tenant::all_seeded(&database).await.expect("an answer"));
    let seeded = Connect { slug: "sample".parse().expect("a slug"), origin: Origin::Seeded, ..contoso() };
    upsert(&database, &scope, seeded).await.expect("it connects");
    assert!(tenant::all_seeded(&database).await.expect("an answer"));
    upsert(&database, &scope, contoso()).await.expect("it connects");
    assert!(!tenant::all_seeded(&database).await.expect("an answer"));
}
