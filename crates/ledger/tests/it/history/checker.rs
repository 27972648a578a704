//! Judges a history: the first thing that is wrong with each promise.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{Finished, Outcome, RunId, RunStatus};
use serde_json::json;

use super::{Answer, Call, Counted, Done, History};
use crate::audit::Kept;

/// A broken promise and how it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) property: &'static str,
    pub(super) what: String,
}

type Judge = fn(&History) -> Option<String>;

/// The promises that a history can show, by the names that the documents give them.
pub(super) const JUDGES: [(&str, Judge); 16] = [
    ("P1", one_open_run_each),
    ("P2", no_run_within_a_cooldown),
    ("P3", starts_name_a_run_that_stands),
    ("P4", fences_are_handed_out_once),
    ("P5", runs_end_once),
    ("P6", the_accepted_attempt_is_stored),
    ("P7", notices_are_there_once),
    ("P8", columns_agree),
    ("P9", handlers_have_a_claim),
    ("P10", sessions_never_revive),
    ("P11", limits_hold),
    ("P12", attempts_are_bounded),
    ("P13", nothing_is_left),
    ("P14", nothing_needed_is_pruned),
    ("P15", no_text_holds_a_secret),
    ("P16", nobody_sees_another_scope),
];

/// Gives everything that is wrong.
pub(super) fn check(history: &History) -> Vec<Violation> {
    let judged = JUDGES.iter().filter_map(|(property, judge)| Some((*property, judge(history)?)));
    judged.map(|(property, what)| Violation { property, what }).collect()
}

fn rows(history: &History) -> BTreeMap<RunId, &Kept> {
    history.kept.iter().map(|row| (row.id, row)).collect()
}

/// The runs of each identity, in the order in which they were asked for.
fn by_identity(history: &History) -> Vec<Vec<&Kept>> {
    let mut groups: BTreeMap<_, Vec<&Kept>> = BTreeMap::new();
    for row in &history.kept {
        groups.entry((row.scope, row.identity.clone())).or_default().push(row);
    }
    groups.into_values().collect()
}

fn one_open_run_each(history: &History) -> Option<String> {
    let twice = by_identity(history)
        .into_iter()
        .find(|runs| runs.iter().filter(|run| run.dedupe_open).count() > 1)?;
    Some(format!(
        "open at once: {:?}",
        twice.iter().filter(|run| run.dedupe_open).map(|run| run.id).collect::<Vec<_>>()
    ))
}

fn no_run_within_a_cooldown(history: &History) -> Option<String> {
    for mut runs in by_identity(history) {
        runs.retain(|run| run.started_at.is_some());
        runs.sort_by_key(|run| run.started_at);
        for pair in runs.windows(2) {
            let (last, next) = (pair[0], pair[1]);
            if last.completed_at.is_none() || next.started_at < last.reuse_until {
                return Some(format!("{} began before {} had ended and cooled", next.id, last.id));
            }
            let cooled = last.reuse_until > last.completed_at;
            if cooled && Some(next.created_at) < last.reuse_until {
                return Some(format!("{} was made while {} cooled", next.id, last.id));
            }
        }
    }
    None
}

fn starts_name_a_run_that_stands(history: &History) -> Option<String> {
    let rows = rows(history);
    let pruned: BTreeSet<_> = history.calls.iter().filter_map(pruned).collect();
    let mut made: BTreeMap<RunId, &Call> = BTreeMap::new();
    let mut ended: BTreeMap<RunId, u64> = BTreeMap::new();
    for call in &history.calls {
        match &call.deed {
            Done::Started { run, answer: Answer::New, .. } if made.insert(*run, call).is_some() => {
                return Some(format!("{run} was made twice"));
            }
            Done::Finished { run, answer: Finished::Done, .. } => {
                let to = ended.entry(*run).or_insert(call.to);
                *to = call.to.min(*to);
            }
            _ => {}
        }
    }
    for call in &history.calls {
        let Done::Started { run, answer, work, scope } = &call.deed else { continue };
        if *answer == Answer::Nothing {
            return Some(format!("a start of {work} was answered without a run"));
        }
        let Some(row) = rows.get(run) else {
            if pruned.contains(run) {
                continue;
            }
            return Some(format!("{run} is nowhere"));
        };
        if made.get(run).is_some_and(|maker| maker.from > call.to) {
            return Some(format!("{run} was answered before it was asked for"));
        }
        let closed_at_once = row.completed_at == row.reuse_until;
        if closed_at_once && *answer != Answer::New && ended.get(run).is_some_and(|end| *end < call.from) {
            return Some(format!("{run} was answered after it had ended and closed"));
        }
        let replaced = history.calls.iter().any(|other| {
            let Done::Started { run: newer, answer: Answer::New, work: of, scope: at } = &other.deed else {
                return false;
            };
            let after = made.get(run).is_some_and(|maker| maker.to < other.from);
            of == work && at == scope && newer != run && after && other.to < call.from
        });
        if replaced {
            return Some(format!("{run} was answered after another had taken its place"));
        }
    }
    None
}

