//! Workspaces, the platform user, and who gets a scope.

use std::collections::HashSet;

use database::Clock;
use database::testing::Backend;
use rstest::rstest;
use tenancy::access::{self, AccessError};
use tenancy::workspace::{self, Origin};
use tenancy::{Actor, Capability, user};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn racing_first_starts_make_one_workspace_and_one_platform_user(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let now = Clock::system().now();
    let starts: Vec<_> = (0..12)
        .map(|_| {
            let database = (*database).clone();
            tokio::spawn(async move {
                let slug = workspace::DEFAULT_SLUG.parse().expect("a slug");
                let made = workspace::ensure(&database, &slug, "Default", Origin::Own, now)
                    .await
                    .expect("a workspace");
                let user = user::ensure_platform(&database, now).await.expect("a user");
                (made.id, user.user().expect("the platform user is a user"))
            })
        })
        .collect();
    let mut seen = HashSet::new();
    for start in starts {
        seen.insert(start.await.expect("no start panics"));
    }
    assert_eq!(seen.len(), 1);
    assert_eq!(workspace::list(&database).await.expect("a list").len(), 1);
}

#[rstest]
#[tokio::test]
async fn an_existing_workspace_keeps_its_name(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let database = on.fresh().await;
    let (now, slug) = (Clock::system().now(), "team".parse().expect("a slug"));
    let first = workspace::ensure(&database, &slug, "Team", Origin::Own, now).await.expect("a workspace");
    let again =
        workspace::ensure(&database, &slug, "Another name", Origin::Seeded, now).await.expect("a workspace");
    assert_eq!(first, again);
    assert_eq!(again.name, "Team");
}

#[rstest]
#[tokio::test]
async fn a_scope_names_what_does_not_exist(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let database = on.fresh().await;
    let now = Clock::system().now();
    let refused =
        access::console(&database, "nowhere", None, now).await.expect_err("there is no such workspace");
    assert_eq!(refused.to_string(), "there is no workspace `nowhere`");
    let slug = "default".parse().expect("a slug");
    workspace::ensure(&database, &slug, "Default", Origin::Own, now).await.expect("a workspace");
    let refused = access::console(&database, "default", Some("nobody"), now)
        .await
        .expect_err("there is no such tenant");
    assert!(matches!(refused, AccessError::Tenant { .. }));
    assert_eq!(refused.to_string(), "there is no tenant `nobody` in the workspace `default`");
}

#[rstest]
#[tokio::test]
async fn the_console_may_do_everything_and_the_system_only_keeps_house(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let now = Clock::system().now();
    let slug = "default".parse().expect("a slug");
    let made = workspace::ensure(&database, &slug, "Default", Origin::Own, now).await.expect("a workspace");
    let console = access::console(&database, "default", None, now).await.expect("a scope");
    assert!(Capability::ALL.iter().all(|one| console.allows(*one)));
    let system = access::system(made.id, None);
    assert_eq!(system.actor(), &Actor::System);
    let held: Vec<_> = Capability::ALL.into_iter().filter(|one| system.allows(*one)).collect();
    assert_eq!(held, [Capability::See, Capability::Maintain]);
}
