//! Registered SQL: every text has a name, declared types, and a place in the catalogue that one test walks.

use crate::Dialect;

/// The type of a parameter or a column, as both databases understand it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SqlType {
    /// `uuid` / 16-byte BLOB.
    Uuid,
    /// `text` / TEXT.
    Text,
    /// `smallint` / INTEGER.
    I16,
    /// `integer` / INTEGER.
    I32,
    /// `bigint` / INTEGER.
    I64,
    /// `boolean` / INTEGER 0 or 1.
    Bool,
    /// `bytea` / BLOB.
    Bytes,
    /// `jsonb` / TEXT holding JSON.
    Json,
    /// `timestamptz` / INTEGER microseconds.
    Time,
    /// `text[]` / TEXT holding a JSON list.
    TextList,
    /// `uuid[]` / TEXT holding a JSON list of hex digits (read with `unhex(value)`).
    UuidList,
}

/// One SQL statement with its name, its declared types and its text for each database.
#[derive(Debug)]
pub struct Statement {
    /// Where it belongs: `ledger.start`.
    pub name: &'static str,
    /// The parameters `$1`, `$2`, … in order.
    pub params: &'static [SqlType],
    /// The columns it answers with, in order; empty when it answers with none.
    pub columns: &'static [SqlType],
    /// The text for PostgreSQL; empty when only SQLite runs it.
    pub postgres: &'static str,
    /// The text for SQLite; empty when only PostgreSQL runs it.
    pub sqlite: &'static str,
}

impl Statement {
    /// Gives the text for one database; `None` where the statement does not exist there.
    #[must_use]
    pub fn text(&self, dialect: Dialect) -> Option<&'static str> {
        let text = match dialect {
            Dialect::Postgres => self.postgres,
            Dialect::Sqlite => self.sqlite,
        };
        (!text.is_empty()).then_some(text)
    }

    /// Walks every statement linked into this binary.
    pub fn all() -> impl Iterator<Item = &'static Statement> {
        inventory::iter::<Registered>.into_iter().map(|r| r.0)
    }
}

#[doc(hidden)]
#[derive(Debug)]
pub struct Registered(pub &'static Statement);
inventory::collect!(Registered);

/// Declares and registers a statement; a statement that is not registered cannot be written.
///
/// ```
/// database::statement! {
///     /// Counts what is there.
///     COUNT_THINGS = "things.count", (Uuid) -> (I64),
///     both: "SELECT count(*) FROM things WHERE workspace_id = $1"
/// }
/// # fn main() { assert_eq!(COUNT_THINGS.name, "things.count"); }
/// ```
#[macro_export]
macro_rules! statement {
    ($(#[$doc:meta])* $vis:vis $id:ident = $name:literal, ($($p:ident),*) -> ($($c:ident),*), both: $sql:expr $(,)?) => {
        $crate::statement! { $(#[$doc])* $vis $id = $name, ($($p),*) -> ($($c),*), postgres: $sql, sqlite: $sql }
    };
    ($(#[$doc:meta])* $vis:vis $id:ident = $name:literal, ($($p:ident),*) -> ($($c:ident),*), postgres: $sql:expr $(,)?) => {
        $crate::statement! { $(#[$doc])* $vis $id = $name, ($($p),*) -> ($($c),*), postgres: $sql, sqlite: "" }
    };
    ($(#[$doc:meta])* $vis:vis $id:ident = $name:literal, ($($p:ident),*) -> ($($c:ident),*), sqlite: $sql:expr $(,)?) => {
        $crate::statement! { $(#[$doc])* $vis $id = $name, ($($p),*) -> ($($c),*), postgres: "", sqlite: $sql }
    };
    ($(#[$doc:meta])* $vis:vis $id:ident = $name:literal, ($($p:ident),*) -> ($($c:ident),*), postgres: $pg:expr, sqlite: $sl:expr $(,)?) => {
        $(#[$doc])*
        $vis static $id: $crate::Statement = $crate::Statement {
            name: $name,
            params: &[$($crate::SqlType::$p),*],
            columns: &[$($crate::SqlType::$c),*],
            postgres: $pg,
            sqlite: $sl,
        };
        $crate::inventory::submit! { $crate::Registered(&$id) }
    };
}
