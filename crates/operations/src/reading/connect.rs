//! From a run's scope to a client of its tenant.

use graph::{Cancel, Cloud, Connection, TenantClient};
use ledger::failure::sanitize;
use tenancy::tenant::{self, CloudName, Tenant};
use worker::{ActiveRun, Interrupted};

use crate::failure::{interrupted_by_credentials, interrupted_by_database, not_connected};
use crate::services::Services;

/// Finds the run's tenant, opens its credentials and gives the client that speaks for it.
pub(crate) async fn connect(
    run: &ActiveRun,
    services: &Services,
) -> Result<(Tenant, TenantClient), Interrupted> {
    let scope = &run.claimed().scope;
    let found = tenant::get(&services.database, scope).await;
    let found = found.map_err(|error| interrupted_by_database(&error))?;
    let tenant = found.ok_or_else(|| not_connected("the tenant no longer exists".into()))?;
    let credentials = tenant::credentials(&services.database, scope, &services.master_key, &tenant).await;
    let credentials = credentials.map_err(|error| interrupted_by_credentials(&error))?;
    let credentials = credentials.ok_or_else(|| not_connected("the tenant has no credentials".into()))?;
    let connection = Connection {
        cloud: cloud(&tenant)?,
        tenant_id: tenant.graph_tenant_id.clone(),
        client_id: credentials.client_id,
        secret: credentials.client_secret,
    };
    Ok((tenant, services.graph.connect(connection)))
}

fn cloud(tenant: &Tenant) -> Result<Cloud, Interrupted> {
    match (tenant.cloud, &tenant.simulated) {
        (CloudName::Global, _) => Ok(Cloud::Global),
        (CloudName::UsGov, _) => Ok(Cloud::UsGov),
        (CloudName::UsGovDod, _) => Ok(Cloud::UsGovDod),
        (CloudName::China, _) => Ok(Cloud::China),
        (CloudName::Simulated, Some(urls)) => Cloud::simulated(&urls.login, &urls.graph)
            .map_err(|error| not_connected(sanitize(&error.to_string()))),
        (CloudName::Simulated, None) => Err(not_connected("the simulated tenant has no addresses".into())),
    }
}

/// Cancels what Graph is asked for as soon as the run must stop; for as long as this value lives.
pub(crate) struct CancelWithRun {
    cancel: Cancel,
}

impl CancelWithRun {
    /// Begins with nothing cancelled.
    pub(crate) fn new() -> Self {
        Self { cancel: Cancel::new() }
    }

    /// Gives the handle for calls to Graph.
    pub(crate) fn handle(&self) -> &Cancel {
        &self.cancel
    }

    /// Does `work`, and cancels its calls to Graph when the run must stop.
    pub(crate) async fn during<T>(&self, run: &ActiveRun, work: impl Future<Output = T>) -> T {
        tokio::pin!(work);
        tokio::select! {
            done = &mut work => return done,
            _ = run.stopped() => self.cancel.cancel(),
        }
        // The work notices at its next call and comes back with what it has.
        work.await
    }
}
