//! `inventory.sync`: lists every collection of a tenant and keeps what is there.

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

/// Which collections to list; empty means all.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InventorySync {
    /// Keys of types, for example `configurationPolicy`.
    #[serde(default)]
    pub kinds: BTreeSet<String>,
}

impl InventorySync {
    fn types(&self) -> Result<Vec<&'static governance::contract::PolicyType>, String> {
        reading::chosen("kinds", self.kinds.iter(), |ty| capabilities(ty).list)
    }
}

impl Operation for InventorySync {
    const KIND: &'static str = "inventory.sync";
    const LABEL: &'static str = "Inventory sync";
    const SUMMARY: &'static str =
        "Lists every collection of the tenant: what is there, and how completely it was seen.";
    const NEEDS: Capability = Capability::StartReads;
    const EXPECTED: Duration = Duration::from_secs(60);
    const COUNTS: &'static [CountKey] = reading::COUNTS;
    const RELATED: Related = Related::Inventory;

    fn effective(self) -> Result<Self, String> {
        self.types().map(|_| self)
    }

    fn context(&self) -> Value {
        json!({ "kinds": if self.kinds.is_empty() { json!("all") } else { json!(self.kinds) } })
    }
}
