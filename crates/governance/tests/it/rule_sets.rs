//! What happens to kept policies when the compare rules change.

use contract::{FieldPath, PolicyType};
use database::testing::Backend;
use governance::Counts;
use governance::policies::Side;
use rstest::rstest;
use serde_json::json;

use crate::payloads::payload_count;
use crate::tenant::{Home, Sent, ty};

const TYPE: &str = "deviceConfiguration";
const SAME: Counts = Counts { created: 0, updated: 0, unchanged: 1 };
const CHANGED: Counts = Counts { created: 0, updated: 1, unchanged: 0 };

/// The type under rules that no longer look at `counter`.
fn newer_rules() -> &'static PolicyType {
    let mut newer = ty(TYPE).clone();
    newer.ignore_in_diff.push(FieldPath::parse("counter").expect("a path"));
    Box::leak(Box::new(newer))
}

fn sent(counter: i64, mode: &str) -> Sent {
    let target = json!({"@odata.type": "#microsoft.graph.allDevicesAssignmentTarget"});
    let object =
        json!({"displayName": "n", "counter": counter, "mode": mode, "assignments": [{"target": target}]});
    Sent::of(TYPE, "p", &object)
}

fn under_newer_rules(mut sent: Sent) -> Sent {
    sent.ty = newer_rules();
    sent.rule_set += 1;
    sent
}

#[rstest]
#[tokio::test]
async fn newer_rules_hash_anew_and_make_no_version(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.record(vec![sent(1, "a").read()], 1).await;
    let before = home.only_policy().await;
    assert_eq!(home.record(vec![under_newer_rules(sent(1, "a")).read()], 2).await, SAME);
    assert_ne!(
        home.only_policy().await.canonical_hash,
        before.canonical_hash,
        "the hash is one of the newer rules"
    );
    assert_eq!(
        home.record(vec![under_newer_rules(sent(2, "a")).read()], 3).await,
        SAME,
        "and they rule from now on"
    );
    let versions = home.versions().await;
    assert_eq!(versions.len(), 1);
    assert_eq!(Some(versions[0].canonical_hash), before.canonical_hash, "a version never changes");
    assert_eq!(payload_count(&home.database).await, 1);
}

#[rstest]
#[tokio::test]
async fn what_the_newer_rules_ignore_is_no_change_although_the_older_hash_differs(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.record(vec![sent(1, "a").read()], 1).await;
    assert_eq!(home.record(vec![under_newer_rules(sent(2, "a")).read()], 2).await, SAME);
}

#[rstest]
#[tokio::test]
async fn a_change_that_comes_together_with_newer_rules_is_found(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.record(vec![sent(1, "a").read()], 1).await;
    assert_eq!(home.record(vec![under_newer_rules(sent(2, "b")).read()], 2).await, CHANGED);
    let versions = home.versions().await;
    assert_eq!(versions[1].changed, [Side::Settings], "the assignments did not change");
    assert_eq!(versions[1].rule_set, versions[0].rule_set + 1);
}

#[rstest]
#[tokio::test]
async fn a_version_that_can_no_longer_be_read_gets_a_sound_one_beside_it(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.record(vec![sent(1, "a").read()], 1).await;
    home.database.batch("UPDATE payloads SET size_bytes = 1").await;
    assert_eq!(home.record(vec![under_newer_rules(sent(2, "a")).read()], 2).await, CHANGED);
    assert!(home.versions().await[1].changed.is_empty(), "nothing is known of a change");
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn racing_reads_under_older_and_newer_rules_make_no_version_of_an_unchanged_policy(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.record(vec![sent(1, "a").read()], 1).await;
    let reads = [sent(1, "a").read(), under_newer_rules(sent(1, "a")).read()];
    for _ in 0..5 {
        let [older, newer] = reads.clone();
        let (one, two) = tokio::join!(home.record(vec![older], 2), home.record(vec![newer], 2));
        assert_eq!((one, two), (SAME, SAME));
    }
    assert_eq!(home.versions().await.len(), 1);
}
