//! Faults: what goes wrong, on which requests, how often.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use crate::handle::TenantHandle;

/// What a throttled answer says in `Retry-After`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// Seconds.
    Seconds(u64),
    /// A date this far ahead of the simulator's clock.
    DateIn(Duration),
    /// No header, as Intune and Conditional Access often answer.
    Absent,
    /// These very bytes: `-5`, `1000000000`, `soon`.
    Text(String),
}

/// What happens to a request.
#[derive(Clone)]
#[non_exhaustive]
pub enum Fault {
    /// 429, with or without `Retry-After`.
    Throttled(RetryAfter),
    /// This status with an error in Graph's shape.
    Status(u16),
    /// The connection is reset before any answer.
    Reset,
    /// The answer comes this much later.
    Delay(Duration),
    /// The answer never comes; the connection stays open.
    Hang,
    /// 200 with a page of HTML.
    Html,
    /// 200 with a JSON text that ends in its middle, at its full stated length.
    BrokenJson,
    /// 200 with an empty body.
    EmptyBody,
    /// The page lacks `value`.
    MissingValue,
    /// The page's `value` is null.
    NullValue,
    /// The page links to the same path at this origin (`https://example.org`).
    ForeignNextLink(String),
    /// The page links to itself.
    NextLinkLoop,
    /// The page's objects come, but its link leads to the first page again.
    RepeatedPage,
    /// The connection is closed after this many bytes of the body.
    CutBody(usize),
    /// The body stops after this many bytes; the connection stays open.
    StalledBody(usize),
    /// 200 with a page of objects that is this many bytes long.
    HugeBody(u64),
    /// The first object of the page, or the item, has no `id`.
    MissingId,
    /// Every token is forgotten; the request is answered 401.
    ExpireTokens,
    /// 401 with a claims challenge in `WWW-Authenticate`; the token stays good.
    ClaimsChallenge,
    /// This very answer.
    Answer {
        /// The status code.
        status: u16,
        /// Headers, beside the usual ones; `content-type` is `application/json` unless given.
        headers: Vec<(String, String)>,
        /// The body, sent as it is.
        body: Vec<u8>,
    },
    /// Something happens to the tenant before the request is answered; see [`Fault::act`].
    Act(Act),
}

/// A deed on the tenant of a request.
#[derive(Clone)]
pub struct Act(Arc<dyn Fn(&TenantHandle) + Send + Sync>);

impl Act {
    pub(crate) fn new(deed: impl Fn(&TenantHandle) + Send + Sync + 'static) -> Self {
        Self(Arc::new(deed))
    }

    pub(crate) fn perform(&self, tenant: &TenantHandle) {
        (self.0)(tenant);
    }
}

impl fmt::Debug for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Act")
    }
}

impl Fault {
    /// Makes a fault that changes the tenant and then lets the request be answered: with
    /// [`Rule::page`]`(2)`, data changes between two pages.
    pub fn act(deed: impl Fn(&TenantHandle) + Send + Sync + 'static) -> Self {
        Self::Act(Act::new(deed))
    }

    /// Returns the name under which the recorder notes the fault.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Throttled(_) => "throttled",
            Self::Status(_) => "status",
            Self::Reset => "reset",
            Self::Delay(_) => "delay",
            Self::Hang => "hang",
            Self::Html => "html",
            Self::BrokenJson => "broken_json",
            Self::EmptyBody => "empty_body",
            Self::MissingValue => "missing_value",
            Self::NullValue => "null_value",
            Self::ForeignNextLink(_) => "foreign_next_link",
            Self::NextLinkLoop => "next_link_loop",
            Self::RepeatedPage => "repeated_page",
            Self::CutBody(_) => "cut_body",
            Self::StalledBody(_) => "stalled_body",
            Self::HugeBody(_) => "huge_body",
            Self::MissingId => "missing_id",
            Self::ExpireTokens => "expire_tokens",
            Self::ClaimsChallenge => "claims_challenge",
            Self::Answer { .. } => "answer",
            Self::Act(_) => "act",
        }
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which requests a fault fires on; without further words, on every one, logins included.
#[derive(Clone, Debug)]
pub struct Rule {
    fault: Fault,
    tenant_id: Option<Uuid>,
    method: Option<String>,
    path: Option<String>,
    page: Option<usize>,
    skip: usize,
    times: Option<usize>,
}

impl Rule {
    /// Makes a rule that fires on every request.
    pub fn new(fault: Fault) -> Self {
        Self { fault, tenant_id: None, method: None, path: None, page: None, skip: 0, times: None }
    }

    /// Restricts the rule to requests of one tenant.
    #[must_use]
    pub fn tenant(mut self, tenant_id: Uuid) -> Self {
        self.tenant_id = Some(tenant_id);
        self
    }

