//! Sessions: how long they last, who ends them, and when their references change.

use std::time::Duration;

use database::testing::Backend;
use rstest::rstest;
use tenancy::access::{self, Reach, Role};
use tenancy::membership;
use tenancy::session::{self, IDLE_MAX, LIFE_MAX, ProveError, ROTATION_GRACE, Rotation, SEEN_EVERY};
use tenancy::user::{self, ChangePasswordError, Standing};

use crate::house::{House, PASSWORD, codes, house, secret};

async fn lives(house: &House, reference: &str, after: Duration) -> bool {
    house.authenticate(reference, house.after(after)).await.is_some()
}

#[rstest]
#[tokio::test]
async fn a7_a_session_ends_when_it_is_idle_and_at_the_latest_after_half_a_day(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let token = house.owner.token.reveal();
    let idle = house.sign_in("olga", PASSWORD, house.now).await.expect("she signs in");
    assert!(!lives(&house, idle.token.reveal(), IDLE_MAX).await);
    let mut at = Duration::ZERO;
    while at + Duration::from_secs(20 * 60) < LIFE_MAX {
        at += Duration::from_secs(20 * 60);
        assert!(lives(&house, token, at).await, "used every twenty minutes, it lives after {at:?}");
    }
    assert!(!lives(&house, token, LIFE_MAX).await);
    let pruned = session::prune(&house.database, house.after(LIFE_MAX)).await.expect("it works");
    assert_eq!(pruned.sessions, 2);
}

#[rstest]
#[tokio::test]
async fn the_last_use_is_written_at_most_once_a_minute(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let session = &house.owner.session;
    let seen = |after| {
        let house = &house;
        async move {
            assert!(lives(house, house.owner.token.reveal(), after).await);
            let list = session::list(&house.database, session, house.after(after)).await.expect("a list");
            list[0].last_seen_at.since(house.now)
        }
    };
    assert_eq!(seen(Duration::from_secs(59)).await, Duration::ZERO);
    assert_eq!(seen(SEEN_EVERY).await, SEEN_EVERY);
    assert_eq!(seen(SEEN_EVERY + Duration::from_secs(30)).await, SEEN_EVERY);
}

#[rstest]
#[tokio::test]
async fn a7_sessions_are_listed_and_ended_one_by_one_or_all_others_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (database, now, olga) = (&house.database, house.now, &house.owner.session);
    let ana = house.join("ana", Role::Owner, Reach::Workspace).await;
    let second = house.sign_in("olga", PASSWORD, now).await.expect("she signs in");
    let third = house.sign_in("olga", PASSWORD, now).await.expect("she signs in");
    let list = session::list(database, olga, now).await.expect("a list");
    assert_eq!(list.len(), 3);
    assert!(list.iter().all(|one| one.user_agent == "Browser/1.0" && one.address == "203.0.113.7"));
    let foreign = session::revoke(database, olga, ana.session.id, now).await.expect("an answer");
    assert!(!foreign, "nobody ends the session of somebody else");
    assert!(session::revoke(database, olga, second.session.id, now).await.expect("an answer"));
    assert!(!lives(&house, second.token.reveal(), Duration::ZERO).await);
    assert_eq!(session::revoke_others(database, olga, now).await.expect("an answer"), 1);
    assert!(!lives(&house, third.token.reveal(), Duration::ZERO).await);
    session::sign_out(database, olga, now).await.expect("she signs out");
    assert!(!lives(&house, house.owner.token.reveal(), Duration::ZERO).await);
    assert!(lives(&house, ana.token.reveal(), Duration::ZERO).await);
    let log = house.server_log().await;
    assert_eq!(
        codes(&log)[codes(&log).len() - 3..],
        ["session.revoked", "session.others_revoked", "session.signed_out"]
    );
}

