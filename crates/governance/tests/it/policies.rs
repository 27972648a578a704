//! When a read makes a version, and when it does not.

use contract::Part;
use database::testing::Backend;
use governance::policies::{PrepareError, Side, record, totals};
use governance::{Counts, GraphIdError, NAME_CHARS_MAX};
use rstest::rstest;
use serde_json::json;

use crate::payloads::payload_count;
use crate::tenant::{Home, Sent, at, catalog_policy, catalog_policy_unassigned, run};

const MADE: Counts = Counts { created: 1, updated: 0, unchanged: 0 };
const CHANGED: Counts = Counts { created: 0, updated: 1, unchanged: 0 };
const SAME: Counts = Counts { created: 0, updated: 0, unchanged: 1 };

#[rstest]
#[tokio::test]
async fn the_first_read_makes_version_one(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let home = Home::on(on).await;
    assert_eq!(home.record(vec![catalog_policy("p", "1", "g").read()], 1).await, MADE);
    let policy = home.only_policy().await;
    assert_eq!((policy.name.as_str(), policy.platform.as_deref()), ("Baseline", Some("windows10")));
    assert_eq!((policy.version_count, policy.first_seen_at, policy.last_read_at), (1, at(1), at(1)));
    let versions = home.versions().await;
    assert_eq!((versions.len(), versions[0].number, versions[0].captured_at), (1, 1, at(1)));
    assert_eq!(versions[0].parts, [Part::Object, Part::Settings, Part::Assignments]);
    assert!(versions[0].changed.is_empty());
    assert_eq!(policy.canonical_hash, Some(versions[0].canonical_hash));
}

#[rstest]
#[tokio::test]
async fn a_second_read_of_the_same_makes_no_version_and_writes_no_payload(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.record(vec![catalog_policy("p", "1", "g").read()], 1).await;
    assert_eq!(home.record(vec![catalog_policy("p", "1", "g").read()], 2).await, SAME);
    assert_eq!(home.versions().await.len(), 1);
    assert_eq!(payload_count(&home.database).await, 1);
    assert_eq!(home.only_policy().await.last_read_at, at(2), "but that it was read is known");
}

#[rstest]
#[tokio::test]
async fn a_change_of_volatile_fields_only_makes_no_version_and_refreshes_what_is_shown(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    let sent = |version: i64, day: &str| {
        let object =
            json!({"displayName": "n", "version": version, "lastModifiedDateTime": day, "assignments": []});
        Sent::of("deviceConfiguration", "p", &object).read()
    };
    home.record(vec![sent(1, "2026-01-01T00:00:00Z")], 1).await;
    assert_eq!(home.record(vec![sent(2, "2026-02-02T00:00:00Z")], 2).await, SAME);
    assert_eq!(payload_count(&home.database).await, 1);
    let shown = home.only_policy().await.graph_modified_at.expect("the time is kept");
    assert_eq!(shown.to_string(), "2026-02-02T00:00:00Z");
}

