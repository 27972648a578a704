//! One working process per SQLite file.

use std::fs::{File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

/// Held by the one process that works on an SQLite file; freed when dropped, or by the system when the process dies.
#[derive(Debug)]
pub struct ProcessLock {
    _file: File,
}

/// Why the lock could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process works on the file.
    #[error(
        "another TenantAtlas process already works on {database}; one SQLite file takes one worker (use PostgreSQL for more)"
    )]
    Held {
        /// The database file.
        database: PathBuf,
    },
    /// The lock file could not be opened or locked.
    #[error("failed to lock {path}")]
    Io {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

impl ProcessLock {
    /// Takes the lock beside the database file, without waiting.
    ///
    /// # Errors
    /// [`LockError::Held`] if another process has it.
    pub fn acquire(database: &Path) -> Result<Self, LockError> {
        let path = database.with_extension("lock");
        let io = |source| LockError::Io { path: path.clone(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held { database: database.to_owned() }),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }
}
