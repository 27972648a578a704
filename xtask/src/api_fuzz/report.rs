//! What the fuzzer says of its own work, and whether that is enough.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use serde::Deserialize;

/// How often an operation must have done what was asked, where the actor may ask it.
const REACHED_MIN: u64 = 3;

/// The fuzzer's report of one run.
#[derive(Debug, Deserialize)]
pub(super) struct Report {
    complete: bool,
    operations: Operations,
    test_cases: Cases,
    failures: Vec<Finding>,
    errors: Vec<Finding>,
    /// By operation and phase: how its requests of the right form were answered.
    valid_rates: BTreeMap<String, BTreeMap<String, Rate>>,
}

#[derive(Debug, Deserialize)]
struct Operations {
    total: u64,
    tested: u64,
}

#[derive(Debug, Deserialize)]
struct Cases {
    generated: u64,
}

#[derive(Debug, Deserialize)]
struct Finding {
    title: String,
}

#[derive(Debug, Deserialize)]
struct Rate {
    accepted: u64,
}

impl Report {
    /// Reads a report.
    ///
    /// # Errors
    /// There is none: the fuzzer did not come to its end.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let text = fs::read(path).context("the fuzzer left no report")?;
        serde_json::from_slice(&text).context("failed to read the fuzzer's report")
    }

    /// Gives how many requests were made.
    pub(super) fn requests(&self) -> u64 {
        self.test_cases.generated
    }

    /// Refuses findings, and runs that did too little to find any.
    ///
    /// # Errors
    /// What is wrong, in a few words.
    pub(super) fn judge(&self, succeeded: bool, requests_min: u64) -> anyhow::Result<()> {
        let found: Vec<&str> =
            self.failures.iter().chain(&self.errors).map(|finding| finding.title.as_str()).collect();
        ensure!(found.is_empty(), "{}", found.join(", "));
        ensure!(self.complete, "it was cut short");
        ensure!(self.operations.total > 0, "the document holds no operation");
        ensure!(self.operations.tested == self.operations.total, "not every operation was tested");
        let made = self.requests();
        ensure!(made >= requests_min, "{made} requests were made, {requests_min} are needed");
        ensure!(succeeded, "the fuzzer was not content; its warnings say with what");
        Ok(())
    }

    /// Refuses runs in which an operation never did what it is for.
    ///
    /// # Errors
    /// The first such operation.
    pub(super) fn each_was_reached(&self) -> anyhow::Result<()> {
        for (operation, phases) in &self.valid_rates {
            let accepted: u64 = phases.values().map(|rate| rate.accepted).sum();
            // What takes nothing can be asked in one way only, and is asked once a phase.
            let least = if operation.contains('{') { REACHED_MIN } else { 1 };
            if accepted < least {
                bail!("{operation} did what was asked {accepted} times only");
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn report(change: impl FnOnce(&mut Value)) -> Report {
        let mut text = json!({
            "complete": true,
            "operations": {"total": 2, "tested": 2},
            "test_cases": {"generated": 2000},
            "failures": [],
            "errors": [],
            "valid_rates": {"GET /a/{b}": {"fuzzing": {"accepted": 3, "rejected": 0}}},
        });
        change(&mut text);
        serde_json::from_value(text).unwrap()
    }

    #[test]
    fn a_run_that_found_nothing_and_did_enough_is_good() {
        let good = report(|_| {});
        good.judge(true, 2000).unwrap();
        good.each_was_reached().unwrap();
    }

    #[test]
    fn findings_and_runs_that_did_too_little_are_refused() {
        let said = |report: Report, succeeded| report.judge(succeeded, 2000).unwrap_err().to_string();
        assert_eq!(
            said(report(|r| r["failures"] = json!([{"title": "Server error"}])), false),
            "Server error"
        );
        assert_eq!(said(report(|r| r["errors"] = json!([{"title": "Timeout"}])), false), "Timeout");
        assert_eq!(said(report(|r| r["complete"] = json!(false)), true), "it was cut short");
        assert_eq!(
            said(report(|r| r["operations"]["tested"] = json!(1)), true),
            "not every operation was tested"
        );
        let few = report(|r| r["test_cases"]["generated"] = json!(1999));
        assert_eq!(said(few, true), "1999 requests were made, 2000 are needed");
        assert!(said(report(|_| {}), false).starts_with("the fuzzer was not content"));
        let idle = report(|r| r["valid_rates"]["GET /a/{b}"]["fuzzing"]["accepted"] = json!(0));
        assert!(idle.each_was_reached().is_err());
    }
}
