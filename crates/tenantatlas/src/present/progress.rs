//! Progress of runs: a bar each on a terminal, plain lines elsewhere.

use std::time::{Duration, Instant};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use ledger::summary::CountKey;
use ledger::{RunDetail, RunStatus};

use super::output::{Output, visible};
use super::sentence;
use crate::problem::Problem;

/// How often a plain line tells of a run that goes on.
const LINE_INTERVAL: Duration = Duration::from_secs(1);

/// How often the sign of life on a terminal turns.
const TICK: Duration = Duration::from_millis(120);

/// The place where the progress of several runs is shown at once.
#[derive(Debug)]
pub(crate) struct Board {
    output: Output,
    bars: MultiProgress,
}

/// The progress of one run.
#[derive(Debug)]
pub(crate) struct Progress {
    output: Output,
    bars: MultiProgress,
    what: String,
    bar: Option<ProgressBar>,
    told: Option<(String, Instant)>,
}

impl Board {
    /// Makes an empty board.
    pub(crate) fn new(output: &Output) -> Self {
        Self { output: *output, bars: MultiProgress::new() }
    }

    /// Adds a run under the words it is to be known by.
    pub(crate) fn add(&self, what: impl Into<String>) -> Progress {
        let bar = self.output.is_live().then(|| {
            let bar = self.bars.add(ProgressBar::new_spinner().with_style(spinner()));
            bar.enable_steady_tick(TICK);
            bar
        });
        Progress { output: self.output, bars: self.bars.clone(), what: what.into(), bar, told: None }
    }
}

impl Progress {
    /// Shows where the run is now.
    ///
    /// # Errors
    /// [`Problem::reader_gone`] when nobody reads any more.
    pub(crate) fn show(&mut self, run: &RunDetail) -> Result<(), Problem> {
        if run.row.status == RunStatus::Completed {
            return self.end(run);
        }
        let text = told(run);
        if let Some(bar) = &self.bar {
            if let Some((done, total)) = portion(run) {
                bar.set_style(filling());
                bar.set_length(total);
                bar.set_position(done);
            }
            bar.set_message(visible(&format!("{}: {text}", self.what)));
            return Ok(());
        }
        let due = self.told.as_ref().is_none_or(|(last, at)| *last != text && at.elapsed() >= LINE_INTERVAL);
        if due {
            self.output.line(format!("  {}: {text}", self.what))?;
            self.told = Some((text, Instant::now()));
        }
        Ok(())
    }

    fn end(&mut self, run: &RunDetail) -> Result<(), Problem> {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
        let line = format!("  {}: {}", self.what, sentence::ended(&run.row));
        // Other runs' bars step aside while a line is written.
        self.bars.suspend(|| self.output.line(line))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn told(run: &RunDetail) -> String {
    if run.row.status == RunStatus::Queued {
        return if run.row.attempt > 0 {
            "waiting for another attempt".to_owned()
        } else {
            "queued".to_owned()
        };
    }
    let Some(progress) = &run.progress else { return "running".to_owned() };
    let counts = sentence::counts(&progress.counts);
    match (&progress.phase, counts.as_str()) {
        (Some(phase), "") => phase.clone(),
        (Some(phase), counts) => format!("{counts}; {phase}"),
        (None, "") => "running".to_owned(),
        (None, counts) => counts.to_owned(),
    }
}

/// Gives how far the run has come: by the steps that its phase tells, `… (15 of 80)`, else by its counts.
///
/// Collections tell their size only when they are read, so that a sync's total grows with what was processed.
fn portion(run: &RunDetail) -> Option<(u64, u64)> {
    let progress = run.progress.as_ref()?;
    if let Some(steps) = progress.phase.as_deref().and_then(steps) {
        return Some(steps);
    }
    let total = progress.counts.get(CountKey::Total).filter(|total| *total > 0)?;
    Some((progress.counts.get(CountKey::Processed).unwrap_or(0).min(total), total))
}

fn steps(phase: &str) -> Option<(u64, u64)> {
    let (_, last) = phase.strip_suffix(')')?.rsplit_once('(')?;
    let (at, of) = last.split_once(" of ")?;
    let (at, of): (u64, u64) = (at.parse().ok()?, of.parse().ok()?);
    (at <= of && of > 0).then_some((at, of))
}

fn spinner() -> ProgressStyle {
    ProgressStyle::with_template("  {spinner} {wide_msg}").expect("the template is valid")
}

fn filling() -> ProgressStyle {
    ProgressStyle::with_template("  {spinner} [{bar:20}] {pos}/{len} {wide_msg}")
        .expect("the template is valid")
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn a_phase_may_tell_its_steps() {
        assert_eq!(steps("Named locations (52 of 80)"), Some((52, 80)));
        assert_eq!(steps("Scripts (macOS) (3 of 80)"), Some((3, 80)));
        for other in ["done", "Scripts (macOS)", "(81 of 80)", "(0 of 0)", "(-1 of 2)", "1 of 2"] {
            assert_eq!(steps(other), None, "{other}");
        }
    }
}
