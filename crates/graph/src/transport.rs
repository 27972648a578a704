//! One HTTP exchange: a request out, a bounded answer back, every failure classified.
//!
//! Nothing is tried twice here. Redirects are not followed, and the environment's proxy settings
//! are not read, so a request goes where its address says and nowhere else.

use std::error::Error as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};
use reqwest::{Client, ClientBuilder, NoProxy, Proxy, Response, redirect};
use rustls::{ClientConfig, RootCertStore};
use url::Url;
use uuid::Uuid;

use crate::cancel::Cancel;
use crate::error::{Correlation, ErrorKind, GraphError};
use crate::gate::Priority;
use crate::options::GraphOptions;
use crate::refusal::Refusal;

/// The header in which we name a request, and in which Graph names it back.
const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("client-request-id");
/// The header that tells Graph whose requests to refuse first.
const THROTTLE_PRIORITY: HeaderName = HeaderName::from_static("x-ms-throttle-priority");
/// Bytes of an answer that is not a success; enough for every error that Graph describes.
const REFUSAL_LIMIT_BYTES: usize = 64 * 1024;

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The options do not make an HTTP client: a user agent or a proxy address that HTTP forbids.
    #[error("make an HTTP client from the options")]
    Build(#[source] reqwest::Error),
}

/// What to send.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Call<'a> {
    /// A read of Graph, with the bearer header that belongs to the address.
    Get { url: &'a Url, bearer: &'a HeaderValue, priority: Priority },
    /// Reads of Graph that travel together.
    Batch { url: &'a Url, bearer: &'a HeaderValue, priority: Priority, body: &'a [u8] },
    /// A form to the login address.
    Form { url: &'a Url, fields: &'a [(&'a str, &'a str)] },
}

/// An answer with its whole body.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) client_request_id: Uuid,
}

impl Answer {
    /// Tells whether the server says that the body is a web page.
    pub(crate) fn is_html(&self) -> bool {
        self.headers
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.trim_start().to_ascii_lowercase().starts_with("text/html"))
    }

    /// Makes the error for an answer of Graph that is not a success.
    pub(crate) fn refusal(&self) -> GraphError {
        Refusal::parse(&self.body).into_error(self.status, &self.headers, self.client_request_id)
    }

    /// Returns the ids under which Microsoft can find the exchange.
    pub(crate) fn correlation(&self) -> Correlation {
        Correlation {
            client_request_id: Some(self.client_request_id),
            request_id: crate::refusal::request_id(&self.headers),
            activity_id: None,
        }
    }
}

/// Sends requests; cheap to clone, with one pool of connections behind all clones.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    http: Client,
    timeout: Duration,
    body_limit_bytes: usize,
}

impl Transport {
    pub(crate) fn new(options: &GraphOptions) -> Result<Self, ClientError> {
        // A second call finds the provider installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = match builder(options)?.build() {
            Ok(http) => http,
            Err(error) => {
                let http = without_trust(options)?;
                tracing::warn!(
                    error = %error,
                    "no trusted certificates on this machine: only a simulated cloud can be reached"
                );
                http
            }
        };
        Ok(Self { http, timeout: options.request_timeout, body_limit_bytes: options.body_limit_bytes })
    }

    /// Sends one request and reads the answer, whatever its status.
    ///
    /// # Errors
    /// `graph.timeout`, `graph.unreachable`, `graph.tls`, `graph.too_large` or `graph.cancelled`.
    pub(crate) async fn exchange(&self, call: Call<'_>, cancel: &Cancel) -> Result<Answer, GraphError> {
        let client_request_id = new_request_id();
        let work = tokio::time::timeout(self.timeout, self.send(call, client_request_id));
        let outcome = cancel.race(Box::pin(work)).await?;
        outcome.unwrap_or_else(|_| Err(timed_out())).map_err(|error| {
            error.with_correlation(Correlation {
                client_request_id: Some(client_request_id),
                ..Correlation::default()
            })
        })
    }

    async fn send(&self, call: Call<'_>, client_request_id: Uuid) -> Result<Answer, GraphError> {
        let request = match call {
            Call::Get { url, bearer, priority } => self
                .http
                .get(url.clone())
                .header(header::AUTHORIZATION, bearer)
                .header(THROTTLE_PRIORITY, priority.as_str()),
            Call::Batch { url, bearer, priority, body } => self
                .http
                .post(url.clone())
                .header(header::AUTHORIZATION, bearer)
                .header(THROTTLE_PRIORITY, priority.as_str())
                .header(header::CONTENT_TYPE, "application/json")
                .body(body.to_vec()),
            Call::Form { url, fields } => self.http.post(url.clone()).form(fields),
        };
        let response = request
            .header(header::ACCEPT, "application/json")
            .header(CLIENT_REQUEST_ID, client_request_id.to_string())
            .send()
            .await
            .map_err(|error| broken(&error))?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = if status == 200 {
            read(response, self.body_limit_bytes).await?
        } else {
            // A refusal counts by its status even if its body is cut short or endless.
            read(response, REFUSAL_LIMIT_BYTES).await.unwrap_or_default()
        };
        Ok(Answer { status, headers, body, client_request_id })
    }
}

