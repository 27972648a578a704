//! `$batch`: up to twenty requests in one, each answered by itself.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::answer::{Answer, Content, Refusal};
use crate::incoming::Incoming;

/// Most requests of one batch.
const PARTS_MAX: usize = 20;

/// One request of a batch.
#[derive(Debug)]
pub(crate) struct Part {
    pub(crate) id: String,
    pub(crate) incoming: Incoming,
    depends_on: Vec<String>,
}

/// Returns the version of the API if the request is a batch.
pub(crate) fn version_of(incoming: &Incoming) -> Option<&str> {
    let version = incoming.path.strip_prefix('/')?.strip_suffix("/$batch")?;
    (incoming.method == "POST" && matches!(version, "v1.0" | "beta")).then_some(version)
}

/// Reads the requests of a batch.
///
/// # Errors
/// A malformed batch is refused as a whole, as the service does.
pub(crate) fn parts(incoming: &Incoming, version: &str) -> Result<Vec<Part>, Refusal> {
    let bad = |what: &str| Refusal::Bad(format!("Invalid batch payload format: {what}."));
    let body: Value = serde_json::from_slice(&incoming.body).map_err(|_| bad("it is not JSON"))?;
    let requests = body["requests"].as_array().ok_or_else(|| bad("it has no requests"))?;
    if requests.is_empty() || requests.len() > PARTS_MAX {
        return Err(bad("the number of requests is not between 1 and 20"));
    }
    let mut ids = BTreeSet::new();
    let mut parts = Vec::new();
    for request in requests {
        let text = |name: &str| request[name].as_str().filter(|text| !text.is_empty());
        let (Some(id), Some(method), Some(url)) = (text("id"), text("method"), text("url")) else {
            return Err(bad("a request lacks its id, method or url"));
        };
        if !ids.insert(id) {
            return Err(bad("two requests have the same id"));
        }
        if url.contains("://") {
            return Err(bad("an url is not relative"));
        }
        let headers = headers(&request["headers"], &incoming.headers);
        let body = request.get("body").filter(|body| !body.is_null());
        if body.is_some() && !headers.contains_key("content-type") {
            return Err(bad("a request with a body lacks its content type"));
        }
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let depends_on = request["dependsOn"].as_array().into_iter().flatten();
        parts.push(Part {
            id: id.to_owned(),
            incoming: Incoming {
                method: method.to_ascii_uppercase(),
                path: format!("/{version}/{}", path.trim_start_matches('/')),
                query: query.to_owned(),
                headers,
                body: body.map(|body| body.to_string().into_bytes()).unwrap_or_default(),
            },
            depends_on: depends_on.filter_map(Value::as_str).map(str::to_owned).collect(),
        });
    }
    Ok(parts)
}

/// A batch that is being answered.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    given: Vec<Value>,
    status: BTreeMap<String, u16>,
}

impl Answers {
    /// Says whether a request that this one depends on failed.
    pub(crate) fn fails(&self, part: &Part) -> bool {
        let failed = |id: &String| self.status.get(id).is_none_or(|status| *status >= 400);
        part.depends_on.iter().any(failed)
    }

    /// Adds the answer to a request.
    pub(crate) fn add(&mut self, id: String, answer: Answer) {
        self.status.insert(id.clone(), answer.status);
        let mut headers = Map::new();
        for (name, value) in &answer.headers {
            headers.insert(name.clone(), json!(value));
        }
        headers.entry("content-type").or_insert(json!("application/json"));
        let mut response = json!({ "id": id, "status": answer.status, "headers": headers });
        let body = match answer.body {
            Content::Json(value) => Some(value),
            Content::None => None,
            other => {
                let bytes = Answer { body: other, status: 0, headers: Vec::new() }.into_bytes();
                // What is not JSON travels as base64.
                Some(serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(STANDARD.encode(&bytes))))
            }
        };
        if let (Some(response), Some(body)) = (response.as_object_mut(), body) {
            response.insert("body".to_owned(), body);
        }
        self.given.push(response);
    }

    /// Returns the whole answer; the parts come in another order than they were asked in.
    pub(crate) fn whole(mut self) -> Answer {
        self.given.reverse();
        Answer::json(200, json!({ "responses": self.given }))
    }
}

/// Reads the headers of a request; who asks is said by the batch alone.
fn headers(own: &Value, of_batch: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in own.as_object().into_iter().flatten() {
        let value = value.as_str().and_then(|text| HeaderValue::try_from(text).ok());
        if let (Ok(name), Some(value)) = (HeaderName::try_from(name.as_str()), value) {
            headers.insert(name, value);
        }
    }
    for name in ["authorization", "host"] {
        headers.remove(name);
        if let Some(value) = of_batch.get(name) {
            headers.insert(HeaderName::from_static(name), value.clone());
        }
    }
    headers
}
