//! What can go wrong between us and a database.

use std::error::Error;

/// A failure of the database layer; its text never holds a value that was bound.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// The server or the file could not be reached, or the connection was lost.
    #[error("failed to reach the database")]
    Away(#[source] Box<dyn Error + Send + Sync>),
    /// A statement was refused by the database.
    #[error("failed to run `{statement}`")]
    Statement {
        /// The statement's name.
        statement: &'static str,
        /// What the driver said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// A constraint refused a row.
    #[error("failed to run `{statement}`: refused by the constraint `{constraint}`")]
    Constraint {
        /// The statement's name.
        statement: &'static str,
        /// The constraint, or the columns of it where the database names only those.
        constraint: String,
    },
    /// Two transactions waited for each other and this one was chosen to give way; it may be tried again.
    #[error("failed to run `{statement}`: gave way to another transaction")]
    GaveWay {
        /// The statement's name.
        statement: &'static str,
    },
    /// The unit could not be committed; nothing of it was kept, unless the connection was lost while it committed.
    #[error("failed to commit `{unit}`")]
    Commit {
        /// The unit's name.
        unit: &'static str,
        /// What the driver said.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The disk is full, or the file cannot be written.
    #[error("failed to write `{unit}`: the disk is full or the file is read-only")]
    Full {
        /// The unit or statement.
        unit: &'static str,
    },
    /// A unit went on after one of its statements had failed.
    #[error("failed to go on with `{unit}`: an earlier statement of it had failed")]
    Poisoned {
        /// The unit's name.
        unit: &'static str,
    },
    /// A unit waited for something that is not a statement.
    #[error("failed to run `{unit}`: a transaction body may wait for its statements only")]
    Suspended {
        /// The unit's name.
        unit: &'static str,
    },
    /// A unit panicked; it was rolled back.
    #[error("failed to run `{unit}`: it panicked")]
    Panicked {
        /// The unit's name.
        unit: &'static str,
    },
    /// A value was bound where the statement declares another type or number of values.
    #[error("failed to bind parameter {at} of `{statement}`")]
    Parameter {
        /// The statement's name.
        statement: &'static str,
        /// The parameter's place, from 1; 0 when their number is wrong.
        at: usize,
    },
    /// A text holds a NUL character, which not every database can keep.
    #[error("failed to bind parameter {at} of `{statement}`: it holds a NUL character")]
    Nul {
        /// The statement's name.
        statement: &'static str,
        /// The parameter's place, from 1.
        at: usize,
    },
    /// A column was read as a type that it is not.
    #[error("failed to read column {column} of `{statement}`: found {found}")]
    Column {
        /// The statement's name.
        statement: &'static str,
        /// The column's place, from 0.
        column: usize,
        /// What was there.
        found: String,
    },
    /// A statement that must answer with one row answered with none, or with several.
    #[error("failed to run `{statement}`: expected one row, found {found}")]
    Rows {
        /// The statement's name.
        statement: &'static str,
        /// How many came.
        found: usize,
    },
    /// A stored value is not one that this program writes.
    #[error("failed to understand the stored {what}: `{value}`")]
    Stored {
        /// What was read, for example "run status".
        what: &'static str,
        /// The stored token.
        value: String,
    },
    /// The statement has no text for this database.
    #[error("failed to run `{statement}`: it does not exist for this database")]
    Missing {
        /// The statement's name.
        statement: &'static str,
    },
}

impl DatabaseError {
    /// Says whether the same unit may simply be run again: nothing of it was kept.
    #[must_use]
    pub fn may_be_retried(&self) -> bool {
        matches!(self, Self::GaveWay { .. })
    }

    /// Says whether the database itself could not be used, as opposed to a refused statement.
    #[must_use]
    pub fn is_away(&self) -> bool {
        matches!(self, Self::Away(_))
    }

    pub(crate) fn away(source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::Away(source.into())
    }
}
