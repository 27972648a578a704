//! `policy.sync`: brings our copy of a tenant's policies in line with Graph, and keeps every version.

mod work;

use std::collections::BTreeSet;
use std::time::Duration;

use governance::contract::capabilities;
use ledger::catalog::{Operation, Related};
use ledger::summary::CountKey;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tenancy::Capability;

use crate::reading;

/// Which policy types to read; empty means all that have versions.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicySync {
    /// Keys of types, for example `configurationPolicy`.
    #[serde(default)]
    pub policy_types: BTreeSet<String>,
}

impl PolicySync {
    fn types(&self) -> Result<Vec<&'static governance::contract::PolicyType>, String> {
        reading::chosen("policy_types", self.policy_types.iter(), |ty| capabilities(ty).version)
    }
}

impl Operation for PolicySync {
    const KIND: &'static str = "policy.sync";
    const LABEL: &'static str = "Policy sync";
    const SUMMARY: &'static str =
        "Reads every policy whole, with its assignments, and makes a version where something changed.";
    const NEEDS: Capability = Capability::StartReads;
    const EXPECTED: Duration = Duration::from_secs(90);
    const COUNTS: &'static [CountKey] = reading::COUNTS;
    const RELATED: Related = Related::Policies;

    fn effective(self) -> Result<Self, String> {
        self.types().map(|_| self)
    }

    fn context(&self) -> Value {
        json!({ "policy_types": if self.policy_types.is_empty() { json!("all") } else { json!(self.policy_types) } })
    }
}
