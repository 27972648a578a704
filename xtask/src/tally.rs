//! How many tests ran and how they ended, read from what the test harness prints.

use std::io::{BufRead, BufReader};
use std::ops::AddAssign;
use std::process::{Command, Stdio};

use anyhow::Context;

use crate::command;

/// The sum over some test binaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Tests that passed.
    pub(crate) passed: u32,
    /// Tests that failed.
    pub(crate) failed: u32,
    /// Tests that were not run although nobody filtered them out.
    pub(crate) ignored: u32,
    /// Programs that ended badly, whatever they printed: a crash, or a build that failed.
    pub(crate) crashed: u32,
}

impl Tally {
    /// Runs a program that runs tests, shows its output as it comes, and counts.
    pub(crate) fn of(command: &mut Command) -> anyhow::Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("failed to run {}", command::shown(command)))?;
        let mut tally = Self::default();
        let output = child.stdout.take().expect("the output is piped");
        for line in BufReader::new(output).split(b'\n') {
            let line = line.with_context(|| format!("failed to read from {}", command::shown(command)))?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            tally.add_line(&line);
        }
        let status =
            child.wait().with_context(|| format!("failed to wait for {}", command::shown(command)))?;
        if !status.success() && tally.failed == 0 {
            tally.crashed += 1;
        }
        Ok(tally)
    }

    /// Says why this may not count as a success, if it may not.
    pub(crate) fn objection(&self) -> Option<String> {
        if self.failed > 0 {
            Some(format!("{} failed", self.failed))
        } else if self.crashed > 0 {
            Some("a program ended badly".to_owned())
        } else if self.ignored > 0 {
            Some(format!("{} ignored", self.ignored))
        } else if self.passed == 0 {
            Some("no test was run".to_owned())
        } else {
            None
        }
    }

    fn add_line(&mut self, line: &str) {
        let Some(counts) = line.strip_prefix("test result: ") else {
            return;
        };
        for part in counts.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let (Some(count), Some(what)) =
                (words.next().and_then(|word| word.parse::<u32>().ok()), words.next())
            else {
                continue;
            };
            match what {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.ignored += other.ignored;
        self.crashed += other.crashed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally_of(script: &str) -> Tally {
        Tally::of(Command::new("sh").args(["-c", script])).unwrap()
    }

    #[test]
    fn results_of_several_binaries_are_summed() {
        let mut tally = Tally::default();
        tally.add_line(
            "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 3 filtered out; finished in 0.10s",
        );
        tally.add_line("test a_run::is_started ... ok");
        tally.add_line(
            "test result: FAILED. 4 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 1.00s",
        );
        assert_eq!(tally, Tally { passed: 16, failed: 2, ignored: 1, crashed: 0 });
    }

    #[test]
    fn a_run_without_a_test_is_no_success() {
        let tally = tally_of("echo 'test result: ok. 0 passed; 0 failed; 0 ignored'");
        assert_eq!(tally.objection().as_deref(), Some("no test was run"));
    }

    #[test]
    fn a_crash_after_passing_tests_is_no_success() {
        let tally = tally_of("echo 'test result: ok. 5 passed; 0 failed; 0 ignored'; kill -9 $$");
        assert_eq!((tally.passed, tally.crashed), (5, 1));
        assert!(tally.objection().is_some());
    }

    #[test]
    fn an_ignored_test_is_no_success() {
        let tally = tally_of("echo 'test result: ok. 5 passed; 0 failed; 1 ignored'");
        assert_eq!(tally.objection().as_deref(), Some("1 ignored"));
    }

    #[test]
    fn passing_tests_raise_no_objection() {
        assert_eq!(tally_of("echo 'test result: ok. 5 passed; 0 failed; 0 ignored'").objection(), None);
    }
}
