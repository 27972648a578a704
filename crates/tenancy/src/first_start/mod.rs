//! The first start: a token that makes the first administrator, once.
//!
//! While nobody has an account, each start of the server prints a set-up token. Whoever has it makes the first
//! account, which administers the server and owns the default workspace. From then on there is no way in but
//! signing in: there is no default account and no default password.

mod complete;
mod offer;

use std::time::Duration;

pub use complete::{Complete, FirstStartError, complete};
pub use offer::{is_open, offer};

/// How long a set-up token is good; a restart prints another one.
pub const TOKEN_LIFE: Duration = Duration::from_secs(30 * 60);
