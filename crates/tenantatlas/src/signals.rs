//! Being told to stop by the system.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// The exit code of a process that was told twice to stop, as shells count it for SIGINT.
const TOLD_TWICE: i32 = 130;

/// Gives a token that is cancelled by SIGINT or SIGTERM; a second signal ends the process on the spot.
///
/// # Errors
/// What the system says if it does not let the process listen.
pub(crate) fn stop_token() -> io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let told = token.clone();
    tokio::spawn(async move {
        for time in 0.. {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            if time > 0 {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "asked twice, nobody waits for good order; leases of runs under way end by themselves"
                )]
                std::process::exit(TOLD_TWICE);
            }
            told.cancel();
        }
    });
    Ok(token)
}