#[expect(clippy::disallowed_methods, reason = "it names one request to Microsoft and is no id of ours")]
pub(crate) fn new_request_id() -> Uuid {
    Uuid::new_v4()
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that makes the HTTP client")]
fn builder(options: &GraphOptions) -> Result<ClientBuilder, ClientError> {
    let builder = Client::builder()
        .redirect(redirect::Policy::none())
        .referer(false)
        .user_agent(&options.user_agent)
        .connect_timeout(options.connect_timeout)
        .no_proxy();
    let Some(proxy) = &options.proxy else {
        return Ok(builder);
    };
    let proxy = Proxy::https(proxy.clone())
        .map_err(ClientError::Build)?
        .no_proxy(NoProxy::from_string("localhost,127.0.0.0/8,::1"));
    Ok(builder.proxy(proxy))
}

/// Makes a client that trusts no certificate at all, for machines that have none: plain HTTP to a
/// simulator works, and every HTTPS call ends as `graph.tls`.
fn without_trust(options: &GraphOptions) -> Result<Client, ClientError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("the ring provider supports the default protocol versions")
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    builder(options)?.tls_backend_preconfigured(tls).build().map_err(ClientError::Build)
}

/// Reads a body chunk by chunk and stops as soon as it is longer than the limit.
async fn read(mut response: Response, limit_bytes: usize) -> Result<Vec<u8>, GraphError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        if body.len() + chunk.len() > limit_bytes {
            return Err(GraphError::new(
                ErrorKind::TooLarge,
                format!("An answer is larger than {limit_bytes} bytes"),
            ));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn timed_out() -> GraphError {
    GraphError::new(ErrorKind::Timeout, "No whole answer came in time")
}

fn broken(error: &reqwest::Error) -> GraphError {
    if error.is_timeout() {
        return timed_out();
    }
    if is_tls(error) {
        return GraphError::new(ErrorKind::Tls, "The server's certificate or its TLS is not acceptable");
    }
    let message = if error.is_connect() {
        "No connection to the server could be made"
    } else {
        "The connection broke before the whole answer was there"
    };
    GraphError::new(ErrorKind::Unreachable, message)
}

/// Looks for a TLS failure among the causes; one may sit inside an I/O error, which hides it from
/// the usual chain of sources.
fn is_tls(error: &reqwest::Error) -> bool {
    let mut cause = error.source();
    while let Some(current) = cause {
        if current.is::<rustls::Error>() {
            return true;
        }
        cause = match current.downcast_ref::<io::Error>() {
            Some(io) => io.get_ref().map(|inner| inner as &(dyn std::error::Error + 'static)),
            None => current.source(),
        };
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_without_certificates_still_gets_a_client() {
        let _ = rustls::crypto::ring::default_provider().install_default();
        assert!(without_trust(&GraphOptions::default()).is_ok());
    }

    #[test]
    fn options_that_http_forbids_are_refused() {
        let options = GraphOptions { user_agent: "two\r\nlines".to_owned(), ..GraphOptions::default() };
        assert!(Transport::new(&options).is_err());
    }

    #[test]
    fn a_web_page_is_recognised_by_its_content_type() {
        let mut answer = Answer {
            status: 200,
            headers: HeaderMap::new(),
            body: Vec::new(),
            client_request_id: Uuid::nil(),
        };
        assert!(!answer.is_html());
        for (value, expected) in [
            ("text/html", true),
            ("Text/HTML; charset=utf-8", true),
            ("application/json;odata.metadata=minimal", false),
        ] {
            answer.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(value));
            assert_eq!(answer.is_html(), expected, "{value}");
        }
    }
}
