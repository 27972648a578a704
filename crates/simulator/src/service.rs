//! One request from arrival to answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Request as HttpRequest};
use axum::response::Response;
use sha2::{Digest, Sha256};
use url::form_urlencoded;
use uuid::Uuid;

use crate::address::{self, Address, Astray, decode};
use crate::answer::{About, Answer, Refusal};
use crate::clock::Clock;
use crate::connection::Line;
use crate::faults::{Fault, Faults, Probe};
use crate::handle::TenantHandle;
use crate::ids::passing_id;
use crate::page::Cursor;
use crate::query::Query;
use crate::read::Reading;
use crate::recorder::{Recorder, Request, UnderWay};
use crate::tamper::{Fate, Links, tamper};
use crate::tenant::{Availability, TenantState};
use crate::token::Tokens;
use crate::write::{Method, Writing};

/// The largest body that a request may bring.
const BODY_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Everything that requests share.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) tenants: RwLock<BTreeMap<Uuid, TenantState>>,
    pub(crate) clock: Clock,
    pub(crate) tokens: Tokens,
    pub(crate) recorder: Recorder,
    pub(crate) faults: Faults,
    pub(crate) origin: String,
    pub(crate) latency: Duration,
    pub(crate) page_size: Option<usize>,
}

/// A request, read.
struct Incoming {
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Incoming {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn whole_path(&self) -> String {
        match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// Returns the tenant segment of a login.
    fn login_segment(&self) -> Option<String> {
        let segment = self.path.strip_prefix('/')?.strip_suffix("/oauth2/v2.0/token")?;
        Some(decode(segment))
    }
}

/// Serves one request.
pub(crate) async fn serve(
    State(service): State<Arc<Service>>,
    ConnectInfo(line): ConnectInfo<Line>,
    request: HttpRequest<Body>,
) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, BODY_BYTES_MAX).await.map(Vec::from).unwrap_or_default();
    let incoming = Incoming {
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: head.headers,
        body,
    };
    let request_id = passing_id().to_string();
    let client_request_id =
        incoming.header("client-request-id").map_or_else(|| request_id.clone(), str::to_owned);
    let about =
        About { request_id, client_request_id, now: service.clock.now(), path: incoming.path.clone() };
    let tenant_id = service.tenant_of(&incoming, &about);
    let under_way = service.record(&incoming, tenant_id, &about);
    match service.fate(&incoming, tenant_id, &about, &under_way).await {
        Fate::Reset => {
            line.cut();
            std::future::pending().await
        }
        Fate::Hang => std::future::pending().await,
        Fate::Answered(answer) => {
            under_way.answered(answer.status);
            answer
                .header("request-id", about.request_id)
                .header("client-request-id", about.client_request_id)
                .into_response()
        }
    }
}

impl Service {
    pub(crate) fn read_tenant<T>(&self, id: Uuid, look: impl FnOnce(&TenantState) -> T) -> Option<T> {
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        tenants.get(&id).map(look)
    }

    pub(crate) fn write_tenant<T>(&self, id: Uuid, change: impl FnOnce(&mut TenantState) -> T) -> Option<T> {
        let mut tenants = self.tenants.write().unwrap_or_else(PoisonError::into_inner);
        tenants.get_mut(&id).map(change)
    }

    /// Returns the tenant that a request is about, as far as it can be told before it is judged.
    fn tenant_of(&self, incoming: &Incoming, about: &About) -> Option<Uuid> {
        match incoming.login_segment() {
            Some(segment) => self.tenant_named(&segment),
            None => self.tokens.tenant_of(incoming.header("authorization"), about.now).ok(),
        }
    }

    /// Finds a tenant by its id, or by the domain of its organization.
    fn tenant_named(&self, segment: &str) -> Option<Uuid> {
        let id = Uuid::parse_str(segment).ok()?;
        self.read_tenant(id, |_| id)
    }

    fn record(&self, incoming: &Incoming, tenant_id: Option<Uuid>, about: &About) -> UnderWay {
        let is_login = incoming.login_segment().is_some();
        let has_body = !is_login && !incoming.body.is_empty();
        self.recorder.arrive(Request {
            sequence: 0,
            at: about.now,
            tenant_id,
            method: incoming.method.clone(),
            // A login's query could hold a secret that belongs into its body.
            path: if is_login { incoming.path.clone() } else { incoming.whole_path() },
            host: incoming.header("host").unwrap_or_default().to_owned(),
            status: None,
            client_request_id: incoming.header("client-request-id").map(str::to_owned),
            body_sha256: has_body.then(|| hex::encode(Sha256::digest(&incoming.body))),
            fault: None,
        })
    }

