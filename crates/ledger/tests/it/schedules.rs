//! Schedules: each time is fired once, whatever the number of schedulers and whatever the clock does.

use std::time::Duration;

use database::testing::{Backend, TestDatabase};
use database::{Clock, Ts};
use ledger::catalog::{Catalog, Operation};
use ledger::schedule::{Cadence, FireResult, NewSchedule, Origin, ScheduleError, SystemSchedule};
use ledger::{ActiveFilter, Ledger, RunFilter, StartError};
use rstest::rstest;
use serde_json::{Value, json};
use tenancy::workspace::{self, Origin as Made};
use tenancy::{Capability, Scope, access, tenant};

use crate::house::{Cooling, Fixture, Whole, connect};

/// Tuesday the first of December 2026, at noon.
const NOON: &str = "2026-12-01T12:00:00Z";

const HOUR: Duration = Duration::from_secs(3600);

/// An installation whose clock a test moves.
struct Moved {
    database: TestDatabase,
    clock: Clock,
    contoso: Scope,
}

fn at(text: &str) -> Ts {
    text.parse::<jiff::Timestamp>().expect("a time").into()
}

async fn moved(on: Backend) -> Moved {
    let database = on.fresh().await;
    let clock = Clock::fixed(at(NOON));
    let slug = "default".parse().expect("a slug");
    workspace::ensure(&database, &slug, "Default", Made::Own, clock.now()).await.expect("a workspace");
    let whole = access::console(&database, "default", None, clock.now()).await.expect("the console");
    connect(&database, &whole, "contoso").await;
    let contoso =
        access::console(&database, "default", Some("contoso"), clock.now()).await.expect("a tenant");
    Moved { database, clock, contoso }
}

impl Moved {
    fn ledger(&self) -> Ledger {
        self.ledger_at(self.clock.clone())
    }

    fn ledger_at(&self, clock: Clock) -> Ledger {
        let catalog = Catalog::new([Fixture::kind(), Cooling::kind(), Whole::kind()]).expect("three kinds");
        Ledger::new((*self.database).clone(), catalog, clock)
    }

    /// Makes a schedule that fires at ten in the evening.
    async fn nightly(&self) -> ledger::schedule::ScheduleId {
        self.ledger().add_schedule(&self.contoso, new("Nightly", Fixture::KIND)).await.expect("it is made")
    }
}

