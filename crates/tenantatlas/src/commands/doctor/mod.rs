//! `doctor`: says what is wrong with an installation.

mod contents;
mod files;

use clap::Args;
use serde::Serialize;

use self::contents::{check_database, check_inside, check_schema};
use self::files::{check_data_dir, check_journal, check_key};
use crate::config::Settings;
use crate::exit::Exit;
use crate::present::Output;
use crate::problem::Problem;

/// Checks the installation and says what is wrong with it and what to do
///
/// It repairs nothing. Ends with 0 when nothing failed; warnings do not count.
#[derive(Args)]
pub(crate) struct DoctorArgs {}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ok,
    Warn,
    Fail,
}

/// What one look at the installation found.
#[derive(Debug, Serialize)]
struct Finding {
    check: &'static str,
    status: Status,
    found: String,
    advice: Option<String>,
}

#[derive(Debug, Serialize)]
struct Report {
    version: &'static str,
    healthy: bool,
    checks: Vec<Finding>,
}

pub(super) async fn run(_: DoctorArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let mut findings = Findings::default();
    findings.ok("version", format!("TenantAtlas {}", env!("CARGO_PKG_VERSION")));
    check_data_dir(settings, &mut findings);
    let key = check_key(settings, &mut findings);
    if let Some((url, database)) = check_database(settings, &mut findings).await {
        check_journal(&url, &mut findings);
        if check_schema(settings, &database, &mut findings).await {
            check_inside(settings, database, key, &mut findings).await?;
        }
    }
    let healthy = findings.0.iter().all(|finding| finding.status != Status::Fail);
    for finding in &findings.0 {
        let sign = match finding.status {
            Status::Ok => "ok  ",
            Status::Warn => "warn",
            Status::Fail => "FAIL",
        };
        let advice = finding.advice.as_ref().map(|advice| format!("; {advice}")).unwrap_or_default();
        output.line(format!("{sign}  {:<14} {}{advice}", finding.check, finding.found))?;
    }
    output.json(&Report { version: env!("CARGO_PKG_VERSION"), healthy, checks: findings.0 })?;
    Ok(if healthy { Exit::Succeeded } else { Exit::Failed })
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn ok(&mut self, check: &'static str, found: impl Into<String>) {
        self.0.push(Finding { check, status: Status::Ok, found: found.into(), advice: None });
    }

    fn warn(&mut self, check: &'static str, found: impl Into<String>, advice: impl Into<String>) {
        self.0.push(Finding {
            check,
            status: Status::Warn,
            found: found.into(),
            advice: Some(advice.into()),
        });
    }

    fn fail(&mut self, check: &'static str, found: impl Into<String>, advice: impl Into<String>) {
        self.0.push(Finding {
            check,
            status: Status::Fail,
            found: found.into(),
            advice: Some(advice.into()),
        });
    }
}