    /// Restricts the rule to one method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Self {
        self.method = Some(method.to_ascii_uppercase());
        self
    }

    /// Restricts the rule to requests whose path and query contain this text.
    #[must_use]
    pub fn path(mut self, contained: &str) -> Self {
        self.path = Some(contained.to_owned());
        self
    }

    /// Restricts the rule to one page of a list or part, counted from 1. An item is its own page 1.
    #[must_use]
    pub fn page(mut self, page: usize) -> Self {
        self.page = Some(page);
        self
    }

    /// Lets the first `count` matching requests pass.
    #[must_use]
    pub fn skip(mut self, count: usize) -> Self {
        self.skip = count;
        self
    }

    /// Ends the rule after it has fired so often.
    #[must_use]
    pub fn times(mut self, count: usize) -> Self {
        self.times = Some(count);
        self
    }

    fn matches(&self, probe: &Probe<'_>) -> bool {
        self.tenant_id.is_none_or(|tenant_id| probe.tenant_id == Some(tenant_id))
            && self.method.as_deref().is_none_or(|method| probe.method == method)
            && self.path.as_deref().is_none_or(|path| probe.path.contains(path))
            && self.page.is_none_or(|page| probe.page == page)
    }
}

/// Names a rule that was added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RuleId(u64);

/// What of a request the rules look at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Probe<'a> {
    pub(crate) tenant_id: Option<Uuid>,
    pub(crate) method: &'a str,
    pub(crate) path: &'a str,
    pub(crate) page: usize,
}

/// The rules of a running simulator. Cheap to clone.
///
/// On one request fire every [`Fault::Act`] and [`Fault::Delay`] that matches, and the first other fault.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    rules: Arc<Mutex<Rules>>,
}

#[derive(Debug, Default)]
struct Rules {
    given: u64,
    active: Vec<ActiveRule>,
}

#[derive(Debug)]
struct ActiveRule {
    id: RuleId,
    rule: Rule,
    seen: usize,
    fired: usize,
}

impl Faults {
    /// Adds a rule, which works from the next request on.
    pub fn add(&self, rule: Rule) -> RuleId {
        self.with(|rules| {
            let id = RuleId(rules.given);
            rules.given += 1;
            rules.active.push(ActiveRule { id, rule, seen: 0, fired: 0 });
            id
        })
    }

    /// Takes a rule away and returns how often it fired.
    pub fn remove(&self, id: RuleId) -> usize {
        let fired = self.fired(id);
        self.with(|rules| rules.active.retain(|active| active.id != id));
        fired
    }

    /// Returns how often a rule fired; 0 for one that was taken away.
    pub fn fired(&self, id: RuleId) -> usize {
        self.with(|rules| {
            let found = rules.active.iter().find(|active| active.id == id);
            found.map_or(0, |active| active.fired)
        })
    }

    /// Takes all rules away.
    pub fn clear(&self) {
        self.with(|rules| rules.active.clear());
    }

    /// Returns the faults that fire on a request, and counts them.
    pub(crate) fn fire(&self, probe: &Probe<'_>) -> Vec<Fault> {
        self.with(|rules| {
            let mut firing = Vec::new();
            let mut answered = false;
            for active in &mut rules.active {
                let passing = matches!(active.rule.fault, Fault::Act(_) | Fault::Delay(_));
                if !active.rule.matches(probe) || (answered && !passing) {
                    continue;
                }
                active.seen += 1;
                let spent = active.rule.times.is_some_and(|times| active.fired >= times);
                if active.seen <= active.rule.skip || spent {
                    continue;
                }
                active.fired += 1;
                answered |= !passing;
                firing.push(active.rule.fault.clone());
            }
            firing
        })
    }

    fn with<T>(&self, deed: impl FnOnce(&mut Rules) -> T) -> T {
        deed(&mut self.rules.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::{Fault, Faults, Probe, RetryAfter, Rule};
    use std::time::Duration;

    fn probe(path: &str, page: usize) -> Probe<'_> {
        Probe { tenant_id: None, method: "GET", path, page }
    }

    #[test]
    fn a_rule_passes_by_fires_and_ends() {
        let faults = Faults::default();
        let id = faults.add(Rule::new(Fault::Status(503)).path("groups").skip(1).times(2));
        let fired: Vec<usize> = (0..5).map(|_| faults.fire(&probe("/v1.0/groups", 1)).len()).collect();
        assert_eq!(fired, [0, 1, 1, 0, 0]);
        assert!(faults.fire(&probe("/v1.0/organization", 1)).is_empty());
        assert_eq!(faults.fired(id), 2);
    }

    #[test]
    fn only_the_first_answering_fault_fires_and_delays_fire_beside_it() {
        let faults = Faults::default();
        faults.add(Rule::new(Fault::Throttled(RetryAfter::Absent)).page(2));
        let second = faults.add(Rule::new(Fault::Status(500)));
        faults.add(Rule::new(Fault::Delay(Duration::from_secs(1))));
        let names: Vec<_> = faults.fire(&probe("/x", 2)).iter().map(Fault::name).collect();
        assert_eq!(names, ["throttled", "delay"]);
        assert_eq!(faults.fired(second), 0);
    }
}
