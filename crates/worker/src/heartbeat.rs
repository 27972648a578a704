//! Holding a session: one beat for all runs of it.

use ledger::{Ledger, SessionId};
use tokio::time::Instant;

use crate::active_run::Stop;
use crate::lease::Holding;
use crate::pause::spread;
use crate::signals::Signals;

/// Which part of a lease passes between two beats at most: two may be lost before it ends.
const BEATS_PER_LEASE: u32 = 3;

/// Which part of a lease passes before a beat that failed is sent again.
const TRIES_PER_LEASE: u32 = 15;

/// Beats until the lease is lost, then ends it; every run under it sees that.
pub(crate) async fn hold(ledger: Ledger, session: SessionId, holding: Holding, signals: Signals) {
    let (every, again) = (holding.length() / BEATS_PER_LEASE, holding.length() / TRIES_PER_LEASE);
    let mut pause = spread(every, (session, 0));
    let mut sent = 0_u64;
    loop {
        let until = holding.until();
        tokio::time::sleep_until((Instant::now() + pause).min(until)).await;
        let asked = Instant::now();
        if asked >= until {
            // Not sent: it would only keep others from the runs.
            break;
        }
        sent += 1;
        match tokio::time::timeout_at(until, ledger.beat(session, holding.length())).await {
            Ok(Ok(beat)) => {
                if !beat.alive || !holding.renew(asked) {
                    break;
                }
                for (_, run) in beat.cancelled {
                    signals.stop(run, Stop::Cancelled);
                }
                pause = spread(every, (session, sent));
            }
            Ok(Err(error)) => {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "a heartbeat failed; it is sent again while the lease holds");
                pause = spread(again, (session, sent));
            }
            Err(_) => break,
        }
    }
    holding.end();
    tracing::warn!("the worker's session is lost; its runs are stopped and will be taken over");
}
