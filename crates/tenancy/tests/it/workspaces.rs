//! Workspaces, the platform user, and who gets a scope.

use std::collections::HashSet;
use std::time::Duration;

use database::Clock;
use database::testing::Backend;
use rstest::rstest;
use tenancy::access::{self, AccessError, Reach, Role};
use tenancy::workspace::{self, CreateWorkspaceError, NewWorkspace, Origin};
use tenancy::{Actor, Capability, UserId, audit, user};

use crate::house::{codes, house};

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

#[rstest]
#[tokio::test]
async fn a_server_administrator_makes_a_workspace_with_its_first_owner(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (database, now, olga) = (&house.database, house.now, &house.owner.session);
    let server = access::server(database, &olga.principal()).await.expect("an answer").expect("she is one");
    let ana = house.join("ana", Role::Readonly, Reach::Workspace).await.session;
    let new = |slug: &str, name: &str, owner| NewWorkspace {
        slug: slug.parse().expect("a slug"),
        name: name.to_owned(),
        owner,
    };
    let made = workspace::create(database, &server, new("second", " Second ", Some(ana.user)), now).await;
    assert_eq!(made.expect("it is made").name, "Second");
    let scope = access::member(database, &ana.principal(), "second", None).await.expect("she is a member");
    assert!(scope.allows(Capability::ManageMembers));
    let olga_there = access::member(database, &olga.principal(), "second", None).await;
    assert!(matches!(olga_there, Err(AccessError::NotThere)), "who made it is nobody in it");
    let log = audit::list(database, &scope, None, 10).await.expect("a log");
    assert_eq!(codes(&log), ["membership.added"]);
    assert!(codes(&house.server_log().await).contains(&"workspace.created"));
    let taken = workspace::create(database, &server, new("second", "Other", None), now).await;
    assert!(matches!(taken, Err(CreateWorkspaceError::Taken)));
    let nameless = workspace::create(database, &server, new("third", " ", None), now).await;
    assert!(matches!(nameless, Err(CreateWorkspaceError::Name(_))));
    let nobody = workspace::create(database, &server, new("third", "T", Some(UserId::new(now))), now).await;
    assert!(matches!(nobody, Err(CreateWorkspaceError::NoSuchUser)));
    let late = house.after(tenancy::PROOF_LIFE + Duration::from_secs(1));
    let unproved = workspace::create(database, &server, new("third", "Third", None), late).await;
    assert!(matches!(unproved, Err(CreateWorkspaceError::NotProved)));
    let all = workspace::overview(database, &server).await.expect("a list");
    let all: Vec<_> = all.iter().map(|one| (one.workspace.slug.as_str(), one.members, one.tenants)).collect();
    assert_eq!(all, [("default", 2, 0), ("second", 1, 0)], "what was refused left nothing behind");
}