#[rstest]
#[tokio::test]
async fn a_changed_setting_makes_exactly_one_version_and_says_so(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.record(vec![catalog_policy("p", "1", "g").read()], 1).await;
    assert_eq!(home.record(vec![catalog_policy("p", "2", "g").read()], 2).await, CHANGED);
    assert_eq!(home.record(vec![catalog_policy("p", "2", "g").read()], 3).await, SAME);
    let versions = home.versions().await;
    assert_eq!(versions.iter().map(|v| v.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(versions[1].changed, [Side::Settings]);
    assert_eq!(versions[0].assignments_hash, versions[1].assignments_hash);
}

#[rstest]
#[tokio::test]
async fn a_changed_assignment_makes_one_version_and_says_that_it_was_the_assignments(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.record(vec![catalog_policy("p", "1", "g").read()], 1).await;
    assert_eq!(home.record(vec![catalog_policy("p", "1", "h").read()], 2).await, CHANGED);
    assert_eq!(home.record(vec![catalog_policy("p", "1", "h").read()], 3).await, SAME);
    let versions = home.versions().await;
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[1].changed, [Side::Assignments]);
    assert_eq!(versions[0].settings_hash, versions[1].settings_hash);
}

#[rstest]
#[tokio::test]
async fn going_back_to_what_it_was_is_a_version_of_its_own(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    for (second, setting) in ["1", "2", "1"].into_iter().enumerate() {
        home.record(vec![catalog_policy("p", setting, "g").read()], second as i64).await;
    }
    let versions = home.versions().await;
    assert_eq!(versions.len(), 3);
    assert_eq!(versions[0].payload_hash, versions[2].payload_hash);
    assert_eq!(payload_count(&home.database).await, 2, "its bytes are there already");
}

#[rstest]
#[tokio::test]
async fn assignments_that_were_not_read_are_no_change(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.record(vec![catalog_policy("p", "1", "g").read()], 1).await;
    assert_eq!(home.record(vec![catalog_policy_unassigned("p", "1").read()], 2).await, SAME);
    assert_eq!(
        home.record(vec![catalog_policy("p", "1", "g").read()], 3).await,
        SAME,
        "nor are they when they are back"
    );
    assert_eq!(home.record(vec![catalog_policy_unassigned("p", "1").read()], 4).await, SAME);
    assert_eq!(home.record(vec![catalog_policy("p", "1", "h").read()], 5).await, CHANGED);
    let versions = home.versions().await;
    assert_eq!(versions.len(), 2);
    assert_eq!(versions[1].changed, [Side::Assignments]);
}

#[rstest]
#[tokio::test]
async fn a_version_without_assignments_is_followed_by_one_with_them_that_claims_no_change(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.record(vec![catalog_policy("p", "1", "g").read()], 1).await;
    assert_eq!(home.record(vec![catalog_policy_unassigned("p", "2").read()], 2).await, CHANGED);
    assert_eq!(home.record(vec![catalog_policy("p", "2", "g").read()], 3).await, CHANGED);
    assert_eq!(home.record(vec![catalog_policy("p", "2", "g").read()], 4).await, SAME);
    let versions = home.versions().await;
    let told: Vec<_> =
        versions.iter().map(|v| (v.changed.clone(), v.parts.contains(&Part::Assignments))).collect();
    assert_eq!(told, [(vec![], true), (vec![Side::Settings], false), (vec![], true)]);
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn twenty_racing_reads_of_one_policy_make_one_version_each_time(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    let other = home.database.another_handle().await;
    for (round, setting) in ["1", "2"].into_iter().enumerate() {
        let mut racing = tokio::task::JoinSet::new();
        for n in 0..20 {
            let database =
                if n % 2 == 0 || on == Backend::Sqlite { home.database.clone() } else { other.clone() };
            let scope = home.scope.clone();
            // Some come in the other order; they may not wait for each other in a circle.
            let mut reads =
                vec![catalog_policy("p", setting, "g").read(), catalog_policy("q", setting, "g").read()];
            if n % 3 == 0 {
                reads.reverse();
            }
            racing.spawn(async move { record(&database, &scope, run(), reads, at(n)).await });
        }
        let mut counts = Counts::default();
        while let Some(done) = racing.join_next().await {
            counts += done.expect("no task panics").expect("the read is recorded");
        }
        assert_eq!((counts.total(), counts.unchanged), (40, 38), "{setting}");
        let total = &totals(&home.database, &home.scope).await.expect("totals")[0];
        assert_eq!((total.present, total.versions), (2, 2 * (round as u64 + 1)));
    }
}

#[rstest]
#[tokio::test]
async fn a_policy_that_is_in_a_batch_twice_is_recorded_once_as_it_came_last(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    let last = catalog_policy("p", "2", "g").read();
    assert_eq!(home.record(vec![catalog_policy("p", "1", "g").read(), last.clone()], 1).await, MADE);
    assert_eq!(home.record(vec![last], 2).await, SAME);
}

#[rstest]
#[tokio::test]
async fn a_thousand_policies_are_recorded_at_once(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let home = Home::on(on).await;
    let reads = |changed: usize| {
        (0..1000)
            .map(|n| catalog_policy(&format!("p{n}"), if n < changed { "2" } else { "1" }, "g").read())
            .collect()
    };
    assert_eq!(home.record(reads(0), 1).await, Counts { created: 1000, updated: 0, unchanged: 0 });
    assert_eq!(home.record(reads(10), 2).await, Counts { created: 0, updated: 10, unchanged: 990 });
    let total = &totals(&home.database, &home.scope).await.expect("totals")[0];
    assert_eq!((total.present, total.missing, total.versions), (1000, 0, 1010));
}

#[rstest]
#[tokio::test]
async fn a_nul_or_a_very_long_name_does_not_stop_a_policy(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    let name = format!("a\0b{}", "x".repeat(NAME_CHARS_MAX));
    let sent = Sent::of(
        "deviceConfiguration",
        "p",
        &json!({"displayName": name, "note": "c\0d", "assignments": []}),
    );
    assert_eq!(home.record(vec![sent.read()], 1).await, MADE);
    let policy = home.only_policy().await;
    assert!(policy.name.starts_with("a\u{FFFD}b") && policy.name.chars().count() == NAME_CHARS_MAX);
    assert_eq!(home.versions().await[0].name, policy.name);
}

#[test]
fn an_object_that_cannot_be_kept_is_refused_alone() {
    let refused =
        Sent::of("deviceConfiguration", &"x".repeat(401), &json!({})).prepare().expect_err("too long");
    assert!(matches!(refused, PrepareError::GraphId(GraphIdError::TooLong)), "{refused:?}");
    let refused = Sent::text("deviceConfiguration", "p", "[]").prepare().expect_err("no object");
    assert!(matches!(refused, PrepareError::Normalise(_)), "{refused:?}");
    let refused =
        Sent::text("deviceConfiguration", "p", "{\"n\":1e999}").prepare().expect_err("no such number");
    assert!(matches!(refused, PrepareError::Json { part: Part::Object, .. }), "{refused:?}");
}

#[test]
fn an_object_without_a_part_that_it_needs_is_refused_instead_of_looking_changed() {
    let refused =
        Sent::of("configurationPolicy", "p", &json!({"name": "n"})).prepare().expect_err("no settings");
    assert!(matches!(refused, PrepareError::PartNotRead { part: Part::Settings, .. }), "{refused:?}");
}
