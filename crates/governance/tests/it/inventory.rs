//! Recording pages of a collection, and closing it.

use database::testing::Backend;
use governance::inventory::{
    Closed, Depth, Filter, Item, Reading, ReadingStatus, SeenItem, close_collection, counts, coverage, list,
    record_page,
};
use governance::{Counts, GraphIdError, NAME_CHARS_MAX, Presence, RecordError};
use rstest::rstest;
use serde_json::json;
use tenancy::access;

use crate::tenant::{Home, Sent, at, run, ty};

const TYPE: &str = "deviceConfiguration";

fn item(id: &str, name: &str) -> SeenItem {
    let object =
        json!({"@odata.type": "#microsoft.graph.iosGeneralDeviceConfiguration", "displayName": name});
    SeenItem::of(ty(TYPE), id, &object).expect("the id is fine")
}

fn ended(status: ReadingStatus, seen: u64) -> Reading {
    let code = (status != ReadingStatus::Complete).then(|| "graph.some_code".to_owned());
    Reading { status, seen, failed: 0, pages: 1, code }
}

impl Home {
    async fn page(&self, items: Vec<SeenItem>, seconds: i64) -> Counts {
        record_page(&self.database, &self.scope, run(), TYPE, items, at(seconds))
            .await
            .expect("the page is recorded")
    }

    async fn close(&self, depth: Depth, end: Reading, started: i64, seconds: i64) -> Closed {
        close_collection(&self.database, &self.scope, run(), TYPE, depth, end, at(started), at(seconds))
            .await
            .expect("the reading is closed")
    }

    async fn items(&self, presence: Presence) -> Vec<Item> {
        let filter = Filter { presence, ..Filter::default() };
        list(&self.database, &self.scope, &filter, None, 100).await.expect("items can be listed").items
    }
}

fn ids(items: &[Item]) -> Vec<&str> {
    items.iter().map(|item| item.key.graph_id.as_str()).collect()
}

#[rstest]
#[tokio::test]
async fn a_page_says_what_is_new_what_changed_and_what_did_not(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    let first = home.page(vec![item("a", "A"), item("b", "B")], 1).await;
    assert_eq!(first, Counts { created: 2, updated: 0, unchanged: 0 });
    let second = home.page(vec![item("a", "A"), item("b", "renamed"), item("c", "C")], 2).await;
    assert_eq!(second, Counts { created: 1, updated: 1, unchanged: 1 });
    let items = home.items(Presence::Any).await;
    let told: Vec<_> = items.iter().map(|i| (i.name.as_str(), i.first_seen_at, i.last_seen_at)).collect();
    assert_eq!(told, [("A", at(1), at(2)), ("renamed", at(1), at(2)), ("C", at(2), at(2))]);
    assert_eq!(items[0].platform.as_deref(), Some("iOS"));
}

#[rstest]
#[tokio::test]
async fn an_object_that_is_on_a_page_twice_is_recorded_once_as_it_came_last(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    let counts = home.page(vec![item("a", "first"), item("b", "B"), item("a", "last")], 1).await;
    assert_eq!(counts.created, 2);
    assert_eq!(home.items(Presence::Any).await[0].name, "last");
}

#[rstest]
#[tokio::test]
async fn a_time_of_change_is_kept_to_the_microsecond(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    let object = json!({"displayName": "n", "lastModifiedDateTime": "2026-03-04T05:06:07.1234567Z"});
    let seen = || SeenItem::of(ty(TYPE), "a", &object).expect("the id is fine");
    home.page(vec![seen()], 1).await;
    assert_eq!(home.page(vec![seen()], 2).await.unchanged, 1);
    let kept = home.items(Presence::Any).await[0].graph_modified_at.expect("the time is kept");
    assert_eq!(kept.to_string(), "2026-03-04T05:06:07.123456Z");
}

