//! Who gets a scope, and what is in it.

use std::time::Duration;

use database::testing::Backend;
use rstest::rstest;
use tenancy::access::{self, AccessError, Principal, Reach, Role, capabilities_of};
use tenancy::audit::{self, AuditError};
use tenancy::membership::{self, MembershipError};
use tenancy::tenant::{self, ConnectError};
use tenancy::user::{self, ServerAdmin, Standing};
use tenancy::workspace::{self, Origin};
use tenancy::{Capability, PROOF_LIFE};

use crate::house::{House, connect, house};

async fn refusal(house: &House, who: &Principal, workspace: &str, tenant: Option<&str>) -> String {
    let refused = access::member(&house.database, who, workspace, tenant).await;
    let refused = refused.expect_err("there is nothing for them");
    assert!(matches!(refused, AccessError::NotThere), "{refused:?}");
    let entering = access::enter(&house.database, who, workspace, tenant).await;
    assert_eq!(entering.expect_err("nor is there a page").to_string(), refused.to_string());
    format!("{refused} / {refused:?}")
}

/// Z1, Z3: one door; foreign, invisible and missing are the same answer.
#[rstest]
#[tokio::test]
async fn z3_strangers_disabled_users_and_hidden_tenants_get_the_answer_of_a_missing_workspace(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (contoso, _) = (house.connect("contoso").await, house.connect("fabrikam").await);
    let other = "other".parse().expect("a slug");
    workspace::ensure(&house.database, &other, "Other", Origin::Own, house.now).await.expect("it is made");
    let nils = house.join("nils", Role::Operator, Reach::only([contoso])).await.session;
    let eva = house.join("eva", Role::Owner, Reach::Workspace).await.session;
    let server = access::server_console(&house.database, house.now).await.expect("the console may act");
    user::set_standing(&house.database, &server, eva.user, Standing::Disabled, house.now)
        .await
        .expect("eva is disabled");

    let olga = house.owner.session.principal();
    let missing = refusal(&house, &olga, "nowhere", None).await;
    let answers = [
        refusal(&house, &olga, "other", None).await,
        refusal(&house, &olga, "other", Some("contoso")).await,
        refusal(&house, &olga, "default", Some("nowhere")).await,
        refusal(&house, &olga, "NOT A SLUG\0", None).await,
        refusal(&house, &olga, "default", Some("NOT A SLUG\0")).await,
        refusal(&house, &eva.principal(), "default", None).await,
        refusal(&house, &nils.principal(), "default", Some("fabrikam")).await,
        refusal(&house, &nils.principal(), "other", None).await,
    ];
    for answer in answers {
        assert_eq!(answer, missing);
    }
    access::member(&house.database, &nils.principal(), "default", Some("contoso")).await.expect("his tenant");
}

#[rstest]
#[tokio::test]
async fn z2_a_member_has_the_capabilities_of_the_role_and_no_others(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let tenant = house.connect("contoso").await;
    for (name, role, reach) in [
        ("rita", Role::Readonly, Reach::Workspace),
        ("otto", Role::Operator, Reach::Workspace),
        ("mona", Role::Manager, Reach::only([tenant])),
        ("anna", Role::Owner, Reach::only([tenant])),
    ] {
        let session = house.join(name, role, reach.clone()).await.session;
        let scope = house.scope(&session).await;
        assert_eq!(scope.capabilities(), capabilities_of(role, &reach), "{name}");
        assert!(!scope.allows(Capability::Maintain));
        assert_eq!(scope.visible_tenants().map(<[_]>::to_vec), reach.tenants().map(<[_]>::to_vec), "{name}");
        assert_eq!((scope.actor().user(), scope.actor().name()), (Some(session.user), name));
    }
}

