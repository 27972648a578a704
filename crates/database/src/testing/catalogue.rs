//! Reads the schema of either database in one shape, so that the two can be compared.

use std::collections::{BTreeMap, BTreeSet};

use super::TestDatabase;
use crate::{SqlType, statement};

statement! {
    /// Lists the columns of every table of ours.
    PG_COLUMNS = "testing.columns", () -> (Text, Text, Text, Bool),
    postgres: "SELECT table_name::text, column_name::text, udt_name::text, is_nullable = 'YES' FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name <> 'refinery_schema_history' ORDER BY 1, ordinal_position"
}

statement! {
    /// Lists the columns of every table of ours.
    SQLITE_COLUMNS = "testing.sqlite_columns", () -> (Text, Text, Text, Bool),
    sqlite: "SELECT t.name, c.name, c.type, c.\"notnull\" = 0 AND c.pk = 0 FROM sqlite_schema t, pragma_table_info(t.name) c
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'refinery_schema_history' ORDER BY 1, c.cid"
}

statement! {
    /// Lists indexes with their columns in order; those behind keys are named after what they enforce.
    PG_INDEXES = "testing.indexes", () -> (Text, Text, Bool, Bool, Text),
    postgres: "SELECT t.relname::text, CASE WHEN i.indisprimary THEN 'primary key' WHEN c.oid IS NOT NULL THEN 'unique' ELSE x.relname::text END,
          i.indisunique, i.indpred IS NOT NULL,
          (SELECT string_agg(a.attname::text, ', ' ORDER BY k.n) FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)
             JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.attnum)
        FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
          JOIN pg_namespace s ON s.oid = t.relnamespace LEFT JOIN pg_constraint c ON c.conindid = x.oid AND c.contype = 'u'
        WHERE s.nspname = current_schema() AND t.relname <> 'refinery_schema_history'"
}

statement! {
    /// Lists indexes with their columns in order; those behind keys are named after what they enforce.
    SQLITE_INDEXES = "testing.sqlite_indexes", () -> (Text, Text, Bool, Bool, Text),
    sqlite: "SELECT t.name, CASE i.origin WHEN 'pk' THEN 'primary key' WHEN 'u' THEN 'unique' ELSE i.name END, i.\"unique\", i.partial,
          (SELECT group_concat(c.name, ', ' ORDER BY c.seqno) FROM pragma_index_info(i.name) c)
        FROM sqlite_schema t, pragma_index_list(t.name) i
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'refinery_schema_history'"
}

/// A schema: what the columns are, and what the indexes enforce and serve.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    /// `table.column` with its kind (`bytes`, `text`, `integer`) and whether it may be null.
    pub columns: BTreeMap<String, String>,
    /// `table: name (columns)` with `unique` and `partial` where they hold.
    pub indexes: BTreeSet<String>,
}

/// Reads the schema of a test's database.
///
/// # Panics
/// If the catalogue cannot be read or names a type that the layer does not know.
pub async fn catalogue(database: &TestDatabase) -> Catalogue {
    let on_sqlite = database.as_sqlite().is_some();
    let (columns, indexes) =
        if on_sqlite { (&SQLITE_COLUMNS, &SQLITE_INDEXES) } else { (&PG_COLUMNS, &PG_INDEXES) };
    let read: Result<_, crate::DatabaseError> = database
        .read("testing.catalogue", move |tx| {
            Box::pin(async move { Ok((tx.query(columns, &[]).await?, tx.query(indexes, &[]).await?)) })
        })
        .await;
    let (columns, indexes) = read.expect("the catalogue can be read");
    let mut found = Catalogue::default();
    for row in columns {
        let cell = |at| row.get::<String>(at).expect("the catalogue names its columns");
        let nullable = row.get::<bool>(3).expect("the catalogue says what may be null");
        let kind = kind_of(&cell(2));
        found.columns.insert(
            format!("{}.{}", cell(0), cell(1)),
            format!("{kind}{}", if nullable { ", nullable" } else { "" }),
        );
    }
    for row in indexes {
        let cell = |at| row.get::<String>(at).expect("the catalogue names its indexes");
        let flag =
            |at, word| if row.get::<bool>(at).expect("the catalogue knows its indexes") { word } else { "" };
        found.indexes.insert(format!(
            "{}: {} ({}){}{}",
            cell(0),
            cell(1),
            cell(4),
            flag(2, " unique"),
            flag(3, " partial")
        ));
    }
    found
}

/// Folds both databases' column types into the three kinds of storage that SQLite has.
fn kind_of(named: &str) -> &'static str {
    let declared = match named {
        "uuid" => SqlType::Uuid,
        "bytea" | "BLOB" => SqlType::Bytes,
        "text" | "jsonb" | "TEXT" => SqlType::Text,
        "bool" | "int2" | "int4" | "int8" | "timestamptz" | "interval" | "INTEGER" => SqlType::I64,
        other => panic!("the schema uses the type {other}, which has no counterpart"),
    };
    match declared {
        SqlType::Uuid | SqlType::Bytes => "bytes",
        SqlType::Text => "text",
        _ => "integer",
    }
}
