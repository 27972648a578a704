//! Starts: always exactly one run, whoever asks and however many at once.

use std::collections::HashSet;
use std::time::Duration;

use database::testing::Backend;
use ledger::catalog::Operation;
use ledger::failure::FailureCode;
use ledger::{Ending, NoticeKind, Outcome, RunStatus, StartError, Started};
use rstest::rstest;
use serde_json::{Value, json};
use tenancy::Capability;
use tenancy::tenant::{self, TenantState};

use crate::house::{Cooling, Fixture, Whole, house, ledger_on};

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn twenty_concurrent_starts_of_one_identity_give_one_run(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    // Two handles, as two processes would have.
    let other = ledger_on(house.database.another_handle().await);
    let starts: Vec<_> = (0..20)
        .map(|n| {
            let ledger = if n % 2 == 0 { house.ledger.clone() } else { other.clone() };
            let scope = house.contoso.clone();
            tokio::spawn(
                async move { ledger.start(&scope, Fixture::KIND, json!({"types": ["b", "a"]})).await },
            )
        })
        .collect();
    let (mut ids, mut created) = (HashSet::new(), 0);
    for start in starts {
        let started = start.await.expect("no start panics").expect("every start answers");
        created += i32::from(matches!(started, Started::Created(_)));
        ids.insert(started.run().id);
    }
    assert_eq!((ids.len(), created), (1, 1));
    assert_eq!(house.ledger.list_active(&house.whole, &Default::default()).await.expect("a list").len(), 1);
}

#[rstest]
#[tokio::test]
async fn reordered_and_duplicated_inputs_reuse_the_active_run(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let start = |inputs: Value| house.ledger.start(&house.contoso, Fixture::KIND, inputs);
    let first = start(json!({"types": ["a", "b"]})).await.expect("it starts");
    let again = start(json!({"types": ["b", "a", "b"]})).await.expect("it is reused");
    assert!(matches!(&again, Started::Active(run) if run.id == first.run().id), "{again:?}");
    let other = start(json!({"types": ["a"]})).await.expect("other inputs are other work");
    assert!(matches!(&other, Started::Created(run) if run.id != first.run().id), "{other:?}");
}

#[rstest]
#[tokio::test]
async fn a_running_run_is_reused_and_a_finished_one_is_not(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let id = house.start().await;
    let claimed = house.claim_one(house.session().await).await;
    let again = house.ledger.start(&house.contoso, Fixture::KIND, Value::Null).await.expect("it is reused");
    assert!(
        matches!(&again, Started::Active(run) if run.id == id && run.status == RunStatus::Running),
        "{again:?}"
    );
    house.ledger.finish(claimed.claim, &claimed.kind, &succeeded()).await.expect("it ends");
    assert_ne!(house.start().await, id);
}

#[rstest]
#[tokio::test]
async fn a_cooling_run_is_reused_until_its_cooldown_is_over(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let start = || house.ledger.start(&house.contoso, Cooling::KIND, Value::Null);
    let id = start().await.expect("it starts").run().id;
    let claimed = house.claim_one(house.session().await).await;
    house.ledger.finish(claimed.claim, &claimed.kind, &succeeded()).await.expect("it ends");
    let cooling = start().await.expect("it cools");
    let Started::Cooling { run, until } = &cooling else { panic!("expected a cooling run, got {cooling:?}") };
    let shown = house.ledger.show(&house.contoso, id).await.expect("a run").expect("it is there");
    assert_eq!((run.id, Some(*until)), (id, shown.reuse_until));
    assert_eq!(until.since(shown.row.completed_at.expect("it has ended")), Duration::from_secs(900));
    house.database.set_ledger_clock_ahead(Duration::from_secs(899)).await;
    assert!(matches!(start().await.expect("it cools"), Started::Cooling { .. }));
    house.database.set_ledger_clock_ahead(Duration::from_secs(902)).await;
    let next = start().await.expect("it starts anew");
    assert!(matches!(&next, Started::Created(run) if run.id != id), "{next:?}");
}

#[rstest]
#[tokio::test]
async fn a_workspace_run_and_tenant_runs_of_the_same_inputs_do_not_collide(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let mut ids = HashSet::new();
    for scope in [&house.contoso, &house.fabrikam] {
        ids.insert(house.ledger.start(scope, Fixture::KIND, Value::Null).await.expect("it starts").run().id);
    }
    ids.insert(house.ledger.start(&house.whole, Whole::KIND, Value::Null).await.expect("it starts").run().id);
    assert_eq!(ids.len(), 3);
}

