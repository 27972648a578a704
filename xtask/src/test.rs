//! `cargo xtask test`: what is done to every change before it is accepted.

use std::process::ExitCode;
use std::time::Instant;

use database::testing::cluster::POSTGRES_URL_VARIABLE;

use crate::gates::{self, TestBinaries, Verdict};
use crate::postgres::Server;
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{api_fuzz, browser, check, command};

/// The seed of the requests here: a change is judged by the same ones as the change before it. New ones are for
/// `cargo xtask api-fuzz`, which draws a seed each time.
const FUZZ_SEED: u32 = 470_844_344;

/// Runs checks, the whole suite and the gates; later parts run although an earlier one failed.
///
/// The last line printed is `N passed, N failed`: the tests of the full suite, and on the right also
/// every check and every gate that failed without a failing test.
pub(crate) fn run(workspace: &Workspace) -> anyhow::Result<ExitCode> {
    let server = Server::ensure()?;
    let failed_checks = check::failed_checks(workspace);

    let started = Instant::now();
    let verdicts = match TestBinaries::build(&workspace.root) {
        Ok(binaries) => {
            println!("tests are built ({:.1} s)", started.elapsed().as_secs_f32());
            run_gates(workspace, &binaries, &server)?
        }
        Err(error) => {
            println!("tests could not be built: {error:#}");
            let parts = gates::PARTS.iter().map(|gate| gate.name);
            let all = [gates::FULL_SUITE].into_iter().chain(parts).chain([gates::BROWSER, api_fuzz::NAME]);
            all.map(|name| (name, refused("the tests could not be built"))).collect()
        }
    };
    Ok(report(&failed_checks, &verdicts))
}

fn run_gates(
    workspace: &Workspace,
    binaries: &TestBinaries,
    server: &Server,
) -> anyhow::Result<Vec<(&'static str, Verdict)>> {
    let started = Instant::now();
    let arguments = ["test", "--workspace", "--all-features", "--no-fail-fast"];
    let mut suite = command::at(&workspace.root, "cargo", &arguments);
    let tally = Tally::of(suite.env(POSTGRES_URL_VARIABLE, server.url()))?;
    println!("the full suite has run ({:.1} s)", started.elapsed().as_secs_f32());
    let mut verdicts = vec![(gates::FULL_SUITE, Verdict { objection: tally.objection(), tally })];
    for gate in gates::PARTS {
        println!("{}", gate.name);
        verdicts.push((gate.name, gate.run(binaries, server.url())?));
    }
    println!("{}", gates::BROWSER);
    let seen = binaries.program().and_then(|program| browser::tally(&program, server.url()));
    verdicts.push((
        gates::BROWSER,
        seen.map_or_else(
            |error| refused(&format!("{error:#}")),
            |tally| Verdict { objection: tally.objection(), tally },
        ),
    ));
    println!("{}", api_fuzz::NAME);
    let fuzzed = binaries.program().and_then(|program| fuzzed(workspace, server, Some(FUZZ_SEED), program));
    verdicts.push((api_fuzz::NAME, fuzzed.unwrap_or_else(|error| refused(&format!("{error:#}")))));
    Ok(verdicts)
}

/// Fuzzes the API of a program that is built for it.
///
/// # Errors
/// The program cannot be built, or its worlds cannot be made.
pub(crate) fn fuzz(workspace: &Workspace, seed: Option<u32>) -> anyhow::Result<ExitCode> {
    let server = Server::ensure()?;
    let build = ["build", "--quiet", "--package", "tenantatlas", "--all-features"];
    anyhow::ensure!(
        command::succeeds(&mut command::at(&workspace.root, "cargo", &build))?,
        "the program could not be built"
    );
    let verdict = fuzzed(workspace, &server, seed, workspace.target.join("debug/tenantatlas"))?;
    Ok(report(&[], &[(api_fuzz::NAME, verdict)]))
}

fn fuzzed(
    workspace: &Workspace,
    server: &Server,
    seed: Option<u32>,
    program: std::path::PathBuf,
) -> anyhow::Result<Verdict> {
    api_fuzz::run(workspace, server, &api_fuzz::Plan { seed, program })
}

fn refused(why: &str) -> Verdict {
    Verdict { tally: Tally::default(), objection: Some(why.to_owned()) }
}

fn report(failed_checks: &[&str], verdicts: &[(&'static str, Verdict)]) -> ExitCode {
    println!("\n== checks ==");
    if failed_checks.is_empty() {
        println!("PASSED  all checks");
    }
    for name in failed_checks {
        println!("FAILED  check {name}");
    }
    println!("== gates ==");
    for (name, Verdict { tally, objection }) in verdicts {
        match objection {
            None => println!("PASSED  {name}: {} passed", tally.passed),
            Some(objection) => println!("FAILED  {name}: {} passed, {objection}", tally.passed),
        }
    }
    let (passed, failed) = sums(failed_checks, verdicts);
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Counts for the last line; a test that fails in the full suite and again in a gate counts once.
fn sums(failed_checks: &[&str], verdicts: &[(&'static str, Verdict)]) -> (u32, usize) {
    let full = verdicts.first().map(|(_, verdict)| verdict.tally).unwrap_or_default();
    let beyond = verdicts
        .iter()
        .filter(|(_, verdict)| verdict.objection.is_some() && (verdict.tally.failed == 0 || full.failed == 0))
        .count();
    let failed_tests = usize::try_from(full.failed).expect("a count of tests fits");
    (full.passed, failed_tests + beyond + failed_checks.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(passed: u32, failed: u32) -> Verdict {
        let tally = Tally { passed, failed, ..Tally::default() };
        Verdict { objection: tally.objection(), tally }
    }

    #[test]
    fn all_green_counts_the_full_suite_once() {
        let verdicts = [("full", verdict(40, 0)), ("schema", verdict(3, 0))];
        assert_eq!(sums(&[], &verdicts), (40, 0));
    }

    #[test]
    fn a_test_that_fails_twice_counts_once() {
        let verdicts = [("full", verdict(39, 1)), ("schema", verdict(2, 1))];
        assert_eq!(sums(&[], &verdicts), (39, 1));
    }

    #[test]
    fn a_gate_that_ran_nothing_counts_as_a_failure() {
        let verdicts = [("full", verdict(40, 0)), ("schema", verdict(0, 0))];
        assert_eq!(sums(&[], &verdicts), (40, 1));
    }

    #[test]
    fn a_test_that_fails_only_in_its_gate_counts() {
        let verdicts = [("full", verdict(40, 0)), ("schema", verdict(2, 1))];
        assert_eq!(sums(&[], &verdicts), (40, 1));
    }

    #[test]
    fn a_failed_check_counts_as_a_failure() {
        assert_eq!(sums(&["walls"], &[("full", verdict(40, 0))]), (40, 1));
    }
}
