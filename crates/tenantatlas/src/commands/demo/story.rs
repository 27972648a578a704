//! What the demo tells: step by step for people, as one object for programs.

use std::fmt::Display;

use serde::Serialize;
use serde_json::Value;

use crate::exit::Exit;
use crate::present::{Output, RunDetailJson};
use crate::problem::Problem;

/// The story so far.
#[derive(Debug)]
pub(super) struct Story {
    output: Output,
    told: Told,
}

#[derive(Debug, Serialize)]
struct Told {
    data_dir: String,
    as_expected: bool,
    unexpected: Vec<String>,
    steps: Vec<Step>,
}

#[derive(Debug, Serialize)]
struct Step {
    step: String,
    runs: Vec<RunDetailJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Value>,
}

impl Story {
    /// Begins a story.
    pub(super) fn new(output: Output, data_dir: String) -> Self {
        let told = Told { data_dir, as_expected: true, unexpected: Vec::new(), steps: Vec::new() };
        Self { output, told }
    }

    /// Gives the place where it is told.
    pub(super) fn output(&self) -> &Output {
        &self.output
    }

    /// Begins a step.
    ///
    /// # Errors
    /// [`Problem::reader_gone`] when nobody reads any more; so do all below.
    pub(super) fn step(&mut self, title: &str) -> Result<(), Problem> {
        self.told.steps.push(Step { step: title.to_owned(), runs: Vec::new(), found: None });
        self.output.line(format!("\n{title}"))
    }

    /// Adds a sentence.
    pub(super) fn line(&self, text: impl Display) -> Result<(), Problem> {
        self.output.line(text)
    }

    /// Adds runs to the step, for programs.
    pub(super) fn runs(&mut self, runs: impl IntoIterator<Item = RunDetailJson>) {
        if let Some(step) = self.told.steps.last_mut() {
            step.runs.extend(runs);
        }
    }

    /// Adds what the step found, for programs.
    pub(super) fn found(&mut self, found: Value) {
        if let Some(step) = self.told.steps.last_mut() {
            step.found = Some(found);
        }
    }

    /// Says whether something is as it was expected, and remembers where it is not.
    pub(super) fn expect(&mut self, holds: bool, what: impl Into<String>) -> Result<(), Problem> {
        let what = what.into();
        if holds {
            return self.output.line(format!("  as expected: {what}"));
        }
        self.told.as_expected = false;
        self.output.line(format!("  NOT AS EXPECTED: {what}"))?;
        self.told.unexpected.push(what);
        Ok(())
    }

    /// Ends the story.
    pub(super) fn end(&self) -> Result<(), Problem> {
        match self.told.unexpected.len() {
            0 => self.output.line("\nAll was as expected.")?,
            n => self
                .output
                .line(format!("\n{n} things were not as expected: {}.", self.told.unexpected.join("; ")))?,
        }
        self.output.json(&self.told)
    }

    /// Gives the process its end.
    pub(super) fn exit(&self) -> Exit {
        if self.told.as_expected { Exit::Succeeded } else { Exit::Failed }
    }
}
