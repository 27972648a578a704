//! The recorder: what was asked of the simulator, without tokens, secrets and bodies.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use uuid::Uuid;

/// One request that reached the simulator.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The request's number since the start, counted through [`Recorder::clear`].
    pub sequence: u64,
    /// The number of the batch that it came in; none for a request of its own.
    pub part_of: Option<u64>,
    /// When it arrived, by the simulator's clock.
    pub at: Timestamp,
    /// The tenant of its token or of its login path; none if neither named one.
    pub tenant_id: Option<Uuid>,
    /// The method, in capitals.
    pub method: String,
    /// Path and query, as sent.
    pub path: String,
    /// The `Host` header.
    pub host: String,
    /// The status of the answer; none while it is being made, and where none was sent.
    pub status: Option<u16>,
    /// The `client-request-id` header.
    pub client_request_id: Option<String>,
    /// SHA-256 of the body in hexadecimal; none without a body, and never of a login.
    pub body_sha256: Option<String>,
    /// The name of the fault that fired on it.
    pub fault: Option<&'static str>,
}

impl Request {
    /// Returns the path without its query.
    pub fn path_only(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }

    /// Says whether it only carries other requests.
    pub fn is_batch(&self) -> bool {
        self.path_only().ends_with("/$batch")
    }

    /// Says whether it went to the login endpoint.
    pub fn is_login(&self) -> bool {
        self.path_only().ends_with("/oauth2/v2.0/token")
    }
}

/// The requests of a running simulator, in the order of their arrival. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    log: Arc<Mutex<Log>>,
}

#[derive(Debug, Default)]
struct Log {
    arrived: u64,
    in_flight: usize,
    in_flight_most: usize,
    requests: Vec<Request>,
}

impl Recorder {
    /// Returns a copy of all requests.
    pub fn all(&self) -> Vec<Request> {
        self.with(|log| log.requests.clone())
    }

    /// Returns the requests that `wanted` picks.
    pub fn matching(&self, wanted: impl Fn(&Request) -> bool) -> Vec<Request> {
        self.with(|log| log.requests.iter().filter(|request| wanted(request)).cloned().collect())
    }

    /// Counts the requests whose path and query contain `text`.
    pub fn count(&self, text: &str) -> usize {
        self.with(|log| log.requests.iter().filter(|request| request.path.contains(text)).count())
    }

    /// Returns how many requests there are.
    pub fn len(&self) -> usize {
        self.with(|log| log.requests.len())
    }

    /// Says whether there is no request.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Counts the requests that were not GET: the writes. Logins are none, and of a batch its parts count.
    pub fn non_get_count(&self) -> usize {
        let is_write =
            |request: &&Request| request.method != "GET" && !request.is_login() && !request.is_batch();
        self.with(|log| log.requests.iter().filter(is_write).count())
    }

    /// Returns the `Host` headers that were seen.
    pub fn hosts(&self) -> BTreeSet<String> {
        self.with(|log| log.requests.iter().map(|request| request.host.clone()).collect())
    }

    /// Returns the most requests that were under way at once since the start.
    pub fn most_in_flight(&self) -> usize {
        self.with(|log| log.in_flight_most)
    }

    /// Forgets the requests; their numbering goes on.
    pub fn clear(&self) {
        self.with(|log| log.requests.clear());
    }

    /// Notes an arrival; the returned value ends with the request, answered or not.
    pub(crate) fn arrive(&self, mut request: Request) -> UnderWay {
        let part_of = request.part_of;
        let sequence = self.with(|log| {
            request.sequence = log.arrived;
            log.arrived += 1;
            log.in_flight += usize::from(request.part_of.is_none());
            log.in_flight_most = log.in_flight_most.max(log.in_flight);
            log.requests.push(request);
            log.arrived - 1
        });
        UnderWay { recorder: self.clone(), sequence, part_of }
    }

    fn with<T>(&self, deed: impl FnOnce(&mut Log) -> T) -> T {
        deed(&mut self.log.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A request that is being answered.
#[derive(Debug)]
pub(crate) struct UnderWay {
    recorder: Recorder,
    sequence: u64,
    part_of: Option<u64>,
}

impl UnderWay {
    pub(crate) fn sequence(&self) -> u64 {
        self.sequence
    }

    pub(crate) fn answered(&self, status: u16) {
        self.note(|request| request.status = Some(status));
    }

    pub(crate) fn hit_by(&self, fault: &'static str) {
        self.note(|request| request.fault = Some(fault));
    }

    fn note(&self, deed: impl FnOnce(&mut Request)) {
        let sequence = self.sequence;
        self.recorder.with(|log| {
            // Looked for from the end, where it nearly always is; cleared requests are not found.
            let found = log.requests.iter_mut().rev().find(|request| request.sequence == sequence);
            found.map(deed);
        });
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let own = usize::from(self.part_of.is_none());
        self.recorder.with(|log| log.in_flight -= own);
    }
}
