//! Asking the server: one request, one answer, every refusal in words.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::{Problem, chain};

/// How long a server may take to accept a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);

/// How long a whole answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// The largest answer that is read, in bytes.
const ANSWER_MAX: usize = 64 * 1024 * 1024;

/// Sends requests with a token.
pub(super) struct Transport {
    client: Client,
    base: Url,
    authorization: HeaderValue,
}

/// What the server says when it does not do what it is asked (RFC 9457).
#[derive(Debug, Deserialize)]
pub(super) struct Refusal {
    code: String,
    detail: String,
    /// The run that records the attempt.
    pub(super) run_id: Option<uuid::Uuid>,
    #[serde(skip)]
    status: u16,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

impl Transport {
    /// Makes one; neither redirects nor the environment's proxies are followed, so that the token goes nowhere else.
    pub(super) fn new(base: Url, token: &SecretString) -> Result<Self, Problem> {
        let mut authorization = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
            .map_err(|_| Problem::wrong_use("token.invalid", "the API token holds what no token holds"))?;
        authorization.set_sensitive(true);
        #[expect(
            clippy::disallowed_methods,
            reason = "this client speaks to a TenantAtlas server; Graph's rules are Graph's"
        )]
        let client = Client::builder()
            .redirect(redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .user_agent(concat!("tenantatlas/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| {
                Problem::failed("server.client", "failed to make an HTTP client").because(&error)
            })?;
        Ok(Self { client, base, authorization })
    }

    /// Reads; none where there is nothing that the token's owner may know of.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        place: &[&str],
        query: &[(&str, String)],
    ) -> Result<Option<T>, Problem> {
        match self.send(self.request(Method::GET, place, query)).await? {
            Ok(value) => Ok(Some(value)),
            Err(refusal) if refusal.status == StatusCode::NOT_FOUND.as_u16() => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Asks for something to be done.
    pub(super) async fn post<T: DeserializeOwned>(
        &self,
        place: &[&str],
        body: Option<&Value>,
    ) -> Result<Result<T, Refusal>, Problem> {
        let request = self.request(Method::POST, place, &[]);
        self.send(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    fn request(&self, method: Method, place: &[&str], query: &[(&str, String)]) -> RequestBuilder {
        let mut url = self.base.clone();
        url.path_segments_mut().expect("an http address has a path").extend(["api", "v1"]).extend(place);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        self.client
            .request(method, url)
            .header(AUTHORIZATION, self.authorization.clone())
            .header(ACCEPT, "application/json")
    }

    async fn send<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
    ) -> Result<Result<T, Refusal>, Problem> {
        let response = request.send().await.map_err(|error| self.unreached(error))?;
        let status = response.status();
        let bytes = self.read(response).await?;
        if status.is_success() {
            return serde_json::from_slice(&bytes).map(Ok).map_err(|_| self.stranger(status));
        }
        let refusal: Refusal = serde_json::from_slice(&bytes).map_err(|_| self.stranger(status))?;
        Ok(Err(Refusal { status: status.as_u16(), ..refusal }))
    }

    async fn read(&self, mut response: Response) -> Result<Vec<u8>, Problem> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.unreached(error))? {
            if body.len() + chunk.len() > ANSWER_MAX {
                return Err(Problem::failed("server.answer", "the server's answer is larger than 64 MiB"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }

    fn unreached(&self, error: reqwest::Error) -> Problem {
        let what = if error.is_timeout() { "did not answer in time" } else { "cannot be reached" };
        let why = error.without_url();
        let message =
            format!("the server {} {what}: {}", self.base.origin().ascii_serialization(), chain(&why));
        Problem::failed("server.unreachable", message)
            .advice("check the address and that `tenantatlas serve` runs there")
    }

    /// Something else answers at the address: a proxy, or another program.
    fn stranger(&self, status: StatusCode) -> Problem {
        let at = self.base.origin().ascii_serialization();
        Problem::failed(
            "server.answer",
            format!("what answers at {at} ({status}) is no TenantAtlas of this version"),
        )
        .advice("check the address")
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let wrong_use = matches!(refusal.status, 400 | 404 | 413..=415 | 422);
        let message = match refusal.status {
            401 => "the server does not know the token, or it has ended".to_owned(),
            _ => refusal.detail.trim_end_matches('.').to_owned(),
        };
        let problem = if wrong_use {
            Self::wrong_use(refusal.code, message)
        } else {
            Self::failed(refusal.code, message)
        };
        match refusal.status {
            401 => problem.advice("give one that is good in TENANTATLAS_TOKEN or with --token-file"),
            503 => problem.advice("nothing was changed; try again in a moment"),
            _ => problem,
        }
    }
}
