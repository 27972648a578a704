//! Form tokens: proof that a form came from a page of ours.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// What the token is an HMAC of: a constant, because each session has a secret of its own.
const MESSAGE: &[u8] = b"tenantatlas form token 1";

/// A session's secret for form tokens; it outlives rotations, so that an open form stays good.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct CsrfSecret([u8; 32]);

impl CsrfSecret {
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Gives the token to put into forms; the same for the whole life of the session.
    #[must_use]
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.mac().finalize().into_bytes())
    }

    /// Says whether a form's token is this session's, in the same time whatever differs.
    #[must_use]
    pub fn accepts(&self, token: &str) -> bool {
        URL_SAFE_NO_PAD.decode(token).is_ok_and(|sent| self.mac().verify_slice(&sent).is_ok())
    }

    fn mac(&self) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes keys of every length");
        mac.update(MESSAGE);
        mac
    }
}

impl fmt::Debug for CsrfSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CsrfSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn w1_a_form_token_is_good_for_its_own_session_only() {
        let (one, two) = (CsrfSecret::from_bytes([1; 32]), CsrfSecret::from_bytes([2; 32]));
        let token = one.token();
        assert!(one.accepts(&token));
        assert!(!two.accepts(&token));
        for bad in ["", "x", &token[1..], &format!("{token}A"), &token.replace(&token[..1], "=")] {
            assert!(!one.accepts(bad), "{bad}");
        }
        assert_eq!(format!("{one:?}"), "CsrfSecret(…)");
    }
}
