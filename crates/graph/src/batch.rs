//! Reads that travel together: `$batch`, up to twenty at once.
//!
//! A read hands its address to the batcher and waits; what it gets back is an answer like any other,
//! with a status, headers and a body of its own. So each part is throttled, tried again and paged by
//! itself, and a part without an answer harms no other.
//!
//! Source: <https://learn.microsoft.com/graph/json-batching>.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::sync::{Notify, oneshot};
use url::{Position, Url};
use uuid::Uuid;

use crate::address::address;
use crate::cancel::Cancel;
use crate::error::{ErrorKind, GraphError};
use crate::refusal::is_transient;
use crate::session::{Sent, Session};
use crate::transport::{Answer, new_request_id};

/// Most parts of one batch; Graph refuses more.
pub(crate) const PARTS_MAX: usize = 20;

/// Collects the reads that wait to be sent.
#[derive(Debug, Default)]
pub(crate) struct Batcher {
    waiting: Mutex<VecDeque<Part>>,
    more: Notify,
}

/// What became of a part.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It has an answer, or the way to Graph failed.
    Sent(Box<Sent>),
    /// The batch came back without a usable answer to it, or it fits into no batch.
    Unanswered,
}

/// A read that waits for its answer.
#[derive(Debug)]
struct Part {
    version: String,
    /// The address below the version.
    relative: String,
    client_request_id: Uuid,
    answer: oneshot::Sender<Outcome>,
}

#[derive(Deserialize)]
struct Responses<'a> {
    #[serde(borrow)]
    responses: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct PartAnswer<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    status: u16,
    #[serde(default)]
    headers: Option<HashMap<String, Value>>,
    #[serde(borrow, default)]
    body: Option<&'a RawValue>,
}

impl Batcher {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Waits for the answer to one read.
    ///
    /// # Errors
    /// `graph.cancelled`.
    pub(crate) async fn ask(&self, url: &Url, graph: &Url, cancel: &Cancel) -> Result<Outcome, GraphError> {
        let Some((version, relative)) = below_version(url, graph) else {
            return Ok(Outcome::Unanswered);
        };
        let (answer, answered) = oneshot::channel();
        let part = Part { version, relative, client_request_id: new_request_id(), answer };
        self.lock().push_back(part);
        self.more.notify_one();
        let outcome = cancel.race(answered).await?;
        // A batch that was dropped half way has no answers.
        Ok(outcome.unwrap_or(Outcome::Unanswered))
    }

    /// Sends what waits, batch after batch; ends only by being dropped.
    pub(crate) async fn send(&self, session: &Session, cancel: &Cancel) -> Infallible {
        loop {
            let parts = self.take();
            match parts.len() {
                0 => self.more.notified().await,
                // One read alone gains nothing from a batch around it.
                1 => parts.into_iter().for_each(Part::leave),
                _ => dispatch(session, parts, cancel).await,
            }
            // Whoever was answered may ask for more, so that the next batch is a full one.
            tokio::task::yield_now().await;
        }
    }

    /// Takes the parts of the next batch: all of one version, as one batch must be.
    fn take(&self) -> Vec<Part> {
        let mut waiting = self.lock();
        waiting.retain(|part| !part.answer.is_closed());
        let Some(version) = waiting.front().map(|part| part.version.clone()) else {
            return Vec::new();
        };
        let mut parts = Vec::new();
        let mut others = VecDeque::new();
        while let Some(part) = waiting.pop_front() {
            if parts.len() < PARTS_MAX && part.version == version {
                parts.push(part);
            } else {
                others.push_back(part);
            }
        }
        *waiting = others;
        if !waiting.is_empty() {
            // Another sender may go on with the rest.
            self.more.notify_one();
        }
        parts
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Part>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    fn leave(self) {
        // Whoever asked may be gone.
        let _ = self.answer.send(Outcome::Unanswered);
    }

    fn give(self, sent: Sent) {
        let _ = self.answer.send(Outcome::Sent(Box::new(sent)));
    }
}

async fn dispatch(session: &Session, parts: Vec<Part>, cancel: &Cancel) {
    let sent = match address(session.graph(), &format!("/{}/$batch", parts[0].version), |_| None, &[]) {
        Ok(url) => session.post_batch(&url, &body(&parts, session), cancel).await,
        Err(error) => Err(error),
    };
    let sent = match sent {
        Ok(sent) => sent,
        Err(error) => {
            let sent = Sent { outcome: Err(error), round: 0 };
            return parts.into_iter().for_each(|part| part.give(sent.clone()));
        }
    };
    let all_alike = match &sent.outcome {
        Ok(answer) if answer.status == 200 => return deliver(parts, answer, sent.round),
        Ok(answer) => answer.status == 401 || is_transient(answer.status),
        Err(error) => !matches!(error.kind(), ErrorKind::TooLarge | ErrorKind::UnexpectedAnswer),
    };
    for part in parts {
        if all_alike {
            part.give(sent.clone());
        } else {
            part.leave();
        }
    }
}

fn body(parts: &[Part], session: &Session) -> Vec<u8> {
    let requests: Vec<Value> = parts
        .iter()
        .enumerate()
        .map(|(place, part)| {
            json!({
                "id": place.to_string(),
                "method": "GET",
                "url": part.relative,
                "headers": {
                    "Accept": "application/json",
                    "client-request-id": part.client_request_id.to_string(),
                    "x-ms-throttle-priority": session.priority().as_str(),
                },
            })
        })
        .collect();
    json!({ "requests": requests }).to_string().into_bytes()
}

/// Gives each part its answer, in whatever order they came.
fn deliver(parts: Vec<Part>, whole: &Answer, round: u64) {
    let mut answers: HashMap<usize, Option<Answer>> = HashMap::new();
    let responses: Vec<&RawValue> =
        serde_json::from_slice::<Responses<'_>>(&whole.body).map(|read| read.responses).unwrap_or_default();
    for raw in responses {
        let Ok(answer) = serde_json::from_str::<PartAnswer<'_>>(raw.get()) else {
            continue;
        };
        let place = answer.id.parse::<usize>().ok().filter(|place| *place < parts.len());
        if let Some(place) = place {
            let answer = answer.into_answer(whole, parts[place].client_request_id);
            // Of two answers to one part nobody knows which one is right.
            answers.entry(place).and_modify(|twice| *twice = None).or_insert(Some(answer));
        }
    }
    for (place, part) in parts.into_iter().enumerate() {
        match answers.remove(&place).flatten() {
            Some(answer) => part.give(Sent { outcome: Ok(answer), round }),
            None => part.leave(),
        }
    }
}

