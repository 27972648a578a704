//! Passwords: which are taken, and how they are hashed.

mod guessable;
mod hashing;
mod policy;

pub(crate) use hashing::Verdict;
pub use hashing::{HASHES_AT_ONCE, HashError, Hashing, MEMORY_KIB, PASSES, WAITING_MAX};
pub use policy::{LENGTH_ADVISED, LENGTH_MAX, LENGTH_MIN, PasswordProblem, check};
