//! Signing in: one answer for every refusal, a few hashes at a time, and waits that end.

use std::collections::HashSet;
use std::time::Duration;

use database::testing::Backend;
use rstest::rstest;
use tenancy::access::{self, Reach, Role};
use tenancy::password::HashError;
use tenancy::session::{self, SignIn, SignInError};
use tenancy::user::{self, Standing};

use crate::house::{House, PASSWORD, codes, house, request, request_from, secret};

async fn refusal(house: &House, email: &str, password: &str) -> String {
    let before = house.hashing.count();
    let sign_in =
        SignIn { email: email.to_owned(), password: secret(password), replaces: None, request: request() };
    let refused = session::sign_in(&house.database, &house.hashing, sign_in, house.now).await;
    let refused = refused.expect_err("they are refused");
    assert_eq!(house.hashing.count() - before, 1, "{email} costs one hash");
    format!("{refused} / {refused:?}")
}

#[rstest]
#[tokio::test]
async fn a3_every_refusal_reads_the_same_and_costs_one_hash(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ana = house.join("ana", Role::Operator, Reach::Workspace).await.session;
    let server = access::server_console(&house.database, house.now).await.expect("the console may act");
    user::set_standing(&house.database, &server, ana.user, Standing::Disabled, house.now)
        .await
        .expect("ana is disabled");
    let wrong = refusal(&house, "olga@contoso.example", "not the password").await;
    assert_eq!(refusal(&house, "nobody@contoso.example", "not the password").await, wrong);
    assert_eq!(refusal(&house, "no address at all", "not the password").await, wrong);
    assert_eq!(refusal(&house, "ana@contoso.example", PASSWORD).await, wrong, "disabled");
    assert_eq!(refusal(&house, "olga@contoso.example", "").await, wrong);
    for _ in 0..6 {
        assert_eq!(refusal(&house, "olga@contoso.example", "not the password").await, wrong);
    }
    assert_eq!(refusal(&house, "olga@contoso.example", PASSWORD).await, wrong, "too early");
    for _ in 0..6 {
        assert_eq!(refusal(&house, "nobody@contoso.example", PASSWORD).await, wrong);
    }
    let long = SignIn {
        email: "olga@contoso.example".to_owned(),
        password: secret(&"x".repeat(1_000_000)),
        replaces: None,
        request: request(),
    };
    let long = session::sign_in(&house.database, &house.hashing, long, house.now).await;
    assert!(matches!(long, Err(SignInError::TooLong)));
}

