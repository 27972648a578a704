//! The statements of this crate, held against both databases.

use database::testing::statement_mistakes;

#[tokio::test]
async fn every_statement_is_what_it_is_declared_to_be_on_both_databases() {
    // Linked in by naming something of the crate.
    assert_eq!(tenancy::workspace::DEFAULT_SLUG, "default");
    let mistakes = statement_mistakes().await;
    assert!(mistakes.is_empty(), "{mistakes:#?}");
}
