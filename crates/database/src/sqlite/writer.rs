//! The one thread that writes: units that arrive together share one commit.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::{ClockOffset, bind, transaction};
use crate::tx::{Body, Tx};
use crate::{DatabaseError, Ts};

/// How many units may share a commit; bounds how long the first of them waits.
const GROUP_MAX: usize = 128;

/// The way to the writer thread; the thread ends when the last handle is gone.
#[derive(Clone, Debug)]
pub(crate) struct Writer(Sender<Box<dyn Job>>);

/// A unit that waits for its turn.
trait Job: Send {
    /// Runs within a savepoint of the open transaction.
    fn run(self: Box<Self>, conn: &mut Connection, now: Ts) -> Box<dyn Settled>;
    /// Answers that the transaction could not be opened.
    fn refuse(self: Box<Self>, error: rusqlite::Error);
}

/// A unit that has run and waits for the commit before its caller hears of it.
trait Settled {
    fn answer(self: Box<Self>, commit: &Result<(), CommitFailure>);
}

/// Why a group was not committed; kept in a form that can be told to several callers.
enum CommitFailure {
    Full,
    Other(String),
}

impl Writer {
    /// Starts the thread.
    pub(crate) fn spawn(conn: Connection, offset: ClockOffset) -> std::io::Result<Self> {
        let (sender, jobs) = channel();
        thread::Builder::new().name("sqlite-writer".to_owned()).spawn(move || serve(conn, &jobs, &offset))?;
        Ok(Self(sender))
    }

    /// Runs a unit and answers after the commit that holds it.
    pub(crate) async fn write<T, E, F>(&self, unit: &'static str, body: F) -> Result<T, E>
    where
        F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> Body<'t, T, E> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let gone = || DatabaseError::away("the writer has stopped");
        self.0.send(Box::new(Unit { name: unit, body, reply })).map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

struct Unit<T, E, F> {
    name: &'static str,
    body: F,
    reply: oneshot::Sender<Result<T, E>>,
}

struct Outcome<T, E> {
    name: &'static str,
    result: Result<T, E>,
    reply: oneshot::Sender<Result<T, E>>,
}

impl<T, E, F> Job for Unit<T, E, F>
where
    F: for<'t, 'c> FnOnce(&'t mut Tx<'c>) -> Body<'t, T, E> + Send,
    T: Send + 'static,
    E: From<DatabaseError> + Send + 'static,
{
    fn run(self: Box<Self>, conn: &mut Connection, now: Ts) -> Box<dyn Settled> {
        let name = self.name;
        let result = match conn.execute_batch("SAVEPOINT unit") {
            Err(error) => Err(bind::refused(name, error).into()),
            Ok(()) => {
                let ran = transaction::run(conn, now, name, self.body);
                let end = if ran.is_ok() { "RELEASE unit" } else { "ROLLBACK TO unit; RELEASE unit" };
                match conn.execute_batch(end) {
                    Err(error) if ran.is_ok() => Err(bind::refused(name, error).into()),
                    // A failed unit reports its own failure; the group notices a lost transaction itself.
                    _ => ran,
                }
            }
        };
        Box::new(Outcome { name, result, reply: self.reply })
    }

    fn refuse(self: Box<Self>, error: rusqlite::Error) {
        // A caller that has gone away needs no answer.
        let _ = self.reply.send(Err(bind::refused(self.name, error).into()));
    }
}

impl<T, E: From<DatabaseError>> Settled for Outcome<T, E> {
    fn answer(self: Box<Self>, commit: &Result<(), CommitFailure>) {
        let answer = match (self.result, commit) {
            (Ok(value), Ok(())) => Ok(value),
            (Ok(_), Err(CommitFailure::Full)) => Err(DatabaseError::Full { unit: self.name }.into()),
            (Ok(_), Err(CommitFailure::Other(why))) => {
                Err(DatabaseError::Commit { unit: self.name, source: why.clone().into() }.into())
            }
            (Err(error), _) => Err(error),
        };
        // The unit is committed whether or not its caller still waits.
        let _ = self.reply.send(answer);
    }
}

fn serve(mut conn: Connection, jobs: &Receiver<Box<dyn Job>>, offset: &ClockOffset) {
    while let Ok(first) = jobs.recv() {
        // IMMEDIATE: a deferred transaction that reads and then writes fails at once when another process wrote between.
        if let Err(error) = conn.execute_batch("BEGIN IMMEDIATE") {
            first.refuse(error);
            continue;
        }
        let mut settled = Vec::new();
        let mut next = Some(first);
        while let Some(job) = next {
            settled.push(job.run(&mut conn, offset.now()));
            // SQLite rolls the whole transaction back by itself when the disk is full.
            next =
                if settled.len() < GROUP_MAX && !conn.is_autocommit() { jobs.try_recv().ok() } else { None };
        }
        let commit = commit(&conn);
        for unit in settled {
            unit.answer(&commit);
        }
    }
}

fn commit(conn: &Connection) -> Result<(), CommitFailure> {
    if conn.is_autocommit() {
        return Err(CommitFailure::Full);
    }
    conn.execute_batch("COMMIT").map_err(|error| {
        if !conn.is_autocommit() {
            // Nothing of the group is kept; an error here would only repeat the first.
            let _ = conn.execute_batch("ROLLBACK");
        }
        match bind::refused("commit", error) {
            DatabaseError::Full { .. } => CommitFailure::Full,
            other => CommitFailure::Other(other.to_string()),
        }
    })
}
