//! What lies outside a scope does not exist in it.

use database::testing::Backend;
use governance::inventory::{self, Depth, Reading, ReadingStatus, SeenItem};
use governance::policies;
use rstest::rstest;
use serde_json::json;
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
