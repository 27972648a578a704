//! The audit log: only added to, and never missing.

use database::testing::Backend;
use rstest::rstest;
use tenancy::access::{Reach, Role};
use tenancy::audit;
use tenancy::membership::{self, MembershipError};
use tenancy::tenant::{self, TenantState};
use tenancy::{Capability, access};

use crate::house::{codes, house};

/// 32 bytes, as a literal of each database.
fn hash(on: Backend, byte: &str) -> String {
    match on {
        Backend::Sqlite => format!("x'{}'", byte.repeat(32)),
        Backend::Postgres => format!("'\\x{}'::bytea", byte.repeat(32)),
    }
}

/// L1: rows are refused to be changed or deleted; sealing is the one change, once.
#[rstest]
#[tokio::test]
async fn l1_rows_are_only_added_and_sealed_once(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    let before = house.log().await;
    let refused = async |sql: &str| {
        let why = house.database.try_batch(sql).await.expect_err(sql);
        assert!(why.contains("only added"), "{sql}: {why}");
    };
    refused("DELETE FROM audit_log").await;
    refused("UPDATE audit_log SET actor_name = 'somebody else'").await;
    refused("UPDATE audit_log SET sealed_seq = NULL").await;
    let seal = format!("sealed_seq = 1, prev_hash = {}, hash = {}", hash(on, "00"), hash(on, "11"));
    let ours = "WHERE action = 'membership.added'";
    refused(&format!("UPDATE audit_log SET {seal}, action = 'session.signed_out' {ours}")).await;
    refused(&format!("UPDATE audit_log SET {seal}, detail = '{{}}' {ours}")).await;
    if on == Backend::Postgres {
        refused("TRUNCATE audit_log").await;
    } else {
        refused("INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log").await;
    }
    house.database.batch(&format!("UPDATE audit_log SET {seal} {ours}")).await;
    refused(&format!("UPDATE audit_log SET {seal} {ours}")).await;
    refused(&format!("UPDATE audit_log SET sealed_seq = NULL, prev_hash = NULL, hash = NULL {ours}")).await;
    refused(&format!("DELETE FROM audit_log {ours}")).await;
    assert_eq!(house.log().await, before);
}

#[rstest]
#[tokio::test]
async fn l1_what_cannot_be_written_down_does_not_happen(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ben = house.join("ben", Role::Operator, Reach::Workspace).await.session;
    let (owner, scope) = (house.owner_scope().await, house.scope(&ben).await);
    let logs = ["audit_log", "server_audit_log"];
    for log in logs {
        house.database.batch(&format!("ALTER TABLE {log} RENAME TO {log}_away")).await;
    }
    let refused = membership::change_role(&house.database, &owner, ben.user, Role::Owner, house.now).await;
    assert!(matches!(refused, Err(MembershipError::Database(_))));
    assert!(house.sign_in("ben", crate::house::PASSWORD, house.now).await.is_err());
    for log in logs {
        house.database.batch(&format!("ALTER TABLE {log}_away RENAME TO {log}")).await;
    }
    assert_eq!(house.scope(&ben).await.capabilities(), scope.capabilities());
    assert!(!house.scope(&ben).await.allows(Capability::Force));
}

#[rstest]
#[tokio::test]
async fn tenants_are_written_down_under_their_own_name_and_secrets_are_not(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let contoso = house.connect("contoso").await;
    house.connect("contoso").await;
    let scope =
        access::console(&house.database, "default", Some("contoso"), house.now).await.expect("a scope");
    tenant::set_state(&house.database, &scope, TenantState::Disconnected, house.now)
        .await
        .expect("it changes");
    let log = audit::list(&house.database, &scope, None, 100).await.expect("it can be read");
    assert_eq!(codes(&log), ["tenant.connected", "tenant.changed", "tenant.state_changed"]);
    assert!(log.iter().all(|row| row.tenant == Some(contoso) && row.subject_id == contoso.to_string()));
    assert_eq!(log[2].detail["slug"], "contoso");
    assert!(!format!("{log:?}").contains("not a real one"));
}

#[rstest]
#[tokio::test]
async fn the_log_is_read_page_by_page(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    for n in 0..7 {
        house.connect(&format!("tenant-{n}")).await;
    }
    let console = house.console().await;
    let whole = house.log().await;
    let (mut read, mut before) = (Vec::new(), None);
    loop {
        let page = audit::list(&house.database, &console, before, 3).await.expect("it can be read");
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        assert!(page.len() <= 3);
        read.extend(page);
    }
    assert_eq!(read, whole);
    assert_eq!(read.len(), 8);
}
