//! Inviting people, and accepting.

use std::time::Duration;

use database::testing::Backend;
use rstest::rstest;
use tenancy::access;
use tenancy::access::{Reach, Role};
use tenancy::invitation::{self, Accept, AcceptError, Account, InvitationError, LIFE, NewInvitation};
use tenancy::membership;
use tenancy::password::HashError;
use tenancy::user::CreateUserError;
use tenancy::workspace::{self, Origin};

use crate::house::{House, PASSWORD, codes, house, request, secret};

fn accept_with(name: &str) -> Accept {
    Accept { name: name.to_owned(), password: secret(PASSWORD), request: request() }
}

async fn accept(house: &House, token: &str, name: &str) -> Result<invitation::Accepted, AcceptError> {
    invitation::accept(&house.database, &house.hashing, token, accept_with(name), house.now).await
}

#[rstest]
#[tokio::test]
async fn an_invitation_makes_an_account_a_membership_and_a_session_at_once(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let tenant = house.connect("contoso").await;
    let token = house.invite("ana", Role::Manager, Reach::only([tenant])).await;
    let offer = invitation::look(&house.database, token.reveal(), house.now).await.expect("an answer");
    let offer = offer.expect("it is open");
    assert_eq!(
        (offer.email.as_str(), offer.role, offer.account),
        ("ana@contoso.example", Role::Manager, Account::New)
    );
    let session =
        accept(&house, token.reveal(), "Ana").await.expect("it is good").session.expect("a session");
    house.authenticate(session.token.reveal(), house.now).await.expect("she is signed in");
    let scope = house.scope(&session.session).await;
    assert_eq!(scope.visible_tenants(), Some([tenant].as_slice()));
    let members = membership::list(&house.database, &house.owner_scope().await).await.expect("a list");
    let ana = members.iter().find(|member| member.user == session.session.user).expect("she is a member");
    assert_eq!((ana.role, &ana.reach), (Role::Manager, &Reach::only([tenant])));
    assert_eq!(ana.added_by.as_deref(), Some("olga"), "whoever invited lets somebody in");
    assert!(
        matches!(accept(&house, token.reveal(), "Ana").await, Err(AcceptError::NotOpen)),
        "it is used up"
    );
    assert_eq!(
        codes(&house.log().await),
        [
            "membership.added",
            "tenant.connected",
            "invitation.sent",
            "invitation.accepted",
            "membership.added"
        ]
    );
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn of_racing_accepts_of_one_invitation_one_makes_the_account(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let token = house.invite("ana", Role::Operator, Reach::Workspace).await.reveal().to_owned();
    let racing: Vec<_> = (0..50)
        .map(|n| {
            let (database, hashing) = ((*house.database).clone(), house.hashing.clone());
            let (token, now) = (token.clone(), house.now);
            tokio::spawn(async move {
                invitation::accept(&database, &hashing, &token, accept_with(&format!("Ana {n}")), now).await
            })
        })
        .collect();
    let mut won = 0;
    for one in racing {
        match one.await.expect("none panics") {
            Ok(_) => won += 1,
            Err(AcceptError::NotOpen) => {}
            // More at once than may wait for a hash are sent away before anything is looked at again.
            Err(AcceptError::Account(CreateUserError::Hash(HashError::Busy))) => {}
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(won, 1);
    assert_eq!(membership::list(&house.database, &house.owner_scope().await).await.expect("a list").len(), 2);
}

#[rstest]
#[tokio::test]
async fn an_address_with_an_account_accepts_by_signing_in_to_it_and_no_other(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ana = house.join("ana", Role::Operator, Reach::Workspace).await.session;
    let slug = "second".parse().expect("a slug");
    workspace::ensure(&house.database, &slug, "Second", Origin::Own, house.now).await.expect("it is made");
    let second = access::console(&house.database, "second", None, house.now).await.expect("a scope");
    let email = "ANA@contoso.example".parse().expect("an address");
    let new = NewInvitation { email, role: Role::Readonly, reach: Reach::Workspace };
    let invited = invitation::invite(&house.database, &second, new, house.now).await.expect("she is invited");
    let token = invited.token.reveal();
    assert!(matches!(accept(&house, token, "Impostor").await, Err(AcceptError::OtherAccount)));
    let olga = invitation::accept_as(&house.database, &house.owner.session, token, house.now).await;
    assert!(matches!(olga, Err(AcceptError::OtherAccount)));
    invitation::accept_as(&house.database, &ana, token, house.now).await.expect("it is hers");
    access::member(&house.database, &ana.principal(), "second", None).await.expect("she is a member");
    let again = invitation::accept_as(&house.database, &ana, token, house.now).await;
    assert!(matches!(again, Err(AcceptError::NotOpen)));
}

#[rstest]
#[tokio::test]
async fn a_link_dies_with_time_with_a_newer_one_when_taken_back_and_with_its_sender(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let owner = house.owner_scope().await;
    let look = |token: String, at| {
        let database = &house.database;
        async move { invitation::look(database, &token, at).await.expect("an answer").is_some() }
    };
    let first = house.invite("ana", Role::Operator, Reach::Workspace).await.reveal().to_owned();
    assert!(look(first.clone(), house.after(LIFE - Duration::from_secs(1))).await);
    assert!(!look(first.clone(), house.after(LIFE)).await);
    let second = house.invite("ana", Role::Readonly, Reach::Workspace).await.reveal().to_owned();
    assert!(!look(first, house.now).await && look(second.clone(), house.now).await);
    let open = invitation::list(&house.database, &owner, house.now).await.expect("a list");
    assert_eq!(open.iter().map(|one| one.role).collect::<Vec<_>>(), [Role::Readonly]);
    invitation::revoke(&house.database, &owner, open[0].id, house.now).await.expect("it is open");
    assert!(!look(second, house.now).await);
    let again = invitation::revoke(&house.database, &owner, open[0].id, house.now).await;
    assert!(matches!(again, Err(InvitationError::NoSuchInvitation)));

    let eva = house.join("eva", Role::Owner, Reach::Workspace).await.session;
    let email = "back@door.example".parse().expect("an address");
    let new = NewInvitation { email, role: Role::Owner, reach: Reach::Workspace };
    let scope = house.scope(&eva).await;
    let back = invitation::invite(&house.database, &scope, new, house.now).await.expect("she may").token;
    membership::remove(&house.database, &owner, eva.user, house.now).await.expect("eva goes");
    assert!(!look(back.reveal().to_owned(), house.now).await, "a removed owner leaves no way in behind");
    for wrong in ["", "x", &"A".repeat(43)] {
        assert!(!look(wrong.to_owned(), house.now).await);
    }
}

#[rstest]
#[tokio::test]
async fn only_an_owner_invites_and_only_to_tenants_that_are_there(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let mona = house.join("mona", Role::Manager, Reach::Workspace).await.session;
    let new = |name: &str, reach| NewInvitation {
        email: format!("{name}@contoso.example").parse().expect("an address"),
        role: Role::Readonly,
        reach,
    };
    let (manager, owner) = (house.scope(&mona).await, house.owner_scope().await);
    let refused = invitation::invite(&house.database, &manager, new("x", Reach::Workspace), house.now).await;
    assert!(matches!(refused, Err(InvitationError::NotAllowed)));
    assert!(matches!(
        invitation::list(&house.database, &manager, house.now).await,
        Err(InvitationError::NotAllowed)
    ));
    let member = invitation::invite(&house.database, &owner, new("mona", Reach::Workspace), house.now).await;
    assert!(matches!(member, Err(InvitationError::AlreadyMember)));
    let nowhere = Reach::only([tenancy::TenantId::new(house.now)]);
    let nowhere = invitation::invite(&house.database, &owner, new("x", nowhere), house.now).await;
    assert!(matches!(nowhere, Err(InvitationError::NoSuchTenant)));
}
