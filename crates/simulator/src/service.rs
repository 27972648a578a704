//! One request from arrival to answer.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::Request as HttpRequest;
use axum::response::Response;
use sha2::{Digest, Sha256};
use url::form_urlencoded;
use uuid::Uuid;

use crate::address::{self, Astray, Place};
use crate::answer::{About, Answer, Content, Refusal};
use crate::approval::Approvals;
use crate::batch;
use crate::clock::Clock;
use crate::connection::Line;
use crate::delta::Deltas;
use crate::faults::{Fault, Faults, Probe};
use crate::handle::TenantHandle;
use crate::ids::passing_id;
use crate::incoming::Incoming;
use crate::lag::Lags;
use crate::limits::Meter;
use crate::page::Cursor;
use crate::query::Query;
use crate::read::Reading;
use crate::recorder::{Recorder, Request, UnderWay};
use crate::script::Scripts;
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
    pub(crate) limits: Meter,
    pub(crate) lags: Lags,
    pub(crate) deltas: Deltas,
    pub(crate) approvals: Approvals,
    pub(crate) scripts: Scripts,
    pub(crate) latency: Duration,
    pub(crate) page_size: Option<usize>,
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
    let (answered, about) = Arc::clone(&service).respond(incoming).await;
    match answered {
        Fate::Reset => {
            line.cut();
            std::future::pending().await
        }
        Fate::Hang => std::future::pending().await,
        Fate::Answered(answer) => with_ids(*answer, &about).into_response(),
    }
}

