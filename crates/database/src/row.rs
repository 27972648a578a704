//! One row of an answer, read by position with a checked type.

use uuid::Uuid;

use crate::{DatabaseError, Statement, Ts};

/// A row that a statement answered with.
#[derive(Debug)]
pub struct Row {
    statement: &'static Statement,
    cells: Vec<Cell>,
}

/// One column's value, the same whichever database it came from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell {
    Null,
    Uuid(Uuid),
    Text(String),
    Int(i64),
    Bool(bool),
    Bytes(Vec<u8>),
    Json(serde_json::Value),
    Time(Ts),
}

impl Row {
    pub(crate) fn new(statement: &'static Statement, cells: Vec<Cell>) -> Self {
        Self { statement, cells }
    }

    /// Reads column `at` (from 0) as `T`.
    ///
    /// # Errors
    /// [`DatabaseError::Column`] if the column does not exist, is null where `T` is not an `Option`, or is of another type.
    pub fn get<T: FromColumn>(&self, at: usize) -> Result<T, DatabaseError> {
        let cell = self.cells.get(at);
        cell.and_then(|cell| T::from_cell(cell)).ok_or_else(|| DatabaseError::Column {
            statement: self.statement.name,
            column: at,
            found: cell.map_or_else(|| "no such column".to_owned(), |c| describe(c).to_owned()),
        })
    }
}

fn describe(cell: &Cell) -> &'static str {
    match cell {
        Cell::Null => "null",
        Cell::Uuid(_) => "a uuid",
        Cell::Text(_) => "a text",
        Cell::Int(_) => "an integer",
        Cell::Bool(_) => "a truth value",
        Cell::Bytes(_) => "bytes",
        Cell::Json(_) => "json",
        Cell::Time(_) => "a time",
    }
}

/// A Rust type that a column can be read as.
pub trait FromColumn: Sized {
    #[doc(hidden)]
    #[expect(
        private_interfaces,
        reason = "cells stay inside this crate; the trait is not meant to be implemented elsewhere"
    )]
    fn from_cell(cell: &Cell) -> Option<Self>;
}

macro_rules! from_column {
    ($($ty:ty: $pattern:pat => $make:expr),* $(,)?) => {
        $(impl FromColumn for $ty {
            #[expect(private_interfaces, reason = "cells stay inside this crate")]
            fn from_cell(cell: &Cell) -> Option<Self> {
                match cell {
                    $pattern => $make,
                    _ => None,
                }
            }
        })*
    };
}

from_column! {
    Uuid: Cell::Uuid(v) => Some(*v),
    String: Cell::Text(v) => Some(v.clone()),
    i64: Cell::Int(v) => Some(*v),
    i32: Cell::Int(v) => i32::try_from(*v).ok(),
    i16: Cell::Int(v) => i16::try_from(*v).ok(),
    u64: Cell::Int(v) => u64::try_from(*v).ok(),
    bool: Cell::Bool(v) => Some(*v),
    Vec<u8>: Cell::Bytes(v) => Some(v.clone()),
    serde_json::Value: Cell::Json(v) => Some(v.clone()),
    Ts: Cell::Time(v) => Some(*v),
}

impl<T: FromColumn> FromColumn for Option<T> {
    #[expect(private_interfaces, reason = "cells stay inside this crate")]
    fn from_cell(cell: &Cell) -> Option<Self> {
        match cell {
            Cell::Null => Some(None),
            other => T::from_cell(other).map(Some),
        }
    }
}
