//! Signing in with a certificate: a short statement about ourselves, signed with its private key.
//!
//! Format: <https://learn.microsoft.com/entra/identity-platform/certificate-credentials>.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PSS_SHA256, RsaKeyPair};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};

use crate::error::{ErrorKind, GraphError};
use crate::transport::new_request_id;

/// What every PEM text begins with, and no client secret does.
const PEM_START: &str = "-----BEGIN ";
/// How long a statement is good, in seconds; Entra takes ten minutes at most.
const LIFE_SECONDS: i64 = 300;
/// How far our clock may be ahead of Entra's, in seconds.
const SKEW_SECONDS: i64 = 60;

/// The certificate of an application, with its private key.
pub(crate) struct Certificate {
    key: RsaKeyPair,
    /// SHA-256 of the certificate, as `x5t#S256` writes it.
    thumbprint: String,
}

impl Certificate {
    /// Tells whether a credential is meant to be a certificate rather than a client secret.
    pub(crate) fn is_meant(credential: &str) -> bool {
        credential.trim_start().starts_with(PEM_START)
    }

    /// Reads a certificate and its RSA key out of a PEM text, in any order.
    ///
    /// # Errors
    /// `graph.credentials_rejected`, with what is wrong and what to give instead.
    pub(crate) fn read(pem: &str) -> Result<Self, GraphError> {
        let pem = pem.trim_start();
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| {
            unusable("holds no certificate: give both, certificate and private key, as one PEM text")
        })?;
        let key = match PrivateKeyDer::from_pem_slice(pem.as_bytes()) {
            Ok(PrivateKeyDer::Pkcs8(key)) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()).ok(),
            Ok(PrivateKeyDer::Pkcs1(key)) => RsaKeyPair::from_der(key.secret_pkcs1_der()).ok(),
            _ => None,
        };
        let key = key.ok_or_else(|| {
            unusable("holds no usable private key: give an RSA key of 2048 to 4096 bits, not encrypted")
        })?;
        let public = key.public().as_ref();
        if !certificate.windows(public.len()).any(|window| window == public) {
            return Err(unusable("holds a private key that does not belong to its certificate"));
        }
        let thumbprint = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, &certificate));
        Ok(Self { key, thumbprint })
    }

    /// Makes the statement that takes the place of a client secret at the login address `audience`.
    ///
    /// # Errors
    /// `graph.credentials_rejected` if the key cannot sign.
    pub(crate) fn assertion(
        &self,
        client_id: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<String, GraphError> {
        let header = json!({ "alg": "PS256", "typ": "JWT", "x5t#S256": self.thumbprint });
        let now = now.as_second();
        let claims = json!({
            "aud": audience,
            "iss": client_id,
            "sub": client_id,
            "jti": new_request_id().to_string(),
            "iat": now,
            "nbf": now - SKEW_SECONDS,
            "exp": now + LIFE_SECONDS,
        });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let statement = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.key.public().modulus_len()];
        self.key
            .sign(&RSA_PSS_SHA256, &SystemRandom::new(), statement.as_bytes(), &mut signature)
            .map_err(|_| unusable("holds a private key that cannot sign"))?;
        Ok(format!("{statement}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

fn unusable(what: &str) -> GraphError {
    GraphError::new(ErrorKind::CredentialsRejected, format!("The credential of the connection {what}"))
}

#[cfg(test)]
mod tests {
    use ring::signature::{RSA_PSS_2048_8192_SHA256, UnparsedPublicKey};

    use super::*;

    const BOTH: &str = include_str!("../tests/data/application.pem");
    const OLD_KEY: &str = include_str!("../tests/data/application-pkcs1-key.pem");
    const OTHER: &str = include_str!("../tests/data/other-certificate.pem");
    /// `openssl x509 -noout -fingerprint -sha256`, in base64url.
    const THUMBPRINT: &str = "6bGAJNryX737gECvGgkZ5hF1hRXa0HlBb9ARg4BNWqQ";

    #[test]
    fn a_statement_names_the_certificate_and_is_signed_with_its_key() {
        let certificate = Certificate::read(BOTH).unwrap();
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let assertion = certificate.assertion("app", "https://login.example/t/token", now).unwrap();
        let [header, claims, signature] = assertion.split('.').collect::<Vec<_>>()[..] else {
            panic!("{assertion}");
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let read = |part: &str| serde_json::from_slice::<Value>(&decode(part)).unwrap();
        assert_eq!(read(header), json!({"alg": "PS256", "typ": "JWT", "x5t#S256": THUMBPRINT}));
        let claims = read(claims);
        assert_eq!((&claims["iss"], &claims["sub"]), (&json!("app"), &json!("app")));
        assert_eq!(claims["aud"], "https://login.example/t/token");
        assert_eq!((&claims["nbf"], &claims["exp"]), (&json!(1_799_999_940), &json!(1_800_000_300)));
        let key = UnparsedPublicKey::new(&RSA_PSS_2048_8192_SHA256, certificate.key.public().as_ref());
        let signed = assertion.rsplit_once('.').unwrap().0;
        key.verify(signed.as_bytes(), &decode(signature)).unwrap();
        let again = certificate.assertion("app", "https://login.example/t/token", now).unwrap();
        assert_ne!(assertion, again, "no statement is made twice");
    }

    #[test]
    fn both_usual_forms_of_a_key_are_read_in_any_order() {
        let certificate = BOTH.split_once("-----BEGIN PRIVATE").unwrap().0;
        for pem in [format!("{certificate}{OLD_KEY}"), format!("\n {OLD_KEY}{certificate}{OTHER}")] {
            assert!(Certificate::is_meant(&pem));
            assert_eq!(Certificate::read(&pem).unwrap().thumbprint, THUMBPRINT);
        }
        assert!(!Certificate::is_meant("abc~-----BEGIN "));
    }

    #[test]
    fn what_cannot_be_used_is_said_and_never_shown() {
        let certificate = BOTH.split_once("-----BEGIN PRIVATE").unwrap().0;
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        for (pem, words) in [
            (OLD_KEY.to_owned(), "no certificate"),
            (certificate.to_owned(), "no usable private key"),
            (format!("{certificate}{encrypted}"), "not encrypted"),
            (format!("{OTHER}{OLD_KEY}"), "does not belong"),
            ("-----BEGIN ".to_owned(), "no certificate"),
        ] {
            let error = Certificate::read(&pem).err().unwrap();
            assert_eq!(error.code(), "graph.credentials_rejected");
            assert!(error.message().contains(words), "{error}");
        }
    }
}
