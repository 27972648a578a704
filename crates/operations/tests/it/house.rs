//! A small installation: a database, a worker, and a simulated tenant that it is connected to.

use std::time::Duration;

use database::Clock;
use database::testing::{Backend, TestDatabase};
use governance::policies;
use graph::{GraphClient, GraphOptions};
use ledger::{Ledger, RunDetail, RunId, RunStatus};
use operations::Services;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use simulator::{GenerateOptions, Running, Simulator, TenantHandle, TenantState};
use tenancy::secrets::MasterKey;
use tenancy::tenant::{self, CloudName, Connect, Environment, SimulatedUrls};
use tenancy::workspace::{self, Origin};
use tenancy::{Scope, access};
use tokio_util::sync::{CancellationToken, DropGuard};
use worker::{Worker, WorkerOptions};

/// How long a test waits for a run; far longer than any takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// An installation of a test's own.
pub(crate) struct House {
    pub(crate) database: TestDatabase,
    pub(crate) ledger: Ledger,
    pub(crate) scope: Scope,
    pub(crate) simulator: Running,
    pub(crate) tenant: TenantHandle,
    _worker: DropGuard,
}

/// Makes an installation around a generated tenant of `policies` objects.
pub(crate) async fn house(on: Backend, policies: usize) -> House {
    let state =
        TenantState::generated(7, GenerateOptions::default().policies(policies).display_name("Contoso"));
    house_of(on, Simulator::new(), state).await
}

/// Makes an installation around a tenant of a simulator.
pub(crate) async fn house_of(on: Backend, simulator: Simulator, state: TenantState) -> House {
    let database = on.fresh().await;
    let tenant_id = state.tenant_id();
    let simulator = simulator.tenant(state).start().await.expect("the simulator starts");
    let tenant = simulator.tenant(tenant_id).expect("the tenant is there");
    let clock = Clock::system();
    let slug = workspace::DEFAULT_SLUG.parse().expect("a slug");
    workspace::ensure(&database, &slug, "Default", Origin::Own, clock.now()).await.expect("a workspace");
    connect(&database, &simulator, &tenant, tenant.client_secret()).await;
    let scope = access::console(&database, "default", Some("contoso"), clock.now()).await.expect("a scope");
    let catalog = operations::catalog().expect("no kind is there twice");
    let ledger = Ledger::new((*database).clone(), catalog, clock.clone());
    let services =
        Services { database: (*database).clone(), graph: client(), master_key: key(), clock: clock.clone() };
    let stop = CancellationToken::new();
    let options = WorkerOptions { poll: Duration::from_millis(50), ..WorkerOptions::default() };
    tokio::spawn(Worker::new(ledger.clone(), operations::registry(&services), options).run(stop.clone()));
    House { database, ledger, scope, simulator, tenant, _worker: stop.drop_guard() }
}

/// Connects the simulated tenant, or changes its secret.
pub(crate) async fn connect(
    database: &TestDatabase,
    simulator: &Running,
    tenant: &TenantHandle,
    secret: SecretString,
) {
    let now = Clock::system().now();
    let whole = access::console(database, "default", None, now).await.expect("a scope");
    let connect = Connect {
        slug: "contoso".parse().expect("a slug"),
        name: "Contoso".to_owned(),
        graph_tenant_id: tenant.tenant_id().to_string(),
        environment: Environment::Test,
        cloud: CloudName::Simulated,
        simulated: Some(SimulatedUrls { login: simulator.login_url(), graph: simulator.graph_url() }),
        client_id: tenant.client_id().to_string(),
        client_secret: secret.expose_secret().to_owned().into(),
        origin: Origin::Seeded,
    };
    tenant::upsert(database, &whole, &key(), connect, now).await.expect("the tenant is connected");
}

fn key() -> MasterKey {
    MasterKey::from_bytes([9; 32])
}

/// A client that does not wait long: the simulator needs no mercy.
fn client() -> GraphClient {
    GraphClient::new(GraphOptions {
        backoff_base: Duration::from_millis(2),
        backoff_cap: Duration::from_millis(10),
        max_attempts: 3,
        conditional_access_interval: Duration::ZERO,
        ..GraphOptions::default()
    })
    .expect("the client can be made")
}

impl House {
    /// Starts an operation and waits until its run has ended.
    pub(crate) async fn run(&self, kind: &str, inputs: Value) -> RunDetail {
        let started = self.ledger.start(&self.scope, kind, inputs).await.expect("it starts");
        self.ended(&self.scope, started.run().id).await
    }

    /// Waits until a run has ended.
    pub(crate) async fn ended(&self, scope: &Scope, id: RunId) -> RunDetail {
        let ended = tokio::time::timeout(PATIENCE, async {
            loop {
                let shown = self.ledger.show(scope, id).await.expect("an answer").expect("the run is there");
                if shown.row.status == RunStatus::Completed {
                    return shown;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        ended.await.expect("the run ends in time")
    }

    /// Gives the number of versions that are kept, of all policies together.
    pub(crate) async fn version_count(&self) -> i64 {
        let totals = policies::totals(&self.database, &self.scope).await.expect("totals");
        totals.iter().map(|total| i64::try_from(total.versions).expect("few versions")).sum()
    }
}
