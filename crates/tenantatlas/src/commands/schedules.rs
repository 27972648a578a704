//! `schedules`: what is started by the clock.

use clap::Subcommand;
use ledger::schedule::{Cadence, FireResult, LastFire, Origin, Schedule};
use serde_json::{Value, json};

use crate::config::Settings;
use crate::exit::Exit;
use crate::present::{Output, Table, short_id, slug};
use crate::problem::Problem;
use crate::wiring;

/// Shows what is started by the clock
#[derive(Subcommand)]
pub(crate) enum SchedulesCommand {
    /// Lists the schedules of the workspace, the system's own among them
    List,
}

pub(super) async fn run(
    command: SchedulesCommand,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    let SchedulesCommand::List = command;
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    let schedules = installation.ledger.schedules(&scope).await?;
    let slugs = installation.tenant_slugs(&scope).await?;
    let tenant = |one: &Schedule| one.tenant.map(|tenant| slug(tenant, &slugs));
    let shape = |one: &Schedule| -> Value {
        json!({
            "id": one.id,
            "name": one.name,
            "type": one.kind,
            "tenant": tenant(one),
            "cadence": one.cadence,
            "origin": if one.origin == Origin::System { "system" } else { "person" },
            "next_due_at": one.next_due_at,
            "paused_at": one.paused_at,
            "last": one.last.as_ref().map(last),
        })
    };
    output.json(&json!({"schedules": schedules.iter().map(shape).collect::<Vec<_>>()}))?;
    if schedules.is_empty() {
        output.line("No schedules; a process that fires them adds the system's own.")?;
        return Ok(Exit::Succeeded);
    }
    let mut table = Table::new(output, &["schedule", "starts", "tenant", "when", "next", "last"]);
    for one in &schedules {
        table.row([
            one.name.clone(),
            installation.catalog().label_of(&one.kind),
            tenant(one).unwrap_or_default(),
            when(&one.cadence),
            match (one.paused_at, one.next_due_at) {
                (Some(_), _) => "paused".to_owned(),
                (None, Some(at)) => at.to_string(),
                (None, None) => "never".to_owned(),
            },
            one.last.as_ref().map_or("not yet".to_owned(), told),
        ]);
    }
    output.line(table)?;
    Ok(Exit::Succeeded)
}

fn when(cadence: &Cadence) -> String {
    match cadence {
        Cadence::Every { minutes } => format!("every {minutes} min"),
        Cadence::Cron { expression, zone } => format!("{expression} ({zone})"),
    }
}

fn told(last: &LastFire) -> String {
    let what = match &last.result {
        FireResult::Started(run) => format!("run {}", short_id(*run)),
        FireResult::Joined(run) => format!("joined run {}", short_id(*run)),
        FireResult::Refused(why) => format!("refused: {why}"),
    };
    let missed = if last.missed > 0 { format!(", for {} missed before", last.missed) } else { String::new() };
    format!("{}: {what}{missed}", last.due_at)
}

fn last(last: &LastFire) -> Value {
    let (result, run, reason) = match &last.result {
        FireResult::Started(run) => ("started", Some(run), None),
        FireResult::Joined(run) => ("joined", Some(run), None),
        FireResult::Refused(why) => ("refused", None, Some(why)),
    };
    json!({
        "due_at": last.due_at,
        "fired_at": last.fired_at,
        "missed": last.missed,
        "result": result,
        "run": run,
        "reason": reason,
    })
}