fn fences_are_handed_out_once(history: &History) -> Option<String> {
    let mut claims: BTreeMap<RunId, Vec<(&Call, i64)>> = BTreeMap::new();
    for call in &history.calls {
        if let Done::Claimed { run, fence } = call.deed {
            claims.entry(run).or_default().push((call, fence));
        }
    }
    for (run, claims) in claims {
        for (at, (early, low)) in claims.iter().enumerate() {
            for (late, high) in &claims[at + 1..] {
                let ordered = early.to < late.from && low >= high || late.to < early.from && high >= low;
                if low == high || ordered {
                    return Some(format!("{run} was claimed under {low} and {high}"));
                }
            }
        }
    }
    None
}

fn runs_end_once(history: &History) -> Option<String> {
    let rows = rows(history);
    let mut by: BTreeMap<RunId, i64> = BTreeMap::new();
    for call in &history.calls {
        let Done::Finished { run, fence, answer: Finished::Done, .. } = call.deed else { continue };
        if by.insert(run, fence).is_some_and(|other| other != fence) {
            return Some(format!("{run} was ended by two attempts"));
        }
        let newer = history.calls.iter().any(|other| {
            matches!(other.deed, Done::Claimed { run: of, fence: above } if of == run && above > fence && other.to < call.from)
        });
        if newer {
            return Some(format!("{run} was ended by a claim that another had replaced"));
        }
        if rows.get(&run).is_some_and(|row| row.status != RunStatus::Completed) {
            return Some(format!("{run} was ended and is not"));
        }
    }
    None
}

fn the_accepted_attempt_is_stored(history: &History) -> Option<String> {
    let rows = rows(history);
    history.calls.iter().find_map(|call| {
        let Done::Finished { run, outcome, processed, fence, answer: Finished::Done } = call.deed else { return None };
        let row = rows.get(&run)?;
        let stored = row.outcome == outcome && row.counts.get("processed") == Some(&json!(processed)) && row.fence == fence;
        // A resend after the run ended by giving it back is answered as done, and nothing more is claimed.
        let ended_otherwise = history.calls.iter().any(|other| {
            matches!(other.deed, Done::GaveBack { run: of, fence: under, .. } if of == run && under == fence && other.to < call.from)
        });
        (!stored && !ended_otherwise).then(|| format!("{run} does not hold what attempt {fence} sent: {row:?}"))
    })
}

fn notices_are_there_once(history: &History) -> Option<String> {
    history.kept.iter().find_map(|row| {
        let wanted = i64::from(row.by_a_user);
        let ended = if row.status == RunStatus::Completed { wanted } else { 0 };
        let found = (row.queued_notes, row.terminal_notes);
        (found != (wanted, ended)).then(|| format!("{} has {found:?} notices", row.id))
    })
}

fn columns_agree(history: &History) -> Option<String> {
    history.kept.iter().find_map(|row| {
        let completed = row.status == RunStatus::Completed;
        let agree = completed == (row.outcome != Outcome::Pending)
            && completed == row.completed_at.is_some()
            && (completed || (row.dedupe_open && row.reuse_until.is_none()))
            && (row.status == RunStatus::Running) == row.session.is_some()
            && (row.attempt == 0 || row.claimed_at.is_some());
        (!agree).then(|| format!("{row:?}"))
    })
}

fn handlers_have_a_claim(history: &History) -> Option<String> {
    let mut claimed: BTreeMap<(RunId, i64), u64> = BTreeMap::new();
    for call in &history.calls {
        if let Done::Claimed { run, fence } = call.deed {
            claimed.insert((run, fence), call.to);
        }
    }
    let mut handled = BTreeSet::new();
    history.calls.iter().find_map(|call| {
        let Done::Handled { run, fence } = call.deed else { return None };
        let first = handled.insert((run, fence));
        let after = claimed.get(&(run, fence)).is_some_and(|to| *to < call.from);
        (!first || !after)
            .then(|| format!("the handler of {run} under {fence} began without a claim of its own"))
    })
}

