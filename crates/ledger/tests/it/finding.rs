//! Finding runs by what is known of them, and taking them along.

use std::collections::BTreeSet;

use database::testing::Backend;
use ledger::catalog::Operation;
use ledger::{ActiveFilter, ExportPlace, PAGE_MAX, PageFrom, RunFilter, RunId, RunSearch};
use rstest::rstest;
use serde_json::json;

use crate::house::{Fixture, House, house};
use crate::listing::ended;
use crate::starting::succeeded;

async fn found(house: &House, search: RunSearch) -> Vec<RunId> {
    let page = house.ledger.search_ended(&house.whole, &search, PageFrom::Newest, 50).await.expect("a page");
    page.runs.iter().map(|run| run.id).collect()
}

#[rstest]
#[tokio::test]
async fn runs_are_found_by_words_in_context_failures_and_reason_and_by_nothing_else(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ids = ended(&house, 3).await;
    let set = |at: usize, column: &str, value: &str| {
        let id = match on {
            Backend::Sqlite => format!("x'{}'", ids[at].as_uuid().simple()),
            Backend::Postgres => format!("'{}'", ids[at]),
        };
        format!("UPDATE operation_runs SET {column} = '{value}' WHERE id = {id}")
    };
    let failures =
        r#"[{"code": "graph.conflict", "message": "It changed.", "count": 1, "item": "WIN 100% Baseline"}]"#;
    for change in [
        set(0, "context", r#"{"set": {"names": ["Nightly_set", "x"]}}"#),
        set(1, "failure_summary", failures),
        set(2, "reason_code", "graph.throttled"),
    ] {
        house.database.batch(&change).await;
    }
    for (text, expected) in [
        ("nightly_SET", vec![ids[0]]),
        ("win 100% base", vec![ids[1]]),
        ("graph.conflict", vec![ids[1]]),
        ("graph.", vec![ids[2], ids[1]]),
        ("names", vec![]),
        ("%", vec![ids[1]]),
        ("_", vec![ids[0]]),
        ("' OR 1=1 --", vec![]),
        ("\"", vec![]),
    ] {
        let search = RunSearch { text: Some(text.to_owned()), ..RunSearch::default() };
        assert_eq!(found(&house, search).await, expected, "{text}");
    }
}

#[rstest]
#[tokio::test]
async fn runs_are_found_by_the_beginning_of_their_identity(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let ids = ended(&house, 2).await;
    let run = house.ledger.show(&house.whole, ids[1]).await.expect("an answer").expect("it is there");
    assert_eq!(run.row.identity, run.identity);
    for length in [12, 64] {
        let identity = Some(run.identity[..length].to_owned());
        assert_eq!(found(&house, RunSearch { identity, ..RunSearch::default() }).await, [ids[1]]);
    }
}

#[rstest]
#[tokio::test]
async fn an_export_gives_every_run_once_even_when_one_ends_meanwhile(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let mut expected: BTreeSet<RunId> = ended(&house, 3).await.into_iter().collect();
    let active = house.start().await;
    expected.insert(active);
    let (mut place, mut given, mut pages) = (ExportPlace::default(), Vec::new(), 0);
    while let Some((runs, next)) =
        house.ledger.export(&house.whole, &RunSearch::default(), place).await.expect("a page")
    {
        given.extend(runs.iter().map(|run| run.id));
        place = next;
        pages += 1;
        if pages == 1 {
            assert_eq!(given, [active], "the active ones come first");
            let claimed = house.claim_one(house.session().await).await;
            house.ledger.finish(claimed.claim, &claimed.kind, &succeeded()).await.expect("it ends");
        }
    }
    assert_eq!(given.len(), expected.len(), "no run is given twice");
    assert_eq!(given.into_iter().collect::<BTreeSet<_>>(), expected);
}

#[rstest]
#[tokio::test]
async fn an_export_is_not_cut_where_a_list_is(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = house(on).await;
    let count = PAGE_MAX + 1;
    for n in 0..count {
        let inputs = json!({"types": [format!("t{n}")]});
        let run =
            house.ledger.start(&house.contoso, Fixture::KIND, inputs).await.expect("it starts").run().id;
        house.ledger.cancel(&house.contoso, run).await.expect("it is called off");
    }
    let filter = RunFilter { active: ActiveFilter::None, ..RunFilter::default() };
    let (mut place, mut given) = (ExportPlace::default(), 0);
    let search = RunSearch::from(filter);
    while let Some((runs, next)) = house.ledger.export(&house.whole, &search, place).await.expect("a page") {
        given += runs.len();
        place = next;
    }
    assert_eq!(given, count);
}
