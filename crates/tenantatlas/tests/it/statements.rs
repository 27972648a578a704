//! Every statement of every crate, held against both databases.

use std::collections::BTreeSet;

use database::Statement;

// Named so that their statements are linked, whatever else the tests use of them.
use {governance as _, ledger as _, operations as _, tenancy as _, worker as _};

/// Fewer than this, and some crate's statements are not linked any more.
const STATEMENTS_MIN: usize = 60;

#[tokio::test(flavor = "multi_thread")]
async fn every_statement_is_what_it_declares_to_be_on_both_databases() {
    let mistakes = database::testing::statement_mistakes().await;
    assert_eq!(mistakes, Vec::<String>::new());
    let rooms: BTreeSet<&str> =
        Statement::all().filter_map(|statement| statement.name.split('.').next()).collect();
    for room in ["database", "inventory", "ledger", "policies", "tenant", "user", "workspace"] {
        assert!(rooms.contains(room), "no statement of {room} is linked: {rooms:?}");
    }
    let count = Statement::all().count();
    assert!(count >= STATEMENTS_MIN, "only {count} statements are linked");
}
