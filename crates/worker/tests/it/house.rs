//! A small installation for tests: a workspace, a tenant, two operations, and workers of any number.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use database::testing::{Backend, TestDatabase};
use database::{Clock, Database, DatabaseError, Dialect, statement};
use ledger::catalog::{Catalog, Operation, Related};
use ledger::failure::{Failure, FailureCode, FailureSummary};
use ledger::summary::{CountKey, SummaryCounts};
use ledger::{ActiveFilter, Ending, Ledger, Outcome, RunDetail, RunFilter, RunId, RunStatus, Started};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tenancy::secrets::MasterKey;
use tenancy::tenant::{self, CloudName, Connect, Environment};
use tenancy::workspace::{self, Origin};
use tenancy::{Capability, Scope, access};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use worker::{ActiveRun, Interrupted, Registry, Work, WorkFuture, Worker, WorkerOptions};

/// How long a test waits for what must come about.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it looks.
const LOOK: Duration = Duration::from_millis(10);

statement! {
    LOCK = "worker_test.lock", () -> (),
    postgres: "LOCK TABLE operation_runs IN ACCESS EXCLUSIVE MODE"
}

/// Work with a name, so that a test can have many of it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    name: String,
}

impl Operation for Task {
    const KIND: &'static str = "fixture.task";
    const LABEL: &'static str = "Task";
    const SUMMARY: &'static str = "Stands for work in tests.";
    const NEEDS: Capability = Capability::StartReads;
    const EXPECTED: Duration = Duration::from_secs(1);
    const COUNTS: &'static [CountKey] = &[CountKey::Processed];
    const RELATED: Related = Related::Policies;
}

/// Work that may not take long.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Brief {}

impl Operation for Brief {
    const KIND: &'static str = "fixture.brief";
    const LABEL: &'static str = "Brief task";
    const SUMMARY: &'static str = "Stands for work with little time in tests.";
    const NEEDS: Capability = Capability::StartReads;
    const EXPECTED: Duration = Duration::from_millis(100);
    const MAX_RUNTIME: Duration = Duration::from_millis(300);
    const COUNTS: &'static [CountKey] = &[CountKey::Processed];
    const RELATED: Related = Related::Policies;
}

/// An installation of a test's own.
pub(crate) struct House {
    pub(crate) database: TestDatabase,
    pub(crate) ledger: Ledger,
    pub(crate) scope: Scope,
}

/// A worker that runs beside the test; dropped, it vanishes without a word.
pub(crate) struct Running {
    shutdown: CancellationToken,
    task: JoinHandle<()>,
}

/// A database that answers nothing about runs until released.
pub(crate) struct Blocked {
    release: (oneshot::Sender<()>, std::sync::mpsc::Sender<()>),
    holding: JoinHandle<Result<(), DatabaseError>>,
}

/// Work that is a function.
struct Does<F>(Arc<F>);

impl<F> Work for Does<F>
where
    F: for<'r> Fn(&'r ActiveRun) -> WorkFuture<'r> + Send + Sync,
{
    fn run<'r>(&'r self, run: &'r ActiveRun) -> WorkFuture<'r> {
        (self.0)(run)
    }
}

/// Registers a function as the work of [`Task`] and [`Brief`].
pub(crate) fn does(
    work: impl for<'r> Fn(&'r ActiveRun) -> WorkFuture<'r> + Send + Sync + 'static,
) -> Registry {
    let work = Arc::new(work);
    Registry::default().with(Task::KIND, Does(Arc::clone(&work))).with(Brief::KIND, Does(work))
}

/// Options for tests: short leases, hardly any waits.
pub(crate) fn options() -> WorkerOptions {
    WorkerOptions {
        name: "a test".to_owned(),
        lease: Duration::from_secs(1),
        poll: Duration::from_millis(50),
        concurrency: 4,
        backoff: Duration::from_millis(1),
        grace: Duration::from_secs(4),
    }
}

pub(crate) fn ledger_on(database: Database) -> Ledger {
    Ledger::new(database, Catalog::new([Task::kind(), Brief::kind()]).expect("two kinds"), Clock::system())
}

pub(crate) async fn house(on: Backend) -> House {
    let database = on.fresh().await;
    let now = Clock::system().now();
    let slug = "default".parse().expect("a slug");
    workspace::ensure(&database, &slug, "Default", Origin::Own, now).await.expect("a workspace can be made");
    let whole = access::console(&database, "default", None, now).await.expect("the console may act");
    let connect = Connect {
        slug: "contoso".parse().expect("a slug"),
        name: "Contoso".to_owned(),
        graph_tenant_id: "contoso.example".to_owned(),
        environment: Environment::Production,
        cloud: CloudName::Global,
        simulated: None,
        client_id: "7c9e6679-7425-40de-944b-e07fc1f90ae7".to_owned(),
        client_secret: SecretString::from("not a real one"),
        origin: Origin::Own,
    };
    let key = MasterKey::from_bytes([1; 32]);
    tenant::upsert(&database, &whole, &key, connect, now).await.expect("a tenant can be connected");
    let scope = access::console(&database, "default", Some("contoso"), now).await.expect("contoso is there");
    let ledger = ledger_on((*database).clone());
    House { database, ledger, scope }
}

impl House {
    /// Starts a task.
    pub(crate) async fn start(&self, name: &str) -> RunId {
        start(&self.ledger, &self.scope, name).await
    }

