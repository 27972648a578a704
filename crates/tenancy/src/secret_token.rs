//! Secrets that we hand out once and keep only as a hash: session references, invitations, set-up and API tokens.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

/// The random bytes in a secret: 256 bits.
const SECRET_LENGTH: usize = 32;

/// The characters of a secret as it is handed out.
pub(crate) const TEXT_LENGTH: usize = 43;

/// A secret of 256 random bits; never printed, wiped from memory when dropped.
#[derive(Clone)]
pub struct SecretToken(SecretString);

/// The machine gave no random bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("failed to make a secret: the machine gives no random bytes")]
pub struct RandomError;

impl SecretToken {
    /// Makes a new secret.
    pub(crate) fn random() -> Result<Self, RandomError> {
        Ok(Self::from_text(URL_SAFE_NO_PAD.encode(random_bytes()?)))
    }

    pub(crate) fn from_text(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// Gives the text, to be shown or sent exactly once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// Gives what is kept instead of the secret.
    pub(crate) fn hash(&self) -> [u8; 32] {
        hash_of(self.reveal())
    }
}

impl fmt::Debug for SecretToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretToken(…)")
    }
}

/// Hashes a secret that was sent to us. One round is enough: 256 random bits cannot be guessed.
pub(crate) fn hash_of(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

/// Says whether a text could be one of our secrets, so that nothing else reaches the database.
pub(crate) fn is_well_formed(text: &str) -> bool {
    text.len() == TEXT_LENGTH && text.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'-' || c == b'_')
}

/// Draws 256 random bits.
pub(crate) fn random_bytes() -> Result<[u8; SECRET_LENGTH], RandomError> {
    let mut bytes = [0; SECRET_LENGTH];
    crate::secrets::random(&mut bytes).map_err(|_| RandomError)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_secrets_differ_and_neither_is_printed() {
        let (one, two) = (SecretToken::random().expect("a secret"), SecretToken::random().expect("a secret"));
        assert_ne!(one.reveal(), two.reveal());
        assert!(is_well_formed(one.reveal()) && is_well_formed(two.reveal()));
        assert_eq!(format!("{one:?}"), "SecretToken(…)");
        for bad in ["", "short", &"=".repeat(TEXT_LENGTH), &"ä".repeat(TEXT_LENGTH)] {
            assert!(!is_well_formed(bad), "{bad}");
        }
    }
}
