//! Members: adding, changing, removing, and always an owner.

use database::testing::Backend;
use rstest::rstest;
use tenancy::access::{Reach, Role};
use tenancy::membership::{self, MembershipError, NewMember};
use tenancy::user::{self, Standing};
use tenancy::{UserId, access};

use crate::house::{House, codes, house, new_user};

async fn account(house: &House, name: &str) -> UserId {
    let server = access::server_console(&house.database, house.now).await.expect("the console may act");
    let made = user::create(&house.database, &house.hashing, &server, new_user(name), house.now).await;
    made.expect("an account").id
}

fn as_role(user: UserId, role: Role) -> NewMember {
    NewMember { user, role, reach: Reach::Workspace }
}

#[rstest]
#[tokio::test]
async fn a_member_is_added_changed_narrowed_and_removed_and_each_is_written_down(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (database, now) = (&house.database, house.now);
    let (owner, tenant, ana) =
        (house.owner_scope().await, house.connect("contoso").await, account(&house, "ana").await);
    membership::add(database, &owner, as_role(ana, Role::Operator), now).await.expect("she is added");
    let twice = membership::add(database, &owner, as_role(ana, Role::Owner), now).await;
    assert!(matches!(twice, Err(MembershipError::AlreadyMember)));
    membership::change_role(database, &owner, ana, Role::Manager, now).await.expect("it changes");
    membership::change_role(database, &owner, ana, Role::Manager, now).await.expect("nothing to do");
    membership::set_reach(database, &owner, ana, Reach::only([tenant]), now).await.expect("she is narrowed");
    let nowhere = Reach::only([tenancy::TenantId::new(now)]);
    let nowhere = membership::set_reach(database, &owner, ana, nowhere, now).await;
    assert!(matches!(nowhere, Err(MembershipError::NoSuchTenant)));
    let members = membership::list(database, &owner).await.expect("a list");
    let found = members.iter().find(|member| member.user == ana).expect("she is a member");
    assert_eq!(
        (found.role, &found.reach, found.standing),
        (Role::Manager, &Reach::only([tenant]), Standing::Enabled)
    );
    assert_eq!(found.added_by.as_deref(), Some("olga"));
    let olga = members.iter().find(|member| member.user == house.owner.session.user).expect("she is one");
    assert_eq!(olga.added_by.as_deref(), Some("olga"), "the first one lets themselves in");
    membership::remove(database, &owner, ana, now).await.expect("she goes");
    let gone = membership::remove(database, &owner, ana, now).await;
    assert!(matches!(gone, Err(MembershipError::NoSuchMember)));
    let nobody = membership::add(database, &owner, as_role(UserId::new(now), Role::Owner), now).await;
    assert!(matches!(nobody, Err(MembershipError::NoSuchUser)));

    let log = house.log().await;
    let expected = ["membership.role_changed", "membership.reach_changed", "membership.removed"];
    assert_eq!(codes(&log)[3..], expected);
    assert_eq!(log[2].detail, serde_json::json!({"from": "operator", "to": "manager"}));
    assert_eq!(log[1].detail, serde_json::json!({"from": null, "to": [tenant.to_string()]}));
    assert!(log.iter().take(3).all(|row| row.actor_name == "olga" && row.subject_id == ana.to_string()));
}

#[rstest]
#[tokio::test]
async fn whoever_may_not_manage_members_changes_nothing(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let mona = house.join("mona", Role::Manager, Reach::Workspace).await.session;
    let (scope, olga) = (house.scope(&mona).await, house.owner.session.user);
    let (database, now) = (&house.database, house.now);
    let refused = [
        membership::change_role(database, &scope, mona.user, Role::Owner, now).await,
        membership::remove(database, &scope, olga, now).await,
        membership::set_reach(database, &scope, olga, Reach::only([]), now).await,
        membership::add(database, &scope, as_role(olga, Role::Owner), now).await,
    ];
    assert!(refused.iter().all(|one| matches!(one, Err(MembershipError::NotAllowed))), "{refused:?}");
}

#[rstest]
#[tokio::test]
async fn the_last_owner_stays_owner_and_a_narrowed_or_disabled_one_does_not_count(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (database, now, olga) = (&house.database, house.now, house.owner.session.user);
    let (owner, tenant) = (house.owner_scope().await, house.connect("contoso").await);
    house.join("nils", Role::Owner, Reach::only([tenant])).await;
    let eva = house.join("eva", Role::Owner, Reach::Workspace).await.session.user;
    let server = access::server_console(database, now).await.expect("the console may act");
    user::set_standing(database, &server, eva, Standing::Disabled, now).await.expect("eva is disabled");
    let refused = [
        membership::change_role(database, &owner, olga, Role::Manager, now).await,
        membership::set_reach(database, &owner, olga, Reach::only([tenant]), now).await,
        membership::remove(database, &owner, olga, now).await,
    ];
    assert!(refused.iter().all(|one| matches!(one, Err(MembershipError::LastOwner))), "{refused:?}");
    user::set_standing(database, &server, eva, Standing::Enabled, now).await.expect("eva is back");
    membership::remove(database, &owner, olga, now).await.expect("eva is left");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn owners_who_remove_or_demote_each_other_at_once_leave_one(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let now = house.now;
    let mut owners = vec![house.owner.session.clone()];
    for n in 1..8 {
        owners.push(house.join(&format!("owner{n}"), Role::Owner, Reach::Workspace).await.session);
    }
    for _ in 0..4 {
        let mut racing = Vec::new();
        for (n, owner) in owners.iter().enumerate() {
            // In a ring, each turns on the next, with a right that was theirs when they asked.
            let (scope, next) = (house.scope(owner).await, owners[(n + 1) % owners.len()].user);
            let database = (*house.database).clone();
            racing.push(async move {
                match n % 2 {
                    0 => membership::remove(&database, &scope, next, now).await,
                    _ => membership::change_role(&database, &scope, next, Role::Readonly, now).await,
                }
            });
        }
        let mut done = 0;
        for one in racing.into_iter().map(tokio::spawn).collect::<Vec<_>>() {
            match one.await.expect("none panics") {
                Ok(()) => done += 1,
                Err(error) => assert!(matches!(error, MembershipError::LastOwner), "{error:?}"),
            }
        }
        assert_eq!(done, owners.len() - 1);
        let console = house.console().await;
        let left = membership::list(&house.database, &console).await.expect("a list");
        assert_eq!(left.iter().filter(|member| member.role == Role::Owner).count(), 1);
        for owner in &owners {
            if left.iter().any(|member| member.user == owner.user) {
                let again = membership::change_role(&house.database, &console, owner.user, Role::Owner, now);
                again.await.expect("owner again");
            } else {
                let again = as_role(owner.user, Role::Owner);
                membership::add(&house.database, &console, again, now).await.expect("owner again");
            }
        }
    }
}
