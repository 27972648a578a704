//! Accounts, and who administers the server.

use database::testing::Backend;
use rstest::rstest;
use tenancy::access::{self, Reach, Role};
use tenancy::user::{self, CreateUserError, ResetPasswordError, ServerAdmin, Standing, UserError};

use crate::house::{PASSWORD, codes, house, new_user, secret};

#[rstest]
#[tokio::test]
async fn a_mailbox_has_one_account_and_a_weak_password_none(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (database, hashing, now) = (&house.database, &house.hashing, house.now);
    let server = access::server_console(database, now).await.expect("the console may act");
    let ana =
        user::create(database, hashing, &server, new_user("ana"), now).await.expect("she has an account");
    let twice =
        user::NewUser { email: "ANA@Contoso.Example".parse().expect("an address"), ..new_user("ana") };
    let twice = user::create(database, hashing, &server, twice, now).await;
    assert!(matches!(twice, Err(CreateUserError::Taken)));
    let weak = user::NewUser { password: secret("Password1!"), ..new_user("ben") };
    let weak = user::create(database, hashing, &server, weak, now).await;
    assert!(matches!(weak, Err(CreateUserError::Password(_))));
    let nameless = user::NewUser { name: " ".to_owned(), ..new_user("ben") };
    let nameless = user::create(database, hashing, &server, nameless, now).await;
    assert!(matches!(nameless, Err(CreateUserError::Name(_))));
    let listed = user::list(database, &server).await.expect("a list");
    assert_eq!(listed.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), ["ana", "olga"]);
    let email = "ana@contoso.example".parse().expect("an address");
    assert_eq!(user::find(database, &server, &email).await.expect("an answer"), Some(ana));
    house.sign_in("ana", PASSWORD, now).await.expect("she may sign in");
    let log = house.server_log().await;
    let made = log.iter().find(|row| row.action == "user.created").expect("it is written down");
    assert_eq!(made.detail["through"], "console");
}

#[rstest]
#[tokio::test]
async fn the_last_server_administrator_stays(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    let (database, now, olga) = (&house.database, house.now, house.owner.session.user);
    let ana = house.join("ana", Role::Readonly, Reach::Workspace).await.session.user;
    let server = access::server_console(database, now).await.expect("the console may act");
    let withdrawn = user::set_server_admin(database, &server, olga, ServerAdmin::No, now).await;
    assert!(matches!(withdrawn, Err(UserError::LastServerAdmin)));
    let disabled = user::set_standing(database, &server, olga, Standing::Disabled, now).await;
    assert!(matches!(disabled, Err(UserError::LastServerAdmin)));
    user::set_server_admin(database, &server, ana, ServerAdmin::Yes, now).await.expect("ana is named");
    user::set_server_admin(database, &server, olga, ServerAdmin::No, now).await.expect("ana is left");
    let nobody = tenancy::UserId::new(now);
    let nobody = user::set_server_admin(database, &server, nobody, ServerAdmin::Yes, now).await;
    assert!(matches!(nobody, Err(UserError::NoSuchUser)));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn administrators_who_withdraw_each_other_at_once_leave_one(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (olga, now) = (house.owner.session.user, house.now);
    let ana = house.join("ana", Role::Readonly, Reach::Workspace).await.session.user;
    let server = access::server_console(&house.database, now).await.expect("the console may act");
    for _ in 0..6 {
        for user in [olga, ana] {
            user::set_server_admin(&house.database, &server, user, ServerAdmin::Yes, now)
                .await
                .expect("named");
        }
        let racing = [olga, ana].map(|user| {
            let (database, server) = ((*house.database).clone(), server.clone());
            tokio::spawn(async move {
                user::set_server_admin(&database, &server, user, ServerAdmin::No, now).await.is_ok()
            })
        });
        let mut done = 0;
        for one in racing {
            done += usize::from(one.await.expect("none panics"));
        }
        assert_eq!(done, 1);
    }
}

#[rstest]
#[tokio::test]
async fn a_server_administrator_cannot_become_somebody_by_setting_their_password(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ana = house.join("ana", Role::Owner, Reach::Workspace).await.session.user;
    let olga = access::server(&house.database, &house.owner.session.principal()).await.expect("an answer");
    let olga = olga.expect("she administers the server");
    let refused =
        user::reset_password(&house.database, &house.hashing, &olga, ana, &secret(PASSWORD), house.now).await;
    assert!(matches!(refused, Err(ResetPasswordError::NotAtConsole)));
}

#[rstest]
#[tokio::test]
async fn a_new_name_shows_from_now_on_and_the_log_keeps_the_old_one(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    user::rename(&house.database, &house.owner.session, " Olga K. ", house.now).await.expect("a name");
    user::rename(&house.database, &house.owner.session, "a\nb", house.now).await.expect_err("no name");
    assert_eq!(house.owner_scope().await.actor().name(), "Olga K.");
    let log = house.server_log().await;
    assert_eq!(codes(&log), ["server.set_up", "session.signed_in", "user.renamed"]);
    assert!(log.iter().all(|row| row.actor_name == "olga"));
}
