//! The schema: pairs of migrations that agree, and the constraints that hold whoever writes.

use database::testing::{Backend, catalogue};
use database::{MigrateError, SchemaState};
use rstest::rstest;

/// PostgreSQL keeps a counter of running runs per gate; SQLite, with one writer, counts them live.
const ONLY_ON_POSTGRES: [&str; 2] = ["operation_runs.permit", "op_gates.running"];

#[tokio::test]
async fn both_catalogues_hold_the_same_columns() {
    let postgres = catalogue(&Backend::Postgres.fresh().await).await;
    let sqlite = catalogue(&Backend::Sqlite.fresh().await).await;
    let mut expected = postgres.columns;
    for column in ONLY_ON_POSTGRES {
        assert!(expected.remove(column).is_some(), "{column} is an exception that is not there");
    }
    assert!(expected.len() > 80, "the catalogue was read");
    for (column, kind) in &expected {
        assert_eq!(sqlite.columns.get(column), Some(kind), "{column}");
    }
    for column in sqlite.columns.keys() {
        assert!(expected.contains_key(column), "{column} is on SQLite only");
    }
}

#[tokio::test]
async fn both_catalogues_hold_the_same_indexes_and_keys() {
    let postgres = catalogue(&Backend::Postgres.fresh().await).await.indexes;
    let sqlite = catalogue(&Backend::Sqlite.fresh().await).await.indexes;
    // The one index whose columns differ: SQLite counts a gate's running runs by it, PostgreSQL finds a session's.
    let only = |text: &&String| {
        !text.contains("runs_running")
            && !text.contains("worker_sessions: primary key")
            && !text.contains("installation: primary key")
    };
    let postgres: Vec<_> = postgres.iter().filter(only).collect();
    let sqlite: Vec<_> = sqlite.iter().filter(only).collect();
    assert!(postgres.len() > 25, "the catalogue was read");
    assert_eq!(postgres, sqlite);
}

#[rstest]
#[tokio::test]
async fn the_dedupe_index_is_there_and_is_the_only_unique_one_beside_the_key(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let indexes = catalogue(&on.fresh().await).await.indexes;
    let unique: Vec<_> =
        indexes.iter().filter(|i| i.starts_with("operation_runs:") && i.contains(" unique")).collect();
    assert_eq!(
        unique,
        [
            "operation_runs: primary key (workspace_id, id) unique",
            "operation_runs: runs_open_uq (workspace_id, scope_id, identity_hash) unique partial",
        ]
    );
}

