//! Ids and secrets that follow from words, so that the same words give the same tenant.

use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

/// Derives a UUID of version 4's shape from words; the same words give the same id.
pub(crate) fn derived_id(words: &[&str]) -> Uuid {
    let digest = digest(words);
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    Builder::from_random_bytes(bytes).into_uuid()
}

/// Derives 64 hexadecimal digits from words, for values that must only look random.
pub(crate) fn derived_hex(words: &[&str]) -> String {
    hex::encode(digest(words))
}

/// Makes an id that no one will ask for again: of a request, of a token, of a secret's value.
#[expect(
    clippy::disallowed_methods,
    reason = "the simulated service has randomness of its own, apart from the product's"
)]
pub(crate) fn passing_id() -> Uuid {
    Uuid::new_v4()
}

fn digest(words: &[&str]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for word in words {
        // The length keeps ("ab", "c") apart from ("a", "bc").
        hasher.update((word.len() as u64).to_be_bytes());
        hasher.update(word.as_bytes());
    }
    hasher.finalize().into()
}