    /// Starts the work that may not take long.
    pub(crate) async fn start_brief(&self) -> RunId {
        let started = self.ledger.start(&self.scope, Brief::KIND, json!({})).await;
        started.expect("it starts").run().id
    }

    /// Runs a worker on this process's ledger.
    pub(crate) fn worker(&self, registry: Registry, options: WorkerOptions) -> Running {
        run_worker(self.ledger.clone(), registry, options)
    }

    pub(crate) async fn show(&self, run: RunId) -> RunDetail {
        self.ledger.show(&self.scope, run).await.expect("a run can be read").expect("it is there")
    }

    /// Waits until a run is as it should be.
    pub(crate) async fn until(&self, run: RunId, what: &str, is: impl Fn(&RunDetail) -> bool) -> RunDetail {
        let began = Instant::now();
        loop {
            let shown = self.show(run).await;
            if is(&shown) {
                return shown;
            }
            assert!(began.elapsed() < PATIENCE, "a run that {what} was expected, and it is {shown:#?}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until a run has ended.
    pub(crate) async fn ended(&self, run: RunId) -> RunDetail {
        self.until(run, "has ended", |run| run.row.status == RunStatus::Completed).await
    }

    /// Holds that no run waits or is worked on.
    pub(crate) async fn nothing_is_left(&self) {
        let filter = RunFilter { active: ActiveFilter::All, ..RunFilter::default() };
        let left = self.ledger.list_active(&self.scope, &filter).await.expect("runs can be listed");
        assert_eq!(left, [], "no run is left queued or running");
    }

    /// Lets the database answer nothing about runs; returns when it does.
    pub(crate) async fn block(&self) -> Blocked {
        let database = self.database.another_handle().await;
        let (blocked, is_blocked) = oneshot::channel();
        let (let_go, released) = oneshot::channel::<()>();
        let (let_go_thread, released_thread) = std::sync::mpsc::channel::<()>();
        let embedded = database.dialect() == Dialect::Sqlite;
        let holding = tokio::spawn(async move {
            let hold = database.write("worker_test.block", move |tx| {
                Box::pin(async move {
                    if embedded {
                        // The write lock is taken, and this is the other handle's own writer thread.
                        blocked.send(()).expect("the test waits for it");
                        let _ = released_thread.recv();
                    } else {
                        tx.execute(&LOCK, &[]).await?;
                        blocked.send(()).expect("the test waits for it");
                        let _ = released.await;
                    }
                    Ok::<_, DatabaseError>(())
                })
            });
            hold.await
        });
        is_blocked.await.expect("the database can be locked");
        Blocked { release: (let_go, let_go_thread), holding }
    }
}

impl Blocked {
    /// Lets the database answer again.
    pub(crate) async fn release(self) {
        drop(self.release);
        self.holding.await.expect("it does not panic").expect("the lock can be given back");
    }
}

impl Running {
    /// Tells the worker to stop and waits until it has; gives how long that took.
    pub(crate) async fn stop(mut self) -> Duration {
        let began = Instant::now();
        self.shutdown.cancel();
        tokio::time::timeout(PATIENCE, &mut self.task).await.expect("it stops").expect("it does not panic");
        began.elapsed()
    }

    pub(crate) fn is_alive(&self) -> bool {
        !self.task.is_finished()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(crate) fn run_worker(ledger: Ledger, registry: Registry, options: WorkerOptions) -> Running {
    let shutdown = CancellationToken::new();
    let task = tokio::spawn(Worker::new(ledger, registry, options).run(shutdown.clone()));
    Running { shutdown, task }
}

pub(crate) async fn start(ledger: &Ledger, scope: &Scope, name: &str) -> RunId {
    match ledger.start(scope, Task::KIND, json!({ "name": name })).await.expect("it starts") {
        Started::Created(run) => run.id,
        other => panic!("expected a new run, got {other:?}"),
    }
}

/// Waits until something outside the ledger is so.
pub(crate) async fn until(what: &str, is: impl Fn() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < PATIENCE, "{what} was expected");
        tokio::time::sleep(LOOK).await;
    }
}

pub(crate) fn processed(n: u64) -> SummaryCounts {
    SummaryCounts::default().with(CountKey::Processed, n)
}

pub(crate) fn succeeded(counts: SummaryCounts) -> Ending {
    Ending { outcome: Outcome::Succeeded, counts, failures: FailureSummary::default(), reason: None }
}

pub(crate) fn failed(code: FailureCode, again: bool) -> Interrupted {
    Interrupted::Failed { failure: Failure::of_code(code), again }
}

/// Counts who is inside, and the most there ever were.
#[derive(Default)]
pub(crate) struct Room {
    now: AtomicUsize,
    most: AtomicUsize,
}

/// Somebody inside a room, until dropped.
pub(crate) struct Inside<'r>(&'r Room);

impl Room {
    pub(crate) fn enter(&self) -> Inside<'_> {
        let now = self.now.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        Inside(self)
    }

    pub(crate) fn now(&self) -> usize {
        self.now.load(Ordering::SeqCst)
    }

    pub(crate) fn most(&self) -> usize {
        self.most.load(Ordering::SeqCst)
    }
}

impl Drop for Inside<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, Ordering::SeqCst);
    }
}
