//! Multi-admin approval: a protected write waits until another administrator has agreed.
//!
//! The first attempt needs a justification and makes a request for approval; the same write, sent again
//! with the request's id once it is approved, is done. A request is good for three days and for one write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::answer::Refusal;
use crate::clock::graph_time;
use crate::collections::find;
use crate::incoming::Incoming;
use crate::tenant::TenantState;

/// The collection of the requests.
const REQUESTS: &str = "operationApprovalRequests";

/// How long a request may wait.
const REQUEST_LIFE: SignedDuration = SignedDuration::from_hours(3 * 24);

/// What the other administrator says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The write may be done.
    Approved,
    /// It may not.
    Rejected,
}

impl Verdict {
    pub(crate) fn status(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}

/// What is protected, and which write each request is for.
#[derive(Debug, Default)]
pub(crate) struct Approvals(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    protected: BTreeSet<(Uuid, &'static str)>,
    writes: BTreeMap<String, (String, Timestamp)>,
}

impl Approvals {
    pub(crate) fn protect(&self, tenant_id: Uuid, collection: &'static str) {
        self.lock().protected.insert((tenant_id, collection));
    }

    /// Lets a write pass, or says what it still needs.
    pub(crate) fn check(
        &self,
        tenant: &mut TenantState,
        collection: &'static str,
        incoming: &Incoming,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mut state = self.lock();
        if !state.protected.contains(&(tenant.tenant_id, collection)) {
            return Ok(());
        }
        if let Some(id) = incoming.header("x-msft-approval-code") {
            return self::approved(&state, tenant, id, incoming, now);
        }
        let justification = incoming.header("x-msft-approval-justification").unwrap_or_default();
        if justification.is_empty() {
            return Err(Refusal::Bad(
                "Approval is required: give a justification in the header x-msft-approval-justification."
                    .to_owned(),
            ));
        }
        let request = json!({
            "status": "needsApproval",
            "requestDateTime": graph_time(now),
            "lastModifiedDateTime": graph_time(now),
            "expirationDateTime": graph_time(now.checked_add(REQUEST_LIFE).unwrap_or(now)),
            "requestJustification": justification,
            "requiredOperationApprovalPolicyTypes": ["unknown"],
        });
        let (Some(requests), Value::Object(request)) = (find(REQUESTS), request) else {
            return Err(Refusal::NoSuchPath(REQUESTS.to_owned()));
        };
        let id = tenant.put_object(requests, request, None);
        state.writes.insert(id.clone(), (write_of(incoming), now));
        Err(Refusal::NeedsApproval(id))
    }

    /// Notes that an approved write was done: its request is used up.
    pub(crate) fn done(&self, tenant: &mut TenantState, incoming: &Incoming, now: Timestamp) {
        let Some(id) = incoming.header("x-msft-approval-code") else {
            return;
        };
        if self.lock().writes.remove(id).is_some()
            && let Some(request) = tenant.object_mut(REQUESTS, id)
        {
            request.body.insert("status".to_owned(), json!("completed"));
            request.body.insert("lastModifiedDateTime".to_owned(), json!(graph_time(now)));
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn approved(
    state: &State,
    tenant: &mut TenantState,
    id: &str,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<(), Refusal> {
    let Some((write, made_at)) = state.writes.get(id) else {
        return Err(Refusal::Bad("The approval code is not known or was used.".to_owned()));
    };
    if *write != write_of(incoming) {
        return Err(Refusal::Bad("The approval code is for another request.".to_owned()));
    }
    let expired = now.duration_since(*made_at) >= REQUEST_LIFE;
    let request = tenant.object_mut(REQUESTS, id);
    if let (true, Some(request)) = (expired, request) {
        request.body.insert("status".to_owned(), json!("expired"));
        return Err(Refusal::Bad("The approval request has expired.".to_owned()));
    }
    let request = tenant.object(REQUESTS, id);
    match request.and_then(|request| request.body["status"].as_str()) {
        Some("approved") => Ok(()),
        Some("rejected") => Err(Refusal::Denied),
        _ => Err(Refusal::NeedsApproval(id.to_owned())),
    }
}

/// Tells one write from another.
fn write_of(incoming: &Incoming) -> String {
    let body = hex::encode(Sha256::digest(&incoming.body));
    format!("{} {} {body}", incoming.method, incoming.path)
}