#[rstest]
#[tokio::test]
async fn a7_a_new_password_and_a_disabled_account_end_every_session(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (database, hashing, now) = (&house.database, &house.hashing, house.now);
    let ana = house.join("ana", Role::Operator, Reach::Workspace).await;
    let other = house.sign_in("ana", PASSWORD, now).await.expect("she signs in");
    let change = |current: &'static str, new: &'static str| {
        let session = &ana.session;
        async move { user::change_password(database, hashing, session, &secret(current), &secret(new), now).await }
    };
    let wrong = change("not the password", "window-orchard-nine-52").await;
    assert!(matches!(wrong, Err(ChangePasswordError::Refused)));
    assert!(matches!(change(PASSWORD, "password1").await, Err(ChangePasswordError::Password(_))));
    let token = change(PASSWORD, "window-orchard-nine-52").await.expect("it changes");
    for dead in [&ana.token, &other.token] {
        assert!(!lives(&house, dead.reveal(), Duration::ZERO).await);
    }
    assert!(lives(&house, token.reveal(), Duration::ZERO).await, "the browser that changed it goes on");
    house.sign_in("ana", PASSWORD, now).await.expect_err("the old one is wrong now");
    house.sign_in("ana", "window-orchard-nine-52", now).await.expect("the new one is right");

    let server = access::server_console(database, now).await.expect("the console may act");
    user::set_standing(database, &server, ana.session.user, Standing::Disabled, now).await.expect("it works");
    assert!(!lives(&house, token.reveal(), Duration::ZERO).await);
    assert!(session::list(database, &ana.session, now).await.expect("a list").is_empty());
    user::set_standing(database, &server, ana.session.user, Standing::Enabled, now).await.expect("it works");
    assert!(!lives(&house, token.reveal(), Duration::ZERO).await, "what ended does not come back");
    user::reset_password(database, hashing, &server, ana.session.user, &secret(PASSWORD), now)
        .await
        .expect("the console sets it");
    house.sign_in("ana", PASSWORD, now).await.expect("it is right again");
}

#[rstest]
#[tokio::test]
async fn a6_a_role_change_replaces_the_reference_and_requests_on_their_way_still_arrive(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ana = house.join("ana", Role::Operator, Reach::Workspace).await;
    let old = ana.token.reveal();
    let before = house.authenticate(old, house.now).await.expect("she is signed in");
    assert_eq!(before.rotation, Rotation::NotDue);
    let owner = house.owner_scope().await;
    membership::change_role(&house.database, &owner, ana.session.user, Role::Manager, house.now)
        .await
        .expect("it changes");
    let due = house.authenticate(old, house.now).await.expect("she is still signed in");
    assert_eq!(due.rotation, Rotation::Due);
    let new = session::rotate(&house.database, &due, house.now).await.expect("it works").expect("it was due");
    let second = session::rotate(&house.database, &due, house.now).await.expect("it works");
    assert!(second.is_none(), "another request of the browser does not rotate again");
    let moved = house.authenticate(new.reveal(), house.now).await.expect("the new one is good");
    assert_eq!((moved.rotation, moved.id), (Rotation::NotDue, due.id));
    assert!(moved.csrf.accepts(&ana.session.csrf.token()), "an open form stays good");
    let late = house.authenticate(old, house.after(ROTATION_GRACE - Duration::from_secs(1))).await;
    assert_eq!(late.expect("it was on its way").rotation, Rotation::NotDue);
    assert!(!lives(&house, old, ROTATION_GRACE).await, "then the old one is dead");
}

#[rstest]
#[tokio::test]
async fn a8_giving_the_password_again_counts_for_five_minutes_under_a_new_reference(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (database, hashing, later) = (&house.database, &house.hashing, house.after(Duration::from_secs(600)));
    let session = house.authenticate(house.owner.token.reveal(), later).await.expect("she is signed in");
    assert!(session.is_proved(house.now) && !session.is_proved(later));
    for _ in 0..5 {
        let wrong = session::prove(database, hashing, &session, &secret("not the password"), later).await;
        assert!(matches!(wrong, Err(ProveError::Refused)));
    }
    let early = session::prove(database, hashing, &session, &secret(PASSWORD), later).await;
    assert!(matches!(early, Err(ProveError::Refused)), "who holds a stolen session cannot guess on");
    house.sign_in("olga", PASSWORD, later).await.expect("and the account itself has no wait");
    let later = later.plus(Duration::from_secs(1));
    let token = session::prove(database, hashing, &session, &secret(PASSWORD), later).await.expect("right");
    assert!(house.authenticate(house.owner.token.reveal(), later).await.is_none(), "the old one is dead");
    let proved = house.authenticate(token.reveal(), later).await.expect("the new one is good");
    assert!(proved.is_proved(later.plus(tenancy::PROOF_LIFE)));
}

#[rstest]
#[tokio::test]
async fn what_is_no_reference_finds_no_session(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    let token = house.owner.token.reveal();
    for wrong in ["", "x", &token[1..], &format!("{token}A"), &"A".repeat(43), "ä\0", &"x".repeat(100_000)] {
        assert!(!lives(&house, wrong, Duration::ZERO).await);
    }
}
