//! What `tenant.check_connection` does.

use ledger::failure::{Failure, FailureCode, sanitize};
use ledger::summary::{CountKey, SummaryCounts};
use ledger::{Ending, Outcome};
use tenancy::tenant::{self, Tenant};
use worker::{ActiveRun, Interrupted};

use super::TenantCheckConnection;
use crate::failure::{interrupted_by_database, interrupted_by_graph, of_graph};
use crate::reading::{CancelWithRun, connect};
use crate::services::{Services, Worked};

impl Worked for TenantCheckConnection {
    async fn work(self, run: &ActiveRun, services: &Services) -> Result<Ending, Interrupted> {
        let (tenant, client) = connect(run, services).await?;
        let cancel = CancelWithRun::new();
        let failure = match cancel.during(run, client.check(cancel.handle())).await {
            Ok(found) => other_tenant(&tenant, &found.tenant_id),
            Err(error) => {
                // Only what a person can put right is an answer of the check; a stop or a passing fault is not.
                if let stopped @ Interrupted::Stopped(_) = interrupted_by_graph(run, &error) {
                    return Err(stopped);
                }
                Some(of_graph(&error))
            }
        };
        let code = failure.as_ref().map(|failure| failure.code.as_str().to_owned());
        let recorded =
            tenant::record_check(&services.database, &run.claimed().scope, code, services.clock.now()).await;
        recorded.map_err(|error| interrupted_by_database(&error))?;
        Ok(ending(failure))
    }
}

/// A sign-in that works, but leads to a tenant that is not the one that was meant.
fn other_tenant(tenant: &Tenant, found: &str) -> Option<Failure> {
    let named_by_id = tenant.graph_tenant_id.len() == 36 && tenant.graph_tenant_id.contains('-');
    if !named_by_id || tenant.graph_tenant_id.eq_ignore_ascii_case(found) {
        return None;
    }
    let message =
        format!("the credentials lead to the tenant {found}, and {} was meant", tenant.graph_tenant_id);
    Some(Failure::new(FailureCode::TENANT_NOT_CONNECTED, sanitize(&message)))
}

fn ending(failure: Option<Failure>) -> Ending {
    let counts = SummaryCounts::default().with(CountKey::Total, 1).with(CountKey::Processed, 1);
    match failure {
        None => Ending {
            outcome: Outcome::Succeeded,
            counts: counts.with(CountKey::Succeeded, 1).with(CountKey::Failed, 0),
            failures: ledger::failure::FailureSummary::default(),
            reason: None,
        },
        Some(failure) => Ending {
            outcome: Outcome::Failed,
            counts: counts.with(CountKey::Succeeded, 0).with(CountKey::Failed, 1),
            reason: Some(failure.code.clone()),
            failures: failure.into(),
        },
    }
}