#[rstest]
#[tokio::test]
async fn only_a_complete_reading_marks_as_missing_what_it_did_not_hold(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.page(vec![item("a", "A"), item("b", "B")], 1).await;
    home.close(Depth::Listed, ended(ReadingStatus::Complete, 2), 0, 2).await;

    for (round, status) in
        [ReadingStatus::Partial, ReadingStatus::Denied, ReadingStatus::Unlicensed].into_iter().enumerate()
    {
        let start = 10 * (round as i64 + 1);
        home.page(vec![item("a", "A")], start + 1).await;
        let closed = home.close(Depth::Listed, ended(status, 1), start, start + 2).await;
        assert_eq!(closed, Closed::default(), "{status:?}");
        assert!(home.items(Presence::Missing).await.is_empty(), "{status:?}");
    }

    home.page(vec![item("a", "A")], 101).await;
    let closed = home.close(Depth::Listed, ended(ReadingStatus::Complete, 1), 100, 102).await;
    assert_eq!(closed.missing, 1);
    let missing = home.items(Presence::Missing).await;
    assert_eq!((ids(&missing), missing[0].missing_since), (vec!["b"], Some(at(102))));
    assert_eq!(ids(&home.items(Presence::Present).await), ["a"]);
    let counted = counts(&home.database, &home.scope).await.expect("items can be counted");
    assert_eq!((counted[0].present, counted[0].missing), (1, 1));
}

#[rstest]
#[tokio::test]
async fn what_is_missing_keeps_its_first_time_and_is_there_again_when_it_is_seen(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.page(vec![item("a", "A")], 1).await;
    home.close(Depth::Listed, ended(ReadingStatus::Complete, 0), 10, 11).await;
    let again = home.close(Depth::Listed, ended(ReadingStatus::Complete, 0), 20, 21).await;
    assert_eq!(again, Closed::default(), "it is missing already");
    assert_eq!(home.items(Presence::Any).await[0].missing_since, Some(at(11)));
    let counts = home.page(vec![item("a", "A")], 30).await;
    assert_eq!(counts.updated, 1, "that it is back is a change");
    assert_eq!(home.items(Presence::Any).await[0].missing_since, None);
}

#[rstest]
#[tokio::test]
async fn a_complete_detailed_reading_marks_policies_but_not_those_that_were_listed_and_could_not_be_read(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    let read = |id: &str| Sent::of(TYPE, id, &json!({"displayName": id, "assignments": []})).read();
    home.record(vec![read("gone"), read("unreadable"), read("kept")], 1).await;
    home.page(vec![item("gone", "g"), item("unreadable", "u"), item("kept", "k")], 1).await;

    home.record(vec![read("kept")], 11).await;
    home.page(vec![item("unreadable", "u"), item("kept", "k")], 11).await;
    let listed = home.close(Depth::Listed, ended(ReadingStatus::Complete, 2), 10, 12).await;
    assert_eq!(listed, Closed { missing: 1, missing_policies: 0 });
    let detailed = home.close(Depth::Detailed, ended(ReadingStatus::Complete, 2), 10, 12).await;
    assert_eq!(detailed, Closed { missing: 0, missing_policies: 1 });

    let filter = governance::policies::Filter { presence: Presence::Missing, ..Default::default() };
    let missing =
        governance::policies::list(&home.database, &home.scope, &filter, None, 10).await.expect("a list");
    assert_eq!(missing.policies.len(), 1);
    assert_eq!(missing.policies[0].key.graph_id, "gone");
    home.record(vec![read("gone")], 20).await;
    let missing =
        governance::policies::list(&home.database, &home.scope, &filter, None, 10).await.expect("a list");
    assert!(missing.policies.is_empty(), "it was read again");
}

