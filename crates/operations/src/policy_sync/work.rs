//! What `policy.sync` does.

use governance::inventory::Depth;
use ledger::Ending;
use worker::{ActiveRun, Interrupted};

use super::PolicySync;
use crate::failure::payload_invalid;
use crate::reading::read_types;
use crate::services::{Services, Worked};

impl Worked for PolicySync {
    /// Reads every page and every object on it, one transaction per page; stops when the lease is lost.
    async fn work(self, run: &ActiveRun, services: &Services) -> Result<Ending, Interrupted> {
        let types = self.types().map_err(|why| payload_invalid(&why))?;
        read_types(run, services, types, Depth::Detailed).await
    }
}
