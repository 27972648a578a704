//! The SQL of this crate against both databases.

#[tokio::test]
async fn every_statement_is_understood_by_both_databases_as_it_is_declared() {
    // Names a statement, so that those of the library are linked in.
    let _ = governance::inventory::coverage;
    let mistakes = database::testing::statement_mistakes().await;
    assert!(mistakes.is_empty(), "{mistakes:#?}");
    let of_ours = |name: &str| name.starts_with("inventory.") || name.starts_with("policies.");
    assert!(database::Statement::all().filter(|statement| of_ours(statement.name)).count() > 15);
}
