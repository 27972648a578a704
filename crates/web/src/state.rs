//! What every handler shares. There is no client of Microsoft Graph in it, and this crate cannot name one.

use std::sync::Arc;

use ledger::Ledger;
use tenancy::password::Hashing;
use tenancy::secrets::MasterKey;
use tenancy::{Clock, Database, Ts};

use crate::cursor::Cursors;
use crate::options::Options;

/// What a server is made of.
pub struct Parts {
    /// The open, migrated database.
    pub database: Database,
    /// The ledger over it.
    pub ledger: Ledger,
    /// The application's clock.
    pub clock: Clock,
    /// The key that tenants' secrets are sealed under.
    pub master_key: MasterKey,
    /// The key that cursors are signed with; the same in every process, or lists end at another one's cursor.
    pub cursor_key: [u8; 32],
    /// How the server is reached.
    pub options: Options,
    /// The version, as the foot of every page shows it.
    pub version: &'static str,
}

/// What every handler shares; clones share it.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

struct Inner {
    parts: Parts,
    cursors: Cursors,
    hashing: Hashing,
}

impl std::fmt::Debug for Parts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Parts").field("options", &self.options).finish_non_exhaustive()
    }
}

impl AppState {
    /// Puts the parts together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let cursors = Cursors::new(parts.cursor_key);
        Self(Arc::new(Inner { parts, cursors, hashing: Hashing::default() }))
    }

    /// Gives the database.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.0.parts.database
    }

    /// Gives the ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.0.parts.ledger
    }

    /// Gives the current instant.
    #[must_use]
    pub fn now(&self) -> Ts {
        self.0.parts.clock.now()
    }

    /// Gives the key that tenants' secrets are sealed under.
    #[must_use]
    pub fn master_key(&self) -> &MasterKey {
        &self.0.parts.master_key
    }

    /// Gives what signs cursors.
    #[must_use]
    pub fn cursors(&self) -> &Cursors {
        &self.0.cursors
    }

    /// Gives the one place where passwords are hashed.
    #[must_use]
    pub fn hashing(&self) -> &Hashing {
        &self.0.hashing
    }

    /// Gives how the server is reached.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.0.parts.options
    }

    /// Gives the version.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.0.parts.version
    }
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("version", &self.version()).finish_non_exhaustive()
    }
}
