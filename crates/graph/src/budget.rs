//! What one application may ask of one throttle family in a span of time.
//!
//! Microsoft states its limits as so many requests in so many seconds. The client counts its own
//! requests against them, so that a large reading is spread out instead of being refused in bursts.

use std::time::Duration;

use contract::{Allowance, Applies, ThrottleFamily};
use tokio::time::Instant;
use url::Url;

/// Parts that a span is counted in; the count forgets one part at a time.
const SLOTS: usize = 20;

/// The requests of the last span, against what is allowed in it.
#[derive(Debug)]
pub(crate) struct Budget {
    allowed: u32,
    slot: Duration,
    start: Instant,
    /// Number of the newest slot, counted from the start.
    newest: u64,
    spent: [u32; SLOTS],
}

impl Budget {
    /// Makes the budgets of a family for requests that only read.
    pub(crate) fn of(family: ThrottleFamily, now: Instant) -> Vec<Self> {
        let for_reads = |allowance: &&Allowance| allowance.applies != Applies::WritesPerApp;
        // Conditional Access is paced request by request, by an interval of its own.
        let paced = family == ThrottleFamily::ConditionalAccess;
        let allowances = family.allowances().iter().filter(for_reads).filter(|_| !paced);
        allowances.map(|allowance| Self::new(allowance.count, allowance.per, now)).collect()
    }

    fn new(allowed: u32, per: Duration, now: Instant) -> Self {
        // One slot less than there are: the oldest one still counts while the newest one fills.
        let slot = per / (u32::try_from(SLOTS).unwrap_or(u32::MAX) - 1);
        Self { allowed, slot, start: now, newest: 0, spent: [0; SLOTS] }
    }

    /// Returns when so much may be spent; now, or when enough of what was spent is forgotten.
    ///
    /// More than is allowed at all is let through as soon as nothing else is counted.
    pub(crate) fn free_at(&mut self, cost: u32, now: Instant) -> Instant {
        self.forget(now);
        let mut spent: u32 = self.spent.iter().sum();
        let oldest = (self.newest + 1).saturating_sub(SLOTS as u64);
        for number in oldest..=self.newest {
            if spent == 0 || spent + cost <= self.allowed {
                let gone = number - oldest;
                return if gone == 0 { now } else { self.end_of(number - 1) };
            }
            spent -= self.spent[Self::place(number)];
        }
        self.end_of(self.newest)
    }

    /// Counts what is spent now.
    pub(crate) fn spend(&mut self, cost: u32, now: Instant) {
        self.forget(now);
        self.spent[Self::place(self.newest)] += cost;
    }

    /// Returns when a slot is no longer counted.
    fn end_of(&self, number: u64) -> Instant {
        let slots = u32::try_from(number + SLOTS as u64).unwrap_or(u32::MAX);
        self.start + self.slot.saturating_mul(slots)
    }

    fn forget(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.start).as_nanos() / self.slot.as_nanos().max(1);
        let current = u64::try_from(passed).unwrap_or(u64::MAX);
        let steps = current.saturating_sub(self.newest).min(SLOTS as u64);
        for step in 1..=steps {
            self.spent[Self::place(current - steps + step)] = 0;
        }
        self.newest = self.newest.max(current);
    }

    fn place(number: u64) -> usize {
        usize::try_from(number % SLOTS as u64).unwrap_or_default()
    }
}

/// Returns what a read costs of its family: resource units for the directory, else 1.
///
/// Source: <https://learn.microsoft.com/graph/throttling-limits>, "Request throttling limits".
pub(crate) fn cost(family: ThrottleFamily, url: &Url) -> u32 {
    /// `$top` below this makes a read cheaper.
    const SMALL_PAGE: u32 = 20;
    if family != ThrottleFamily::Identity {
        return 1;
    }
    let path = url.path();
    let base: u32 = if path.ends_with("/transitiveMembers") {
        5
    } else if path.ends_with("/members") {
        3
    } else {
        1
    };
    let mut cost = base;
    for (name, value) in url.query_pairs() {
        match name.as_ref() {
            "$expand" => cost += 1,
            "$select" => cost -= u32::from(cost > 1),
            "$top" if value.parse().is_ok_and(|top: u32| top < SMALL_PAGE) => {
                cost -= u32::from(cost > 1);
            }
            _ => {}
        }
    }
    cost
}

#[cfg(test)]
mod tests {
    use super::*;

    const PER: Duration = Duration::from_secs(19);

    #[tokio::test(start_paused = true)]
    async fn no_span_ever_holds_more_than_is_allowed() {
        let start = Instant::now();
        let mut budget = Budget::new(50, PER, start);
        let mut now = start;
        let mut sent = Vec::new();
        for _ in 0..400 {
            now = now.max(budget.free_at(1, now));
            budget.spend(1, now);
            sent.push(now);
        }
        for (place, from) in sent.iter().enumerate() {
            let within = sent[place..].iter().take_while(|at| **at < *from + PER).count();
            assert!(within <= 50, "{within} requests within a span");
        }
        let whole = now.duration_since(start);
        assert!(whole <= PER * 9, "nearly all of the allowance is used: {whole:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_spent_long_ago_is_forgotten() {
        let start = Instant::now();
        let mut budget = Budget::new(2, PER, start);
        budget.spend(2, start);
        assert_eq!(budget.free_at(1, start).duration_since(start), Duration::from_secs(20));
        let later = start + Duration::from_hours(1);
        assert_eq!(budget.free_at(2, later), later);
        assert_eq!(budget.free_at(7, later), later, "more than is ever allowed goes alone");
    }

    #[test]
    fn a_read_of_the_directory_costs_what_microsoft_says() {
        let cost = |path: &str| {
            cost(ThrottleFamily::Identity, &Url::parse(&format!("https://x/v1.0{path}")).unwrap())
        };
        assert_eq!(cost("/groups"), 1);
        assert_eq!(cost("/groups/a/members"), 3);
        assert_eq!(cost("/groups/a/members?$select=id"), 2);
        assert_eq!(cost("/groups/a/transitiveMembers?$select=id&$top=5"), 3);
        assert_eq!(cost("/groups?$expand=owners"), 2);
        assert_eq!(cost("/groups?$select=id&$top=5"), 1);
    }
}
