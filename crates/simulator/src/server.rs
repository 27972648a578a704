//! The server: a simulator is built, started, and stopped.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::approval::Approvals;
use crate::clock::Clock;
use crate::connection::{CuttableListener, Line, Lines};
use crate::delta::Deltas;
use crate::faults::Faults;
use crate::handle::TenantHandle;
use crate::lag::{Lag, Lags};
use crate::limits::{Limits, Meter};
use crate::recorder::Recorder;
use crate::script::Scripts;
use crate::service::{Service, serve};
use crate::tenant::TenantState;
use crate::token::{TOKEN_LIFETIME, Tokens};

/// Why the simulator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SimulatorError {
    /// The port could not be had.
    #[error("listen on 127.0.0.1:{port}")]
    Listen {
        /// The port that was wanted; 0 is any free one.
        port: u16,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// Two tenants have the same id.
    #[error("serve two tenants with the id {0}")]
    TwinTenant(Uuid),
}

/// A simulator that is being set up.
#[derive(Debug, Default)]
pub struct Simulator {
    port: u16,
    latency: Duration,
    page_size: Option<usize>,
    token_lifetime: Option<Duration>,
    limits: Limits,
    lag: Option<Lag>,
    tenants: Vec<TenantState>,
}

impl Simulator {
    /// Makes a simulator without tenants, on any free port, without latency.
    pub fn new() -> Self {
        Self::default()
    }

    /// Wants a certain port of the loopback address; 0 is any free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Answers every request, logins included, this much later.
    #[must_use]
    pub fn latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// Puts so many objects at most on every page of every collection, whatever its own size; at least 1.
    ///
    /// A larger `$top` does not lift it. Parts keep their sizes: settings and assignments come 25 to a page. By default
    /// it is 25 for the settings catalog, 30 for deviceConfigurations, 100 for all others.
    #[must_use]
    pub fn page_size(mut self, page_size: usize) -> Self {
        self.page_size = Some(page_size.max(1));
        self
    }

    /// Gives out tokens that live this long, in whole seconds; 3599 seconds by default.
    #[must_use]
    pub fn token_lifetime(mut self, lifetime: Duration) -> Self {
        self.token_lifetime = Some(lifetime);
        self
    }

    /// Throttles each tenant by these limits; none by default.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Shows objects that a request created only after a while; at once by default.
    #[must_use]
    pub fn lag(mut self, lag: Lag) -> Self {
        self.lag = Some(lag);
        self
    }

    /// Adds a tenant.
    #[must_use]
    pub fn tenant(mut self, tenant: TenantState) -> Self {
        self.tenants.push(tenant);
        self
    }

    /// Listens on the loopback address and serves until the returned value is stopped or dropped.
    ///
    /// # Errors
    /// [`SimulatorError`]; nothing listens then.
    pub async fn start(self) -> Result<Running, SimulatorError> {
        let mut tenants = BTreeMap::new();
        for tenant in self.tenants {
            let id = tenant.tenant_id;
            if tenants.insert(id, tenant).is_some() {
                return Err(SimulatorError::TwinTenant(id));
            }
        }
        let port = self.port;
        let failed = |source| SimulatorError::Listen { port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let service = Arc::new(Service {
            tenants: RwLock::new(tenants),
            clock: Clock::default(),
            tokens: Tokens::new(self.token_lifetime.unwrap_or(TOKEN_LIFETIME)),
            recorder: Recorder::default(),
            faults: Faults::default(),
            origin: format!("http://{address}"),
            limits: Meter::new(self.limits),
            lags: Lags::new(self.lag),
            deltas: Deltas::default(),
            approvals: Approvals::default(),
            scripts: Scripts::default(),
            latency: self.latency,
            page_size: self.page_size,
        });
        let lines = Lines::default();
        let cuttable = CuttableListener { listener, lines: lines.clone() };
        let router = Router::new().fallback(serve).with_state(Arc::clone(&service));
        let server = axum::serve(cuttable, router.into_make_service_with_connect_info::<Line>());
        let accepting = tokio::spawn(async move {
            if let Err(error) = server.await {
                tracing::error!(%error, "the simulator stopped accepting connections");
            }
        });
        Ok(Running { service, address, lines, accepting })
    }
}

/// A simulator that serves; dropping it stops it and cuts its connections.
#[derive(Debug)]
pub struct Running {
    service: Arc<Service>,
    address: SocketAddr,
    lines: Lines,
    accepting: JoinHandle<()>,
}

impl Running {
    /// Returns the address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the origin of the login endpoint, without a slash at the end.
    ///
    /// A token is had by POST to `{login_url}/{tenant id}/oauth2/v2.0/token`.
    pub fn login_url(&self) -> String {
        self.service.origin.clone()
    }

    /// Returns the origin of Graph, without version and without a slash at the end.
    pub fn graph_url(&self) -> String {
        self.service.origin.clone()
    }

    /// Returns a handle on a tenant, none if there is no such tenant.
    pub fn tenant(&self, tenant_id: Uuid) -> Option<TenantHandle> {
        let known = self.service.read_tenant(tenant_id, |_| ()).is_some();
        known.then(|| TenantHandle::new(Arc::clone(&self.service), tenant_id))
    }

    /// Returns a handle on every tenant, in the order of their ids.
    pub fn tenants(&self) -> Vec<TenantHandle> {
        let tenants = self.service.tenants.read().unwrap_or_else(PoisonError::into_inner);
        tenants.keys().map(|id| TenantHandle::new(Arc::clone(&self.service), *id)).collect()
    }

    /// Adds a tenant while running.
    ///
    /// # Errors
    /// [`SimulatorError::TwinTenant`] if its id is taken.
    pub fn add_tenant(&self, tenant: TenantState) -> Result<TenantHandle, SimulatorError> {
        let id = tenant.tenant_id;
        let mut tenants = self.service.tenants.write().unwrap_or_else(PoisonError::into_inner);
        if tenants.contains_key(&id) {
            return Err(SimulatorError::TwinTenant(id));
        }
        tenants.insert(id, tenant);
        Ok(TenantHandle::new(Arc::clone(&self.service), id))
    }

    /// Returns the recorder.
    pub fn requests(&self) -> Recorder {
        self.service.recorder.clone()
    }

    /// Returns the rules by which requests go wrong.
    pub fn faults(&self) -> &Faults {
        &self.service.faults
    }

    /// Forgets every token given out so far: their next use is answered 401.
    pub fn expire_tokens(&self) {
        self.service.tokens.expire(None);
    }

    /// Forgets the tokens of one tenant.
    pub fn expire_tokens_of(&self, tenant_id: Uuid) {
        self.service.tokens.expire(Some(tenant_id));
    }

    /// Sets the lifetime of tokens given out from now on.
    pub fn set_token_lifetime(&self, lifetime: Duration) {
        self.service.tokens.set_lifetime(lifetime);
    }

    /// Moves the simulator's clock forward, so that tokens expire and scripts go on without waiting.
    pub fn advance(&self, by: Duration) {
        self.service.clock.advance(by);
        self.service.play_due();
    }

    /// Stops accepting, cuts every connection, and returns when the port is free.
    pub async fn stop(mut self) {
        self.accepting.abort();
        // An aborted task ends with an error that says so; nothing else is of interest here.
        let _ = (&mut self.accepting).await;
        self.lines.cut_all();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.accepting.abort();
        self.lines.cut_all();
    }
}