fn with_ids(answer: Answer, about: &About) -> Answer {
    answer
        .header("request-id", about.request_id.clone())
        .header("client-request-id", about.client_request_id.clone())
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

    /// Does what change scripts have for the present and the past.
    pub(crate) fn play_due(self: &Arc<Self>) {
        for step in self.scripts.take_due(self.clock.now()) {
            step.act.perform(&TenantHandle::new(Arc::clone(self), step.tenant_id));
        }
    }

    /// Answers a request that came by itself, with all its parts if it is a batch.
    async fn respond(self: Arc<Self>, incoming: Incoming) -> (Fate, About) {
        self.play_due();
        let about = self.about(&incoming);
        let tenant_id = self.tenant_of(&incoming, &about);
        let under_way = self.record(&incoming, tenant_id, &about, None);
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let fate = match batch::version_of(&incoming) {
            None => self.fate(&incoming, tenant_id, &about, &under_way).await,
            Some(version) => self.batch(&incoming, version, tenant_id, &about, &under_way).await,
        };
        if let Fate::Answered(answer) = &fate {
            under_way.answered(answer.status);
        }
        (fate, about)
    }

    /// Answers a batch: faults meet it as a whole, and each of its parts.
    async fn batch(
        self: &Arc<Self>,
        incoming: &Incoming,
        version: &str,
        tenant_id: Option<Uuid>,
        about: &About,
        under_way: &UnderWay,
    ) -> Fate {
        let path = incoming.whole_path();
        let probe = Probe { tenant_id, method: &incoming.method, path: &path, page: 1 };
        let fault = self.faults_on(&probe, tenant_id, under_way).await;
        let allowed = self.let_in(incoming, about);
        let good = match allowed.and_then(|_| batch::parts(incoming, version)) {
            Err(refusal) => refusal.answer(about),
            Ok(parts) => {
                let mut answers = batch::Answers::default();
                for part in parts {
                    self.batch_part(part, under_way.sequence(), &mut answers).await;
                }
                answers.whole()
            }
        };
        let itself = format!("{}{path}", self.origin);
        let links = Links { first: itself.clone(), itself, path };
        match fault {
            Some(fault) => tamper(&fault, good, about, &links),
            None => Fate::Answered(Box::new(good)),
        }
    }

    /// Answers one part of a batch; one whose connection would break is left without an answer.
    async fn batch_part(self: &Arc<Self>, part: batch::Part, batch: u64, answers: &mut batch::Answers) {
        let about = self.about(&part.incoming);
        let tenant_id = self.tenant_of(&part.incoming, &about);
        let under_way = self.record(&part.incoming, tenant_id, &about, Some(batch));
        let fate = match answers.fails(&part) {
            true => Fate::Answered(Box::new(Refusal::DependencyFailed.answer(&about))),
            false => self.fate(&part.incoming, tenant_id, &about, &under_way).await,
        };
        if let Fate::Answered(answer) = fate
            && !matches!(answer.body, Content::Short { .. } | Content::Huge(_))
        {
            under_way.answered(answer.status);
            answers.add(part.id, with_ids(*answer, &about));
        }
    }

    fn about(&self, incoming: &Incoming) -> About {
        let request_id = passing_id().to_string();
        let named = incoming.header("client-request-id");
        let client_request_id = named.map_or_else(|| request_id.clone(), str::to_owned);
        About { request_id, client_request_id, now: self.clock.now(), path: incoming.path.clone() }
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

    fn record(
        &self,
        incoming: &Incoming,
        tenant_id: Option<Uuid>,
        about: &About,
        part_of: Option<u64>,
    ) -> UnderWay {
        let is_login = incoming.login_segment().is_some();
        let has_body = !is_login && !incoming.body.is_empty();
        self.recorder.arrive(Request {
            sequence: 0,
            part_of,
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
        let fault = self.faults_on(&probe, tenant_id, under_way).await;
        let links = Links {
            itself: format!("{}{path}", self.origin),
            first: format!("{}{}?{}", self.origin, incoming.path, kept(&query)),
            path,
        };
        let good = self.good_answer(incoming, query, about);
        match fault {
            Some(fault) => tamper(&fault, good, about, &links),
            None => Fate::Answered(Box::new(good)),
        }
    }

    /// Lets the faults of a request happen, and returns the one that changes its answer.
    async fn faults_on(
        self: &Arc<Self>,
        probe: &Probe<'_>,
        tenant_id: Option<Uuid>,
        under_way: &UnderWay,
    ) -> Option<Fault> {
        let faults = self.faults.fire(probe);
        for fault in &faults {
            under_way.hit_by(fault.name());
            self.happen(fault, tenant_id).await;
        }
        faults.into_iter().find(|fault| !matches!(fault, Fault::Act(_) | Fault::Delay(_)))
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
        // The token endpoint is the audience of a statement, as the caller named it.
        let audience = format!("{}{}", self.origin, incoming.path);
        self.tokens.answer(segment, &audience, tenant, &form, about.now)
    }

    /// Says which tenant a request may speak for.
    fn let_in(&self, incoming: &Incoming, about: &About) -> Result<Uuid, Refusal> {
        let tenant = self.tokens.tenant_of(incoming.header("authorization"), about.now);
        tenant.map_err(Refusal::Unauthenticated)
    }

    fn graph_answer(
        &self,
        incoming: &Incoming,
        query: Result<Query, String>,
        about: &About,
    ) -> Result<Answer, Refusal> {
        let tenant_id = self.let_in(incoming, about)?;
        let address = address::read(&incoming.path).map_err(|astray| match astray {
            Astray::NoSuchPath(segment) => Refusal::NoSuchPath(segment),
            Astray::NotInVersion(segment) => Refusal::NotInVersion(segment),
        })?;
        let name = address.collection.name;
        self.limits.count(tenant_id, name, &incoming.path, &incoming.method, about.now)?;
        let gone = || Refusal::NoSuchObject(tenant_id.to_string());
        let availability = self.read_tenant(tenant_id, |tenant| tenant.availability(name));
        match availability.ok_or_else(gone)? {
            Availability::Available => {}
            Availability::Unlicensed => return Err(Refusal::Unlicensed),
            Availability::Denied => return Err(Refusal::Denied),
        }
        if address.place == Place::Delta && incoming.method == "GET" {
            let itself = format!("{}{}", self.origin, incoming.path);
            let answered = self.read_tenant(tenant_id, |tenant| {
                self.deltas.answer(tenant, &itself, &incoming.query, self.page_size, about.now)
            });
            return answered.ok_or_else(gone)?;
        }
        let query = query.map_err(Refusal::Bad)?;
        let asked_for = address.place.object_id();
        let hidden = self.lags.hidden(tenant_id, name, asked_for, about.now);
        if let Some(id) = asked_for.filter(|id| hidden.contains(*id)) {
            return Err(Refusal::NoSuchObject(id.to_owned()));
        }
        let method = match incoming.method.as_str() {
            "GET" => {
                let base = format!("{}/{}", self.origin, address.version.segment());
                let reading = |tenant: &TenantState| {
                    let path = &incoming.path;
                    let page_size = self.page_size;
                    Reading {
                        tenant,
                        address: &address,
                        query: &query,
                        base: &base,
                        path,
                        page_size,
                        hidden: &hidden,
                    }
                    .answer()
                };
                return self.read_tenant(tenant_id, reading).ok_or_else(gone)?;
            }
            "POST" => Method::Post,
            "PATCH" => Method::Patch,
            "PUT" => Method::Put,
            "DELETE" => Method::Delete,
            other => return Err(Refusal::Method(other.to_owned())),
        };
        let written = self.write_tenant(tenant_id, |tenant| {
            self.approvals.check(tenant, name, incoming, about.now)?;
            let mut writing = Writing { tenant, address: &address, now: about.now };
            let answer = writing.answer(method, &incoming.body)?;
            self.approvals.done(tenant, incoming, about.now);
            Ok(answer)
        });
        let answer = written.ok_or_else(gone)??;
        if let (Method::Post, Place::Whole, Content::Json(created)) = (method, &address.place, &answer.body)
            && let Some(id) = created["id"].as_str()
        {
            self.lags.created(tenant_id, name, id, about.now);
        }
        Ok(answer)
    }
}

fn kept(query: &Result<Query, String>) -> String {
    query.as_ref().map(|query| query.with_skip_token(None)).unwrap_or_default()
}
