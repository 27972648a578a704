//! API tokens.

use std::time::Duration;

use database::testing::Backend;
use rstest::rstest;
use tenancy::access::{self, AccessError, NEVER_BY_TOKEN, Reach, Role};
use tenancy::membership;
use tenancy::token::{self, Created, LIFE_MAX, NewToken, TOKENS_MAX, TokenError, USED_EVERY};
use tenancy::user::{self, Standing};
use tenancy::workspace::{self, Origin};
use tenancy::{Capabilities, Capability, PROOF_LIFE, Scope, Ts, UserId};

use crate::house::{House, codes, house, request};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn asking(house: &House, owner: UserId, capabilities: &[Capability]) -> NewToken {
    NewToken {
        owner,
        name: "pipeline".to_owned(),
        capabilities: capabilities.iter().copied().collect(),
        expires_at: house.after(DAY),
    }
}

async fn make(house: &House, scope: &Scope, capabilities: &[Capability]) -> Result<Created, TokenError> {
    let owner = scope.actor().user().expect("a person");
    token::create(&house.database, scope, asking(house, owner, capabilities), house.now).await
}

/// Gives the scope that a token opens in `default`; `None` when it is not good.
async fn open(house: &House, text: &str, now: Ts) -> Option<Scope> {
    let found = token::authenticate(&house.database, text, request(), now).await.expect("an answer")?;
    access::member(&house.database, &found, "default", None).await.ok()
}

#[rstest]
#[tokio::test]
async fn k1_a_token_does_what_it_names_in_its_workspace_as_far_as_its_owner_still_may(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ben = house.join("ben", Role::Manager, Reach::Workspace).await.session;
    let scope = house.scope(&ben).await;
    let made = make(&house, &scope, &[Capability::See, Capability::StartReads, Capability::Force]).await;
    let text = made.expect("it is made").token.reveal().to_owned();
    let by_token = open(&house, &text, house.now).await.expect("it is good");
    assert_eq!(by_token.actor().user(), Some(ben.user));
    let held: Vec<_> = by_token.capabilities().iter().collect();
    assert_eq!(held, [Capability::See, Capability::StartReads, Capability::Force]);

    let owner = house.owner_scope().await;
    membership::change_role(&house.database, &owner, ben.user, Role::Operator, house.now)
        .await
        .expect("it changes");
    let held: Vec<_> =
        open(&house, &text, house.now).await.expect("it is good").capabilities().iter().collect();
    assert_eq!(held, [Capability::See, Capability::StartReads]);

    let slug = "second".parse().expect("a slug");
    workspace::ensure(&house.database, &slug, "Second", Origin::Own, house.now).await.expect("it is made");
    let second = access::console(&house.database, "second", None, house.now).await.expect("a scope");
    let new = membership::NewMember { user: ben.user, role: Role::Owner, reach: Reach::Workspace };
    membership::add(&house.database, &second, new, house.now).await.expect("he is added");
    let principal =
        token::authenticate(&house.database, &text, request(), house.now).await.expect("an answer");
    let principal = principal.expect("it is good");
    let elsewhere = access::member(&house.database, &principal, "second", None).await;
    assert!(matches!(elsewhere, Err(AccessError::NotThere)), "it is bound to one workspace");
    let own = access::workspaces(&house.database, &principal).await.expect("a list");
    assert_eq!(own.iter().map(|one| one.slug.as_str()).collect::<Vec<_>>(), ["default"]);
}

#[rstest]
#[tokio::test]
async fn k1_a_token_dies_when_it_expires_is_revoked_or_loses_its_owner(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (database, now) = (&house.database, house.now);
    let ben = house.join("ben", Role::Operator, Reach::Workspace).await.session;
    let (scope, owner) = (house.scope(&ben).await, house.owner_scope().await);
    let one = make(&house, &scope, &[Capability::See]).await.expect("it is made");
    let two = make(&house, &scope, &[Capability::See]).await.expect("it is made");
    let good = |text: String, at| {
        let house = &house;
        async move { open(house, &text, at).await.is_some() }
    };
    let (first, second) = (one.token.reveal().to_owned(), two.token.reveal().to_owned());
    assert!(good(first.clone(), house.after(DAY - Duration::from_secs(1))).await);
    assert!(!good(first.clone(), house.after(DAY)).await);
    let mut forged = first.clone();
    forged.replace_range(40..41, if &first[40..41] == "A" { "B" } else { "A" });
    for wrong in [forged, first[1..].to_owned(), String::new(), format!("{first} ")] {
        assert!(!good(wrong, now).await);
    }
    token::revoke(database, &scope, one.row.id, now).await.expect("it is his");
    assert!(!good(first, now).await);
    let again = token::revoke(database, &scope, one.row.id, now).await;
    assert!(matches!(again, Err(TokenError::NoSuchToken)));

    let server = access::server_console(database, now).await.expect("the console may act");
    user::set_standing(database, &server, ben.user, Standing::Disabled, now).await.expect("it works");
    assert!(!good(second.clone(), now).await);
    user::set_standing(database, &server, ben.user, Standing::Enabled, now).await.expect("it works");
    assert!(good(second.clone(), now).await);
    membership::remove(database, &owner, ben.user, now).await.expect("he goes");
    assert!(!good(second, now).await);
}