    /// Decides what becomes of a request: faults first and last, the answer between them.
    async fn fate(
        self: &Arc<Self>,
        incoming: &Incoming,
        tenant_id: Option<Uuid>,
        about: &About,
        under_way: &UnderWay,
    ) -> Fate {
        let query = Query::read(&incoming.query);
        let page =
            query.as_ref().ok().and_then(|query| Cursor::page_of(query.skip_token.as_deref()?)).unwrap_or(1);
        let path = incoming.whole_path();
        let probe = Probe { tenant_id, method: &incoming.method, path: &path, page };
        let faults = self.faults.fire(&probe);
        for fault in &faults {
            under_way.hit_by(fault.name());
            self.happen(fault, tenant_id).await;
        }
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let links = Links {
            itself: format!("{}{path}", self.origin),
            first: format!("{}{}?{}", self.origin, incoming.path, kept(&query)),
            path,
        };
        let good = self.good_answer(incoming, query, about);
        let last = faults.iter().find(|fault| !matches!(fault, Fault::Act(_) | Fault::Delay(_)));
        match last {
            Some(fault) => tamper(fault, good, about, &links),
            None => Fate::Answered(Box::new(good)),
        }
    }

    /// Lets happen what a fault does before the answer is made.
    async fn happen(self: &Arc<Self>, fault: &Fault, tenant_id: Option<Uuid>) {
        match fault {
            Fault::Delay(duration) => tokio::time::sleep(*duration).await,
            Fault::ExpireTokens => self.tokens.expire(None),
            Fault::Act(act) => {
                if let Some(tenant_id) = tenant_id {
                    act.perform(&TenantHandle::new(Arc::clone(self), tenant_id));
                }
            }
            _ => {}
        }
    }

    fn good_answer(&self, incoming: &Incoming, query: Result<Query, String>, about: &About) -> Answer {
        if let Some(segment) = incoming.login_segment() {
            return self.log_in(incoming, &segment, about);
        }
        self.graph_answer(incoming, query, about).unwrap_or_else(|refusal| refusal.answer(about))
    }

    fn log_in(&self, incoming: &Incoming, segment: &str, about: &About) -> Answer {
        if incoming.method != "POST" {
            return Refusal::Method(incoming.method.clone()).answer(about);
        }
        let form: HashMap<String, String> = form_urlencoded::parse(&incoming.body).into_owned().collect();
        let tenants = self.tenants.read().unwrap_or_else(PoisonError::into_inner);
        let tenant = Uuid::parse_str(segment).ok().and_then(|id| tenants.get(&id));
        self.tokens.answer(segment, tenant, &form, about.now)
    }

    fn graph_answer(
        &self,
        incoming: &Incoming,
        query: Result<Query, String>,
        about: &About,
    ) -> Result<Answer, Refusal> {
        let tenant_id = self
            .tokens
            .tenant_of(incoming.header("authorization"), about.now)
            .map_err(Refusal::Unauthenticated)?;
        let address = address::read(&incoming.path).map_err(|astray| match astray {
            Astray::NoSuchPath(segment) => Refusal::NoSuchPath(segment),
            Astray::NotInVersion(segment) => Refusal::NotInVersion(segment),
        })?;
        let query = query.map_err(Refusal::Bad)?;
        let gone = || Refusal::NoSuchObject(tenant_id.to_string());
        let availability = self.read_tenant(tenant_id, |tenant| tenant.availability(address.collection.name));
        match availability.ok_or_else(gone)? {
            Availability::Available => {}
            Availability::Unlicensed => return Err(Refusal::Unlicensed),
            Availability::Denied => return Err(Refusal::Denied),
        }
        let method = match incoming.method.as_str() {
            "GET" => {
                let base = format!("{}/{}", self.origin, address.version.segment());
                let answered = self
                    .read_tenant(tenant_id, |tenant| self.read(tenant, &address, &query, &base, incoming));
                return answered.ok_or_else(gone)?;
            }
            "POST" => Method::Post,
            "PATCH" => Method::Patch,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            other => return Err(Refusal::Method(other.to_owned())),
        };
        let written = self.write_tenant(tenant_id, |tenant| {
            let mut writing = Writing { tenant, address: &address, now: about.now };
            writing.answer(method, &incoming.body)
        });
        written.ok_or_else(gone)?
    }

    fn read(
        &self,
        tenant: &TenantState,
        address: &Address,
        query: &Query,
        base: &str,
        incoming: &Incoming,
    ) -> Result<Answer, Refusal> {
        let reading =
            Reading { tenant, address, query, base, path: &incoming.path, page_size: self.page_size };
        reading.answer()
    }
}

fn kept(query: &Result<Query, String>) -> String {
    query.as_ref().map(|query| query.with_skip_token(None)).unwrap_or_default()
}
