//! `audit`: what people did in the workspace, or to the server, newest first.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tenancy::AuditId;
use tenancy::audit::{self, AuditRow, PAGE_LENGTH_MAX};

use crate::config::Settings;
use crate::exit::Exit;
use crate::people;
use crate::present::{Output, Table, slug};
use crate::problem::Problem;
use crate::wiring;

/// Reads the audit log
#[derive(Subcommand)]
pub(crate) enum AuditCommand {
    List(ListArgs),
}

/// Lists what was done, newest first
#[derive(Args)]
pub(crate) struct ListArgs {
    /// What is about this tenant only
    #[arg(long, value_name = "SLUG", conflicts_with = "of_server")]
    tenant: Option<String>,
    /// The log of the server itself: sign-ins, accounts, workspaces
    #[arg(long = "server-log")]
    of_server: bool,
    /// How many rows to show
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i64).range(1..=PAGE_LENGTH_MAX))]
    limit: i64,
    /// Go on after this row, the `next` of the page before
    #[arg(long, value_name = "ID")]
    after: Option<AuditId>,
}

pub(super) async fn run(
    command: AuditCommand,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    let AuditCommand::List(args) = command;
    let installation = wiring::installation(settings).await?;
    let database = &installation.database;
    let scope = installation.scope(settings, args.tenant.as_deref()).await?;
    let slugs = installation.tenant_slugs(&installation.scope(settings, None).await?).await?;
    let rows = if args.of_server {
        let server = people::server(&installation).await?;
        audit::list_server(database, &server, args.after, args.limit).await?
    } else {
        audit::list(database, &scope, args.after, args.limit).await?
    };
    let full = i64::try_from(rows.len()).is_ok_and(|length| length == args.limit);
    let next = rows.last().filter(|_| full).map(|row| row.id);
    let tenant = |row: &AuditRow| row.tenant.map(|id| slug(id, &slugs));
    let shape = |row: &AuditRow| -> Value {
        json!({
            "id": row.id,
            "at": row.at,
            "actor": {"kind": row.actor_kind, "name": row.actor_name},
            "action": row.action,
            "tenant": tenant(row),
            "subject": {"type": row.subject_type, "id": row.subject_id},
            "detail": row.detail,
            "request_id": row.request_id,
            "address": row.address,
        })
    };
    output.json(&json!({"rows": rows.iter().map(shape).collect::<Vec<_>>(), "next": next}))?;
    if rows.is_empty() {
        output.line("Nothing is written down here.")?;
        return Ok(Exit::Succeeded);
    }
    let mut table = Table::new(output, &["when", "who", "did", "to", "tenant", "more"]);
    for row in &rows {
        table.row([
            row.at.to_string(),
            who(row),
            row.action.clone(),
            format!("{} {}", row.subject_type, row.subject_id).trim().to_owned(),
            tenant(row).unwrap_or_default(),
            more(&row.detail),
        ]);
    }
    output.line(table)?;
    if let Some(next) = next {
        output.note(format!("There may be more: --after {next}"));
    }
    Ok(Exit::Succeeded)
}

fn who(row: &AuditRow) -> String {
    if row.actor_name.is_empty() { row.actor_kind.clone() } else { row.actor_name.clone() }
}

/// Writes the detail as `key value` pairs.
fn more(detail: &Value) -> String {
    let pair = |(key, value): (&String, &Value)| match value {
        Value::String(text) => format!("{key} {text}"),
        other => format!("{key} {other}"),
    };
    let pairs: Vec<String> = detail.as_object().into_iter().flatten().map(pair).collect();
    pairs.join(", ")
}
