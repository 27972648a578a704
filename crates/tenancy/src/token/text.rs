//! What a token looks like: `tat_<id>_<secret><checksum>`.
//!
//! The prefix lets scanners find leaked ones; the id says which it is without giving it away; the checksum tells a
//! mistyped or cut one apart before the database is asked.

use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::{ApiTokenId, RandomError, SecretToken, secret_token};

/// What every token begins with.
pub const PREFIX: &str = "tat_";

/// The characters of an id: a uuid in hexadecimal digits.
const ID_LENGTH: usize = 32;

/// The hexadecimal digits of the checksum.
const CHECKSUM_LENGTH: usize = 8;

/// Makes a new token.
pub(super) fn make(id: ApiTokenId) -> Result<SecretToken, RandomError> {
    let secret = SecretToken::random()?;
    let body = format!("{PREFIX}{}_{}", id.as_uuid().simple(), secret.reveal());
    let checksum = checksum(&body);
    Ok(SecretToken::from_text(body + &checksum))
}

/// Reads the id of a token that was sent; `None` if it cannot be one of ours.
pub(super) fn id_of(text: &str) -> Option<ApiTokenId> {
    if !text.is_ascii() {
        return None;
    }
    let (body, sent) = text.split_at_checked(text.len().checked_sub(CHECKSUM_LENGTH)?)?;
    if checksum(body) != sent {
        return None;
    }
    let (id, secret) = body.strip_prefix(PREFIX)?.split_once('_')?;
    let canonical = id.len() == ID_LENGTH && !id.bytes().any(|c| c.is_ascii_uppercase());
    if !canonical || !secret_token::is_well_formed(secret) {
        return None;
    }
    Uuid::try_parse(id).ok().map(ApiTokenId::from_uuid)
}

fn checksum(body: &str) -> String {
    Sha256::digest(body.as_bytes())[..CHECKSUM_LENGTH / 2].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn k1_a_token_is_read_back_and_no_part_of_it_can_be_changed() {
        let id = ApiTokenId::from_uuid(Uuid::from_u128(0x0189_0000_0000_7000_8000_0000_0000_0001));
        let token = make(id).expect("a token");
        let text = token.reveal();
        assert_eq!(text.len(), PREFIX.len() + ID_LENGTH + 1 + secret_token::TEXT_LENGTH + CHECKSUM_LENGTH);
        assert_eq!(id_of(text), Some(id));
        for cut in 0..text.len() {
            assert_eq!(id_of(&text[..cut]), None, "cut at {cut}");
        }
        for at in 0..text.len() {
            let mut changed = text.to_owned().into_bytes();
            changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
            assert_eq!(id_of(&String::from_utf8(changed).expect("it is ascii")), None, "changed at {at}");
        }
        assert_eq!(id_of(&format!("{text}é")), None);
    }
}