/// Counts the migrations on disk, so that one which was not registered is found out too.
fn migrations() -> usize {
    std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/postgres"))
        .expect("the migrations are beside the source")
        .count()
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn migrating_twice_changes_nothing_and_racing_migrations_agree(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.empty().await;
    assert_eq!(database.schema_state().await.expect("an empty database can be read"), SchemaState::Empty);
    let mut racing = Vec::new();
    for _ in 0..6 {
        let other = database.another_handle().await;
        racing.push(tokio::spawn(async move { other.migrate().await }));
    }
    let mut applied = 0;
    for one in racing {
        match one.await.expect("no migration panics") {
            Ok(count) => applied += count,
            // On SQLite a second process may meet the first one's lock; it may fail, but never half-migrate.
            Err(error) => {
                assert!(on == Backend::Sqlite && !matches!(error, MigrateError::Foreign), "{error:?}");
            }
        }
    }
    if on == Backend::Postgres {
        assert_eq!(applied, migrations(), "each migration was applied once, and nobody was refused");
    } else {
        assert!(applied <= migrations());
        database.migrate().await.expect("whoever comes later finishes it");
    }
    assert_eq!(database.migrate().await.expect("nothing is left to do"), 0);
    assert_eq!(database.schema_state().await.expect("the schema can be read"), SchemaState::Current);
}

#[rstest]
#[tokio::test]
async fn tables_of_another_program_are_left_alone(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let database = on.empty().await;
    database.batch("CREATE TABLE invoices (id integer PRIMARY KEY)").await;
    assert!(matches!(database.migrate().await, Err(MigrateError::Foreign)));
}

#[rstest]
#[tokio::test]
async fn a_schema_that_asks_for_a_newer_binary_is_refused(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    database.batch("UPDATE installation SET min_binary = '99.0.0'").await;
    let refused = database.migrate().await.expect_err("this binary is too old");
    assert_eq!(refused.to_string(), "the database asks for TenantAtlas 99.0.0 or newer, and this is 0.1.0");
}

/// Rows that no writer may ever leave behind, and what is wrong with them.
const FORBIDDEN: [(&str, &str); 12] = [
    ("completed without an outcome", "status = 'completed', completed_at = {now}"),
    ("an outcome without completed", "outcome = 'failed'"),
    ("completed without a time", "status = 'completed', outcome = 'failed'"),
    ("an end time while queued", "completed_at = {now}"),
    ("an active row with a closed slot", "dedupe_open = {no}"),
    ("running without a session", "status = 'running'"),
    ("a session while queued", "session_id = 1"),
    ("an unknown status", "status = 'paused'"),
    ("an unknown outcome", "status = 'completed', outcome = 'fine', completed_at = {now}"),
    ("a scope that is not the tenant's", "tenant_id = {other}"),
    ("a user initiator without a user", "initiator_kind = 'user'"),
    ("a short identity", "identity_hash = {short}"),
];

#[rstest]
#[tokio::test]
async fn forbidden_rows_of_the_ledger_are_refused_by_the_database(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let bytes = |hex: &str| match on {
        Backend::Sqlite => format!("x'{hex}'"),
        Backend::Postgres => format!("'\\x{hex}'::bytea"),
    };
    let uuid = |hex: &str| match on {
        Backend::Sqlite => format!("x'{hex}'"),
        Backend::Postgres => format!("'{hex}'::uuid"),
    };
    let (now, no) = match on {
        Backend::Sqlite => ("1800000000000000", "0"),
        Backend::Postgres => ("now()", "false"),
    };
    let workspace = uuid(&"11".repeat(16));
    let run = uuid(&"22".repeat(16));
    database
        .batch(&format!(
            "INSERT INTO operation_runs (workspace_id, id, scope_id, type, identity_hash, not_before, created_at) \
             VALUES ({workspace}, {run}, {workspace}, 'test.kind', {}, {now}, {now})",
            bytes(&"33".repeat(32))
        ))
        .await;
    for (what, change) in FORBIDDEN {
        let change = change
            .replace("{now}", now)
            .replace("{no}", no)
            .replace("{other}", &uuid(&"44".repeat(16)))
            .replace("{short}", &bytes("33"));
        let refused = database.try_batch(&format!("UPDATE operation_runs SET {change}")).await;
        let why = refused.expect_err(what);
        assert!(why.to_lowercase().contains("constraint"), "{what}: {why}");
    }
    let twice = database
        .try_batch(&format!(
            "INSERT INTO operation_runs (workspace_id, id, scope_id, type, identity_hash, not_before, created_at) \
             VALUES ({workspace}, {}, {workspace}, 'test.kind', {}, {now}, {now})",
            uuid(&"55".repeat(16)),
            bytes(&"33".repeat(32))
        ))
        .await;
    assert!(twice.is_err(), "two open rows of one identity");
}

#[rstest]
#[tokio::test]
async fn a_tenant_must_carry_a_workspace_and_a_version_4_external_id(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let database = on.fresh().await;
    let uuid = |text: &str| match on {
        Backend::Sqlite => format!("x'{}'", text.replace('-', "")),
        Backend::Postgres => format!("'{text}'::uuid"),
    };
    let now = if on == Backend::Sqlite { "1800000000000000" } else { "now()" };
    let (workspace, tenant) =
        (uuid("01890000-0000-7000-8000-000000000001"), uuid("01890000-0000-7000-8000-000000000002"));
    database
        .batch(&format!(
            "INSERT INTO workspaces (id, slug, name, created_at) VALUES ({workspace}, 'w', 'W', {now})"
        ))
        .await;
    let insert = |workspace: &str, external: &str| {
        format!(
            "INSERT INTO tenants (workspace_id, id, slug, name, external_id, graph_tenant_id, environment, cloud, client_id, state, created_at, updated_at) \
             VALUES ({workspace}, {tenant}, 't', 'T', {external}, 'contoso.example', 'production', 'global', 'c', 'connected', {now}, {now})"
        )
    };
    let v4 = uuid("9b2d7d1e-6f43-4c1a-8a53-0d6c1f5b7a11");
    for bad in [
        "01890000-0000-7000-8000-000000000009",
        "9b2d7d1e-6f43-4c1a-ca53-0d6c1f5b7a11",
        "00000000-0000-0000-0000-000000000000",
    ] {
        let why = database
            .try_batch(&insert(&workspace, &uuid(bad)))
            .await
            .expect_err("the external id is not a UUID v4");
        assert!(why.to_lowercase().contains("constraint"), "{bad}: {why}");
    }
    assert!(database.try_batch(&insert("NULL", &v4)).await.is_err(), "a tenant without a workspace");
    assert!(
        database.try_batch(&insert(&uuid("01890000-0000-7000-8000-00000000000a"), &v4)).await.is_err(),
        "a tenant of no workspace"
    );
    database.batch(&insert(&workspace, &v4)).await;
}
