//! A fresh database, migrated and seeded, whatever the environment says.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use database::testing::{Backend, TestDatabase, catalogue};
use database::{DatabaseError, Row, Statement, statement};
use rstest::rstest;
use uuid::Uuid;

use crate::program::{Program, seeded};

statement! {
    /// Gives every tenant with the ids that it has.
    TENANTS = "test.tenants", () -> (Uuid, Text, Uuid, Text, Bool),
    both: "SELECT workspace_id, slug, external_id, graph_tenant_id, seeded FROM tenants ORDER BY slug"
}
statement! {
    /// Counts workspaces of the default slug, and platform users.
    INSTALLED = "test.installed", () -> (I64, I64),
    both: "SELECT (SELECT count(*) FROM workspaces WHERE slug = 'default'), (SELECT count(*) FROM users WHERE kind = 'platform')"
}

/// Declares a statement for each table of a workspace: its rows, and those of them that belong to none.
macro_rules! in_workspaces {
    ($($id:ident = $name:literal, $table:literal;)*) => {
        $(statement! {
            $id = $name, () -> (I64, I64),
            both: concat!("SELECT count(*), count(CASE WHEN w.id IS NULL THEN 1 END) FROM ", $table, " t LEFT JOIN workspaces w ON w.id = t.workspace_id")
        })*
        const IN_WORKSPACES: &[(&str, &Statement)] = &[$(($table, &$id)),*];
    };
}

in_workspaces! {
    API_TOKENS = "test.api_tokens", "api_tokens";
    AUDIT_LOG = "test.audit_log", "audit_log";
    INVITATIONS = "test.invitations", "invitations";
    INVITATION_TENANTS = "test.invitation_tenants", "invitation_tenants";
    MEMBERSHIPS = "test.memberships", "memberships";
    MEMBERSHIP_TENANTS = "test.membership_tenants", "membership_tenants";
    COVERAGE = "test.coverage", "coverage";
    INVENTORY_ITEMS = "test.inventory_items", "inventory_items";
    NOTIFICATION_OUTBOX = "test.notification_outbox", "notification_outbox";
    OP_GATES = "test.op_gates", "op_gates";
    OPERATION_RUNS = "test.operation_runs", "operation_runs";
    PAUSED_KINDS = "test.paused_kinds", "paused_kinds";
    PAYLOADS = "test.payloads", "payloads";
    POLICIES = "test.policies", "policies";
    POLICY_VERSIONS = "test.policy_versions", "policy_versions";
    RUN_EVENTS = "test.run_events", "run_events";
    RUN_PROGRESS = "test.run_progress", "run_progress";
    SCHEDULES = "test.schedules", "schedules";
    SCHEDULE_FIRES = "test.schedule_fires", "schedule_fires";
    START_KEYS = "test.start_keys", "start_keys";
    TENANT_SECRETS = "test.tenant_secrets", "tenant_secrets";
    TENANTS_ROWS = "test.tenants_rows", "tenants";
}

/// What somebody may have put into INTUNE_TENANT_ID.
fn hostile() -> Vec<OsString> {
    let texts = [
        "",
        "common",
        "organizations",
        "00000000-0000-0000-0000-000000000000",
        "not-a-uuid",
        "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "0193471c-4b7e-7d1a-8c11-0a1b2c3d4e5f",
        "contoso.onmicrosoft.com",
        "'; DROP TABLE tenants; --",
        "../../etc/passwd",
        "a\nb",
        "{\"id\": 1}",
    ];
    let mut values: Vec<OsString> = texts.into_iter().map(OsString::from).collect();
    values.push("x".repeat(20_000).into());
    values.push(OsString::from_vec(vec![0xff, 0xfe, 0x41]));
    values
}

