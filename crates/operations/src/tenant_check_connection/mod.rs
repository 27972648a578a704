//! `tenant.check_connection`: signs in and asks for the organization, so that a wrong secret is known before a sync needs it.

mod work;

use std::time::Duration;

use ledger::catalog::{Operation, Related};
use ledger::summary::CountKey;
use serde::{Deserialize, Serialize};
use tenancy::Capability;

/// Takes no inputs: the tenant is the run's scope.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TenantCheckConnection {}

impl Operation for TenantCheckConnection {
    const KIND: &'static str = "tenant.check_connection";
    const LABEL: &'static str = "Check connection";
    const SUMMARY: &'static str = "Signs in to the tenant and asks for its organization.";
    const NEEDS: Capability = Capability::StartReads;
    const EXPECTED: Duration = Duration::from_secs(3);
    const MAX_RUNTIME: Duration = Duration::from_secs(600);
    const COUNTS: &'static [CountKey] =
        &[CountKey::Total, CountKey::Processed, CountKey::Succeeded, CountKey::Failed];
    const RELATED: Related = Related::Tenant;
}