impl PartAnswer<'_> {
    fn into_answer(self, whole: &Answer, client_request_id: Uuid) -> Answer {
        let mut headers = HeaderMap::new();
        // Where a part does not name its request, that of the batch helps to find it.
        for name in ["request-id", "x-ms-request-id"] {
            if let Some(value) = whole.headers.get(name) {
                headers.insert(HeaderName::from_static(name), value.clone());
            }
        }
        for (name, value) in self.headers.unwrap_or_default() {
            let text = match &value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(text)) {
                headers.insert(name, value);
            }
        }
        let body = self.body.map(|body| body.get().as_bytes().to_vec()).unwrap_or_default();
        Answer { status: self.status, headers, body, client_request_id }
    }
}

/// Splits an address into its version and what follows; none if it is not below the Graph address.
fn below_version(url: &Url, graph: &Url) -> Option<(String, String)> {
    let base = graph.path().trim_end_matches('/');
    let rest = url[Position::BeforePath..Position::AfterQuery].strip_prefix(base)?.strip_prefix('/')?;
    let (version, relative) = rest.split_once('/')?;
    Some((version.to_owned(), format!("/{relative}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(count: usize) -> (Vec<Part>, Vec<oneshot::Receiver<Outcome>>) {
        (0..count)
            .map(|_| {
                let (answer, receiver) = oneshot::channel();
                let part = Part {
                    version: "beta".to_owned(),
                    relative: "/x".to_owned(),
                    client_request_id: Uuid::nil(),
                    answer,
                };
                (part, receiver)
            })
            .unzip()
    }

    /// Delivers this body to three parts and says what each got: its status and body, or nothing.
    fn delivered(body: &str) -> Vec<Option<(u16, String)>> {
        let (parts, receivers) = parts(3);
        let whole = Answer {
            status: 200,
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
            client_request_id: Uuid::nil(),
        };
        deliver(parts, &whole, 1);
        receivers
            .into_iter()
            .map(|mut receiver| match receiver.try_recv().unwrap() {
                Outcome::Sent(sent) => {
                    let answer = sent.outcome.unwrap();
                    Some((answer.status, String::from_utf8(answer.body).unwrap()))
                }
                Outcome::Unanswered => None,
            })
            .collect()
    }

    #[test]
    fn answers_find_their_parts_in_any_order_and_byte_for_byte() {
        let body = r#"{"responses":[
            {"id":"2","status":404,"headers":{"Retry-After":7},"body":{ "error" : {} }},
            {"id":"0","status":200,"body":{"n": 1.50, "s":"\ud800"}},
            {"id":"1","status":204}]}"#;
        let expected = [
            Some((200, r#"{"n": 1.50, "s":"\ud800"}"#.to_owned())),
            Some((204, String::new())),
            Some((404, r#"{ "error" : {} }"#.to_owned())),
        ];
        assert_eq!(delivered(body), expected);
    }

    #[test]
    fn a_part_without_one_clear_answer_has_none_and_harms_no_other() {
        let good = Some((200, "{}".to_owned()));
        let body = r#"{"responses":[{"id":"0","status":200,"body":{}},{"id":"1","status":"x"},
            {"id":"9","status":200,"body":{}},{"id":"-1","status":200},{"id":"2","status":200,"body":{}},
            {"id":"2","status":404},7,null]}"#;
        assert_eq!(delivered(body), [good, None, None]);
        for odd in ["", "null", "[]", "{}", r#"{"responses":null}"#, r#"{"responses":{}}"#, "<html>"] {
            assert_eq!(delivered(odd), [None, None, None], "{odd}");
        }
    }

    #[test]
    fn an_address_is_split_at_its_version() {
        let split =
            |url: &str, graph: &str| below_version(&Url::parse(url).unwrap(), &Url::parse(graph).unwrap());
        let both = |version: &str, rest: &str| Some((version.to_owned(), rest.to_owned()));
        let graph = "https://graph.microsoft.com";
        assert_eq!(
            split("https://graph.microsoft.com/beta/a/b?$top=5&$skiptoken=a%2Bb", graph),
            both("beta", "/a/b?$top=5&$skiptoken=a%2Bb")
        );
        assert_eq!(split("http://127.0.0.1:9/base/v1.0/a", "http://127.0.0.1:9/base"), both("v1.0", "/a"));
        assert_eq!(split("http://127.0.0.1:9/other/v1.0/a", "http://127.0.0.1:9/base"), None);
        assert_eq!(split("https://graph.microsoft.com/beta", graph), None);
    }
}
