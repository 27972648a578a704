//! Writing one row, inside the transaction of what it records.

use std::fmt::Display;
use std::sync::Arc;

use database::{DatabaseError, Ts, Tx, params, statement};
use serde_json::{Map, Value};

use super::Action;
use crate::access::ServerScope;
use crate::request::plain;
use crate::{Actor, AuditId, Channel, RequestInfo, Scope, TenantId, UserId, WorkspaceId};

/// The columns of a row about something in a workspace, in the order of [`Entry::into_values`].
///
/// For a statement that writes such a row together with what it records; everybody else calls
/// [`record`](fn@crate::audit::record).
#[macro_export]
macro_rules! audit_columns {
    () => {
        "id, workspace_id, tenant_id, at, actor_kind, actor_id, actor_name, action, subject_type, subject_id, detail, request_id, address"
    };
}

statement! {
    RECORD = "audit.record", (Uuid, Uuid, Uuid, Time, Text, Uuid, Text, Text, Text, Text, Json, Text, Text) -> (),
    both: concat!("INSERT INTO audit_log (", audit_columns!(), ")
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)")
}
statement! {
    RECORD_SERVER = "audit.record_server", (Uuid, Time, Text, Uuid, Text, Text, Text, Text, Json, Text, Text) -> (),
    both: "INSERT INTO server_audit_log (id, at, actor_kind, actor_id, actor_name, action, subject_type, subject_id, detail, request_id, address)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
}

/// The longest text in a detail; more is cut, so that nobody fills the log with one act.
const DETAIL_TEXT_LENGTH_MAX: usize = 500;

/// The longest id of a subject.
const SUBJECT_LENGTH_MAX: usize = 200;

/// What is to be written down: who did what to what.
#[derive(Clone, Debug)]
pub struct Entry {
    action: Action,
    workspace: Option<WorkspaceId>,
    tenant: Option<TenantId>,
    actor: Actor,
    request: Arc<RequestInfo>,
    subject: (&'static str, String),
    detail: Map<String, Value>,
}

impl Entry {
    /// Begins an entry about something in a workspace; the scope's tenant, if any, is noted with it.
    #[must_use]
    pub fn in_scope(scope: &Scope, action: Action) -> Self {
        let entry = Self::new(action, scope.actor().clone(), Arc::clone(scope.request()));
        Self { workspace: Some(scope.workspace()), tenant: scope.tenant(), ..entry }.came(scope.channel())
    }

    /// Begins an entry about the server itself.
    #[must_use]
    pub fn on_server(scope: &ServerScope, action: Action) -> Self {
        Self::new(action, scope.actor().clone(), Arc::clone(scope.request())).came(scope.channel())
    }

    /// Begins an entry about what somebody does with their own account.
    pub(crate) fn by(user: UserId, name: &str, request: &Arc<RequestInfo>, action: Action) -> Self {
        Self::new(action, Actor::User { id: user, name: name.to_owned() }, Arc::clone(request))
    }

    /// Begins an entry about what nobody in particular did.
    pub(crate) fn by_system(request: &Arc<RequestInfo>, action: Action) -> Self {
        Self::new(action, Actor::System, Arc::clone(request))
    }

    fn new(action: Action, actor: Actor, request: Arc<RequestInfo>) -> Self {
        let subject = ("", String::new());
        Self { action, workspace: None, tenant: None, actor, request, subject, detail: Map::new() }
    }

    fn came(self, channel: Channel) -> Self {
        match channel {
            Channel::Token { id } => self.with("token", id.to_string()),
            Channel::Console => self.with("through", "console"),
            Channel::Session { .. } | Channel::Inside => self,
        }
    }

    /// Says in which workspace it happened.
    #[must_use]
    pub fn in_workspace(self, workspace: WorkspaceId) -> Self {
        Self { workspace: Some(workspace), ..self }
    }

    /// Says which tenant it is about.
    #[must_use]
    pub fn in_tenant(self, tenant: TenantId) -> Self {
        Self { tenant: Some(tenant), ..self }
    }

    /// Names what it was done to.
    #[must_use]
    pub fn about(self, kind: &'static str, id: impl Display) -> Self {
        Self { subject: (kind, plain(&id.to_string(), SUBJECT_LENGTH_MAX)), ..self }
    }

    /// Adds a detail; never a secret. Texts are cut at 500 characters and lose their control characters.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.detail.insert(key.to_owned(), shortened(value.into()));
        self
    }

    /// Gives the values of the row, in the order of [`audit_columns!`](crate::audit_columns).
    ///
    /// An entry about the server itself belongs to another table: its row has no workspace and is refused.
    #[must_use]
    pub fn into_values(self, now: Ts) -> Vec<database::Value> {
        let mut values = params![AuditId::new(now), self.workspace, self.tenant].to_vec();
        values.extend(self.into_what(now));
        values
    }

    fn into_what(self, now: Ts) -> Vec<database::Value> {
        params![
            now,
            self.actor.kind(),
            self.actor.user(),
            plain(self.actor.name(), 200),
            self.action.as_str(),
            self.subject.0,
            self.subject.1,
            Value::Object(self.detail),
            self.request.id(),
            self.request.address(),
        ]
        .to_vec()
    }
}

fn shortened(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(plain(&text, DETAIL_TEXT_LENGTH_MAX)),
        Value::Array(items) => Value::Array(items.into_iter().map(shortened).collect()),
        Value::Object(map) => {
            Value::Object(map.into_iter().map(|(k, v)| (plain(&k, 64), shortened(v))).collect())
        }
        other => other,
    }
}

/// Writes an entry down; if it cannot be written, what it records must not happen either.
///
/// # Errors
/// Any [`DatabaseError`]; the transaction is then lost.
pub async fn record(tx: &mut Tx<'_>, entry: Entry, now: Ts) -> Result<(), DatabaseError> {
    let (id, workspace) = (AuditId::new(now), entry.workspace);
    let place = params![id, workspace, entry.tenant].to_vec();
    let what = entry.into_what(now);
    let written = match workspace {
        Some(_) => tx.execute(&RECORD, &[place, what].concat()).await,
        None => tx.execute(&RECORD_SERVER, &[params![id].to_vec(), what].concat()).await,
    };
    written.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_detail_cannot_fill_the_log_or_forge_a_line() {
        let request = Arc::default();
        let entry = Entry::by_system(&request, Action::UserRenamed)
            .with("reason", "x".repeat(100_000))
            .with("names", vec!["a\nb\0c".to_owned()]);
        assert_eq!(entry.detail["reason"].as_str().map(str::len), Some(DETAIL_TEXT_LENGTH_MAX));
        assert_eq!(entry.detail["names"][0], "abc");
    }
}