#[rstest]
#[tokio::test]
async fn a_start_that_makes_no_sense_writes_nothing_and_says_why(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let start = |scope: &tenancy::Scope, kind: &'static str, inputs: Value| {
        let (ledger, scope) = (house.ledger.clone(), scope.clone());
        async move { ledger.start(&scope, kind, inputs).await.expect_err("refused").to_string() }
    };
    assert_eq!(
        start(&house.contoso, "policy.dance", Value::Null).await,
        "there is no operation `policy.dance`; there are fixture.cooling, fixture.sync, fixture.whole"
    );
    assert_eq!(
        start(&house.whole, Fixture::KIND, Value::Null).await,
        "`fixture.sync` runs for one tenant; name it"
    );
    assert!(start(&house.contoso, Whole::KIND, Value::Null).await.contains("the whole workspace"));
    let unknown = start(&house.contoso, Fixture::KIND, json!({"typse": []})).await;
    assert!(unknown.contains("there is no field `typse`; allowed: `types`"), "{unknown}");
    let system = tenancy::access::system(house.contoso.workspace(), house.contoso.tenant());
    let refused = house.ledger.start(&system, Fixture::KIND, Value::Null).await.expect_err("not allowed");
    assert!(matches!(refused, StartError::NotAllowed { needs: Capability::StartReads, .. }), "{refused}");
    assert!(house.ledger.list_active(&house.whole, &Default::default()).await.expect("a list").is_empty());
    let ended = house.ledger.list_ended(&house.whole, &Default::default(), None, 50).await.expect("a list");
    assert!(ended.runs.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_start_that_cannot_be_dispatched_is_recorded_as_failed_and_leaves_no_queued_row(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let now = database::Clock::system().now();
    tenant::set_state(&house.database, &house.contoso, TenantState::Disconnected, now)
        .await
        .expect("it disconnects");
    let started = house.ledger.start(&house.contoso, Fixture::KIND, Value::Null).await.expect("it answers");
    let Started::NotDispatched { run, failure } = &started else {
        panic!("expected a failed dispatch, got {started:?}")
    };
    assert_eq!((run.status, run.outcome), (RunStatus::Completed, Outcome::Failed));
    assert_eq!(failure.code, FailureCode::DISPATCH_FAILED);
    assert!(house.ledger.list_active(&house.whole, &Default::default()).await.expect("a list").is_empty());
    let shown = house.ledger.show(&house.contoso, run.id).await.expect("a run").expect("it is there");
    assert_eq!(shown.row.reason_code.as_deref(), Some("queue.dispatch_failed"));
    assert_eq!(shown.failures.listed(), std::slice::from_ref(failure));
    let notices = house.ledger.notices(&house.contoso).await.expect("notices");
    assert_eq!(notices.iter().map(|n| (n.run, n.kind)).collect::<Vec<_>>(), [(run.id, NoticeKind::Terminal)]);
    // Nothing stands in the way of the next start.
    tenant::set_state(&house.database, &house.contoso, TenantState::Connected, now)
        .await
        .expect("it connects");
    house.start().await;
}

#[rstest]
#[tokio::test]
async fn a_person_gets_one_notice_when_queued_and_one_when_ended_and_the_system_none(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = house(on).await;
    let id = house.start().await;
    house.ledger.start(&house.contoso, Fixture::KIND, Value::Null).await.expect("it is reused");
    let kinds = |notices: Vec<ledger::Notice>| notices.iter().map(|n| (n.run, n.kind)).collect::<Vec<_>>();
    assert_eq!(
        kinds(house.ledger.notices(&house.contoso).await.expect("notices")),
        [(id, NoticeKind::Queued)]
    );
    let session = house.session().await;
    let claimed = house.claim_one(session).await;
    house.ledger.finish(claimed.claim, &claimed.kind, &succeeded()).await.expect("it ends");
    house.ledger.finish(claimed.claim, &claimed.kind, &succeeded()).await.expect("a resend is harmless");
    let both = [(id, NoticeKind::Terminal), (id, NoticeKind::Queued)];
    assert_eq!(kinds(house.ledger.notices(&house.contoso).await.expect("notices")), both);
    let system = tenancy::access::system(house.whole.workspace(), None);
    house.ledger.start(&system, Whole::KIND, Value::Null).await.expect("the system may keep house");
    let claimed = house.claim_one(session).await;
    house.ledger.finish(claimed.claim, &claimed.kind, &succeeded()).await.expect("it ends");
    assert_eq!(kinds(house.ledger.notices(&house.whole).await.expect("notices")), both, "no new notice");
    assert!(house.ledger.notices(&system).await.expect("notices").is_empty());
}

pub(crate) fn succeeded() -> Ending {
    Ending {
        outcome: Outcome::Succeeded,
        counts: Default::default(),
        failures: Default::default(),
        reason: None,
    }
}
