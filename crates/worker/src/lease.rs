//! How long this process may count the runs of a session as its own.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// The part of a lease that is not counted on, one in so many: what is under way at its end needs time to stop.
const MARGIN: u32 = 10;

/// The side that beats.
#[derive(Debug)]
pub(crate) struct Holding {
    length: Duration,
    until: watch::Sender<Instant>,
}

/// The side that works under it.
#[derive(Clone, Debug)]
pub(crate) struct Lease(watch::Receiver<Instant>);

impl Holding {
    /// Begins to hold a session that was asked for at `asked`.
    pub(crate) fn since(asked: Instant, length: Duration) -> (Self, Lease) {
        let (until, lease) = watch::channel(asked + counted(length));
        (Self { length, until }, Lease(lease))
    }

    /// Gives the whole length of the lease, which the database is asked for.
    pub(crate) fn length(&self) -> Duration {
        self.length
    }

    /// Says when the lease ends unless it is renewed.
    pub(crate) fn until(&self) -> Instant {
        *self.until.borrow()
    }

    /// Holds on by a beat that was sent at `asked`; `false` when its answer came too late.
    ///
    /// A lease that has ended never comes back, since work may have seen its end.
    pub(crate) fn renew(&self, asked: Instant) -> bool {
        self.until.send_if_modified(|until| {
            let holds = Instant::now() < *until;
            if holds {
                *until = asked + counted(self.length);
            }
            holds
        })
    }

    /// Ends the lease now.
    pub(crate) fn end(&self) {
        self.until.send_modify(|until| *until = Instant::now().min(*until));
    }
}

impl Lease {
    /// Gives how much of the lease is left; zero when it has ended.
    pub(crate) fn left(&self) -> Duration {
        let until = self.0.borrow();
        // The clock is read while the end cannot be moved, so that no renewal comes after a seen end.
        until.saturating_duration_since(Instant::now())
    }

    /// Says whether the lease holds.
    pub(crate) fn holds(&self) -> bool {
        !self.left().is_zero()
    }

    /// Waits for the end of the lease; by the clock alone, should nobody beat any more.
    pub(crate) async fn ended(&self) {
        let mut until = self.0.clone();
        while self.holds() {
            let at = *until.borrow_and_update();
            tokio::select! {
                () = tokio::time::sleep_until(at) => {}
                changed = until.changed() => {
                    if changed.is_err() {
                        tokio::time::sleep_until(at).await;
                    }
                }
            }
        }
    }
}

fn counted(length: Duration) -> Duration {
    length - length / MARGIN
}

#[cfg(test)]
mod tests {
    use super::*;

    const LENGTH: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_counted_from_before_it_was_asked_for_and_ends_before_the_database_says_so() {
        let asked = Instant::now();
        tokio::time::advance(Duration::from_secs(5)).await;
        let (holding, lease) = Holding::since(asked, LENGTH);
        assert_eq!(lease.left(), Duration::from_secs(22));
        let beat = Instant::now();
        tokio::time::advance(Duration::from_secs(10)).await;
        assert!(holding.renew(beat));
        assert_eq!(lease.left(), Duration::from_secs(17));
        lease.ended().await;
        assert_eq!(Instant::now(), beat + Duration::from_secs(27));
    }

    #[tokio::test(start_paused = true)]
    async fn a_beat_that_is_answered_after_the_end_renews_nothing() {
        let (holding, lease) = Holding::since(Instant::now(), LENGTH);
        let beat = Instant::now();
        tokio::time::advance(Duration::from_secs(27)).await;
        assert!(!holding.renew(beat + Duration::from_secs(26)));
        assert!(!lease.holds());
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_that_nobody_renews_ends_by_the_clock() {
        let (holding, lease) = Holding::since(Instant::now(), LENGTH);
        let began = Instant::now();
        drop(holding);
        assert!(lease.holds());
        lease.ended().await;
        assert_eq!(began.elapsed(), Duration::from_secs(27));
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_that_is_lost_ends_the_lease_at_once() {
        let (holding, lease) = Holding::since(Instant::now(), LENGTH);
        let began = Instant::now();
        let waiting = tokio::spawn(async move { lease.ended().await });
        tokio::task::yield_now().await;
        holding.end();
        waiting.await.expect("it does not panic");
        assert_eq!(began.elapsed(), Duration::ZERO);
    }
}
