//! Hashing with argon2id, a few at a time.
//!
//! A hash takes 19 MiB and tens of milliseconds of a core. Hashes run on blocking threads, two at once; a short
//! line waits behind them and everybody else is told to come back, so that a flood of sign-ins takes neither
//! memory nor the threads that serve everything else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::RandomError;

/// Memory per hash (OWASP Password Storage Cheat Sheet, argon2id: 19 MiB, 2 passes, 1 lane).
pub const MEMORY_KIB: u32 = 19 * 1024;

/// Passes over that memory.
pub const PASSES: u32 = 2;

/// Lanes; more would take more cores for one sign-in.
const LANES: u32 = 1;

/// The bytes of salt in a hash.
const SALT_LENGTH: usize = 16;

/// How many hashes run at once in this process.
pub const HASHES_AT_ONCE: usize = 2;

/// How many may wait for their turn; bounds the wait to about a second.
pub const WAITING_MAX: usize = 64;

/// The one place where passwords are hashed; clones share it.
#[derive(Clone, Debug)]
pub struct Hashing(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    running: Arc<Semaphore>,
    line: Arc<Semaphore>,
    done: AtomicU64,
}

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HashError {
    /// Too many wait already; it may be tried again in a second.
    #[error("too many people are signing in; try again in a moment")]
    Busy,
    /// There is no salt.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The hash could not be computed, or a stored one is damaged.
    #[error("failed to hash a password")]
    Compute,
}

impl Default for Hashing {
    fn default() -> Self {
        Self(Arc::new(Inner {
            running: Arc::new(Semaphore::new(HASHES_AT_ONCE)),
            line: Arc::new(Semaphore::new(HASHES_AT_ONCE + WAITING_MAX)),
            done: AtomicU64::new(0),
        }))
    }
}

impl Hashing {
    /// Gives the number of hashes computed so far; every attempt to sign in adds one, whatever its answer.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.done.load(Ordering::Relaxed)
    }

    /// Waits for a turn to compute one hash.
    ///
    /// # Errors
    /// [`HashError::Busy`] at once if the line is full.
    pub(crate) async fn turn(&self) -> Result<Turn, HashError> {
        let place = Arc::clone(&self.0.line).try_acquire_owned().map_err(|_| HashError::Busy)?;
        let running = Arc::clone(&self.0.running).acquire_owned().await.map_err(|_| HashError::Busy)?;
        Ok(Turn { hashing: self.clone(), permits: (place, running) })
    }

    /// Hashes a new password into its PHC form.
    ///
    /// # Errors
    /// [`HashError::Busy`] if too many wait already.
    pub(crate) async fn hash(&self, password: &SecretString) -> Result<String, HashError> {
        let password = password.clone();
        self.turn().await?.run(move || new_hash(&password)).await
    }
}

/// The right to compute one hash; given back when it is computed, even if nobody waits for it any more.
#[derive(Debug)]
pub(crate) struct Turn {
    hashing: Hashing,
    permits: (OwnedSemaphorePermit, OwnedSemaphorePermit),
}

/// What became of a password.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// It is the right one; a new hash comes along where the stored one has old parameters.
    Right { rehashed: Option<String> },
    /// It is not, or there was nothing to compare with.
    Wrong,
}

impl Turn {
    /// Compares a password with a stored hash; without one the same work is done for nothing.
    pub(crate) async fn verify(
        self,
        password: &SecretString,
        stored: Option<String>,
    ) -> Result<Verdict, HashError> {
        let password = password.clone();
        self.run(move || match stored {
            None => {
                waste(&password)?;
                Ok(Verdict::Wrong)
            }
            Some(stored) => compare(&password, &stored),
        })
        .await
    }

    async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let working = tokio::task::spawn_blocking(move || {
            let done = work();
            self.hashing.0.done.fetch_add(1, Ordering::Relaxed);
            drop(self.permits);
            done
        });
        working.await.map_err(|_| HashError::Compute)?
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .expect("the parameters are constants within the bounds of argon2");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn new_hash(password: &SecretString) -> Result<String, HashError> {
    let mut salt = [0; SALT_LENGTH];
    crate::secrets::random(&mut salt).map_err(|_| RandomError)?;
    let hash: PasswordHash = argon2()
        .hash_password_with_salt(password.expose_secret().as_bytes(), &salt)
        .map_err(|_| HashError::Compute)?;
    Ok(hash.to_string())
}

fn waste(password: &SecretString) -> Result<(), HashError> {
    let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
    argon2()
        .hash_password_into(password.expose_secret().as_bytes(), &[0; SALT_LENGTH], &mut out)
        .map_err(|_| HashError::Compute)
}

fn compare(password: &SecretString, stored: &str) -> Result<Verdict, HashError> {
    let hash = PasswordHash::new(stored).map_err(|_| HashError::Compute)?;
    match argon2().verify_password(password.expose_secret().as_bytes(), &hash) {
        Ok(()) if is_current(&hash) => Ok(Verdict::Right { rehashed: None }),
        Ok(()) => Ok(Verdict::Right { rehashed: Some(new_hash(password)?) }),
        Err(argon2::password_hash::Error::PasswordInvalid) => Ok(Verdict::Wrong),
        Err(_) => Err(HashError::Compute),
    }
}

fn is_current(hash: &PasswordHash) -> bool {
    let wanted = [("m", MEMORY_KIB), ("t", PASSES), ("p", LANES)];
    hash.algorithm.as_str() == "argon2id"
        && wanted.iter().all(|(name, value)| hash.params.get_decimal(*name) == Some(*value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        SecretString::from(text)
    }

    #[test]
    fn a1_the_parameters_stand_in_the_hash_and_are_those_of_owasp() {
        let hash = new_hash(&secret("a long enough secret")).expect("it is hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(hash, new_hash(&secret("a long enough secret")).expect("it is hashed"));
    }

    #[test]
    fn a1_an_older_hash_is_made_anew_when_its_password_is_given() {
        let cheap = Argon2::new(
            Algorithm::Argon2id,
            Version::V0x13,
            Params::new(1024, 1, 1, None).expect("valid parameters"),
        );
        let old: PasswordHash =
            cheap.hash_password_with_salt(b"a long enough secret", &[7; 16]).expect("it is hashed");
        let verdict = compare(&secret("a long enough secret"), &old.to_string()).expect("it is compared");
        let Verdict::Right { rehashed: Some(new) } = verdict else { panic!("{verdict:?}") };
        assert!(new.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        let again = compare(&secret("a long enough secret"), &new).expect("it is compared");
        assert!(matches!(again, Verdict::Right { rehashed: None }));
        assert!(matches!(compare(&secret("another"), &new), Ok(Verdict::Wrong)));
    }

    #[tokio::test]
    async fn a4_two_hashes_run_at_once_a_line_waits_and_the_rest_are_sent_away() {
        let hashing = Hashing::default();
        let one = hashing.turn().await.expect("the first has a turn");
        let two = hashing.turn().await.expect("the second has a turn");
        let waiting: Vec<_> = (0..WAITING_MAX)
            .map(|_| {
                let hashing = hashing.clone();
                tokio::spawn(async move { hashing.turn().await.map(drop) })
            })
            .collect();
        while hashing.0.line.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hashing.0.running.available_permits(), 0);
        assert!(matches!(hashing.turn().await, Err(HashError::Busy)));
        drop((one, two));
        for waiter in waiting {
            waiter.await.expect("it did not panic").expect("its turn came");
        }
        hashing.turn().await.expect("the line is open again");
    }
}