fn new(name: &str, kind: &str) -> NewSchedule {
    let cadence = Cadence::daily(22, 0, "UTC").expect("a cadence");
    NewSchedule { name: name.to_owned(), kind: kind.to_owned(), inputs: json!({"types": ["a"]}), cadence }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn two_schedulers_fire_a_time_once(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = moved(on).await;
    let id = house.nightly().await;
    assert_eq!(house.ledger().fire_due().await.expect("it looks"), []);
    house.clock.advance(10 * HOUR);
    // Each has a clock of its own, some seconds apart, as machines have.
    let schedulers: Vec<_> = (0..8)
        .map(|n| {
            let ledger = house.ledger_at(Clock::fixed(house.clock.now().plus(Duration::from_secs(n))));
            tokio::spawn(async move { ledger.fire_due().await.expect("it looks") })
        })
        .collect();
    let mut fired = Vec::new();
    for scheduler in schedulers {
        fired.extend(scheduler.await.expect("no scheduler panics"));
    }
    let [one] = &fired[..] else { panic!("it is fired once: {fired:?}") };
    assert_eq!((one.schedule, one.due_at, one.missed), (id, at("2026-12-01T22:00:00Z"), 0));
    let FireResult::Started(run) = one.result else { panic!("{one:?}") };
    let shown = house.ledger().show(&house.contoso, run).await.expect("it is asked").expect("it is there");
    assert_eq!(
        (shown.row.initiator_kind.as_str(), shown.row.initiator_name.as_str()),
        ("schedule", "Nightly")
    );
    assert_eq!(shown.inputs, json!({"types": ["a"]}));
    assert_eq!(
        house.ledger().list_active(&house.contoso, &RunFilter::default()).await.expect("a list").len(),
        1
    );
}

#[rstest]
#[tokio::test]
async fn a_missed_night_is_made_up_for_once(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = moved(on).await;
    house.nightly().await;
    house.clock.advance(82 * HOUR);
    let fired = house.ledger().fire_due().await.expect("it looks");
    assert_eq!(fired.len(), 1);
    // Friday at ten: the evenings of three days and this one.
    assert_eq!((fired[0].due_at, fired[0].missed), (at("2026-12-04T22:00:00Z"), 3));
    assert_eq!(house.ledger().fire_due().await.expect("it looks"), []);
    house.clock.advance(24 * HOUR);
    let next = house.ledger().fire_due().await.expect("it looks");
    assert_eq!((next[0].due_at, next[0].missed), (at("2026-12-05T22:00:00Z"), 0));
    let run = next[0].result.clone();
    assert!(matches!(run, FireResult::Joined(_)), "the run of Friday still stands for the work: {run:?}");
    let schedules = house.ledger().schedules(&house.contoso).await.expect("a list");
    assert_eq!((schedules.len(), schedules[0].origin), (1, Origin::Person));
    let last = schedules[0].last.clone().expect("it fired");
    assert_eq!((last.due_at, last.result), (next[0].due_at, run));
    assert_eq!(schedules[0].next_due_at, Some(at("2026-12-06T22:00:00Z")));
}

#[rstest]
#[tokio::test]
async fn a_clock_that_is_set_back_fires_nothing_twice_and_nothing_late(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = moved(on).await;
    house.nightly().await;
    let clock_at = |text| house.ledger_at(Clock::fixed(at(text)));
    // Ten years ahead by mistake: the latest time is fired, and the next lies ten years ahead.
    let ahead = clock_at("2036-12-01T23:00:00Z").fire_due().await.expect("it looks");
    assert_eq!((ahead.len(), ahead[0].missed), (1, 1000));
    assert_eq!(clock_at("2026-12-01T21:00:00Z").fire_due().await.expect("it looks"), []);
    let evening = clock_at("2026-12-01T22:00:01Z").fire_due().await.expect("it looks");
    assert_eq!((evening.len(), evening[0].due_at), (1, at("2026-12-01T22:00:00Z")));
    // Three hours back, and the evening comes once more.
    assert_eq!(clock_at("2026-12-01T19:00:00Z").fire_due().await.expect("it looks"), []);
    assert_eq!(clock_at("2026-12-01T22:00:02Z").fire_due().await.expect("it looks"), []);
    let next = clock_at("2026-12-02T22:00:00Z").fire_due().await.expect("it looks");
    assert_eq!(next.len(), 1);
}

#[rstest]
#[tokio::test]
async fn a_tenant_that_is_disconnected_leaves_a_failed_run_and_no_queued_one(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = moved(on).await;
    house.nightly().await;
    let disconnected = tenant::TenantState::Disconnected;
    tenant::set_state(&house.database, &house.contoso, disconnected, house.clock.now())
        .await
        .expect("it is set");
    house.clock.advance(10 * HOUR);
    let fired = house.ledger().fire_due().await.expect("it looks");
    let FireResult::Started(run) = fired[0].result else { panic!("{fired:?}") };
    let shown = house.ledger().show(&house.contoso, run).await.expect("it is asked").expect("it is there");
    assert_eq!(shown.row.reason_code.as_deref(), Some("queue.dispatch_failed"));
    let active = RunFilter { active: ActiveFilter::All, ..RunFilter::default() };
    assert!(house.ledger().list_active(&house.contoso, &active).await.expect("a list").is_empty());
}

#[rstest]
#[tokio::test]
async fn a_kind_that_is_gone_is_refused_with_its_reason_and_does_not_come_back(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = moved(on).await;
    house.nightly().await;
    house.clock.advance(10 * HOUR);
    let smaller = Catalog::new([Whole::kind()]).expect("a kind");
    let ledger = Ledger::new((*house.database).clone(), smaller, house.clock.clone());
    let fired = ledger.fire_due().await.expect("it looks");
    let FireResult::Refused(why) = &fired[0].result else { panic!("{fired:?}") };
    assert!(why.contains("no operation `fixture.sync`"), "{why}");
    assert_eq!(ledger.fire_due().await.expect("it looks"), []);
}

#[rstest]
#[tokio::test]
async fn every_workspace_gets_the_systems_schedules_once(
    #[values(Backend::Sqlite, Backend::Postgres)] on: Backend,
) {
    let house = moved(on).await;
    let slug = "other".parse().expect("a slug");
    workspace::ensure(&house.database, &slug, "Other", Made::Own, house.clock.now())
        .await
        .expect("a workspace");
    let all = [SystemSchedule {
        kind: Whole::KIND,
        name: "Daily",
        cadence: |_| Cadence::daily(3, 0, "UTC").expect("a cadence"),
    }];
    let racing: Vec<_> = (0..4)
        .map(|_| {
            let ledger = house.ledger();
            tokio::spawn(async move { ledger.ensure_system_schedules(&all).await.expect("they are made") })
        })
        .collect();
    let mut added = 0;
    for one in racing {
        added += one.await.expect("nobody panics");
    }
    assert_eq!(added, 2);
    house.clock.advance(24 * HOUR);
    let fired = house.ledger().fire_due().await.expect("it looks");
    assert_eq!(fired.len(), 2, "a run for each workspace: {fired:?}");
    assert!(fired.iter().all(|one| matches!(one.result, FireResult::Started(_))));
}

#[rstest]
#[tokio::test]
async fn nobody_schedules_what_they_may_not_start(#[values(Backend::Sqlite, Backend::Postgres)] on: Backend) {
    let house = moved(on).await;
    let ledger = house.ledger();
    let inside = access::system(house.contoso.workspace(), None);
    let refused = ledger.add_schedule(&inside, new("x", Whole::KIND)).await;
    assert!(matches!(refused, Err(ScheduleError::NotAllowed)), "{refused:?}");
    assert!(!inside.allows(Capability::ManageSchedules));
    let unknown = ledger.add_schedule(&house.contoso, new("x", "moon.base")).await;
    assert!(matches!(unknown, Err(ScheduleError::Start(StartError::UnknownKind { .. }))), "{unknown:?}");
    let mut wrong = new("x", Fixture::KIND);
    wrong.inputs = json!({"kinds": []});
    let refused = ledger.add_schedule(&house.contoso, wrong).await;
    assert!(matches!(refused, Err(ScheduleError::Start(StartError::Inputs(_)))), "{refused:?}");
    for name in ["", "  ", "a\nb", &"x".repeat(201)] {
        let refused = ledger.add_schedule(&house.contoso, new(name, Fixture::KIND)).await;
        assert!(matches!(refused, Err(ScheduleError::Name)), "{name}");
    }
    assert!(ledger.schedules(&house.contoso).await.expect("a list").is_empty());
    let made = ledger.add_schedule(&house.contoso, new("x", Fixture::KIND)).await.expect("it is made");
    let log = tenancy::audit::list(&house.database, &house.contoso, None, 1).await.expect("a log");
    assert_eq!((log[0].action.as_str(), log[0].subject_id.clone()), ("schedule.created", made.to_string()));
    assert_eq!(log[0].detail["type"], Value::from(Fixture::KIND));
}
