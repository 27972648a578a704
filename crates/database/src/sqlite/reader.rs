//! Connections that only read; they never wait for the writer.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{Access, ClockOffset, bind, connection, transaction};
use crate::DatabaseError;
use crate::tx::{Body, Tx};

/// A fixed number of reading connections, lent one at a time.
#[derive(Clone, Debug)]
pub(crate) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    turns: Arc<Semaphore>,
    offset: ClockOffset,
}

impl Readers {
    /// Opens `count` connections (at least one).
    pub(crate) fn open(path: &Path, count: usize, offset: ClockOffset) -> Result<Self, DatabaseError> {
        let count = count.max(1);
        let idle = (0..count).map(|_| connection(path, Access::Read)).collect::<Result<Vec<_>, _>>()?;
        Ok(Self { idle: Arc::new(Mutex::new(idle)), turns: Arc::new(Semaphore::new(count)), offset })
    }

    /// Runs a body against one snapshot of the database.
    pub(crate) async fn read<T, E, F>(&self, unit: &'static str, body: F) -> Result<T, E>
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> Body<'t, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(DatabaseError::away)?;
        let idle = Arc::clone(&self.idle);
        let offset = self.offset.clone();
        let reading = tokio::task::spawn_blocking(move || {
            // The turn ends with the reading, not with a caller who went away in the meantime.
            let _turn = turn;
            let taken = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let mut conn = taken.expect("a turn is handed out for each connection only");
            let answer = snapshot(&mut conn, offset.now(), unit, body);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
            answer
        });
        reading.await.map_err(|_| DatabaseError::Panicked { unit })?
    }
}

fn snapshot<T, E, F>(conn: &mut Connection, now: crate::Ts, unit: &'static str, body: F) -> Result<T, E>
where
    F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> Body<'t, T, E>,
    E: From<DatabaseError>,
{
    conn.execute_batch("BEGIN").map_err(|error| bind::refused(unit, error))?;
    let answer = transaction::run(conn, now, unit, body);
    conn.execute_batch("ROLLBACK").map_err(|error| bind::refused(unit, error))?;
    answer
}
