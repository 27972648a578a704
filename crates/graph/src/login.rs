//! One sign-in of an application: the client-credentials request and what its answer means.
//!
//! Protocol: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>.
//! Entra names its errors by `AADSTS` numbers; the number is kept, the text is dropped.

use std::time::Duration;

use http::HeaderValue;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use url::Url;

use crate::address::segment;
use crate::assertion::Certificate;
use crate::backoff::{Backoff, retry_after};
use crate::cancel::Cancel;
use crate::connection::Connection;
use crate::error::{Correlation, ErrorKind, GraphError, Retry};
use crate::options::GraphOptions;
use crate::refusal::{is_transient, request_id, uuid};
use crate::transport::{Answer, Call, Transport};

/// Longest life of a token that is believed, in seconds; Entra gives a day or so at most.
const LIFE_MAX_SECONDS: u64 = 7 * 24 * 60 * 60;

/// What kind of statement takes the place of a client secret.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// A token as the login address gave it.
pub(crate) struct Grant {
    /// The value of the authorization header, marked sensitive.
    pub(crate) bearer: HeaderValue,
    /// How long the token is good, counted from when it was asked for.
    pub(crate) life: Duration,
}

/// Asks the login address of the connection for a token, with the usual attempts.
///
/// `claims` is what Graph demanded of the token, as JSON.
///
/// # Errors
/// `graph.credentials_rejected` if tenant, application, secret or certificate are wrong, and what
/// [`Transport::exchange`] says if no answer came.
pub(crate) async fn sign_in(
    connection: &Connection,
    claims: Option<&str>,
    transport: &Transport,
    options: &GraphOptions,
    cancel: &Cancel,
) -> Result<Grant, GraphError> {
    let url = token_address(connection)?;
    let scope = format!("{}/.default", connection.cloud.graph().as_str().trim_end_matches('/'));
    let credential = connection.secret.expose_secret();
    let certificate = match Certificate::is_meant(credential) {
        true => Some(Certificate::read(credential)?),
        false => None,
    };
    let mut backoff = Backoff::new(options);
    loop {
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_id", connection.client_id.as_str()),
            ("scope", scope.as_str()),
        ];
        fields.extend(claims.map(|claims| ("claims", claims)));
        // Every attempt makes a statement of its own: Entra takes none twice.
        let assertion = match &certificate {
            Some(held) => Some(held.assertion(&connection.client_id, url.as_str(), options.time.now())?),
            None => None,
        };
        match &assertion {
            Some(assertion) => {
                fields.extend([("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)]);
            }
            None => fields.push(("client_secret", credential)),
        }
        let call = Call::Form { url: &url, fields: &fields };
        let (error, asked) = match transport.exchange(call, cancel).await {
            Ok(answer) if answer.status == 200 => return grant(&answer),
            Ok(answer) if is_transient(answer.status) => {
                (refused(&answer), retry_after(&answer.headers, options.time.now()))
            }
            Ok(answer) => return Err(refused(&answer)),
            Err(error) => (error, None),
        };
        if error.retry() == Retry::Never || error.kind() == ErrorKind::Cancelled {
            return Err(error);
        }
        let Some(wait) = backoff.failed(asked) else {
            return Err(error);
        };
        tracing::debug!(error.code = error.code(), ?wait, "sign-in is tried again");
        cancel.sleep(wait).await?;
    }
}

fn token_address(connection: &Connection) -> Result<Url, GraphError> {
    let tenant = segment(&connection.tenant_id).ok_or_else(|| {
        GraphError::new(ErrorKind::CredentialsRejected, "The tenant id of the connection is not usable")
    })?;
    let login = connection.cloud.login();
    let address = format!("{}/{tenant}/oauth2/v2.0/token", login.as_str().trim_end_matches('/'));
    Ok(Url::parse(&address).expect("a valid address with encoded segments stays valid"))
}

/// Reads a token out of a successful answer; a token that cannot be used is refused.
fn grant(answer: &Answer) -> Result<Grant, GraphError> {
    let fault = |what: &str| {
        GraphError::unexpected(format!("The login address gave {what}"))
            .with_status(answer.status, None)
            .with_correlation(answer.correlation())
    };
    if answer.is_html() {
        return Err(fault("a web page instead of a token"));
    }
    let body: Value =
        serde_json::from_slice(&answer.body).map_err(|_| fault("an answer that is not JSON"))?;
    let token = body["access_token"].as_str().unwrap_or_default();
    if token.is_empty() || !token.bytes().all(|b| b.is_ascii_graphic()) {
        return Err(fault("no usable token"));
    }
    if let Some(kind) = body["token_type"].as_str()
        && !kind.eq_ignore_ascii_case("bearer")
    {
        return Err(fault("a token of another type"));
    }
    let life = match &body["expires_in"] {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    };
    let life = life
        .filter(|seconds| (1..=LIFE_MAX_SECONDS).contains(seconds))
        .ok_or_else(|| fault("a token without a usable life"))?;
    let mut bearer =
        HeaderValue::try_from(format!("Bearer {token}")).map_err(|_| fault("no usable token"))?;
    bearer.set_sensitive(true);
    Ok(Grant { bearer, life: Duration::from_secs(life) })
}

/// Decides what an unsuccessful answer of the login address means.
///
/// A 4xx in the form of an OAuth error is about what we sent: tenant, application or secret. One in
/// any other form does not come from Entra.
fn refused(answer: &Answer) -> GraphError {
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let number = aadsts(&body);
    let status = answer.status;
    let kind = match status {
        408 => ErrorKind::Timeout,
        429 => ErrorKind::Throttled,
        500..=599 => ErrorKind::Unavailable,
        400..=499 if body["error"].is_string() => ErrorKind::CredentialsRejected,
        _ => ErrorKind::UnexpectedAnswer,
    };
    let sentence = match kind {
        ErrorKind::CredentialsRejected => reason(number),
        ErrorKind::Throttled => "The login address kept asking to slow down",
        ErrorKind::Timeout => "The login address did not answer in time",
        ErrorKind::Unavailable => "The login address kept answering with server errors",
        _ => "The login address answered in an unexpected way",
    };
    let message = match number {
        Some(number) => format!("{sentence} (AADSTS{number})"),
        None => format!("{sentence} (status {status})"),
    };
    let named = |name: &str| body[name].as_str().and_then(uuid);
    GraphError::new(kind, message).with_status(status, None).with_correlation(Correlation {
        client_request_id: Some(answer.client_request_id),
        request_id: request_id(&answer.headers).or_else(|| named("trace_id")),
        activity_id: named("correlation_id"),
    })
}

/// Says in our words what the more usual numbers mean.
///
/// Source: <https://learn.microsoft.com/entra/identity-platform/reference-error-codes>.
fn reason(number: Option<u32>) -> &'static str {
    match number {
        Some(7_000_215) => "The client secret is wrong",
        Some(700_024) => "The clock of this machine is wrong, or the statement was too old",
        Some(700_027) => "The certificate is not one of the application, or its statement is not accepted",
        Some(7_000_222) => "The client secret has expired",
        Some(700_016) => "The application is not known in this tenant",
        Some(7_000_112) => "The application is disabled",
        Some(90_002 | 900_023) => "The tenant is not known",
        _ => "The login address rejected the credentials",
    }
}

/// Finds the number of an Entra error: in the list of codes, else in the text.
fn aadsts(body: &Value) -> Option<u32> {
    /// What a number in the text begins with.
    const PREFIX: &str = "AADSTS";
    let listed = body["error_codes"][0].as_u64();
    let number = listed.or_else(|| {
        let text = body["error_description"].as_str()?;
        let after = &text[text.find(PREFIX)? + PREFIX.len()..];
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        after[..digits].parse().ok()
    });
    number.and_then(|number| u32::try_from(number).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderMap;
    use secrecy::SecretString;
    use uuid::Uuid;

    use crate::cloud::Cloud;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status,
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
            client_request_id: Uuid::nil(),
        }
    }

    #[test]
    fn a_number_is_found_in_the_list_or_in_the_text() {
        for (body, expected) in [
            (r#"{"error_codes":[7000215]}"#, Some(7_000_215)),
            (r#"{"error_description":"AADSTS90002: Tenant 'x' not found."}"#, Some(90_002)),
            (r#"{"error_description":"AADSTS: nothing","error_codes":[]}"#, None),
            (r#"{"error_codes":["AADSTS1"]}"#, None),
            (r#"{"error_codes":[99999999999999]}"#, None),
            (r#"{"error_description":"AADSTS99999999999999999999999"}"#, None),
            ("null", None),
        ] {
            let body: Value = serde_json::from_str(body).unwrap();
            assert_eq!(aadsts(&body), expected, "{body}");
        }
    }

    #[test]
    fn a_wrong_secret_is_named_by_its_number_and_not_by_its_text() {
        let error = refused(&answer(
            401,
            r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret 'hunter2'.",
                "error_codes":[7000215],"trace_id":"11111111-2222-4333-8444-555555555555"}"#,
        ));
        assert_eq!(error.code(), "graph.credentials_rejected");
        assert_eq!(error.message(), "The client secret is wrong (AADSTS7000215)");
        assert!(error.correlation().request_id.is_some());
        assert!(!format!("{error:?}").contains("hunter2"));
    }

    #[test]
    fn only_an_oauth_error_speaks_about_the_credentials() {
        for (status, body, code) in [
            (400, r#"{"error":"invalid_request"}"#, "graph.credentials_rejected"),
            (404, "<html>no such page</html>", "graph.unexpected_answer"),
            (302, "", "graph.unexpected_answer"),
            (429, "{}", "graph.throttled"),
            (503, r#"{"error":"temporarily_unavailable"}"#, "graph.unavailable"),
        ] {
            assert_eq!(refused(&answer(status, body)).code(), code, "{status} {body}");
        }
    }

    #[test]
    fn a_token_that_cannot_be_used_is_refused() {
        let with = |life: &str| format!(r#"{{"access_token":"abc.def","expires_in":{life}}}"#);
        for life in ["\"abc\"", "-1", "0", "1000000000000", "null", "1.5", "\"\""] {
            assert!(grant(&answer(200, &with(life))).is_err(), "expires_in {life}");
        }
        for body in [
            "",
            "<html></html>",
            "[]",
            r#"{"expires_in":3599}"#,
            r#"{"access_token":"","expires_in":3599}"#,
            r#"{"access_token":"a\r\nX-Evil: 1","expires_in":3599}"#,
            r#"{"access_token":"a b","expires_in":3599}"#,
            r#"{"access_token":"abc","expires_in":3599,"token_type":"pop"}"#,
        ] {
            let refused = grant(&answer(200, body)).map(|_| ()).unwrap_err();
            assert_eq!(refused.code(), "graph.unexpected_answer", "{body}");
        }
        for life in ["3599", "\"3599\""] {
            let grant = grant(&answer(200, &with(life))).unwrap();
            assert_eq!(grant.life.as_secs(), 3599);
            assert!(!format!("{:?}", grant.bearer).contains("abc.def"));
        }
    }

    #[test]
    fn a_tenant_id_cannot_leave_its_segment_of_the_address() {
        let connection = |tenant: &str| Connection {
            cloud: Cloud::Global,
            tenant_id: tenant.to_owned(),
            client_id: "app".to_owned(),
            secret: SecretString::from("s"),
        };
        assert_eq!(
            token_address(&connection("a/../b?c#d")).map(String::from).unwrap(),
            "https://login.microsoftonline.com/a%2F..%2Fb%3Fc%23d/oauth2/v2.0/token"
        );
        for tenant in ["", ".", ".."] {
            assert!(token_address(&connection(tenant)).is_err(), "{tenant:?}");
        }
    }
}
