//! Times, counts and ends in words.

use std::time::Duration;

use database::Ts;
use ledger::summary::{CountKey, SummaryCounts};
use ledger::{Outcome, RunId, RunRow, RunStatus};

/// How many hex digits of a run's id are shown; the end of an id is random, its beginning is a time.
const SHORT_ID_DIGITS: usize = 8;

/// Writes how long something takes or took, in at most two units.
pub(crate) fn span(of: Duration) -> String {
    let (millis, seconds) = (of.as_millis(), of.as_secs());
    match seconds {
        0 => format!("{millis} ms"),
        1..10 => format!("{:.1} s", of.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// Writes how long ago something was, in one unit.
pub(crate) fn ago(at: Ts, now: Ts) -> String {
    let seconds = now.since(at).as_secs();
    match seconds {
        0..2 => "just now".to_owned(),
        2..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

/// Gives the end of a run's id, which `runs show` and others take for the whole.
pub(crate) fn short_id(run: RunId) -> String {
    let digits = run.as_uuid().simple().to_string();
    digits[digits.len() - SHORT_ID_DIGITS..].to_owned()
}

/// Writes counts that are not zero; what was processed or went well only where that is not all of it.
pub(crate) fn counts(counts: &SummaryCounts) -> String {
    let total = counts.get(CountKey::Total);
    let says_nothing = |key: CountKey, count: u64| {
        count == 0 || (matches!(key, CountKey::Processed | CountKey::Succeeded) && Some(count) == total)
    };
    let told: Vec<String> = counts
        .iter()
        .filter(|(key, count)| !says_nothing(*key, *count))
        .map(|(key, count)| format!("{count} {key}"))
        .collect();
    told.join(", ")
}

/// Writes how a run ended, or where it is in its life.
pub(crate) fn outcome(status: RunStatus, outcome: Outcome) -> &'static str {
    match (status, outcome) {
        (RunStatus::Queued, _) => "queued",
        (RunStatus::Running, _) => "running",
        (RunStatus::Completed, Outcome::PartiallySucceeded) => "succeeded in part",
        (RunStatus::Completed, outcome) => outcome.as_str(),
    }
}

/// Writes how a run ended, with its counts and how long it took.
pub(crate) fn ended(run: &RunRow) -> String {
    let mut text = outcome(run.status, run.outcome).to_owned();
    if let Some(took) = took(run) {
        text.push_str(&format!(" in {}", span(took)));
    }
    let told = counts(&run.counts);
    if !told.is_empty() {
        text.push_str(&format!(": {told}"));
    }
    text
}

/// Gives the time from the first claim to the end.
pub(crate) fn took(run: &RunRow) -> Option<Duration> {
    Some(run.completed_at?.since(run.started_at?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_told_in_at_most_two_units() {
        let told =
            [0, 850, 1_250, 12_900, 83_000, 7_260_000, 93_600_000].map(|ms| span(Duration::from_millis(ms)));
        assert_eq!(told, ["0 ms", "850 ms", "1.2 s", "12 s", "1 min 23 s", "2 h 1 min", "1 d 2 h"]);
    }

    #[test]
    fn counts_tell_what_is_not_plain_from_the_total() {
        let all = SummaryCounts::default()
            .with(CountKey::Total, 5)
            .with(CountKey::Processed, 5)
            .with(CountKey::Succeeded, 5);
        assert_eq!(
            counts(&all.with(CountKey::Created, 0).with(CountKey::Unchanged, 5)),
            "5 total, 5 unchanged"
        );
        assert_eq!(
            counts(&all.with(CountKey::Succeeded, 4).with(CountKey::Failed, 1)),
            "5 total, 4 succeeded, 1 failed"
        );
        assert_eq!(counts(&SummaryCounts::default()), "");
    }

    #[test]
    fn an_age_is_told_in_one_unit_and_never_in_the_future() {
        let now = Ts::from_micros(1_800_000_000_000_000);
        let told = [1, 59, 3599, 86_399, 86_400].map(|s| ago(now.minus(Duration::from_secs(s)), now));
        assert_eq!(told, ["just now", "59 s ago", "59 min ago", "23 h ago", "1 d ago"]);
        assert_eq!(ago(now.plus(Duration::from_secs(60)), now), "just now");
    }
}
