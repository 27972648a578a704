//! `cargo xtask check`: everything about a change that can be told without running it.

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use crate::findings::Findings;
use crate::workspace::Workspace;
use crate::{command, dependencies, documents, migrations, sources, walls};

/// One check, ready to run.
type Check<'a> = Box<dyn Fn() -> anyhow::Result<Findings> + 'a>;

/// Runs all checks and ends with 1 if one of them failed.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    let failed = failed_checks(workspace);
    if failed.is_empty() {
        println!("check: everything is in order");
        Ok(ExitCode::SUCCESS)
    } else {
        println!("check: failed: {}", failed.join(", "));
        Ok(ExitCode::FAILURE)
    }
}

/// Runs all checks, those after a failed one too, and returns the names of those that failed.
///
/// A check that could not be carried out has failed.
pub(crate) fn failed_checks(workspace: &Workspace) -> Vec<&'static str> {
    let root = &workspace.root;
    let members: Vec<_> = workspace.members().collect();
    let checks: [(&'static str, Check<'_>); 8] = [
        ("walls", Box::new(|| Ok(walls::check(members.iter().copied())))),
        ("sources", Box::new(|| sources::check(workspace))),
        ("migrations", Box::new(|| migrations::check(root))),
        ("dependencies", Box::new(|| dependencies::check(workspace))),
        ("documents", Box::new(|| documents::check(root))),
        ("formatting", Box::new(|| cargo(root, FMT, &[]))),
        ("lints", Box::new(|| cargo(root, CLIPPY, &[]))),
        ("documentation", Box::new(|| cargo(root, DOC, &[("RUSTDOCFLAGS", "-D warnings")]))),
    ];
    let mut failed = Vec::new();
    for (name, check) in checks {
        let started = Instant::now();
        let findings = check().unwrap_or_else(|error| {
            let mut findings = Findings::default();
            findings.problem(format!("{error:#}"));
            findings
        });
        let verdict = if findings.problems.is_empty() { "ok" } else { "FAILED" };
        println!("check {name:<14} {verdict} ({:.1} s)", started.elapsed().as_secs_f32());
        for problem in &findings.problems {
            println!("  {problem}");
        }
        for note in &findings.notes {
            println!("  note: {note}");
        }
        if !findings.problems.is_empty() {
            failed.push(name);
        }
    }
    failed
}

/// Lists the files; what to do about them is always `cargo fmt`.
const FMT: &[&str] = &["fmt", "--all", "--", "--check", "-l"];

const CLIPPY: &[&str] =
    &["clippy", "--quiet", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"];

const DOC: &[&str] = &["doc", "--quiet", "--workspace", "--no-deps", "--all-features"];

fn cargo(root: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let mut command = command::at(root, "cargo", arguments);
    command.envs(environment.iter().copied());
    if !command::succeeds(&mut command)? {
        findings.problem(format!("{} did not succeed", command::shown(&command)));
    }
    Ok(findings)
}
