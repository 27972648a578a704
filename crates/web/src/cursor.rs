//! Cursors: where a list goes on, signed so that nobody can point one where they like.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// How many bytes of the signature a cursor carries; guessing 128 bits is out of reach.
const SIGNATURE_LENGTH: usize = 16;

/// The longest cursor that is looked at, in characters.
const LENGTH_MAX: usize = 1024;

/// A cursor that this server did not make, or made for another list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the cursor was not made for this list")]
pub struct BadCursor;

/// Signs and checks cursors.
#[derive(Clone)]
pub struct Cursors([u8; 32]);

impl Cursors {
    /// Signs with a key of its own.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(key)
    }

    /// Writes a place as a cursor of one list; `list` names the list with its workspace and everything that bounds it.
    #[must_use]
    pub fn seal(&self, list: &str, place: &[u8]) -> String {
        let mut bytes = place.to_vec();
        bytes.extend_from_slice(&self.sign(list, place).finalize().into_bytes()[..SIGNATURE_LENGTH]);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Reads a cursor back.
    ///
    /// # Errors
    /// [`BadCursor`] if it was not made by [`Cursors::seal`] for the same list.
    pub fn open(&self, list: &str, cursor: &str) -> Result<Vec<u8>, BadCursor> {
        if cursor.len() > LENGTH_MAX {
            return Err(BadCursor);
        }
        let mut place = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| BadCursor)?;
        let cut = place.len().checked_sub(SIGNATURE_LENGTH).ok_or(BadCursor)?;
        let signature = place.split_off(cut);
        self.sign(list, &place).verify_truncated_left(&signature).map_err(|_| BadCursor)?;
        Ok(place)
    }

    fn sign(&self, list: &str, place: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length is taken");
        mac.update(b"cursor/1");
        // The length keeps the two apart: no list's name can run into a place.
        mac.update(&(list.len() as u64).to_be_bytes());
        mac.update(list.as_bytes());
        mac.update(place);
        mac
    }
}

impl std::fmt::Debug for Cursors {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cursors")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_where_it_was_made_and_nowhere_else() {
        let cursors = Cursors::new([7; 32]);
        let cursor = cursors.seal("operations/a", b"place");
        assert_eq!(cursors.open("operations/a", &cursor), Ok(b"place".to_vec()));
        assert_eq!(cursors.open("operations/b", &cursor), Err(BadCursor));
        assert_eq!(Cursors::new([8; 32]).open("operations/a", &cursor), Err(BadCursor));
    }

    #[test]
    fn a_cursor_with_any_bit_changed_is_refused() {
        let cursors = Cursors::new([7; 32]);
        let sealed = URL_SAFE_NO_PAD.decode(cursors.seal("list", b"1234")).expect("it is base64");
        for bit in 0..sealed.len() * 8 {
            let mut changed = sealed.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(cursors.open("list", &URL_SAFE_NO_PAD.encode(changed)), Err(BadCursor), "bit {bit}");
        }
        for text in ["", "!", "AAAA", &"A".repeat(5000)] {
            assert_eq!(cursors.open("list", text), Err(BadCursor));
        }
    }
}
