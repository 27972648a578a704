//! How fast a tenant is asked.
//!
//! A *gate* belongs to one tenant. It lets a bounded number of requests through at once, keeps each
//! throttle family (services that Graph meters together) within its budget, and holds a family back
//! as long as Graph asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contract::ThrottleFamily;
use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::budget::Budget;
use crate::cancel::Cancel;
use crate::error::GraphError;

/// How urgent a request is, for us and for Graph.
///
/// Source: <https://learn.microsoft.com/graph/throttling>, `x-ms-throttle-priority`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Priority {
    /// Nobody waits for it: one place of the tenant is kept free of such requests.
    Low,
    /// Ordinary work.
    #[default]
    Normal,
    /// A person waits for it: a place of its own beside those of the tenant.
    High,
}

impl Priority {
    /// Returns the word that Graph knows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }
}

/// A throttle family as the gate sees it, with the least time between two of its requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lane {
    pub(crate) family: ThrottleFamily,
    pub(crate) interval: Duration,
}

/// Whether requests are counted against Microsoft's stated limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counting {
    Counted,
    Uncounted,
}

/// Lets the requests of one tenant through, at the pace that each throttle family bears.
#[derive(Debug)]
pub(crate) struct Gate {
    counting: Counting,
    places: Arc<Semaphore>,
    /// Those of the places that work nobody waits for may take.
    low_places: Arc<Semaphore>,
    high_place: Arc<Semaphore>,
    families: Mutex<HashMap<ThrottleFamily, Arc<Pacer>>>,
}

/// A request that is under way, until it drops.
#[derive(Debug)]
pub(crate) struct Permit {
    _place: OwnedSemaphorePermit,
    _low: Option<OwnedSemaphorePermit>,
}

/// The pace of one throttle family of one tenant.
#[derive(Debug)]
struct Pacer {
    /// Held by the request whose turn is next, so that turns come in order.
    turn: AsyncMutex<()>,
    state: Mutex<Pace>,
}

#[derive(Debug)]
struct Pace {
    next_at: Instant,
    budgets: Vec<Budget>,
}

impl Gate {
    /// Makes a gate that lets `concurrency` requests through at once, at least one.
    pub(crate) fn new(concurrency: usize, counting: Counting) -> Self {
        let places = concurrency.max(1);
        Self {
            counting,
            places: Arc::new(Semaphore::new(places)),
            low_places: Arc::new(Semaphore::new((places - 1).max(1))),
            high_place: Arc::new(Semaphore::new(1)),
            families: Mutex::default(),
        }
    }

    /// Waits until a request of this family may go; it counts as under way until the permit drops.
    pub(crate) async fn pass(
        &self,
        lane: Lane,
        cost: u32,
        priority: Priority,
        cancel: &Cancel,
    ) -> Result<Permit, GraphError> {
        let pacer = self.pacer(lane);
        cancel
            .race(async {
                // An urgent request does not queue behind the others of its family.
                let _turn = if priority == Priority::High { None } else { Some(pacer.turn.lock().await) };
                loop {
                    pacer.wait(cost).await;
                    let permit = self.place(priority).await;
                    if pacer.take(lane, cost) {
                        return permit;
                    }
                }
            })
            .await
    }

    /// Waits until a part of a batch may go: its family's pace counts, a place of its own does not.
    pub(crate) async fn pass_in_batch(
        &self,
        lane: Lane,
        cost: u32,
        cancel: &Cancel,
    ) -> Result<(), GraphError> {
        let pacer = self.pacer(lane);
        cancel
            .race(async {
                let _turn = pacer.turn.lock().await;
                while !pacer.take(lane, cost) {
                    pacer.wait(cost).await;
                }
            })
            .await
    }

    /// Waits for a place among the requests that are under way at once.
    pub(crate) async fn place(&self, priority: Priority) -> Permit {
        let acquire = async |places: &Arc<Semaphore>| {
            Arc::clone(places).acquire_owned().await.expect("the semaphores of a gate are never closed")
        };
        match priority {
            Priority::Low => {
                let low = acquire(&self.low_places).await;
                Permit { _place: acquire(&self.places).await, _low: Some(low) }
            }
            Priority::Normal => Permit { _place: acquire(&self.places).await, _low: None },
            Priority::High => {
                let place = tokio::select! {
                    biased;
                    place = acquire(&self.places) => place,
                    place = acquire(&self.high_place) => place,
                };
                Permit { _place: place, _low: None }
            }
        }
    }

    /// Holds back every request of this family for a while, because Graph asked for it.
    pub(crate) fn hold(&self, lane: Lane, wait: Duration) {
        self.pacer(lane).with(|pace| pace.hold(wait));
    }

    /// Tells whether a family is still held back.
    pub(crate) fn is_holding(&self) -> bool {
        let families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        families.values().any(|pacer| pacer.with(|pace| pace.next_at) > Instant::now())
    }

    fn pacer(&self, lane: Lane) -> Arc<Pacer> {
        // A panic elsewhere cannot leave a map of pacers half written.
        let mut families = self.families.lock().unwrap_or_else(PoisonError::into_inner);
        let pacer = families.entry(lane.family).or_insert_with(|| {
            let now = Instant::now();
            let budgets = match self.counting {
                Counting::Counted => Budget::of(lane.family, now),
                Counting::Uncounted => Vec::new(),
            };
            let state = Mutex::new(Pace { next_at: now, budgets });
            Arc::new(Pacer { turn: AsyncMutex::new(()), state })
        });
        Arc::clone(pacer)
    }
}

