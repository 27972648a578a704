//! What `inventory.sync` does.

use governance::inventory::Depth;
use ledger::Ending;
use worker::{ActiveRun, Interrupted};

use super::InventorySync;
use crate::failure::payload_invalid;
use crate::reading::read_types;
use crate::services::{Services, Worked};

impl Worked for InventorySync {
    /// Lists page by page, one transaction per page; stops when the lease is lost.
    async fn work(self, run: &ActiveRun, services: &Services) -> Result<Ending, Interrupted> {
        let types = self.types().map_err(|why| payload_invalid(&why))?;
        read_types(run, services, types, Depth::Listed).await
    }
}
