//! The client: one per process, and from it one handle per connected tenant.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use contract::{GraphVersion, Part, PolicyType, ThrottleFamily};
use serde::Deserialize;

use crate::address::address;
use crate::cancel::Cancel;
use crate::cloud::Cloud;
use crate::connection::Connection;
use crate::delta::{DeltaLink, DeltaWalk};
use crate::document::{Document, DocumentPart, Reading};
use crate::error::GraphError;
use crate::gate::{Counting, Gate, Priority};
use crate::listing::Listing;
use crate::many;
use crate::options::{Budgets, GraphOptions};
use crate::page::{Item, elements};
use crate::session::Session;
use crate::token::TokenCache;
use crate::transport::{ClientError, Transport};

/// Reads from Microsoft Graph; made once per process, cheap to clone.
///
/// It keeps connections, tokens and the pace of each tenant for all that is read through it, so
/// two runs against one tenant share its limits.
#[derive(Clone)]
pub struct GraphClient(Arc<Shared>);

struct Shared {
    transport: Transport,
    options: Arc<GraphOptions>,
    tenants: Mutex<Tenants>,
}

#[derive(Default)]
struct Tenants {
    gates: HashMap<(Cloud, String), Arc<Gate>>,
    tokens: HashMap<(Cloud, String, String), Arc<TokenCache>>,
}

/// Reads from the Graph of one tenant; cheap to clone.
#[derive(Debug, Clone)]
pub struct TenantClient(Arc<Session>);

/// What a connection leads to, as the tenant says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckedConnection {
    /// The directory id; a caller who expected another tenant compares it.
    pub tenant_id: String,
    /// The name of the organization; none if it has none.
    pub display_name: Option<String>,
}

impl GraphClient {
    /// Makes the client, and installs the TLS provider of the process if there is none yet.
    ///
    /// # Errors
    /// [`ClientError`] if the options make no HTTP client. A machine without trusted certificates
    /// is no error: every HTTPS call ends as `graph.tls` there.
    pub fn new(options: GraphOptions) -> Result<Self, ClientError> {
        let transport = Transport::new(&options)?;
        let options = Arc::new(options);
        Ok(Self(Arc::new(Shared { transport, options, tenants: Mutex::default() })))
    }

    /// Takes up a connection; nothing is sent yet.
    ///
    /// Two handles on the same tenant share its pace, and, if they sign in with the same secret,
    /// its token. A changed secret starts with no token.
    pub fn connect(&self, connection: Connection) -> TenantClient {
        let shared = &self.0;
        let (gate, tokens) = {
            // A panic elsewhere cannot leave these maps half written.
            let mut tenants = shared.tenants.lock().unwrap_or_else(PoisonError::into_inner);
            tenants.forget_idle();
            tenants.of(connection, &shared.options)
        };
        let session = Session::new(shared.transport.clone(), Arc::clone(&shared.options), gate, tokens);
        TenantClient(Arc::new(session))
    }
}

impl fmt::Debug for GraphClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphClient").field("options", &self.0.options).finish_non_exhaustive()
    }
}

impl Tenants {
    fn of(&mut self, connection: Connection, options: &GraphOptions) -> (Arc<Gate>, Arc<TokenCache>) {
        let tenant = connection.tenant_id.to_ascii_lowercase();
        let gate = self.gates.entry((connection.cloud.clone(), tenant.clone()));
        let counting = match (options.budgets, &connection.cloud) {
            (Budgets::MicrosoftClouds, Cloud::Simulated(_)) => Counting::Uncounted,
            _ => Counting::Counted,
        };
        let made = || Arc::new(Gate::new(options.concurrency_per_tenant, counting));
        let gate = Arc::clone(gate.or_insert_with(made));
        let key = (connection.cloud.clone(), tenant, connection.client_id.clone());
        if let Some(tokens) = self.tokens.get(&key)
            && tokens.connection().signs_in_like(&connection)
        {
            return (gate, Arc::clone(tokens));
        }
        let tokens = Arc::new(TokenCache::new(connection));
        self.tokens.insert(key, Arc::clone(&tokens));
        (gate, tokens)
    }