fn sessions_never_revive(history: &History) -> Option<String> {
    let mut dead: BTreeMap<i64, u64> = BTreeMap::new();
    for call in &history.calls {
        if let Done::Beat { session, alive: false } = call.deed {
            let to = dead.entry(session).or_insert(call.to);
            *to = call.to.min(*to);
        }
    }
    history.calls.iter().find_map(|call| {
        let Done::Beat { session, alive: true } = call.deed else { return None };
        dead.get(&session)
            .is_some_and(|died| *died < call.from)
            .then(|| format!("session {session} came back"))
    })
}

/// Counts what certainly ran at once: from the answer of a claim to the beginning of whatever ended it.
fn limits_hold(history: &History) -> Option<String> {
    let (scope, limit) = history.limit?;
    let rows = rows(history);
    let mut edges = Vec::new();
    for call in &history.calls {
        let Done::Claimed { run, fence } = call.deed else { continue };
        if rows.get(&run).is_none_or(|row| row.scope != scope) {
            continue;
        }
        let ends = history.calls.iter().filter(|other| other.to > call.from).filter_map(|other| match other
            .deed
        {
            Done::Finished { run: of, fence: under, .. } | Done::GaveBack { run: of, fence: under, .. }
                if of == run && under == fence =>
            {
                Some(other.from)
            }
            Done::TakenOver { run: of } if of == run => Some(other.from),
            _ => None,
        });
        let end = ends.min().unwrap_or(u64::MAX);
        if call.to < end {
            edges.push((call.to, 1_i64));
            edges.push((end, -1));
        }
    }
    edges.sort_unstable();
    let mut running = 0;
    edges.into_iter().find_map(|(at, step)| {
        running += step;
        (running > i64::try_from(limit).ok()?).then(|| format!("{running} ran at once at {at}, {limit} may"))
    })
}

fn attempts_are_bounded(history: &History) -> Option<String> {
    let count = |run: RunId, what: fn(&Done) -> Option<RunId>| {
        history.calls.iter().filter(|call| what(&call.deed) == Some(run)).count()
    };
    history.kept.iter().find_map(|row| {
        let claims = count(row.id, |deed| match deed {
            Done::Claimed { run, .. } => Some(*run),
            _ => None,
        });
        let released = count(row.id, |deed| match deed {
            Done::GaveBack { run, counted: Counted::No, .. } => Some(*run),
            _ => None,
        });
        let allowed = usize::try_from(row.max_attempts).unwrap_or(0) + released;
        (row.attempt > row.max_attempts || claims > allowed).then(|| {
            format!("{} had {claims} claims and {} of {} attempts", row.id, row.attempt, row.max_attempts)
        })
    })
}

fn nothing_is_left(history: &History) -> Option<String> {
    let left = history.kept.iter().find(|row| row.status != RunStatus::Completed)?;
    history.drained.then(|| format!("{} is still {}", left.id, left.status))
}

fn nothing_needed_is_pruned(history: &History) -> Option<String> {
    history.calls.iter().find_map(|call| match call.deed {
        Done::Pruned { run, status, cooling } if cooling || status != RunStatus::Completed => {
            Some(format!("{run} was pruned though it was {status}"))
        }
        _ => None,
    })
}

fn no_text_holds_a_secret(history: &History) -> Option<String> {
    let said = history.calls.iter().filter_map(|call| match &call.deed {
        Done::Said(text) => Some(text.clone()),
        _ => None,
    });
    let stored = history.kept.iter().map(|row| format!("{}{}", row.counts, row.failures));
    let texts: Vec<_> = said.chain(stored).collect();
    let leak =
        history.secrets.iter().find(|secret| texts.iter().any(|text| text.contains(secret.as_str())))?;
    Some(format!("{leak} can be read"))
}

fn nobody_sees_another_scope(history: &History) -> Option<String> {
    let rows = rows(history);
    history.calls.iter().find_map(|call| {
        let (Done::Started { scope, run, .. } | Done::Listed { scope, run }) = &call.deed else {
            return None;
        };
        let row = rows.get(run)?;
        (row.scope != *scope).then(|| format!("{run} was named to a stranger"))
    })
}

fn pruned(call: &Call) -> Option<RunId> {
    match call.deed {
        Done::Pruned { run, .. } => Some(run),
        _ => None,
    }
}
