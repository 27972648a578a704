//! Between our values and PostgreSQL's: binding, reading, and what its errors mean.

use std::error::Error;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio_postgres::error::SqlState;
use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use uuid::Uuid;

use crate::row::Cell;
use crate::{DatabaseError, Row, SqlType, Statement, Ts, Value};

/// Gives the server's type for a declared one.
#[cfg(feature = "testing")]
pub(crate) fn pg_type(declared: SqlType) -> Type {
    match declared {
        SqlType::Uuid => Type::UUID,
        SqlType::Text => Type::TEXT,
        SqlType::I16 => Type::INT2,
        SqlType::I32 => Type::INT4,
        SqlType::I64 => Type::INT8,
        SqlType::Bool => Type::BOOL,
        SqlType::Bytes => Type::BYTEA,
        SqlType::Json => Type::JSONB,
        SqlType::Time => Type::TIMESTAMPTZ,
        SqlType::TextList => Type::TEXT_ARRAY,
        SqlType::UuidList => Type::UUID_ARRAY,
    }
}

impl ToSql for Value {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Uuid(v) => v.to_sql(ty, out),
            Self::Text(v) => v.to_sql(ty, out),
            Self::Int(v) if *ty == Type::INT2 => i16::try_from(*v)?.to_sql(ty, out),
            Self::Int(v) if *ty == Type::INT4 => i32::try_from(*v)?.to_sql(ty, out),
            Self::Int(v) => v.to_sql(ty, out),
            Self::Bool(v) => v.to_sql(ty, out),
            Self::Bytes(v) => v.to_sql(ty, out),
            Self::Json(v) => v.to_sql(ty, out),
            Self::Time(v) => system_time(*v).to_sql(ty, out),
            Self::TextList(v) => v.to_sql(ty, out),
            Self::UuidList(v) => v.to_sql(ty, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // The declared type of every parameter was compared with the server's by the catalogue test,
        // and the value with the declared type before it came here.
        true
    }

    to_sql_checked!();
}

/// Reads a row by the statement's declared types.
pub(crate) fn row(found: &tokio_postgres::Row, statement: &'static Statement) -> Result<Row, DatabaseError> {
    if found.len() != statement.columns.len() {
        return Err(DatabaseError::Rows { statement: statement.name, found: found.len() });
    }
    let cells = statement.columns.iter().enumerate().map(|(at, declared)| {
        cell(found, at, *declared).map_err(|error| DatabaseError::Column {
            statement: statement.name,
            column: at,
            found: error.to_string(),
        })
    });
    Ok(Row::new(statement, cells.collect::<Result<_, _>>()?))
}

fn cell(row: &tokio_postgres::Row, at: usize, declared: SqlType) -> Result<Cell, tokio_postgres::Error> {
    let read = match declared {
        SqlType::Uuid => row.try_get::<_, Option<Uuid>>(at)?.map(Cell::Uuid),
        SqlType::Text => row.try_get::<_, Option<String>>(at)?.map(Cell::Text),
        SqlType::I16 => row.try_get::<_, Option<i16>>(at)?.map(|n| Cell::Int(n.into())),
        SqlType::I32 => row.try_get::<_, Option<i32>>(at)?.map(|n| Cell::Int(n.into())),
        SqlType::I64 => row.try_get::<_, Option<i64>>(at)?.map(Cell::Int),
        SqlType::Bool => row.try_get::<_, Option<bool>>(at)?.map(Cell::Bool),
        SqlType::Bytes => row.try_get::<_, Option<Vec<u8>>>(at)?.map(Cell::Bytes),
        SqlType::Json => row.try_get::<_, Option<serde_json::Value>>(at)?.map(Cell::Json),
        SqlType::Time => row.try_get::<_, Option<SystemTime>>(at)?.map(|t| Cell::Time(ts(t))),
        // No statement answers with a list; the catalogue test keeps it so.
        SqlType::TextList | SqlType::UuidList => None,
    };
    Ok(read.unwrap_or(Cell::Null))
}

fn system_time(at: Ts) -> SystemTime {
    let micros = at.as_micros();
    let by = Duration::from_micros(micros.unsigned_abs());
    if micros < 0 { UNIX_EPOCH - by } else { UNIX_EPOCH + by }
}

fn ts(at: SystemTime) -> Ts {
    Ts::from_micros(match at.duration_since(UNIX_EPOCH) {
        Ok(since) => crate::clock::micros(since),
        Err(before) => -crate::clock::micros(before.duration()),
    })
}

/// Says what an error of the server means for the one who ran the statement.
pub(crate) fn refused(statement: &'static str, error: &tokio_postgres::Error) -> DatabaseError {
    let Some(db) = error.as_db_error() else {
        return if error.is_closed() || error.source().is_some_and(<dyn Error>::is::<std::io::Error>) {
            DatabaseError::Away(safe(error))
        } else {
            DatabaseError::Statement { statement, source: safe(error) }
        };
    };
    let code = db.code();
    if *code == SqlState::T_R_DEADLOCK_DETECTED || *code == SqlState::T_R_SERIALIZATION_FAILURE {
        return DatabaseError::GaveWay { statement };
    }
    if *code == SqlState::DISK_FULL {
        return DatabaseError::Full { unit: statement };
    }
    match code.code().get(..2) {
        Some("23") => DatabaseError::Constraint {
            statement,
            constraint: db.constraint().or(db.column()).unwrap_or("of the table").to_owned(),
        },
        Some("08" | "57" | "53") => DatabaseError::Away(safe(error)),
        _ => DatabaseError::Statement { statement, source: safe(error) },
    }
}

/// Keeps the code and first line of a server's answer: its details can quote values of the row.
pub(crate) fn safe(error: &tokio_postgres::Error) -> Box<dyn Error + Send + Sync> {
    match error.as_db_error() {
        Some(db) => format!("{} (SQLSTATE {})", db.message(), db.code().code()).into(),
        None => match error.source() {
            Some(source) => format!("{error}: {source}").into(),
            None => error.to_string().into(),
        },
    }
}
