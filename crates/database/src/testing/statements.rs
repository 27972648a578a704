//! Holds every registered statement against both databases.

use std::collections::HashSet;

use super::{Backend, TestDatabase};
use crate::{Dialect, SqlType, Statement, postgres, sqlite};

/// Prepares every statement of this binary on both databases and gives what does not match its declaration.
///
/// # Panics
/// If a fresh database cannot be made.
pub async fn statement_mistakes() -> Vec<String> {
    let on_postgres = Backend::Postgres.fresh().await;
    let on_sqlite = Backend::Sqlite.fresh().await;
    let mut mistakes = Vec::new();
    let mut names = HashSet::new();
    for statement in Statement::all() {
        if !names.insert(statement.name) {
            mistakes.push(format!("{}: the name is used twice", statement.name));
        }
        mistakes.extend(
            in_postgres(&on_postgres, statement)
                .await
                .into_iter()
                .map(|m| format!("{} (PostgreSQL): {m}", statement.name)),
        );
        mistakes.extend(
            in_sqlite(&on_sqlite, statement).into_iter().map(|m| format!("{} (SQLite): {m}", statement.name)),
        );
    }
    mistakes
}

async fn in_postgres(database: &TestDatabase, statement: &'static Statement) -> Vec<String> {
    if statement.text(Dialect::Postgres).is_none() {
        return Vec::new();
    }
    let Some(postgres) = database.as_postgres() else { return vec!["there is no server".to_owned()] };
    let (params, columns) = match postgres::describe(postgres, statement).await {
        Ok(described) => described,
        Err(error) => return vec![crate::testing::whole(&error)],
    };
    let declared = |types: &[SqlType]| types.iter().map(|t| postgres::pg_type(*t)).collect::<Vec<_>>();
    let mut mistakes = Vec::new();
    if params != declared(statement.params) {
        mistakes.push(format!("declared parameters {:?}, the server wants {params:?}", statement.params));
    }
    if columns != declared(statement.columns) {
        mistakes.push(format!("declared columns {:?}, the server answers {columns:?}", statement.columns));
    }
    mistakes
}

fn in_sqlite(database: &TestDatabase, statement: &'static Statement) -> Vec<String> {
    let Some(text) = statement.text(Dialect::Sqlite) else { return Vec::new() };
    let Some(path) = database.sqlite_path() else { return vec!["there is no file".to_owned()] };
    let conn = match sqlite::connection(path, sqlite::Access::Read) {
        Ok(conn) => conn,
        Err(error) => return vec![crate::testing::whole(&error)],
    };
    let prepared = match conn.prepare(text) {
        Ok(prepared) => prepared,
        Err(error) => return vec![error.to_string()],
    };
    let mut mistakes = Vec::new();
    if prepared.column_count() != statement.columns.len() {
        mistakes.push(format!(
            "declared {} columns, SQLite answers {}",
            statement.columns.len(),
            prepared.column_count()
        ));
    }
    for at in 1..=prepared.parameter_count() {
        let name = prepared.parameter_name(at).unwrap_or("?");
        let known = name.strip_prefix('$').and_then(|n| n.parse::<usize>().ok());
        if !known.is_some_and(|n| (1..=statement.params.len()).contains(&n)) {
            mistakes.push(format!("the parameter {name} is not declared"));
        }
    }
    mistakes
}
