//! What lies outside a scope does not exist in it.

use std::sync::Arc;

use database::testing::Backend;
use governance::inventory::{self, Depth, Reading, ReadingStatus, SeenItem};
use governance::policies;
use rstest::rstest;
use secrecy::SecretString;
use serde_json::json;
use tenancy::access::{Reach, Role};
use tenancy::membership::{self, NewMember};
use tenancy::password::Hashing;
use tenancy::session::{self, SignIn};
use tenancy::user::{self, NewUser};
use tenancy::{Scope, access};

use crate::tenant::{Home, at, catalog_policy, run, tenant_in, ty};

const TYPE: &str = "configurationPolicy";

/// How many things of each sort a scope sees: items, coverage, counts, policies, totals.
async fn seen_by(home: &Home, scope: &Scope) -> [usize; 5] {
    let database = &home.database;
    let fine = "the question is fine";
    [
        inventory::list(database, scope, &inventory::Filter::default(), None, 10)
            .await
            .expect(fine)
            .items
            .len(),
        inventory::coverage(database, scope).await.expect(fine).len(),
        inventory::counts(database, scope).await.expect(fine).len(),
        policies::list(database, scope, &policies::Filter::default(), None, 10)
            .await
            .expect(fine)
            .policies
            .len(),
        policies::totals(database, scope).await.expect(fine).len(),
    ]
}

async fn fill(home: &Home) {
    let (database, scope) = (&home.database, &home.scope);
    home.record(vec![catalog_policy("p", "1", "g").read()], 1).await;
    let item = SeenItem::of(ty(TYPE), "p", &json!({"name": "n"})).expect("the id is fine");
    inventory::record_page(database, scope, run(), TYPE, vec![item], at(1)).await.expect("a page");
    let end = Reading { status: ReadingStatus::Complete, seen: 1, failed: 0, pages: 1, code: None };
    inventory::close_collection(database, scope, run(), TYPE, Depth::Detailed, end, at(0), at(2))
        .await
        .expect("closed");
}

#[rstest]
#[tokio::test]
async fn another_workspace_and_another_tenant_see_nothing_and_touch_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    fill(&home).await;
    let whole = access::console(&home.database, "default", None, at(0)).await.expect("a scope");
    assert_eq!(seen_by(&home, &home.scope).await, [1; 5]);
    assert_eq!(seen_by(&home, &whole).await, [1; 5], "the workspace sees its tenants");
    let policy = home.only_policy().await;
    let version = home.versions().await[0].id;

    let neighbour = tenant_in(&home.database, "default", "fabrikam").await;
    let stranger = tenant_in(&home.database, "other", "contoso").await;
    for scope in [neighbour, stranger] {
        let database = &home.database;
        assert_eq!(seen_by(&home, &scope).await, [0; 5]);
        assert_eq!(policies::find(database, &scope, policy.id).await.expect("fine"), None);
        assert!(policies::versions(database, &scope, policy.id).await.expect("fine").is_empty());
        assert_eq!(policies::payload(database, &scope, version).await.expect("fine"), None);

        let nothing = Reading { status: ReadingStatus::Complete, seen: 0, failed: 0, pages: 1, code: None };
        inventory::close_collection(database, &scope, run(), TYPE, Depth::Detailed, nothing, at(50), at(51))
            .await
            .expect("closed");
        let counts =
            policies::record(database, &scope, run(), vec![catalog_policy("p", "9", "g").read()], at(60))
                .await;
        assert_eq!(counts.expect("recorded").created, 1, "the same id is another policy there");
        assert_eq!(home.only_policy().await, policy, "and this one is as it was");
    }
}

#[rstest]
#[tokio::test]
async fn a_member_who_is_narrowed_to_one_tenant_meets_no_other_in_any_list_of_the_workspace(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    fill(&home).await;
    let policy = home.only_policy().await;
    let version = home.versions().await[0].id;
    let fabrikam = tenant_in(&home.database, "default", "fabrikam").await;
    let whole = access::console(&home.database, "default", None, at(0)).await.expect("a scope");
    let only = |tenant: &Scope| Reach::only([tenant.tenant().expect("a tenant")]);
    let own = member(&home, &whole, "own", only(&home.scope)).await;
    let other = member(&home, &whole, "other", only(&fabrikam)).await;
    let database = &home.database;
    for (scope, seen, what) in [(&own, 1, "their own tenant"), (&other, 0, "another tenant")] {
        assert_eq!(seen_by(&home, scope).await, [seen; 5], "{what}");
        assert_eq!(policies::find(database, scope, policy.id).await.expect("fine").is_some(), seen == 1);
        assert_eq!(policies::versions(database, scope, policy.id).await.expect("fine").len(), seen);
        assert_eq!(policies::payload(database, scope, version).await.expect("fine").is_some(), seen == 1);
    }
}

#[rstest]
#[tokio::test]
async fn an_object_that_was_read_whole_leads_to_its_policy(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    fill(&home).await;
    let item = SeenItem::of(ty(TYPE), "listed-only", &json!({"name": "n"})).expect("the id is fine");
    inventory::record_page(&home.database, &home.scope, run(), TYPE, vec![item], at(3))
        .await
        .expect("a page");
    let page = inventory::list(&home.database, &home.scope, &inventory::Filter::default(), None, 10).await;
    let found: Vec<_> =
        page.expect("a list").items.into_iter().map(|item| (item.key.graph_id, item.policy)).collect();
    let policy = home.only_policy().await.id;
    assert_eq!(found, [("listed-only".to_owned(), None), ("p".to_owned(), Some(policy))]);
}

/// Makes somebody who may read, within a reach, and gives the scope in which they act.
async fn member(home: &Home, whole: &Scope, name: &str, reach: Reach) -> Scope {
    let server = access::server_console(&home.database, at(0)).await.expect("the console may act");
    let password = SecretString::from("harbour-lamp-seven-41");
    let email = format!("{name}@example.com");
    let new = NewUser {
        email: email.parse().expect("an address"),
        name: name.to_owned(),
        password: password.clone(),
    };
    let hashing = Hashing::default();
    let made = user::create(&home.database, &hashing, &server, new, at(0)).await.expect("an account");
    let joined = NewMember { user: made.id, role: Role::Readonly, reach };
    membership::add(&home.database, whole, joined, at(0)).await.expect("a member");
    let sign_in = SignIn { email, password, replaces: None, request: Arc::default() };
    let signed = session::sign_in(&home.database, &hashing, sign_in, at(0)).await.expect("a session");
    access::member(&home.database, &signed.session.principal(), "default", None).await.expect("a member")
}