#[rstest]
#[tokio::test]
async fn k1_a_token_is_refused_that_would_hold_too_much_or_live_too_long(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ben = house.join("ben", Role::Operator, Reach::Workspace).await.session;
    let rita = house.join("rita", Role::Readonly, Reach::Workspace).await.session;
    let (scope, owner) = (house.scope(&ben).await, house.owner_scope().await);
    let create = |new: NewToken| token::create(&house.database, &scope, new, house.now);
    let asking = |capabilities: &[Capability]| asking(&house, ben.user, capabilities);
    assert!(matches!(create(asking(&[Capability::Force])).await, Err(TokenError::Capabilities)));
    assert!(matches!(create(asking(&[])).await, Err(TokenError::Capabilities)));
    for never in NEVER_BY_TOKEN {
        let refused = make(&house, &owner, &[Capability::See, never]).await;
        assert!(matches!(refused, Err(TokenError::Capabilities)), "{never:?}");
    }
    for expires_at in [house.now, house.after(LIFE_MAX + Duration::from_secs(1))] {
        let refused = create(NewToken { expires_at, ..asking(&[Capability::See]) }).await;
        assert!(matches!(refused, Err(TokenError::Expiry)));
    }
    for name in ["", "  ", "a\0b", &"x".repeat(201)] {
        let refused = create(NewToken { name: name.to_owned(), ..asking(&[Capability::See]) }).await;
        assert!(matches!(refused, Err(TokenError::Name)));
    }
    let foreign = create(NewToken { owner: rita.user, ..asking(&[Capability::See]) }).await;
    assert!(matches!(foreign, Err(TokenError::NotAllowed)));
    let readonly = make(&house, &house.scope(&rita).await, &[Capability::See]).await;
    assert!(matches!(readonly, Err(TokenError::NotAllowed)));
    let late = house.after(PROOF_LIFE + Duration::from_secs(1));
    let late = token::create(&house.database, &scope, asking(&[Capability::See]), late).await;
    assert!(matches!(late, Err(TokenError::NotProved)));
    assert!(
        token::list(&house.database, &house.console().await, house.now).await.expect("a list").is_empty()
    );
}

/// K2: what acts by a token cannot make more of them, and has no say about the server.
#[rstest]
#[tokio::test]
async fn k2_a_token_makes_no_tokens_revokes_none_and_is_no_server_administrator(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let owner = house.owner_scope().await;
    let all: Vec<_> = owner.capabilities().iter().filter(|one| !NEVER_BY_TOKEN.contains(one)).collect();
    let made = make(&house, &owner, &all).await.expect("it is made");
    let by_token = open(&house, made.token.reveal(), house.now).await.expect("it is good");
    assert!(matches!(make(&house, &by_token, &[Capability::See]).await, Err(TokenError::NotAllowed)));
    let revoked = token::revoke(&house.database, &by_token, made.row.id, house.now).await;
    assert!(matches!(revoked, Err(TokenError::NotAllowed)));
    let principal = token::authenticate(&house.database, made.token.reveal(), request(), house.now).await;
    let principal = principal.expect("an answer").expect("it is good");
    assert!(access::server(&house.database, &principal).await.expect("an answer").is_none());
    membership::add(
        &house.database,
        &by_token,
        membership::NewMember { user: UserId::new(house.now), role: Role::Owner, reach: Reach::Workspace },
        house.now,
    )
    .await
    .expect_err("there is no such user");
    let log = house.log().await;
    assert_eq!(codes(&log), ["membership.added", "token.created"]);
    assert!(
        !format!("{log:?} {made:?}").contains(made.token.reveal()),
        "no secret is ever written or printed"
    );
}

#[rstest]
#[tokio::test]
async fn tokens_are_listed_without_their_secret_and_with_their_last_use_to_the_minute(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (database, now) = (&house.database, house.now);
    let ben = house.join("ben", Role::Operator, Reach::Workspace).await.session;
    let scope = house.scope(&ben).await;
    let made = make(&house, &scope, &[Capability::See]).await.expect("it is made");
    make(&house, &house.owner_scope().await, &[Capability::See]).await.expect("it is made");
    let used = |at: Ts| {
        let (house, scope, text) = (&house, &scope, made.token.reveal());
        async move {
            open(house, text, at).await.expect("it is good");
            token::list(&house.database, scope, at).await.expect("a list")[0].last_used_at
        }
    };
    let own = token::list(database, &scope, now).await.expect("a list");
    assert_eq!(own, std::slice::from_ref(&made.row), "he sees his own only");
    assert_eq!(token::list(database, &house.owner_scope().await, now).await.expect("a list").len(), 2);
    assert_eq!(used(now).await, Some(now));
    assert_eq!(used(house.after(Duration::from_secs(59))).await, Some(now));
    assert_eq!(used(house.after(USED_EVERY)).await, Some(house.after(USED_EVERY)));
}

#[rstest]
#[tokio::test]
async fn the_console_makes_tokens_for_members_up_to_a_limit(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (console, olga) = (house.console().await, house.owner.session.user);
    let nobody = asking(&house, UserId::new(house.now), &[Capability::See]);
    let nobody = token::create(&house.database, &console, nobody, house.now).await;
    assert!(matches!(nobody, Err(TokenError::NoSuchMember)));
    for _ in 0..TOKENS_MAX {
        let new = asking(&house, olga, &[Capability::See]);
        token::create(&house.database, &console, new, house.now).await.expect("there is room");
    }
    let new = asking(&house, olga, &[Capability::See]);
    let full = token::create(&house.database, &console, new, house.now).await;
    assert!(matches!(full, Err(TokenError::TooMany)));
    let everything = NewToken { capabilities: Capabilities::all(), ..asking(&house, olga, &[]) };
    let refused = token::create(&house.database, &console, everything, house.now).await;
    assert!(matches!(refused, Err(TokenError::Capabilities)));
}
