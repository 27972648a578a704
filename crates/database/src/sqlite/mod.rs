//! The embedded database: one file, one writer thread, readers apart.

mod bind;
mod reader;
mod transaction;
mod writer;

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

pub(crate) use reader::Readers;
pub(crate) use transaction::SqliteTx;
pub(crate) use writer::Writer;

use crate::{DatabaseError, Ts};

/// Marks a file as ours (`PRAGMA application_id`): the letters "TAtl".
pub(crate) const APPLICATION_ID: i32 = 0x5441_746c;

/// How long a statement waits for another process's write lock before it gives up.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// How many prepared statements a connection keeps.
const STATEMENT_CACHE: usize = 256;

/// The first SQLite release without the WAL-reset corruption bug (sqlite.org/wal.html).
const OLDEST_SAFE_SQLITE: i32 = 3_051_003;

/// An open SQLite database.
#[derive(Debug)]
pub(crate) struct Sqlite {
    pub(crate) path: PathBuf,
    pub(crate) writer: Writer,
    pub(crate) readers: Readers,
    #[cfg(feature = "testing")]
    pub(crate) offset: ClockOffset,
}

/// What tests add to the machine's clock where the ledger judges leases, cooldowns and retention.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClockOffset(Arc<AtomicI64>);

impl ClockOffset {
    pub(crate) fn now(&self) -> Ts {
        Ts::from_micros(crate::clock::system_now().as_micros() + self.0.load(Ordering::SeqCst))
    }

    #[cfg(feature = "testing")]
    pub(crate) fn set(&self, by: Duration) {
        self.0.store(crate::clock::micros(by), Ordering::SeqCst);
    }
}

impl Sqlite {
    /// Opens the file, creating it if its folder exists.
    pub(crate) fn open(path: &Path, readers: usize) -> Result<Self, DatabaseError> {
        create_for_owner(path)?;
        let offset = ClockOffset::default();
        let writing = connection(path, Access::Write)?;
        let readers = Readers::open(path, readers, offset.clone())?;
        let writer = Writer::spawn(writing, offset.clone()).map_err(DatabaseError::away)?;
        Ok(Self {
            path: path.to_owned(),
            writer,
            readers,
            #[cfg(feature = "testing")]
            offset,
        })
    }
}

/// Makes a file that only its owner can read; one that is there keeps the rights that its owner gave it.
///
/// SQLite gives its journal the same rights as the file.
fn create_for_owner(path: &Path) -> Result<(), DatabaseError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(DatabaseError::away(error)),
        _ => Ok(()),
    }
}

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

/// Opens one connection with the settings that the promises of the ledger rest on.
pub(crate) fn connection(path: &Path, access: Access) -> Result<Connection, DatabaseError> {
    assert!(
        rusqlite::version_number() >= OLDEST_SAFE_SQLITE,
        "this program was linked against SQLite {}, which can corrupt a database in WAL mode",
        rusqlite::version()
    );
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX
        | OpenFlags::SQLITE_OPEN_URI;
    let conn = Connection::open_with_flags(path, flags).map_err(DatabaseError::away)?;
    settings(&conn, access).map_err(DatabaseError::away)?;
    Ok(conn)
}

fn settings(conn: &Connection, access: Access) -> rusqlite::Result<()> {
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.set_prepared_statement_cache_capacity(STATEMENT_CACHE);
    refuse_foreign_file(conn)?;
    conn.pragma_update(None, "journal_mode", "WAL")?;
    // FULL: a commit that was answered survives a power cut. Group commit keeps it affordable.
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    conn.pragma_update(None, "mmap_size", 0)?;
    if access == Access::Read {
        conn.pragma_update(None, "query_only", true)?;
    }
    Ok(())
}

/// A file that another program wrote is left alone; an empty file is ours to fill.
///
/// A file whose first migration is under way in another process has its history and not yet our mark.
fn refuse_foreign_file(conn: &Connection) -> rusqlite::Result<()> {
    let id: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0))?;
    let (tables, history): (i64, i64) = conn.query_row(
        "SELECT count(*), count(*) FILTER (WHERE name = 'refinery_schema_history') FROM sqlite_schema",
        [],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    if id == APPLICATION_ID || (id == 0 && (tables == 0 || history == 1)) {
        return Ok(());
    }
    Err(rusqlite::Error::SqliteFailure(
        rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_NOTADB),
        Some("the file is an SQLite database of another program".to_owned()),
    ))
}