#[rstest]
#[tokio::test]
async fn coverage_keeps_what_the_last_complete_reading_found(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.close(Depth::Listed, ended(ReadingStatus::Denied, 0), 0, 1).await;
    let told =
        |c: &governance::inventory::Coverage| (c.reading.status, c.expected, c.complete_at, c.observed_at);
    let covered = coverage(&home.database, &home.scope).await.expect("coverage can be listed");
    assert_eq!(told(&covered[0]), (ReadingStatus::Denied, None, None, at(1)));
    home.close(Depth::Listed, ended(ReadingStatus::Complete, 40), 2, 3).await;
    home.close(Depth::Listed, ended(ReadingStatus::Partial, 25), 4, 5).await;
    home.close(Depth::Detailed, ended(ReadingStatus::Complete, 40), 4, 6).await;
    let covered = coverage(&home.database, &home.scope).await.expect("coverage can be listed");
    assert_eq!(covered.len(), 2, "one row for each depth");
    let listed = covered.iter().find(|c| c.depth == Depth::Listed).expect("the list was read");
    assert_eq!(told(listed), (ReadingStatus::Partial, Some(40), Some(at(3)), at(5)));
    assert_eq!((listed.reading.seen, listed.reading.code.as_deref()), (25, Some("graph.some_code")));
}

#[rstest]
#[tokio::test]
async fn a_thousand_objects_are_one_page_and_the_list_shows_each_once(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    let page = || (0..1000).map(|n| item(&format!("id-{n:04}"), &format!("Name {n}"))).collect();
    assert_eq!(home.page(page(), 1).await.created, 1000);
    assert_eq!(home.page(page(), 2).await.unchanged, 1000);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = list(&home.database, &home.scope, &Filter::default(), after, 300).await.expect("a page");
        seen.extend(page.items.iter().map(|item| item.key.graph_id.clone()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen, (0..1000).map(|n| format!("id-{n:04}")).collect::<Vec<_>>());
}

#[rstest]
#[tokio::test]
async fn a_list_is_narrowed_by_type_and_by_part_of_the_name_as_it_stands(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.page(vec![item("a", "Wi-Fi 100%"), item("b", "Wi-Fi 1000"), item("c", "VPN")], 1).await;
    let named = async |types: &[&str], name: &str| {
        let types = types.iter().map(|&ty| ty.to_owned()).collect();
        let filter = Filter { types, name: Some(name.to_owned()), presence: Presence::Any };
        let page = list(&home.database, &home.scope, &filter, None, 10).await.expect("a page");
        page.items.into_iter().map(|item| item.key.graph_id).collect::<Vec<_>>()
    };
    assert_eq!(named(&[], "wI-fI").await, ["a", "b"]);
    assert_eq!(named(&[], "100%").await, ["a"], "a sign is a sign");
    assert_eq!(named(&[TYPE], "vpn").await, ["c"]);
    assert!(named(&["intent"], "vpn").await.is_empty());
}

#[rstest]
#[tokio::test]
async fn odd_names_are_kept_as_far_as_a_column_can_and_odd_ids_are_refused_alone(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.page(vec![item("a", "nul \0 here"), item("b", &"é".repeat(NAME_CHARS_MAX + 1)), item("c", "")], 1)
        .await;
    let names: Vec<String> = home.items(Presence::Any).await.into_iter().map(|item| item.name).collect();
    assert_eq!(names, ["nul \u{FFFD} here".to_owned(), "é".repeat(NAME_CHARS_MAX), String::new()]);
    let refused = SeenItem::of(ty(TYPE), &"x".repeat(401), &json!({}));
    assert_eq!(refused, Err(GraphIdError::TooLong));
}

#[rstest]
#[tokio::test]
async fn a_scope_without_a_tenant_records_nothing(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let home = Home::on(on).await;
    let whole = access::console(&home.database, "default", None, at(0)).await.expect("a scope");
    let refused = record_page(&home.database, &whole, run(), TYPE, vec![item("a", "A")], at(1)).await;
    assert!(matches!(refused, Err(RecordError::NoTenant)), "{refused:?}");
    assert!(home.items(Presence::Any).await.is_empty());
}