async fn rows(database: &TestDatabase, statement: &'static Statement) -> Vec<Row> {
    let read =
        database.read("test.rows", move |tx| Box::pin(async move { tx.query(statement, &[]).await })).await;
    read.map_err(|error: DatabaseError| error).unwrap()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_database_is_migrated_and_seeded_whatever_the_environment_says(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let mut external = BTreeSet::new();
    for value in hostile() {
        let database = backend.empty().await;
        let program = Program::on(&database).with("INTUNE_TENANT_ID", &value);
        let answer = program.ok(&["migrate", "--fresh", "--seed"]).await;
        assert!(!answer.stderr.contains("error") && !answer.stderr.contains("constraint"), "{answer:?}");
        program.ok(&["seed"]).await;
        let tenants = rows(&database, &TENANTS).await;
        assert_eq!(tenants.len(), 2, "{value:?}");
        for tenant in &tenants {
            let id: Uuid = tenant.get(2).unwrap();
            assert_eq!((id.get_version_num(), id.get_variant()), (4, uuid::Variant::RFC4122), "{id}");
            assert_ne!(OsString::from(id.to_string()), value);
            assert!(external.insert(id), "{id} was given twice");
            assert!(tenant.get::<bool>(4).unwrap());
        }
        let named: String = tenants[0].get(3).unwrap();
        let taken = named == value.to_string_lossy();
        let wanted = [
            "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
            "0193471c-4b7e-7d1a-8c11-0a1b2c3d4e5f",
            "contoso.onmicrosoft.com",
        ];
        assert_eq!(taken, wanted.iter().any(|wanted| *value == **wanted), "{value:?}");
        assert_eq!(
            answer.stderr.contains("warning: INTUNE_TENANT_ID"),
            !taken && !value.is_empty(),
            "{answer:?}"
        );
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn every_row_belongs_to_a_workspace(#[values(Backend::Sqlite, Backend::Postgres)] backend: Backend) {
    let database = backend.empty().await;
    let program = Program::on(&database);
    program.ok(&["migrate", "--seed"]).await;
    program.ok(&["start", "policy.sync", "--tenant", "contoso"]).await;

    let columns = catalogue(&database).await.columns;
    let in_workspaces: BTreeSet<&str> =
        columns.keys().filter_map(|column| column.strip_suffix(".workspace_id")).collect();
    assert_eq!(in_workspaces, IN_WORKSPACES.iter().map(|(table, _)| *table).collect());
    for (table, statement) in IN_WORKSPACES {
        assert_eq!(columns[&format!("{table}.workspace_id")], "bytes", "{table}.workspace_id may be null");
        let row = rows(&database, statement).await.remove(0);
        let (count, strays): (i64, i64) = (row.get(0).unwrap(), row.get(1).unwrap());
        assert_eq!(strays, 0, "{table} has rows of no workspace");
        if ["operation_runs", "notification_outbox", "tenants", "tenant_secrets"].contains(table) {
            assert!(count > 0, "{table} is empty");
        }
    }
    let installed = rows(&database, &INSTALLED).await.remove(0);
    assert_eq!((installed.get::<i64>(0).unwrap(), installed.get::<i64>(1).unwrap()), (1, 1));
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_seeded_may_be_destroyed_with_yes_and_what_is_a_persons_own_by_name_only(
    #[values(Backend::Sqlite, Backend::Postgres)] backend: Backend,
) {
    let (program, database) = seeded(backend).await;
    let name = match &database {
        None => "tenantatlas.db".to_owned(),
        Some(database) => database.url_text().rsplit('/').next().unwrap().to_owned(),
    };
    let before = program.json(&["tenants", "list"]).await;
    let asked = program.call(&["migrate", "--fresh", "--seed"]).await;
    assert_eq!(asked.code, Some(2), "{asked:?}");
    assert!(asked.stderr.contains(&format!("--confirm {name}")), "{asked:?}");
    assert_eq!(program.json(&["tenants", "list"]).await, before);
    let fresh = program.json(&["migrate", "--fresh", "--seed", "--yes"]).await;
    assert_eq!(fresh["destroyed"], true);
    let after = program.json(&["tenants", "list"]).await;
    assert_eq!(after["tenants"].as_array().unwrap().len(), 2);
    assert_ne!(after["tenants"][0]["external_id"], before["tenants"][0]["external_id"]);

    let own = Program::with(program, "TENANTATLAS_CLIENT_SECRET", "a secret");
    own.ok(&["tenants", "add", "--slug", "mine", "--tenant-id", "mine.example", "--client-id", "1"]).await;
    for refused in [
        &["migrate", "--fresh", "--yes"][..],
        &["migrate", "--fresh", "--confirm", "other"],
        &["demo", "--exit"],
    ] {
        let answer = own.call(refused).await;
        assert_eq!(answer.code, Some(2), "{answer:?}");
    }
    assert_eq!(own.json(&["tenants", "list"]).await["tenants"].as_array().unwrap().len(), 3);
    own.ok(&["migrate", "--fresh", "--confirm", &name]).await;
    let none = own.call(&["tenants", "list"]).await;
    assert_eq!(none.code, Some(2), "{none:?}");
    assert_eq!(own.json(&["migrate"]).await["migrations_applied"], 0);
}
