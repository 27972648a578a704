//! A small installation for tests: a workspace, two tenants, two operations.

use std::collections::BTreeSet;
use std::time::Duration;

use database::testing::{Backend, TestDatabase};
use database::{Clock, Database};
use ledger::catalog::{Catalog, Cooldown, Operation, Related, RunScope};
use ledger::summary::CountKey;
use ledger::{ClaimedRun, Ledger, RunId, SessionId, Started};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tenancy::audit::{self, AuditRow};
use tenancy::secrets::MasterKey;
use tenancy::tenant::{self, CloudName, Connect, Environment};
use tenancy::workspace::{self, Origin};
use tenancy::{Capability, Scope, access};

use crate::starting::succeeded;

/// The lease that tests take; time is moved, never waited for.
pub(crate) const LEASE: Duration = Duration::from_secs(30);

/// How long an attempt may take in tests.
pub(crate) const MAX_RUNTIME: Duration = Duration::from_secs(3600);

/// An operation about a tenant, with a set as its input.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fixture {
    #[serde(default)]
    pub(crate) types: BTreeSet<String>,
}

impl Operation for Fixture {
    const KIND: &'static str = "fixture.sync";
    const LABEL: &'static str = "Fixture sync";
    const SUMMARY: &'static str = "Stands for a sync in tests.";
    const NEEDS: Capability = Capability::StartReads;
    const EXPECTED: Duration = Duration::from_secs(10);
    const COUNTS: &'static [CountKey] = &[CountKey::Total];
    const RELATED: Related = Related::Policies;
}

/// An operation whose ended runs cool for a quarter of an hour.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cooling {}

impl Operation for Cooling {
    const KIND: &'static str = "fixture.cooling";
    const LABEL: &'static str = "Cooling fixture";
    const SUMMARY: &'static str = "Stands for work that cools in tests.";
    const NEEDS: Capability = Capability::StartReads;
    const EXPECTED: Duration = Duration::from_secs(10);
    const COOLDOWN: Cooldown = Cooldown::AfterWork(Duration::from_secs(900));
    const COUNTS: &'static [CountKey] = &[CountKey::Total];
    const RELATED: Related = Related::Policies;
}

/// An operation about the whole workspace, with the same inputs as the first.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Whole {}

impl Operation for Whole {
    const KIND: &'static str = "fixture.whole";
    const LABEL: &'static str = "Workspace fixture";
    const SUMMARY: &'static str = "Stands for work on a workspace in tests.";
    const SCOPE: RunScope = RunScope::Workspace;
    const NEEDS: Capability = Capability::Maintain;
    const EXPECTED: Duration = Duration::from_secs(10);
    const COUNTS: &'static [CountKey] = &[];
    const RELATED: Related = Related::Operations;
}

/// An installation of a test's own.
pub(crate) struct House {
    pub(crate) database: TestDatabase,
    pub(crate) ledger: Ledger,
    /// The scope of the tenant `contoso`.
    pub(crate) contoso: Scope,
    /// The scope of the tenant `fabrikam`.
    pub(crate) fabrikam: Scope,
    /// The scope of the whole workspace.
    pub(crate) whole: Scope,
}

pub(crate) fn ledger_on(database: Database) -> Ledger {
    let catalog = Catalog::new([Fixture::kind(), Cooling::kind(), Whole::kind()]).expect("three kinds");
    Ledger::new(database, catalog, Clock::system())
}

pub(crate) async fn house(on: Backend) -> House {
    let database = on.fresh().await;
    let now = Clock::system().now();
    let slug = "default".parse().expect("a slug");
    workspace::ensure(&database, &slug, "Default", Origin::Own, now).await.expect("a workspace can be made");
    let whole = access::console(&database, "default", None, now).await.expect("the console may act");
    for slug in ["contoso", "fabrikam"] {
        connect(&database, &whole, slug).await;
    }
    let contoso =
        access::console(&database, "default", Some("contoso"), now).await.expect("contoso is there");
    let fabrikam =
        access::console(&database, "default", Some("fabrikam"), now).await.expect("fabrikam is there");
    let ledger = ledger_on((*database).clone());
    House { database, ledger, contoso, fabrikam, whole }
}

pub(crate) async fn connect(database: &Database, scope: &Scope, slug: &str) {
    let connect = Connect {
        slug: slug.parse().expect("a slug"),
        name: slug.to_owned(),
        graph_tenant_id: format!("{slug}.example"),
        environment: Environment::Production,
        cloud: CloudName::Global,
        simulated: None,
        client_id: "0f8fad5b-d9cb-469f-a165-70867728950e".to_owned(),
        client_secret: SecretString::from("not a real one"),
        origin: Origin::Own,
    };
    let key = MasterKey::from_bytes([1; 32]);
    tenant::upsert(database, scope, &key, connect, Clock::system().now())
        .await
        .expect("a tenant can be connected");
}

impl House {
    /// Starts the fixture on contoso.
    pub(crate) async fn start(&self) -> RunId {
        match self
            .ledger
            .start(&self.contoso, Fixture::KIND, serde_json::Value::Null)
            .await
            .expect("it starts")
        {
            Started::Created(run) => run.id,
            other => panic!("expected a new run, got {other:?}"),
        }
    }

    /// Ends everything that is due, with its work done.
    pub(crate) async fn work(&self) {
        let session = self.session().await;
        for run in self.claim(session).await {
            self.ledger.finish(run.claim, &run.kind, &succeeded()).await.expect("it ends");
        }
        self.ledger.close_session(session).await.expect("the session ends");
    }

    /// Reads the workspace's audit log, oldest first, what was done before left out.
    pub(crate) async fn log(&self) -> Vec<AuditRow> {
        let mut log = audit::list(&self.database, &self.whole, None, 200).await.expect("it can be read");
        log.retain(|row| row.subject_type == "run" || row.subject_type == "kind");
        log.reverse();
        log
    }

    /// Opens a session.
    pub(crate) async fn session(&self) -> SessionId {
        self.ledger.open_session("a test", LEASE).await.expect("a session can be opened")
    }

    /// Claims everything that is due.
    pub(crate) async fn claim(&self, session: SessionId) -> Vec<ClaimedRun> {
        let kinds = self.ledger.catalog().kinds().map(|kind| kind.token.to_owned()).collect();
        self.ledger.claim(session, kinds, 100, MAX_RUNTIME).await.expect("claiming works")
    }

    /// Claims the one run that is due.
    pub(crate) async fn claim_one(&self, session: SessionId) -> ClaimedRun {
        let mut claimed = self.claim(session).await;
        assert_eq!(claimed.len(), 1, "one run is due");
        claimed.remove(0)
    }
}
