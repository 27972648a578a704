//! Group delta: what changed since a link was given out.
//!
//! The service replays entries and repeats them within one round; so the first entry of a round comes
//! twice here. A link is good for seven days, and for the tenant and the properties it was made for.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use crate::answer::{Answer, Refusal};
use crate::ids::passing_id;
use crate::tenant::TenantState;

/// How long a link is good.
const LINK_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Entries on a page.
const PAGE: usize = 100;

/// The rounds that links lead to.
#[derive(Debug, Default)]
pub(crate) struct Deltas {
    rounds: Mutex<HashMap<String, Round>>,
}

/// What a token stands for: the entries of a round under way, and what the next round compares with.
#[derive(Debug)]
struct Round {
    tenant_id: Uuid,
    made_at: Timestamp,
    select: Vec<String>,
    entries: Vec<Value>,
    seen: BTreeMap<String, Seen>,
}

#[derive(Debug, PartialEq)]
struct Seen {
    body: Map<String, Value>,
    members: BTreeSet<String>,
}

/// The options of a delta request.
#[derive(Debug, Default)]
struct Options {
    select: Vec<String>,
    delta_token: Option<String>,
    skip_token: Option<String>,
}

impl Deltas {
    /// Forgets every link given out so far, of one tenant or of all.
    pub(crate) fn expire(&self, tenant_id: Option<Uuid>) {
        let mut rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        rounds.retain(|_, round| tenant_id.is_some_and(|tenant_id| round.tenant_id != tenant_id));
    }

    /// Answers a request for `address`, the path with origin and version.
    pub(crate) fn answer(
        &self,
        tenant: &TenantState,
        address: &str,
        query: &str,
        page_size: Option<usize>,
        now: Timestamp,
    ) -> Result<Answer, Refusal> {
        let options = Options::read(query)?;
        let mut rounds = self.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        rounds.retain(|_, round| now.duration_since(round.made_at) < LINK_LIFE);
        let known = |rounds: &HashMap<String, Round>, token: &str| {
            rounds.get(token).is_some_and(|round| round.tenant_id == tenant.tenant_id)
        };
        let (token, from) = match (&options.skip_token, &options.delta_token) {
            (Some(skip), _) => {
                let (token, from) = skip.split_once('.').unwrap_or((skip, ""));
                let from = from.parse().map_err(|_| bad_token())?;
                if !known(&rounds, token) {
                    return Ok(gone(address));
                }
                (token.to_owned(), from)
            }
            (None, Some(token)) if token == "latest" => {
                let round = Round::new(tenant, options.select, None, now);
                let token = passing_id().simple().to_string();
                rounds.insert(token.clone(), Round { entries: Vec::new(), ..round });
                (token, 0)
            }
            (None, Some(token)) if known(&rounds, token) => {
                let before = &rounds[token];
                let round = Round::new(tenant, before.select.clone(), Some(&before.seen), now);
                let token = passing_id().simple().to_string();
                rounds.insert(token.clone(), round);
                (token, 0)
            }
            (None, Some(_)) => return Ok(gone(address)),
            (None, None) => {
                let token = passing_id().simple().to_string();
                rounds.insert(token.clone(), Round::new(tenant, options.select, None, now));
                (token, 0)
            }
        };
        let size = page_size.unwrap_or(PAGE);
        let entries = &rounds[&token].entries;
        let page: Vec<&Value> = entries.iter().skip(from).take(size).collect();
        let (base, _) = address.split_once("/groups").unwrap_or((address, ""));
        let context = format!("{base}/$metadata#groups");
        let mut body = json!({ "@odata.context": context });
        let next = from + page.len();
        let (link, to) = match next < entries.len() {
            true => ("@odata.nextLink", format!("{address}?$skiptoken={token}.{next}")),
            false => ("@odata.deltaLink", format!("{address}?$deltatoken={token}")),
        };
        body[link] = json!(to);
        body["value"] = json!(page);
        Ok(Answer::json(200, body))
    }
}

impl Options {
    fn read(query: &str) -> Result<Self, Refusal> {
        let mut options = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.to_ascii_lowercase().as_str() {
                "$select" => {
                    options.select = value.split(',').map(|name| name.trim().to_owned()).collect();
                }
                "$deltatoken" if !value.is_empty() => options.delta_token = Some(value.into_owned()),
                "$skiptoken" => options.skip_token = Some(value.into_owned()),
                "$filter" if value.trim_start().starts_with("id eq ") => {}
                name @ ("$expand" | "$top" | "$orderby" | "$filter" | "$search") => {
                    return Err(Refusal::Bad(format!(
                        "The query option '{name}' is not allowed for a delta."
                    )));
                }
                _ => {}
            }
        }
        Ok(options)
    }
}

impl Round {
    fn new(
        tenant: &TenantState,
        select: Vec<String>,
        before: Option<&BTreeMap<String, Seen>>,
        now: Timestamp,
    ) -> Self {
        let shown = |name: &str| select.is_empty() || select.iter().any(|wanted| wanted == name);
        let with_members = select.iter().any(|name| name == "members");
        let mut seen = BTreeMap::new();
        let mut entries = Vec::new();
        for group in tenant.objects("groups") {
            let mut body = group.body.clone();
            body.retain(|name, _| name == "id" || shown(name));
            let ids = group.part("members").iter().filter_map(|member| member["id"].as_str());
            let members: BTreeSet<String> = ids.filter(|_| with_members).map(str::to_owned).collect();
            let earlier = before.and_then(|before| before.get(&group.id));
            let now = Seen { body, members };
            if earlier != Some(&now) {
                entries.push(now.entry(earlier));
            }
            seen.insert(group.id.clone(), now);
        }
        let gone = before.into_iter().flat_map(BTreeMap::keys).filter(|id| !seen.contains_key(*id));
        entries.extend(gone.map(|id| json!({ "id": id, "@removed": { "reason": "changed" } })));
        if entries.len() > 1 {
            entries.push(entries[0].clone());
        }
        Self { tenant_id: tenant.tenant_id, made_at: now, select, entries, seen }
    }
}

impl Seen {
    fn entry(&self, earlier: Option<&Self>) -> Value {
        let mut entry = self.body.clone();
        let none = BTreeSet::new();
        let before = earlier.map_or(&none, |earlier| &earlier.members);
        let member = |id: &String| json!({ "@odata.type": "#microsoft.graph.user", "id": id });
        let added = self.members.difference(before).map(member);
        let removed = before.difference(&self.members).map(|id| {
            let mut gone = member(id);
            gone["@removed"] = json!({ "reason": "deleted" });
            gone
        });
        let members: Vec<Value> = added.chain(removed).collect();
        if !members.is_empty() {
            entry.insert("members@delta".to_owned(), Value::Array(members));
        }
        Value::Object(entry)
    }
}

/// Answers that a link is no longer good, and where to begin anew.
fn gone(address: &str) -> Answer {
    let error = json!({
        "error": {
            "code": "syncStateNotFound",
            "message": "The sync state generation is not found; start a full synchronization.",
        },
    });
    Answer::json(410, error).header("location", format!("{address}?$deltatoken="))
}

fn bad_token() -> Refusal {
    Refusal::Bad("The skip token is invalid.".to_owned())
}