/// Entering is being a member, and all that a page is framed by, in one statement.
#[rstest]
#[tokio::test]
async fn whoever_enters_has_the_scope_of_a_member_and_sees_the_tenants_in_reach(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let empty = house.join("emil", Role::Owner, Reach::Workspace).await.session.principal();
    let entered = access::enter(&house.database, &empty, "default", None).await.expect("he may");
    assert!(entered.tenants.is_empty(), "there is none yet");
    assert_eq!(entered.owners, "emil, olga", "who can grant more");
    let (contoso, fabrikam) = (house.connect("contoso").await, house.connect("fabrikam").await);
    for (name, reach, seen) in [
        ("olaf", Reach::Workspace, vec![contoso, fabrikam]),
        ("nils", Reach::only([fabrikam]), vec![fabrikam]),
        ("nora", Reach::only([]), Vec::new()),
    ] {
        let who = house.join(name, Role::Operator, reach).await.session.principal();
        let entered = access::enter(&house.database, &who, "default", None).await.expect("a member");
        let scope = access::member(&house.database, &who, "default", None).await.expect("a member");
        assert_eq!(entered.scope, scope, "{name}");
        assert_eq!(entered.owners.is_empty(), scope.visible_tenants().is_some(), "{name}");
        assert_eq!(entered.tenants, tenant::list(&house.database, &scope).await.expect("a list"), "{name}");
        assert_eq!(entered.tenants.iter().map(|one| one.id).collect::<Vec<_>>(), seen, "{name}");
        let own = access::workspaces(&house.database, &who).await.expect("a list");
        assert_eq!(own, [entered.workspace], "{name}");
        if seen.contains(&fabrikam) {
            let entered = access::enter(&house.database, &who, "default", Some("fabrikam")).await;
            let entered = entered.expect("in reach");
            let scope = access::member(&house.database, &who, "default", Some("fabrikam")).await;
            assert_eq!(entered.scope, scope.expect("in reach"), "{name}");
            assert_eq!(entered.tenants.iter().map(|one| one.id).collect::<Vec<_>>(), [fabrikam], "{name}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_narrowed_member_sees_their_tenants_and_can_reach_no_further(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let (contoso, fabrikam) = (house.connect("contoso").await, house.connect("fabrikam").await);
    let anna = house.join("anna", Role::Owner, Reach::only([contoso])).await.session;
    let scope = house.scope(&anna).await;
    let seen = tenant::list(&house.database, &scope).await.expect("a list");
    assert_eq!(seen.iter().map(|tenant| tenant.id).collect::<Vec<_>>(), [contoso]);
    assert!(tenant::find(&house.database, &scope, "fabrikam").await.expect("an answer").is_none());
    assert!(scope.sees(contoso) && !scope.sees(fabrikam));
    // Taken or not, a slug outside the reach gets one answer.
    for slug in ["fabrikam", "northwind"] {
        let refused = connect(&house.database, &scope, slug, house.now).await;
        assert!(matches!(refused, Err(ConnectError::NotAllowed)), "{slug}");
    }
    connect(&house.database, &scope, "contoso", house.now).await.expect("her own tenant may be changed");
    let widened =
        membership::set_reach(&house.database, &scope, anna.user, Reach::Workspace, house.now).await;
    assert!(matches!(widened, Err(MembershipError::NotAllowed)));
    let members = membership::list(&house.database, &scope).await;
    assert!(matches!(members, Err(MembershipError::NotAllowed)));

    let log = audit::list(&house.database, &scope, None, 100).await.expect("she may read it");
    assert!(!log.is_empty() && log.iter().all(|row| row.tenant == Some(contoso)), "{log:?}");
    let nobody = house.join("nora", Role::Manager, Reach::only([])).await.session;
    let scope = house.scope(&nobody).await;
    assert!(tenant::list(&house.database, &scope).await.expect("a list").is_empty());
    assert!(audit::list(&house.database, &scope, None, 100).await.expect("an answer").is_empty());
    let rita = house.join("rita", Role::Readonly, Reach::Workspace).await.session;
    let refused = audit::list(&house.database, &house.scope(&rita).await, None, 100).await;
    assert!(matches!(refused, Err(AuditError::NotAllowed)));
}

#[rstest]
#[tokio::test]
async fn z4_a_role_change_counts_from_the_next_request_on(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ben = house.join("ben", Role::Manager, Reach::Workspace).await.session;
    assert!(house.scope(&ben).await.allows(Capability::Force));
    let owner = house.owner_scope().await;
    membership::change_role(&house.database, &owner, ben.user, Role::Readonly, house.now)
        .await
        .expect("it changes");
    assert!(!house.scope(&ben).await.allows(Capability::Force));
    membership::remove(&house.database, &owner, ben.user, house.now).await.expect("he goes");
    refusal(&house, &ben.principal(), "default", None).await;
}

#[rstest]
#[tokio::test]
async fn a_server_administrator_is_nobody_in_a_workspace_unless_a_member(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let sara = house.join("sara", Role::Readonly, Reach::Workspace).await.session;
    let asked = access::server(&house.database, &sara.principal()).await.expect("an answer");
    assert!(asked.is_none(), "a member is no administrator");
    let server = access::server(&house.database, &house.owner.session.principal())
        .await
        .expect("an answer")
        .expect("the first user administers the server");
    user::set_server_admin(&house.database, &server, sara.user, ServerAdmin::Yes, house.now)
        .await
        .expect("sara is named");
    membership::remove(&house.database, &house.owner_scope().await, sara.user, house.now)
        .await
        .expect("sara leaves the workspace");
    assert!(access::server(&house.database, &sara.principal()).await.expect("an answer").is_some());
    refusal(&house, &sara.principal(), "default", None).await;
    assert!(access::workspaces(&house.database, &sara.principal()).await.expect("a list").is_empty());
    let own = access::workspaces(&house.database, &house.owner.session.principal()).await.expect("a list");
    assert_eq!(
        own.iter().map(|one| (one.slug.as_str(), one.role)).collect::<Vec<_>>(),
        [("default", Role::Owner)]
    );
}

/// A8: roles and credentials ask for a password of the last five minutes.
#[rstest]
#[tokio::test]
async fn a8_members_and_credentials_are_not_changed_on_an_old_password(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ben = house.join("ben", Role::Operator, Reach::Workspace).await.session;
    let (owner, late) = (house.owner_scope().await, house.after(PROOF_LIFE + Duration::from_micros(1)));
    let in_time = house.after(PROOF_LIFE);
    let change = |at| membership::change_role(&house.database, &owner, ben.user, Role::Manager, at);
    assert!(matches!(change(late).await, Err(MembershipError::NotProved)));
    assert!(matches!(connect(&house.database, &owner, "contoso", late).await, Err(ConnectError::NotProved)));
    assert!(!house.scope(&ben).await.allows(Capability::Force), "nothing was written");
    change(in_time).await.expect("just in time");
    connect(&house.database, &owner, "contoso", in_time).await.expect("just in time");
}
