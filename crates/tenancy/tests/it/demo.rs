//! The people of a demo, and the links that sign them in.

use std::time::Duration;

use database::Clock;
use database::testing::Backend;
use rstest::rstest;
use tenancy::access::{self, Role};
use tenancy::demo::{self, DemoError, LINK_LIFE};
use tenancy::session;
use tenancy::workspace::{self, Origin};

use crate::house::{house, request, request_from};

#[rstest]
#[tokio::test]
async fn a_demo_link_signs_its_person_in_once_and_only_from_this_machine(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let now = Clock::system().now();
    let slug = workspace::DEFAULT_SLUG.parse().expect("a slug");
    workspace::ensure(&database, &slug, "Demo", Origin::Seeded, now).await.expect("a workspace");
    let scope = access::console(&database, "default", None, now).await.expect("the console may act");
    let people = demo::ensure_people(&database, &scope, now).await.expect("a demo has people");
    let again = demo::ensure_people(&database, &scope, now).await.expect("they are found again");
    assert_eq!(people, again);
    let roles: Vec<Role> = people.iter().map(|person| person.role).collect();
    assert_eq!(roles, [Role::Owner, Role::Manager, Role::Operator, Role::Readonly]);

    let token = demo::offer(&database, &people[0], now).await.expect("a link");
    let here = request_from("127.0.0.1");
    for elsewhere in
        [request(), request_from("10.0.0.1"), request_from("::ffff:10.0.0.1"), std::sync::Arc::default()]
    {
        let refused = demo::accept(&database, token.reveal(), elsewhere, now).await;
        assert!(matches!(refused, Err(DemoError::Refused)), "{refused:?}");
    }
    for wrong in ["", "x", &"A".repeat(43)] {
        let refused = demo::accept(&database, wrong, here.clone(), now).await;
        assert!(matches!(refused, Err(DemoError::Refused)), "{refused:?}");
    }
    let late = demo::accept(&database, token.reveal(), here.clone(), now.plus(LINK_LIFE)).await;
    assert!(matches!(late, Err(DemoError::Refused)), "{late:?}");
    let offer = demo::look(&database, token.reveal(), now).await.expect("it can be looked at");
    assert_eq!(offer.map(|offer| offer.name), Some("Olga Owner".to_owned()));

    let tries: Vec<_> = (0..8)
        .map(|_| {
            let (database, text, here) = ((*database).clone(), token.reveal().to_owned(), here.clone());
            tokio::spawn(async move { demo::accept(&database, &text, here, now).await })
        })
        .collect();
    let mut signed_in = Vec::new();
    for one in tries {
        signed_in.extend(one.await.expect("no try panics").ok());
    }
    assert_eq!(signed_in.len(), 1, "a link is used once");
    let reference = signed_in[0].token.reveal();
    let found = session::authenticate(&database, reference, here, now.plus(Duration::from_secs(1))).await;
    let session = found.expect("it can be asked").expect("it is signed in");
    let scope = access::member(&database, &session.principal(), "default", None).await.expect("a member");
    assert!(scope.allows(tenancy::Capability::ManageMembers));
    assert_eq!(demo::look(&database, token.reveal(), now).await.expect("it can be looked at"), None);
}

#[rstest]
#[tokio::test]
async fn there_is_no_demo_beside_tenants_of_ones_own(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let console = house.console().await;
    let people = demo::ensure_people(&house.database, &console, house.now).await.expect("no tenant yet");
    let token = demo::offer(&house.database, &people[0], house.now).await.expect("a link");
    house.connect("contoso").await;
    let here = request_from("127.0.0.1");
    let refused = demo::accept(&house.database, token.reveal(), here, house.now).await;
    assert!(matches!(refused, Err(DemoError::NotADemo)), "{refused:?}");
    let refused = demo::offer(&house.database, &people[0], house.now).await;
    assert!(matches!(refused, Err(DemoError::NotADemo)));
    let refused = demo::ensure_people(&house.database, &console, house.now).await;
    assert!(matches!(refused, Err(DemoError::NotADemo)), "{refused:?}");
}