#[rstest]
#[tokio::test]
async fn one_mailbox_signs_in_however_it_is_typed(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    for typed in ["olga@contoso.example", " OLGA@Contoso.Example ", "ｏｌｇａ@contoso.example"] {
        let sign_in = SignIn {
            email: typed.to_owned(),
            password: secret(PASSWORD),
            replaces: None,
            request: request(),
        };
        let new = session::sign_in(&house.database, &house.hashing, sign_in, house.now).await.expect(typed);
        assert_eq!(new.session.user, house.owner.session.user);
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a4_two_hundred_parallel_sign_ins_are_answered_and_the_database_stays_free(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let racing: Vec<_> = (0..200)
        .map(|n| {
            let (database, hashing, now) = ((*house.database).clone(), house.hashing.clone(), house.now);
            let email = format!("nobody{n}@contoso.example");
            let request = request_from(&format!("198.51.{n}.1"));
            tokio::spawn(async move {
                let sign_in = SignIn { email, password: secret(PASSWORD), replaces: None, request };
                session::sign_in(&database, &hashing, sign_in, now).await.map(|_| ())
            })
        })
        .collect();
    // Somebody who is signed in goes on meanwhile.
    house.authenticate(house.owner.token.reveal(), house.now).await.expect("she is signed in");
    let (mut busy, mut refused) = (0, 0);
    for one in racing {
        match one.await.expect("none panics") {
            Err(SignInError::Hash(HashError::Busy)) => busy += 1,
            Err(SignInError::Refused) => refused += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(busy + refused, 200);
    assert!(refused > 0 && house.hashing.count() == 1 + refused, "{busy} busy, {refused} refused");
    house.sign_in("olga", PASSWORD, house.now).await.expect("the line is open again");
}

#[rstest]
#[tokio::test]
async fn a5_the_wait_grows_ends_by_itself_and_does_not_disturb_who_is_signed_in(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let olga = &house.owner.session;
    let mut now = house.now;
    for _ in 0..5 {
        house.sign_in("olga", "wrong password", now).await.expect_err("it is wrong");
    }
    // The fifth wrong one begins a wait of one second, the sixth of two.
    house.sign_in("olga", PASSWORD, now).await.expect_err("it is too early, even for the right one");
    session::prove(&house.database, &house.hashing, olga, &secret(PASSWORD), now)
        .await
        .expect("a session that is signed in has a wait of its own");
    now = now.plus(Duration::from_secs(1));
    house.sign_in("olga", "wrong password", now).await.expect_err("it is wrong");
    for _ in 0..20 {
        house.sign_in("olga", "wrong password", now).await.expect_err("it is too early");
    }
    now = now.plus(Duration::from_millis(1_900));
    house
        .sign_in("olga", PASSWORD, now)
        .await
        .expect_err("tries during a wait do not count, but it is two seconds");
    now = now.plus(Duration::from_millis(100));
    house.sign_in("olga", PASSWORD, now).await.expect("the wait is over");
    for _ in 0..4 {
        house.sign_in("olga", "wrong password", now).await.expect_err("it is wrong");
    }
    house.sign_in("olga", PASSWORD, now).await.expect("the right one had forgotten the wrong ones");
    let log = house.server_log().await;
    let waits: Vec<_> = log.iter().filter(|row| row.action == "session.delayed").collect();
    let seconds: Vec<_> = waits.iter().rev().filter_map(|row| row.detail["wait_seconds"].as_u64()).collect();
    assert_eq!(seconds, [1, 2], "no wait begins with the right password");
    assert!(waits.iter().all(|row| row.subject_id == olga.user.to_string()));
}

#[rstest]
#[tokio::test]
async fn a5_a_network_that_guesses_at_many_accounts_has_to_wait_and_others_do_not(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let try_from = |email: String, address: &'static str, password: &'static str| {
        let (house, request) = (&house, request_from(address));
        async move {
            let sign_in = SignIn { email, password: secret(password), replaces: None, request };
            session::sign_in(&house.database, &house.hashing, sign_in, house.now).await.map(|_| ())
        }
    };
    for n in 0..50 {
        let address = if n % 2 == 0 { "192.0.2.1" } else { "192.0.2.200" };
        try_from(format!("guess{n}@contoso.example"), address, "wrong password").await.expect_err("wrong");
    }
    let olga = || "olga@contoso.example".to_owned();
    try_from(olga(), "192.0.2.77", PASSWORD).await.expect_err("her network has to wait");
    try_from(olga(), "192.0.3.77", PASSWORD).await.expect("another one does not");
    let log = house.server_log().await;
    let waits: Vec<_> = log.iter().filter(|row| row.action == "session.delayed").collect();
    assert_eq!(waits.len(), 1);
    assert_eq!((waits[0].subject_type.as_str(), waits[0].subject_id.as_str()), ("network", "192.0.2.0/24"));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a5_guesses_made_at_once_gain_nothing(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    let racing: Vec<_> = (0..30)
        .map(|_| {
            let (database, hashing, now) = ((*house.database).clone(), house.hashing.clone(), house.now);
            tokio::spawn(async move {
                let email = "olga@contoso.example".to_owned();
                let sign_in =
                    SignIn { email, password: secret(PASSWORD), replaces: None, request: request() };
                // The right password clears the count, so at most the free tries run side by side.
                session::sign_in(&database, &hashing, sign_in, now).await.is_ok()
            })
        })
        .collect();
    for one in racing {
        one.await.expect("none panics");
    }
    for _ in 0..5 {
        house.sign_in("ghost", "wrong password", house.now).await.expect_err("it is wrong");
    }
    let wrong: Vec<_> = (0..30)
        .map(|_| {
            let (database, hashing, now) = ((*house.database).clone(), house.hashing.clone(), house.now);
            tokio::spawn(async move {
                let email = "ghost@contoso.example".to_owned();
                let password = secret("wrong password");
                let sign_in = SignIn { email, password, replaces: None, request: request() };
                session::sign_in(&database, &hashing, sign_in, now).await.is_err()
            })
        })
        .collect();
    for one in wrong {
        assert!(one.await.expect("none panics"));
    }
    let waits = house.server_log().await;
    let ghost = waits.iter().filter(|row| row.action == "session.delayed" && row.subject_id == "unknown");
    assert_eq!(ghost.count(), 1, "thirty tries within one wait are none");
}

#[rstest]
#[tokio::test]
async fn a6_signing_in_makes_a_new_reference_and_the_old_one_is_dead(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let old = &house.owner;
    let sign_in = SignIn {
        email: "olga@contoso.example".to_owned(),
        password: secret(PASSWORD),
        replaces: Some(old.session.id),
        request: request(),
    };
    let new =
        session::sign_in(&house.database, &house.hashing, sign_in, house.now).await.expect("she signs in");
    assert_ne!(new.token.reveal(), old.token.reveal());
    assert!(house.authenticate(old.token.reveal(), house.now).await.is_none());
    house.authenticate(new.token.reveal(), house.now).await.expect("the new one is good");
    let references: HashSet<_> = [old.session.csrf.token(), new.session.csrf.token()].into();
    assert_eq!(references.len(), 2, "each session has its own form token");
    let log = house.server_log().await;
    assert_eq!(codes(&log), ["server.set_up", "session.signed_in", "session.signed_in"]);
    let text = format!("{:?} {new:?} {log:?}", house.owner);
    assert!(!text.contains(new.token.reveal()) && !text.contains(PASSWORD), "no secret is ever printed");
}