    /// Drops what belongs to tenants that nobody reads from and that hold nothing worth keeping,
    /// so that secrets of removed tenants do not stay in memory.
    fn forget_idle(&mut self) {
        self.tokens.retain(|_, tokens| Arc::strong_count(tokens) > 1 || tokens.is_warm());
        self.gates.retain(|_, gate| Arc::strong_count(gate) > 1 || gate.is_holding());
    }
}

impl TenantClient {
    /// Returns a handle whose requests are of another urgency; they start as [`Priority::Normal`].
    #[must_use]
    pub fn with_priority(&self, priority: Priority) -> Self {
        Self(Arc::new(self.0.with_priority(priority)))
    }

    /// Signs in and asks the tenant who it is. A person waits for this, so it goes first.
    ///
    /// # Errors
    /// `graph.credentials_rejected` for a wrong tenant, application or secret, `graph.forbidden` if
    /// the application may not read the organization, and whatever else a read can end with.
    pub async fn check(&self, cancel: &Cancel) -> Result<CheckedConnection, GraphError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Organization {
            id: String,
            display_name: Option<String>,
        }
        let path = format!("/{}/organization", GraphVersion::V1.segment());
        let url = address(self.0.graph(), &path, |_| None, &[])?;
        let session = self.0.with_priority(Priority::High);
        let answer = session.get(&url, session.lane(ThrottleFamily::Identity), cancel).await?;
        let page = elements(&answer)?;
        let first = page.value.first().and_then(|raw| serde_json::from_str::<Organization>(raw.get()).ok());
        let organization = first
            .ok_or_else(|| GraphError::unexpected("Microsoft Graph did not say which tenant this is"))?;
        Ok(CheckedConnection { tenant_id: organization.id, display_name: organization.display_name })
    }

    /// Starts to list a type; the first request goes out with the first page asked for.
    pub fn list<'a>(&'a self, ty: &'a PolicyType, cancel: &Cancel) -> Listing<'a> {
        Listing::new(&self.0, ty, cancel)
    }

    /// Starts to read what changed in a type since `since`, or all of it; none where Graph has no
    /// delta for the type.
    pub fn delta<'a>(
        &'a self,
        ty: &'a PolicyType,
        since: Option<&DeltaLink>,
        cancel: &Cancel,
    ) -> Option<DeltaWalk<'a>> {
        DeltaWalk::new(&self.0, ty, since, cancel)
    }

    /// Reads a listed object whole: itself, and every part that the contract names.
    ///
    /// Where the listing gave the object whole, the listed bytes are taken and only the parts are
    /// read.
    ///
    /// # Errors
    /// `graph.not_found` if the object is gone, and whatever else a read can end with; there is no
    /// document with a required part missing.
    pub async fn read(
        &self,
        ty: &PolicyType,
        listed: &Item,
        cancel: &Cancel,
    ) -> Result<Document, GraphError> {
        Box::pin(Reading { session: &self.0, ty, listed, cancel }.whole()).await
    }

    /// Reads listed objects whole, as [`read`](Self::read) does, in few requests.
    ///
    /// Calls travel in batches of twenty where that pays; each of them is still throttled, tried
    /// again and paged by itself, and one object's failure harms no other. The results come in the
    /// order of `listed`, of which a page at a time is a good measure: all results are held at once.
    pub async fn read_many(
        &self,
        ty: &PolicyType,
        listed: &[Item],
        cancel: &Cancel,
    ) -> Vec<Result<Document, GraphError>> {
        Box::pin(many::whole(&self.0, ty, listed, cancel)).await
    }

    /// Reads one part of listed objects (their assignments, for example) in few requests.
    ///
    /// Works like [`read_many`](Self::read_many). The part is none where the type or the object has
    /// no such part. Assignments are read by their own path even where they come with the object.
    pub async fn read_parts(
        &self,
        ty: &PolicyType,
        listed: &[Item],
        part: Part,
        cancel: &Cancel,
    ) -> Vec<Result<Option<DocumentPart>, GraphError>> {
        Box::pin(many::parts(&self.0, ty, listed, part, cancel)).await
    }
}
