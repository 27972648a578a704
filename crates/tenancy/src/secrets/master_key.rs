//! The key that everything else is sealed under.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

/// The number of bytes in a key.
const KEY_LENGTH: usize = 32;

/// A 256-bit key; wiped from memory when dropped, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct MasterKey([u8; KEY_LENGTH]);

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The text is not a key.
    #[error("the master key must be 64 hexadecimal digits (32 bytes)")]
    Form,
    /// The key file could not be read or written.
    #[error("failed to use the master key file {path}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The machine gave no random bytes.
    #[error("failed to make a master key: the machine gives no random bytes")]
    Random,
}

impl MasterKey {
    /// Takes a key's bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; KEY_LENGTH]) -> Self {
        Self(bytes)
    }

    /// Reads a key from its hexadecimal form.
    ///
    /// # Errors
    /// [`MasterKeyError::Form`] if it is not 64 hexadecimal digits; the text is not repeated.
    pub fn from_hex(text: &str) -> Result<Self, MasterKeyError> {
        let text = text.trim().as_bytes();
        let digit = |c: u8| (c as char).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let mut bytes = [0; KEY_LENGTH];
        if text.len() != 2 * KEY_LENGTH {
            return Err(MasterKeyError::Form);
        }
        for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
            let (high, low) = (digit(pair[0]), digit(pair[1]));
            *byte = high.zip(low).map(|(high, low)| high << 4 | low).ok_or(MasterKeyError::Form)?;
        }
        Ok(Self(bytes))
    }

    /// Reads the key from a file, or makes one there that only its owner can read.
    ///
    /// # Errors
    /// [`MasterKeyError::File`] if the file can be neither read nor made; [`MasterKeyError::Form`] if it holds something else.
    pub fn from_file_or_new(path: &Path) -> Result<Self, MasterKeyError> {
        let file = |source| MasterKeyError::File { path: path.to_owned(), source };
        match fs::read_to_string(path) {
            Ok(text) => return Self::from_hex(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(file(error)),
        }
        let mut bytes = [0; KEY_LENGTH];
        super::random(&mut bytes).map_err(|_| MasterKeyError::Random)?;
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        match options.open(path) {
            Ok(mut made) => {
                made.write_all(hex.as_bytes()).and_then(|()| made.sync_all()).map_err(file)?;
                Ok(Self(bytes))
            }
            // Another process made it between our look and our write: theirs is the key.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                Self::from_hex(&fs::read_to_string(path).map_err(file)?)
            }
            Err(error) => Err(file(error)),
        }
    }

    /// Names the key without giving it away: the first bytes of a hash of it.
    pub(crate) fn id(&self) -> [u8; 8] {
        let hash = Sha256::digest([b"tenantatlas key id\0".as_slice(), &self.0].concat());
        let mut id = [0; 8];
        id.copy_from_slice(&hash[..8]);
        id
    }

    /// Derives a key for another purpose; who has it learns nothing about this one.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> [u8; KEY_LENGTH] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of any length");
        mac.update(b"tenantatlas derived key\0");
        mac.update(purpose.as_bytes());
        mac.finalize().into_bytes().into()
    }

    pub(crate) fn bytes(&self) -> &[u8; KEY_LENGTH] {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MasterKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_is_made_once_and_read_by_its_owner_alone() {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let path = folder.path().join("master.key");
        let made = MasterKey::from_file_or_new(&path).expect("it can be made");
        let read = MasterKey::from_file_or_new(&path).expect("it can be read");
        assert_eq!(made.bytes(), read.bytes());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
        }
        fs::write(&path, "not a key").expect("it can be overwritten");
        assert!(matches!(MasterKey::from_file_or_new(&path), Err(MasterKeyError::Form)));
    }

    #[test]
    fn a_key_is_never_printed() {
        assert_eq!(format!("{:?}", MasterKey::from_bytes([1; 32])), "MasterKey(…)");
    }
}
