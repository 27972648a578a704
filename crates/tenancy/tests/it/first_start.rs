//! The first administrator.

use std::time::Duration;

use database::Clock;
use database::testing::Backend;
use rstest::rstest;
use tenancy::access::{self, Role};
use tenancy::first_start::{self, Complete, FirstStartError, TOKEN_LIFE};
use tenancy::password::Hashing;

use crate::house::{codes, house, new_user, request};

fn first(name: &str) -> Complete {
    Complete { user: new_user(name), request: request() }
}

#[rstest]
#[tokio::test]
async fn a10_the_set_up_token_makes_one_administrator_who_owns_the_default_workspace(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let (hashing, now) = (Hashing::default(), Clock::system().now());
    assert!(first_start::is_open(&database).await.expect("an answer"));
    let token = first_start::offer(&database, now).await.expect("it works").expect("nobody is here");
    let complete = |token: String, at| {
        let (database, hashing) = (&database, &hashing);
        async move { first_start::complete(database, hashing, &token, first("olga"), at).await }
    };
    for wrong in ["", "wrong", &"x".repeat(43), &token.reveal()[1..]] {
        let refused = complete(wrong.to_owned(), now).await;
        assert!(matches!(refused, Err(FirstStartError::Refused)), "{wrong}");
    }
    let late = complete(token.reveal().to_owned(), now.plus(TOKEN_LIFE)).await;
    assert!(matches!(late, Err(FirstStartError::Refused)));
    assert_eq!(hashing.count(), 0, "who has no token costs nothing");

    let olga = complete(token.reveal().to_owned(), now.plus(TOKEN_LIFE - Duration::from_secs(1)))
        .await
        .expect("the token is good")
        .session;
    let scope = access::member(&database, &olga.principal(), "default", None).await.expect("she is a member");
    assert_eq!(scope.actor().name(), "olga");
    assert!(access::server(&database, &olga.principal()).await.expect("an answer").is_some());
    let own = access::workspaces(&database, &olga.principal()).await.expect("a list");
    assert_eq!(own[0].role, Role::Owner);
    assert!(!first_start::is_open(&database).await.expect("an answer"));
    assert!(first_start::offer(&database, now).await.expect("it works").is_none(), "somebody is here");
    let again = complete(token.reveal().to_owned(), now).await;
    assert!(matches!(again, Err(FirstStartError::Refused)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a10_of_fifty_racing_first_starts_one_makes_an_administrator(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let (hashing, now) = (Hashing::default(), Clock::system().now());
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let token = first_start::offer(&database, now).await.expect("it works").expect("nobody is here");
        tokens.push(token.reveal().to_owned());
    }
    let racing: Vec<_> = (0..50)
        .map(|n| {
            let (database, hashing, token) = ((*database).clone(), hashing.clone(), tokens[n % 2].clone());
            tokio::spawn(async move {
                first_start::complete(&database, &hashing, &token, first(&format!("first{n}")), now).await
            })
        })
        .collect();
    let mut won = 0;
    for start in racing {
        match start.await.expect("no start panics") {
            Ok(_) => won += 1,
            Err(error) => assert!(matches!(error, FirstStartError::Refused), "{error:?}"),
        }
    }
    assert_eq!(won, 1);
    let server = access::server_console(&database, now).await.expect("the console may act");
    assert_eq!(tenancy::user::list(&database, &server).await.expect("a list").len(), 1);
}

#[rstest]
#[tokio::test]
async fn the_first_start_is_written_down(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    assert_eq!(codes(&house.server_log().await), ["server.set_up", "session.signed_in"]);
    let log = house.log().await;
    assert_eq!(codes(&log), ["membership.added"]);
    assert_eq!((log[0].actor_name.as_str(), log[0].detail["role"].as_str()), ("olga", Some("owner")));
    assert_eq!((log[0].request_id.as_str(), log[0].address.as_str()), ("req-1", "203.0.113.7"));
}
