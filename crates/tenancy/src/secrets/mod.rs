//! Secrets at rest: sealed under a master key that is not in the database.
//!
//! A sealed secret is `version (1) | key id (8) | nonce (24) | ciphertext and tag`. The tenant and the name
//! of the secret are authenticated with it, so that a row copied to another tenant does not open there.

mod master_key;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

pub use master_key::{MasterKey, MasterKeyError};

const VERSION: u8 = 1;
const KEY_ID_LENGTH: usize = 8;
const NONCE_LENGTH: usize = 24;
const HEADER_LENGTH: usize = 1 + KEY_ID_LENGTH + NONCE_LENGTH;

/// Why a secret could not be sealed or opened; never says anything about its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    /// The record is not one of ours, or is cut.
    #[error("failed to read a sealed secret: it is damaged or of a newer version")]
    Record,
    /// The record was sealed under another master key.
    #[error("failed to open a sealed secret: it was sealed under another master key")]
    OtherKey,
    /// The record does not belong to this tenant and name, or was changed.
    #[error("failed to open a sealed secret: it was changed, or belongs elsewhere")]
    Changed,
    /// The cipher refused.
    #[error("failed to seal a secret")]
    Seal,
}

/// Seals a secret for one tenant and name.
///
/// # Errors
/// [`SealError::Seal`] if the cipher or the random source refuses.
pub fn seal(key: &MasterKey, tenant: Uuid, name: &str, secret: &SecretString) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0; NONCE_LENGTH];
    random(&mut nonce).map_err(|_| SealError::Seal)?;
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    let bound = bound(tenant, name);
    let payload = Payload { msg: secret.expose_secret().as_bytes(), aad: &bound };
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Seal)?;
    let mut record = Vec::with_capacity(HEADER_LENGTH + sealed.len());
    record.push(VERSION);
    record.extend_from_slice(&key.id());
    record.extend_from_slice(&nonce);
    record.extend_from_slice(&sealed);
    Ok(record)
}

/// Opens a secret that was sealed for this tenant and name.
///
/// # Errors
/// [`SealError::OtherKey`] if the master key is not the one it was sealed under; [`SealError::Changed`] if it was tampered with.
pub fn open(key: &MasterKey, tenant: Uuid, name: &str, record: &[u8]) -> Result<SecretString, SealError> {
    let (header, sealed) = record.split_at_checked(HEADER_LENGTH).ok_or(SealError::Record)?;
    let (version, rest) = header.split_first().ok_or(SealError::Record)?;
    let (key_id, nonce) = rest.split_at(KEY_ID_LENGTH);
    if *version != VERSION {
        return Err(SealError::Record);
    }
    if key_id != key.id() {
        return Err(SealError::OtherKey);
    }
    let nonce: [u8; NONCE_LENGTH] = nonce.try_into().map_err(|_| SealError::Record)?;
    let cipher = XChaCha20Poly1305::new(key.bytes().into());
    let payload = Payload { msg: sealed, aad: &bound(tenant, name) };
    let opened = cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| SealError::Changed)?;
    String::from_utf8(opened).map(SecretString::from).map_err(|_| SealError::Changed)
}

/// Fills `bytes` from the machine's random source.
pub(crate) fn random(bytes: &mut [u8]) -> Result<(), getrandom::Error> {
    #[expect(clippy::disallowed_methods, reason = "keys and nonces are made here")]
    getrandom::fill(bytes)
}

fn bound(tenant: Uuid, name: &str) -> Vec<u8> {
    let mut bound = tenant.as_bytes().to_vec();
    bound.push(0);
    bound.extend_from_slice(name.as_bytes());
    bound
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    #[test]
    fn a_sealed_secret_opens_only_under_its_key_for_its_tenant_and_name() {
        let key = MasterKey::from_bytes([7; 32]);
        let secret = SecretString::from("correct horse");
        let record = seal(&key, tenant(1), "client_secret", &secret).expect("it can be sealed");
        assert!(!record.windows(5).any(|w| w == b"horse"));
        let opened = open(&key, tenant(1), "client_secret", &record).expect("it opens");
        assert_eq!(opened.expose_secret(), "correct horse");
        let error = |tenant, name, key: &MasterKey, record: &[u8]| {
            open(key, tenant, name, record).map(|_| ()).expect_err("it must not open")
        };
        assert_eq!(error(tenant(2), "client_secret", &key, &record), SealError::Changed);
        assert_eq!(error(tenant(1), "other", &key, &record), SealError::Changed);
        assert_eq!(
            error(tenant(1), "client_secret", &MasterKey::from_bytes([8; 32]), &record),
            SealError::OtherKey
        );
        for cut in 0..record.len() {
            open(&key, tenant(1), "client_secret", &record[..cut]).expect_err("a cut record does not open");
        }
        for flip in 0..record.len() {
            let mut changed = record.clone();
            changed[flip] ^= 1;
            open(&key, tenant(1), "client_secret", &changed).expect_err("a changed record does not open");
        }
    }

    #[test]
    fn two_seals_of_one_secret_differ() {
        let key = MasterKey::from_bytes([7; 32]);
        let secret = SecretString::from("same");
        let one = seal(&key, tenant(1), "client_secret", &secret).expect("it can be sealed");
        let two = seal(&key, tenant(1), "client_secret", &secret).expect("it can be sealed");
        assert_ne!(one, two);
    }
}
