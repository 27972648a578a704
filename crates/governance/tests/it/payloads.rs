//! The bytes of versions.

use contract::Part;
use database::testing::{Backend, TestDatabase};
use database::{DatabaseError, statement};
use governance::normalise::normalise;
use governance::policies::{PayloadError, StoredDocument, VersionId, payload};
use rstest::rstest;

use crate::tenant::{Home, Sent, at, catalog_policy};

statement! {
    COUNT = "test.count_payloads", () -> (I64),
    both: "SELECT count(*) FROM payloads"
}

pub(crate) async fn payload_count(database: &TestDatabase) -> i64 {
    let read: Result<i64, DatabaseError> = database
        .read("test.count", |tx| Box::pin(async move { tx.query_one(&COUNT, &[]).await?.get(0) }))
        .await;
    read.expect("payloads can be counted")
}

impl Home {
    async fn bytes(&self, version: VersionId) -> String {
        let bytes = payload(&self.database, &self.scope, version).await.expect("the payload is sound");
        String::from_utf8(bytes.expect("the version is there")).expect("a payload is text")
    }
}

#[rstest]
#[tokio::test]
async fn a_payload_comes_back_byte_for_byte_with_all_that_nobody_knows(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    let object = "{ \"name\":\"\\u004e \u{1F600}\", \"futureThing\" : {\"deep\":[ null,1.50, -0 ]},\n\"big\":123456789012345678901234567890, \"e\":1E3 }";
    let setting = "{\"id\" : \"0\", \"settingInstance\":{ \"settingDefinitionId\":\"d\"} }";
    let sent = Sent::text("configurationPolicy", "p", object)
        .with(Part::Assignments, &[])
        .with(Part::Settings, &[setting, "{}"]);
    home.record(vec![sent.read()], 1).await;
    let version = home.versions().await.remove(0);
    let bytes = home.bytes(version.id).await;
    assert_eq!(bytes, format!("{{\"object\":{object},\"settings\":[{setting},{{}}],\"assignments\":[]}}"));
    assert_eq!(version.size_bytes, bytes.len() as u64);
}

#[rstest]
#[tokio::test]
async fn what_is_stored_means_what_was_read(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let home = Home::on(on).await;
    let sent = Sent::text("groupPolicyConfiguration", "p", "{\"displayName\":\"n\",\"assignments\":[]}")
        .with(
            Part::DefinitionValues,
            &["{\"id\":\"v2\",\"enabled\":true}", "{\"id\":\"v1\",\"enabled\":false}"],
        )
        .with_part_of(Part::PresentationValues, "v2", &["{\"value\":2}"])
        .with_part_of(Part::PresentationValues, "v1", &["{\"value\":1}", "{\"value\":3}"]);
    home.record(vec![sent.read()], 1).await;
    let version = home.versions().await.remove(0);
    let bytes = home.bytes(version.id).await;
    assert!(
        bytes.ends_with(
            "\"presentation_values\":{\"v1\":[{\"value\":1},{\"value\":3}],\"v2\":[{\"value\":2}]}}"
        ),
        "{bytes}"
    );
    let stored = StoredDocument::read(bytes.as_bytes()).expect("a payload can be read");
    let again = normalise(sent.ty, &stored.document()).expect("it can be normalised");
    assert_eq!(again.canonical_hash, version.canonical_hash);
    assert_eq!(again.assignments_hash, version.assignments_hash);
}

#[rstest]
#[tokio::test]
async fn a_secret_that_is_never_kept_is_not_in_the_payload_and_the_rest_is(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    let object = "{\"displayName\": \"VPP\", \"token\": \"SECRET-TOKEN\", \"n\": 123456789012345678901234567890, \"x\" : [ 1 ]}";
    home.record(vec![Sent::text("vppToken", "p", object).read()], 1).await;
    let bytes = home.bytes(home.versions().await[0].id).await;
    assert_eq!(
        bytes,
        "{\"object\":{\"displayName\":\"VPP\",\"n\":123456789012345678901234567890,\"x\":[ 1 ]}}"
    );
}

#[rstest]
#[tokio::test]
async fn equal_payloads_of_a_workspace_are_stored_once(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    let object = "{\"displayName\":\"the same\",\"assignments\":[]}";
    let reads = ["p", "q"].map(|id| Sent::text("deviceConfiguration", id, object).read());
    assert_eq!(home.record(reads.to_vec(), 1).await.created, 2);
    assert_eq!(payload_count(&home.database).await, 1);
}

#[rstest]
#[tokio::test]
async fn a_payload_that_was_tampered_with_is_noticed_and_the_version_is_named(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    home.record(vec![catalog_policy("p", "1", "g").read()], 1).await;
    let version = home.versions().await[0].id;
    // Sound zstd of other bytes, nonsense, and a size that is not the true one.
    let other = zstd::bulk::compress(&vec![b' '; 300], 3).expect("bytes can be compressed");
    for body in [other, b"nonsense".to_vec()] {
        let body = hex::encode(body);
        let literal =
            if on == Backend::Sqlite { format!("x'{body}'") } else { format!("'\\x{body}'::bytea") };
        home.database.batch(&format!("UPDATE payloads SET body = {literal}")).await;
        let refused =
            payload(&home.database, &home.scope, version).await.expect_err("it is not what was stored");
        assert!(
            matches!(refused, PayloadError::Damaged { version: named } if named == version),
            "{refused:?}"
        );
        assert!(refused.to_string().contains(&version.to_string()));
    }
    home.database.batch("UPDATE payloads SET size_bytes = 9000000000000000000").await;
    assert!(payload(&home.database, &home.scope, version).await.is_err());
}

#[rstest]
#[tokio::test]
async fn a_version_that_is_not_there_has_no_payload(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let home = Home::on(on).await;
    let nobody = VersionId::from_uuid(database::new_id(at(0)));
    assert_eq!(payload(&home.database, &home.scope, nobody).await.expect("the question is fine"), None);
}
