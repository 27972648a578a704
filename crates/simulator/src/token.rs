//! Tokens: what the login endpoint gives out, and what the service makes of them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::answer::Answer;
use crate::assertion::{self, Taken};
use crate::ids::passing_id;
use crate::tenant::TenantState;

/// How long a token lives unless told otherwise: an hour less a second, as Entra's often do.
pub(crate) const TOKEN_LIFETIME: Duration = Duration::from_secs(3599);

/// Why a request was not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    Missing,
    Unknown,
    Expired,
    /// The token lacks these claims.
    Claims(String),
}

/// The tokens given out, known by their hash alone.
#[derive(Debug)]
pub(crate) struct Tokens {
    grants: Mutex<HashMap<[u8; 32], Grant>>,
    lifetime: Mutex<Duration>,
    demands: Mutex<HashMap<Uuid, String>>,
    taken: Taken,
}

#[derive(Clone, Debug)]
struct Grant {
    tenant_id: Uuid,
    claims: Option<String>,
    expires_at: Timestamp,
}

impl Tokens {
    pub(crate) fn new(lifetime: Duration) -> Self {
        Self {
            grants: Mutex::default(),
            lifetime: Mutex::new(lifetime),
            demands: Mutex::default(),
            taken: Taken::default(),
        }
    }

    /// Sets the lifetime of tokens given out from now on.
    pub(crate) fn set_lifetime(&self, lifetime: Duration) {
        *self.lifetime.lock().unwrap_or_else(PoisonError::into_inner) = lifetime;
    }

    /// Forgets every token given out so far, of one tenant or of all.
    pub(crate) fn expire(&self, tenant_id: Option<Uuid>) {
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        match tenant_id {
            Some(tenant_id) => grants.retain(|_, grant| grant.tenant_id != tenant_id),
            None => grants.clear(),
        }
    }

    /// Says which tenant a request's `Authorization` header speaks for.
    pub(crate) fn tenant_of(&self, header: Option<&str>, now: Timestamp) -> Result<Uuid, Refused> {
        let token = header
            .and_then(|header| header.split_once(' '))
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
            .map(|(_, token)| token.trim())
            .filter(|token| !token.is_empty())
            .ok_or(Refused::Missing)?;
        let grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        let grant = grants.get(&hash(token)).ok_or(Refused::Unknown)?;
        if grant.expires_at <= now {
            return Err(Refused::Expired);
        }
        let demands = self.demands.lock().unwrap_or_else(PoisonError::into_inner);
        match demands.get(&grant.tenant_id) {
            Some(demand) if grant.claims.as_ref() != Some(demand) => Err(Refused::Claims(demand.clone())),
            _ => Ok(grant.tenant_id),
        }
    }

    /// Answers a form posted to `/{tenant}/oauth2/v2.0/token` as Entra would.
    ///
    /// `segment` is the tenant as the path names it, `tenant` the one that it means, if any, and `audience`
    /// the whole address that was asked.
    pub(crate) fn answer(
        &self,
        segment: &str,
        audience: &str,
        tenant: Option<&TenantState>,
        form: &HashMap<String, String>,
        now: Timestamp,
    ) -> Answer {
        let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
        for needed in ["grant_type", "client_id"] {
            if field(needed).is_empty() {
                let what = format!("The request body must contain the following parameter: '{needed}'.");
                return entra_error(400, "invalid_request", 900_144, &what, now);
            }
        }
        let Some(tenant) = tenant else {
            let what = format!("Tenant '{segment}' not found. Check that the tenant ID is right.");
            return entra_error(400, "invalid_request", 90_002, &what, now);
        };
        if field("grant_type") != "client_credentials" {
            let what = "The given grant type is not supported.";
            return entra_error(400, "unsupported_grant_type", 70_003, what, now);
        }
        let client_id = field("client_id");
        if !client_id.eq_ignore_ascii_case(&tenant.client_id.to_string()) {
            let what = format!(
                "Application with identifier '{client_id}' was not found in the directory '{}'.",
                tenant.display_name
            );
            return entra_error(400, "unauthorized_client", 700_016, &what, now);
        }
        if field("client_assertion_type") == assertion::KIND {
            let certificate = tenant.certificate.as_deref().unwrap_or_default();
            let statement = field("client_assertion");
            if let Err(what) = self.taken.check(statement, certificate, client_id, audience, now) {
                let what =
                    format!("The certificate with identifier used to sign the client assertion: {what}.");
                return entra_error(401, "invalid_client", 700_027, &what, now);
            }
        } else if field("client_secret") != tenant.client_secret.expose_secret() {
            let what = format!(
                "Invalid client secret provided. Send the secret's value, not its ID, for app '{client_id}'."
            );
            return entra_error(401, "invalid_client", 7_000_215, &what, now);
        }
        if !field("scope").ends_with("/.default") {
            let what = "The scope must be the resource's identifier with /.default at its end.";
            return entra_error(400, "invalid_scope", 1_002_012, what, now);
        }
        self.grant(tenant.tenant_id, form.get("claims").cloned(), now)
    }

    /// Demands claims of the tenant's tokens: those without them are refused with a challenge.
    pub(crate) fn demand(&self, tenant_id: Uuid, claims: &str) {
        let mut demands = self.demands.lock().unwrap_or_else(PoisonError::into_inner);
        demands.insert(tenant_id, claims.to_owned());
    }

    fn grant(&self, tenant_id: Uuid, claims: Option<String>, now: Timestamp) -> Answer {
        let lifetime = *self.lifetime.lock().unwrap_or_else(PoisonError::into_inner);
        let token = format!("{}{}", passing_id().simple(), passing_id().simple());
        let whole = SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::MAX);
        let expires_at = now.checked_add(whole).unwrap_or(Timestamp::MAX);
        let grant = Grant { tenant_id, claims, expires_at };
        let mut grants = self.grants.lock().unwrap_or_else(PoisonError::into_inner);
        grants.retain(|_, grant| grant.expires_at > now);
        grants.insert(hash(&token), grant);
        Answer::json(
            200,
            json!({
                "token_type": "Bearer",
                "expires_in": lifetime.as_secs(),
                "ext_expires_in": lifetime.as_secs(),
                "access_token": token,
            }),
        )
        .header("cache-control", "no-store, no-cache")
    }
}

/// Writes an error as Entra's token endpoint does.
fn entra_error(status: u16, error: &str, code: u64, what: &str, now: Timestamp) -> Answer {
    let (trace, correlation) = (passing_id(), passing_id());
    let timestamp = now.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
    Answer::json(
        status,
        json!({
            "error": error,
            "error_description": format!(
                "AADSTS{code}: {what} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"
            ),
            "error_codes": [code],
            "timestamp": timestamp,
            "trace_id": trace.to_string(),
            "correlation_id": correlation.to_string(),
        }),
    )
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token).into()
}
