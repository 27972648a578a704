//! The statement of an application that signs in with a certificate, as Entra checks it.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jiff::Timestamp;
use rustls::pki_types::CertificateDer;
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use webpki::EndEntityCert;

/// The kind of statement that is taken.
pub(crate) const KIND: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Longest life of a statement, in seconds.
const LIFE_SECONDS_MAX: i64 = 600;

/// The statements that were taken; none is taken twice.
#[derive(Debug, Default)]
pub(crate) struct Taken(Mutex<HashSet<String>>);

/// Reads the first certificate of a PEM text into its DER bytes.
pub(crate) fn der_of(pem: &str) -> Option<Vec<u8>> {
    let (_, after) = pem.split_once("-----BEGIN CERTIFICATE-----")?;
    let (body, _) = after.split_once("-----END CERTIFICATE-----")?;
    let body: String = body.split_whitespace().collect();
    STANDARD.decode(body).ok()
}

impl Taken {
    /// Checks a statement, and says what is wrong with it.
    pub(crate) fn check(
        &self,
        statement: &str,
        certificate: &[u8],
        client_id: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<(), &'static str> {
        let [header, claims, signature] = statement.split('.').collect::<Vec<_>>()[..] else {
            return Err("the assertion has not three parts");
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| "a part is not base64url");
        let read =
            |part: &str| serde_json::from_slice::<Value>(&decode(part)?).map_err(|_| "a part is not JSON");
        let head = read(header)?;
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(certificate));
        if head["x5t#S256"] != thumbprint.as_str() {
            return Err("the key was not found by its thumbprint");
        }
        let algorithm = match head["alg"].as_str() {
            Some("PS256") => webpki::ring::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
            Some("RS256") => webpki::ring::RSA_PKCS1_2048_8192_SHA256,
            _ => return Err("the algorithm is neither PS256 nor RS256"),
        };
        let der = CertificateDer::from(certificate);
        let known = EndEntityCert::try_from(&der).map_err(|_| "the certificate cannot be read")?;
        let (signed, _) = statement.rsplit_once('.').unwrap_or_default();
        let verified = known.verify_signature(algorithm, signed.as_bytes(), &decode(signature)?);
        verified.map_err(|_| "the signature is wrong")?;
        let claims = read(claims)?;
        let second = |name: &str| claims[name].as_i64().unwrap_or_default();
        if claims["iss"] != client_id || claims["sub"] != client_id {
            return Err("the issuer is not the application");
        }
        if claims["aud"] != audience {
            return Err("the audience is not this token endpoint");
        }
        let (now, until) = (now.as_second(), second("exp"));
        if second("nbf") > now || until <= now || until > now + LIFE_SECONDS_MAX {
            return Err("the assertion is not within its valid time range");
        }
        let id = claims["jti"].as_str().unwrap_or_default().to_owned();
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if id.is_empty() || !taken.insert(id) {
            return Err("the assertion was used before");
        }
        Ok(())
    }
}