impl Pacer {
    fn with<T>(&self, deed: impl FnOnce(&mut Pace) -> T) -> T {
        deed(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits for the next free moment, which may move away while we wait.
    async fn wait(&self, cost: u32) {
        loop {
            let free_at = self.with(|pace| pace.free_at(cost));
            if free_at <= Instant::now() {
                return;
            }
            tokio::time::sleep_until(free_at).await;
        }
    }

    /// Takes the present moment if it is still free.
    fn take(&self, lane: Lane, cost: u32) -> bool {
        self.with(|pace| {
            let now = Instant::now();
            if pace.free_at(cost) > now {
                return false;
            }
            pace.hold(lane.interval);
            for budget in &mut pace.budgets {
                budget.spend(cost, now);
            }
            true
        })
    }
}

impl Pace {
    fn hold(&mut self, wait: Duration) {
        self.next_at = self.next_at.max(Instant::now() + wait);
    }

    fn free_at(&mut self, cost: u32) -> Instant {
        let now = Instant::now();
        let budgets = self.budgets.iter_mut().map(|budget| budget.free_at(cost, now));
        budgets.fold(self.next_at, Instant::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SLOW: Lane = Lane { family: ThrottleFamily::ConditionalAccess, interval: Duration::from_secs(1) };
    const FREE: Lane = Lane { family: ThrottleFamily::IntuneDefault, interval: Duration::ZERO };

    async fn pass(gate: &Gate, lane: Lane, priority: Priority) -> Permit {
        gate.pass(lane, 1, priority, &Cancel::new()).await.unwrap()
    }

    async fn is_full(gate: &Gate, priority: Priority) -> bool {
        let pass = pass(gate, FREE, priority);
        tokio::time::timeout(Duration::from_secs(9), pass).await.is_err()
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_family_is_asked_once_per_interval_and_others_do_not_wait() {
        let gate = Gate::new(4, Counting::Counted);
        let start = Instant::now();
        for priority in [Priority::Normal, Priority::High, Priority::Low] {
            drop(pass(&gate, SLOW, priority).await);
        }
        assert_eq!(start.elapsed().as_secs(), 2);
        drop(pass(&gate, FREE, Priority::Normal).await);
        assert_eq!(start.elapsed().as_secs(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_held_family_lets_nobody_through_before_its_time() {
        let gate = Gate::new(4, Counting::Uncounted);
        gate.hold(FREE, Duration::from_secs(30));
        gate.hold(FREE, Duration::from_secs(5));
        let start = Instant::now();
        let wait = || pass(&gate, FREE, Priority::High);
        let (one, two) = tokio::join!(wait(), wait());
        drop((one, two));
        gate.pass_in_batch(FREE, 1, &Cancel::new()).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn no_more_requests_than_allowed_are_under_way() {
        let gate = Gate::new(2, Counting::Uncounted);
        let first = pass(&gate, FREE, Priority::Normal).await;
        let _second = pass(&gate, FREE, Priority::Normal).await;
        assert!(is_full(&gate, Priority::Normal).await, "a third request waits for a place");
        drop(first);
        assert!(!is_full(&gate, Priority::Normal).await);
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_person_waits_for_finds_a_place_and_the_rest_leaves_one() {
        let gate = Gate::new(2, Counting::Uncounted);
        let low = pass(&gate, FREE, Priority::Low).await;
        assert!(is_full(&gate, Priority::Low).await, "the last place is not for low priority");
        let _normal = pass(&gate, FREE, Priority::Normal).await;
        assert!(is_full(&gate, Priority::Normal).await);
        let high = pass(&gate, FREE, Priority::High).await;
        assert!(is_full(&gate, Priority::High).await, "there is one such place");
        drop((low, high));
    }

    #[tokio::test(start_paused = true)]
    async fn a_family_stays_within_its_budget_and_leaves_others_theirs() {
        let gate = Gate::new(4, Counting::Counted);
        let other = Lane { family: ThrottleFamily::IntuneDevices, interval: Duration::ZERO };
        let start = Instant::now();
        for _ in 0..1_000 {
            gate.pass_in_batch(FREE, 1, &Cancel::new()).await.unwrap();
        }
        assert_eq!(start.elapsed(), Duration::ZERO, "what Microsoft allows goes at once");
        drop(pass(&gate, other, Priority::Normal).await);
        assert_eq!(start.elapsed(), Duration::ZERO);
        drop(pass(&gate, FREE, Priority::Normal).await);
        assert!(start.elapsed() >= Duration::from_secs(20), "the next one waits for the span to pass");
    }

    #[tokio::test(start_paused = true)]
    async fn a_cancelled_wait_ends_at_once() {
        let gate = Gate::new(1, Counting::Uncounted);
        let cancel = Cancel::new();
        gate.hold(FREE, Duration::from_hours(1));
        let start = Instant::now();
        let (passed, ()) = tokio::join!(gate.pass(FREE, 1, Priority::Normal, &cancel), async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            cancel.cancel();
        });
        assert_eq!(passed.unwrap_err().code(), "graph.cancelled");
        assert_eq!(start.elapsed().as_secs(), 3);
    }
}
