//! Between our values and SQLite's: binding, reading, and what its errors mean.

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{ErrorCode, Statement as Prepared, ToSql};
use uuid::Uuid;

use crate::row::Cell;
use crate::{DatabaseError, Row, SqlType, Statement, Ts, Value};

/// The names of the parameters; SQLite treats `$1` as a name, so each is looked up by it.
const NAMES: [&str; 32] = [
    "$1", "$2", "$3", "$4", "$5", "$6", "$7", "$8", "$9", "$10", "$11", "$12", "$13", "$14", "$15", "$16",
    "$17", "$18", "$19", "$20", "$21", "$22", "$23", "$24", "$25", "$26", "$27", "$28", "$29", "$30", "$31",
    "$32",
];

/// Binds every value that the text mentions; a text may leave out what only the other database needs.
pub(crate) fn bind(
    prepared: &mut Prepared<'_>,
    statement: &'static Statement,
    params: &[Value],
) -> Result<(), DatabaseError> {
    for (at, (value, name)) in params.iter().zip(NAMES).enumerate() {
        let wrong = |_| DatabaseError::Parameter { statement: statement.name, at: at + 1 };
        if let Some(index) = prepared.parameter_index(name).map_err(wrong)? {
            prepared.raw_bind_parameter(index, value).map_err(wrong)?;
        }
    }
    Ok(())
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        use rusqlite::types::Value as Owned;
        Ok(match self {
            Self::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Self::Uuid(id) => ToSqlOutput::Borrowed(ValueRef::Blob(id.as_bytes())),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Self::Int(n) => ToSqlOutput::Owned(Owned::Integer(*n)),
            Self::Bool(b) => ToSqlOutput::Owned(Owned::Integer(i64::from(*b))),
            Self::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Self::Json(json) => ToSqlOutput::Owned(Owned::Text(json.to_string())),
            Self::Time(at) => ToSqlOutput::Owned(Owned::Integer(at.as_micros())),
            Self::TextList(texts) => ToSqlOutput::Owned(Owned::Text(serde_json::json!(texts).to_string())),
            Self::UuidList(ids) => {
                let hex: Vec<String> = ids.iter().map(|id| id.simple().to_string()).collect();
                ToSqlOutput::Owned(Owned::Text(serde_json::json!(hex).to_string()))
            }
        })
    }
}

/// Reads every row of a statement that was bound.
pub(crate) fn rows(
    prepared: &mut Prepared<'_>,
    statement: &'static Statement,
) -> Result<Vec<Row>, DatabaseError> {
    if prepared.column_count() != statement.columns.len() {
        return Err(DatabaseError::Rows { statement: statement.name, found: prepared.column_count() });
    }
    let mut rows = prepared.raw_query();
    let mut read = Vec::new();
    while let Some(row) = rows.next().map_err(|error| refused(statement.name, error))? {
        let mut cells = Vec::with_capacity(statement.columns.len());
        for (at, declared) in statement.columns.iter().enumerate() {
            let found = row.get_ref(at).map_err(|error| refused(statement.name, error))?;
            cells.push(cell(found, *declared).ok_or_else(|| DatabaseError::Column {
                statement: statement.name,
                column: at,
                found: format!("{:?} where {declared:?} was declared", found.data_type()),
            })?);
        }
        read.push(Row::new(statement, cells));
    }
    Ok(read)
}

fn cell(found: ValueRef<'_>, declared: SqlType) -> Option<Cell> {
    let text = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
    match (found, declared) {
        (ValueRef::Null, _) => Some(Cell::Null),
        (ValueRef::Blob(bytes), SqlType::Uuid) => Uuid::from_slice(bytes).ok().map(Cell::Uuid),
        (ValueRef::Text(bytes), SqlType::Text) => text(bytes).map(Cell::Text),
        (ValueRef::Integer(n), SqlType::I16 | SqlType::I32 | SqlType::I64) => Some(Cell::Int(n)),
        (ValueRef::Integer(n), SqlType::Bool) => Some(Cell::Bool(n != 0)),
        (ValueRef::Blob(bytes), SqlType::Bytes) => Some(Cell::Bytes(bytes.to_vec())),
        (ValueRef::Text(bytes), SqlType::Json) => serde_json::from_slice(bytes).ok().map(Cell::Json),
        (ValueRef::Integer(n), SqlType::Time) => Some(Cell::Time(Ts::from_micros(n))),
        _ => None,
    }
}

/// Says what an error of SQLite means for the one who ran the statement.
pub(crate) fn refused(statement: &'static str, error: rusqlite::Error) -> DatabaseError {
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => {
            DatabaseError::Constraint { statement, constraint: error.to_string() }
        }
        Some(ErrorCode::DiskFull | ErrorCode::ReadOnly) => DatabaseError::Full { unit: statement },
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::NotADatabase
            | ErrorCode::DatabaseCorrupt,
        ) => DatabaseError::away(error),
        _ => DatabaseError::Statement { statement, source: Box::new(error) },
    }
}
