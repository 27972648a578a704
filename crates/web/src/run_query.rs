//! Which runs a list shows, as its address says it. Page, export, API and command line use the same names.
//!
//! What an address says wrongly is left out and told in a sentence: a link that somebody kept must not break.

use jiff::civil::Date;
use ledger::{
    ActiveFilter, EndedRuns, Outcome, PageFrom, RunFilter, RunId, RunPlace, RunSearch, RunStatus, StartedBy,
};
use tenancy::{Scope, TenantId, UserId};
use url::form_urlencoded;
use uuid::Uuid;

use crate::components::Wall;
use crate::cursor::Cursors;
use crate::fields::Fields;
use crate::problem::Problem;
use crate::run_range::{RANGE, Range};

/// How many rows a page has unless the address says otherwise.
pub const SIZE: usize = 50;

/// The most rows that a page may have.
pub const SIZE_MAX: usize = 100;

/// How many kinds or tenants one address may name.
const NAMED_MAX: usize = 50;

/// The fewest digits of an identity that are looked for; fewer would find runs of other work.
const IDENTITY_DIGITS_MIN: usize = 8;

/// What an address calls the columns that are not always there.
pub const COLUMNS: [&str; 6] = ["id", "waited", "ended", "attempt", "code", "identity"];

/// A state to filter by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StateFilter {
    /// Waiting or under way.
    Active,
    /// Waiting.
    Queued,
    /// Under way.
    Running,
    /// Done.
    Succeeded,
    /// Done in part.
    Partial,
    /// Not done.
    Failed,
    /// Called off.
    Cancelled,
    /// Refused by a precondition.
    Blocked,
    /// Called off or refused.
    Other,
}

impl StateFilter {
    /// Every value, in the order of the tabs.
    pub const ALL: [Self; 9] = [
        Self::Active,
        Self::Queued,
        Self::Running,
        Self::Succeeded,
        Self::Partial,
        Self::Failed,
        Self::Cancelled,
        Self::Blocked,
        Self::Other,
    ];

    /// Gives the value in the query.
    #[must_use]
    pub const fn token(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Blocked => "blocked",
            Self::Other => "other",
        }
    }

    /// Gives what people call it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Queued => "Queued",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Partial => "Partial",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::Blocked => "Blocked",
            Self::Other => "Other",
        }
    }

    fn apply(self, search: &mut RunSearch) {
        let (active, outcomes): (_, &[Outcome]) = match self {
            Self::Active => (ActiveFilter::All, &[]),
            Self::Queued => (ActiveFilter::Only(RunStatus::Queued), &[]),
            Self::Running => (ActiveFilter::Only(RunStatus::Running), &[]),
            Self::Succeeded => (ActiveFilter::None, &[Outcome::Succeeded]),
            Self::Partial => (ActiveFilter::None, &[Outcome::PartiallySucceeded]),
            Self::Failed => (ActiveFilter::None, &[Outcome::Failed]),
            Self::Cancelled => (ActiveFilter::None, &[Outcome::Cancelled]),
            Self::Blocked => (ActiveFilter::None, &[Outcome::Blocked]),
            Self::Other => (ActiveFilter::None, &[Outcome::Cancelled, Outcome::Blocked]),
        };
        search.filter.active = active;
        search.filter.outcomes = outcomes.to_vec();
        search.ended = if outcomes.is_empty() { EndedRuns::LeftOut } else { EndedRuns::Listed };
    }
}

/// Who started a run, as an address says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// Whoever looks.
    Me,
    /// One user.
    User(UserId),
    /// Any schedule.
    Schedule,
    /// The system.
    System,
}

impl By {
    /// Gives the value in the query.
    #[must_use]
    pub fn token(self) -> String {
        match self {
            Self::Me => "me".to_owned(),
            Self::User(user) => user.to_string(),
            Self::Schedule => "schedule".to_owned(),
            Self::System => "system".to_owned(),
        }
    }
}

/// Which runs a list shows.
#[derive(Clone, Debug)]
pub struct RunQuery {
    /// In which state.
    pub state: Option<StateFilter>,
    /// Of which kinds; none means all.
    pub kinds: Vec<String>,
    /// In which places, by slug or `workspace`; none means all.
    pub places: Vec<(String, RunPlace)>,
    /// Started by whom.
    pub by: Option<By>,
    /// Started when.
    pub range: Range,
    /// With which reason code.
    pub code: Option<String>,
    /// With an identity that begins so.
    pub identity: Option<String>,
    /// What was typed into the search.
    pub q: Option<String>,
    /// Which further columns are shown; for pages only.
    pub columns: Vec<String>,
    /// How many rows a page has.
    pub size: usize,
    /// Where the page lies.
    pub from: PageFrom,
    /// What was not understood, in a sentence each.
    pub ignored: Vec<String>,
}

/// What an address is read against.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// What may be seen.
    pub scope: &'a Scope,
    /// The tenants that may be named, by slug.
    pub tenants: &'a [(String, TenantId)],
    /// What checks where a page lies.
    pub cursors: &'a Cursors,
}

impl RunQuery {
    /// Reads a query; what makes no sense is left out and told.
    ///
    /// # Errors
    /// If it holds more than any address of ours.
    pub fn read(query: &str, known: Known<'_>) -> Result<Self, Problem> {
        let mut fields = Fields::parse(query.as_bytes())?;
        let mut ignored = Vec::new();
        let mut one = |fields: &mut Fields, name: &str| {
            fields.one(name).unwrap_or_else(|problem| {
                ignored.push(format!("{}.", problem.detail()));
                None
            })
        };
        let (state, by) = (one(&mut fields, "state"), one(&mut fields, "by"));
        let (range, from, to, on) = (
            one(&mut fields, "range"),
            one(&mut fields, "from"),
            one(&mut fields, "to"),
            one(&mut fields, "on"),
        );
        let (code, q, size) = (one(&mut fields, "code"), one(&mut fields, "q"), one(&mut fields, "size"));
        let identity = one(&mut fields, "identity");
        let (older, newer) = (one(&mut fields, "older"), one(&mut fields, "newer"));
        let mut told = Told(ignored);
        let mut read = Self {
            state: told.parse("state", state.as_deref(), |word| {
                StateFilter::ALL.into_iter().find(|state| state.token() == word)
            }),
            kinds: distinct(fields.all("type")),
            places: told.places(fields.all("tenant"), known.tenants),
            by: told.parse("by", by.as_deref(), by_of),
            range: told.range(range.as_deref(), from.as_deref(), to.as_deref(), on.as_deref()),
            code,
            identity: told.parse("identity", identity.as_deref(), identity_of),
            q: q.map(|typed| typed.trim().to_owned()).filter(|typed| !typed.is_empty()),
            columns: told.columns(&fields.all("cols")),
            size: told
                .parse("size", size.as_deref(), |word| {
                    word.parse().ok().filter(|size| (1..=SIZE_MAX).contains(size))
                })
                .unwrap_or(SIZE),
            from: PageFrom::Newest,
            ignored: Vec::new(),
        };
        if let Some(cursor) = older {
            read.from = told.cursor(&read, &cursor, known, PageFrom::OlderThan);
        } else if let Some(cursor) = newer {
            read.from = told.cursor(&read, &cursor, known, PageFrom::NewerThan);
        }
        for name in fields.names().filter(|name| *name != "format") {
            let name: String = name.chars().take(40).collect();
            told.0.push(format!("There is no filter “{name}”."));
        }
        read.ignored = told.0;
        Ok(read)
    }

    /// Gives the search that the ledger understands.
    #[must_use]
    pub fn search(&self, scope: &Scope, wall: &Wall) -> RunSearch {
        let (since, until) = self.range.instants(wall);
        let filter = RunFilter { kinds: self.kinds.clone(), since, ..RunFilter::default() };
        let by = self.by.and_then(|by| match by {
            By::Me => scope.actor().user().map(StartedBy::User),
            By::User(user) => Some(StartedBy::User(user)),
            By::Schedule => Some(StartedBy::Schedule),
            By::System => Some(StartedBy::System),
        });
        let places = self.places.iter().map(|(_, place)| *place).collect();
        let mut search = RunSearch {
            filter,
            places,
            by,
            code: self.code.clone(),
            identity: self.identity.clone(),
            text: self.q.clone(),
            until,
            ended: EndedRuns::Listed,
        };
        if let Some(state) = self.state {
            state.apply(&mut search);
        }
        search
    }

    /// Gives the run that the search names by its id, or by its address.
    #[must_use]
    pub fn run(&self) -> Option<RunId> {
        self.q.as_deref().and_then(run_in)
    }

    /// Says whether it narrows more than a list does by itself.
    #[must_use]
    pub fn is_narrowed(&self) -> bool {
        !self.filters().is_empty() || self.range != RANGE
    }

    /// Writes the query without the place of the page, the usual left out.
    #[must_use]
    pub fn filters(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(state) = self.state {
            query.append_pair("state", state.token());
        }
        for kind in &self.kinds {
            query.append_pair("type", kind);
        }
        for (slug, _) in &self.places {
            query.append_pair("tenant", slug);
        }
        if let Some(by) = self.by {
            query.append_pair("by", &by.token());
        }
        for (name, value) in [("code", &self.code), ("identity", &self.identity), ("q", &self.q)] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    /// Writes the whole query but for the place of the page.
    #[must_use]
    pub fn written(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(self.filters());
        match self.range {
            range if range == RANGE => {}
            Range::On(date) => drop(query.append_pair("on", &date.to_string())),
            Range::Between(from, to) => {
                for (name, date) in [("from", from), ("to", to)] {
                    if let Some(date) = date {
                        query.append_pair(name, &date.to_string());
                    }
                }
            }
            range => {
                if let Some(token) = range.token() {
                    query.append_pair("range", token);
                }
            }
        }
        if !self.columns.is_empty() {
            query.append_pair("cols", &self.columns.join(","));
        }
        if self.size != SIZE {
            query.append_pair("size", &self.size.to_string());
        }
        query.finish()
    }

    /// Writes the address of another page of the same list.
    #[must_use]
    pub fn page(&self, base: &str, from: PageFrom, scope: &Scope, cursors: &Cursors) -> String {
        let mut query = form_urlencoded::Serializer::new(self.written());
        if let Some((name, cursor)) = self.cursor(from, scope, cursors) {
            query.append_pair(name, &cursor);
        }
        address(base, &query.finish())
    }

    /// Gives the signed place of a page with the name of its field; none for the first page.
    #[must_use]
    pub fn cursor(&self, from: PageFrom, scope: &Scope, cursors: &Cursors) -> Option<(&'static str, String)> {
        let seal = |run: RunId| cursors.seal(&self.list(scope), run.as_uuid().as_bytes());
        match from {
            PageFrom::Newest => None,
            PageFrom::OlderThan(run) => Some(("older", seal(run))),
            PageFrom::NewerThan(run) => Some(("newer", seal(run))),
        }
    }

    /// Writes the address of the list with something changed, from its first page on.
    #[must_use]
    pub fn with(&self, base: &str, change: impl FnOnce(&mut Self)) -> String {
        let mut other = self.clone();
        change(&mut other);
        address(base, &other.written())
    }

    /// Names the list that a cursor belongs to: a cursor of another filter would lead somewhere that nobody meant.
    fn list(&self, scope: &Scope) -> String {
        let unbounded = Self { size: SIZE, columns: Vec::new(), ..self.clone() };
        format!("operations/{}/{}", scope.workspace(), unbounded.written())
    }
}

/// Collects what was not understood.
struct Told(Vec<String>);

impl Told {
    fn parse<T>(&mut self, name: &str, word: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let word = word?;
        let found = read(word);
        if found.is_none() {
            let word: String = word.chars().take(40).collect();
            self.0.push(format!("The filter {name} has no value “{word}”."));
        }
        found
    }

    fn places(&mut self, slugs: Vec<String>, tenants: &[(String, TenantId)]) -> Vec<(String, RunPlace)> {
        let mut places = Vec::new();
        for slug in distinct(slugs) {
            let found = match slug.as_str() {
                "workspace" => Some(RunPlace::Workspace),
                _ => tenants.iter().find(|(known, _)| *known == slug).map(|(_, id)| RunPlace::Tenant(*id)),
            };
            match found {
                Some(place) => places.push((slug, place)),
                None => self
                    .0
                    .push(format!("There is no tenant “{}”.", slug.chars().take(63).collect::<String>())),
            }
        }
        places
    }

    fn columns(&mut self, sent: &[String]) -> Vec<String> {
        let sent = distinct(sent.iter().flat_map(|list| list.split(',')).map(str::to_owned).collect());
        sent.into_iter()
            .filter_map(|name| {
                self.parse("cols", Some(&name), |name| COLUMNS.contains(&name).then(|| name.to_owned()))
            })
            .collect()
    }

    fn range(
        &mut self,
        range: Option<&str>,
        from: Option<&str>,
        to: Option<&str>,
        on: Option<&str>,
    ) -> Range {
        let date = |word: &str| word.parse::<Date>().ok();
        if let Some(on) = self.parse("on", on, date) {
            return Range::On(on);
        }
        let (from, to) = (self.parse("from", from, date), self.parse("to", to, date));
        if from.zip(to).is_some_and(|(from, to)| from > to) {
            self.0.push("The filter from lies after to.".to_owned());
        } else if from.is_some() || to.is_some() {
            return Range::Between(from, to);
        }
        let named = self.parse("range", range, |word| {
            Range::NAMED.iter().find(|(token, _, _)| *token == word).map(|(_, _, range)| *range)
        });
        named.unwrap_or(RANGE)
    }

    fn cursor(
        &mut self,
        query: &RunQuery,
        cursor: &str,
        known: Known<'_>,
        place: fn(RunId) -> PageFrom,
    ) -> PageFrom {
        let opened = known.cursors.open(&query.list(known.scope), cursor);
        match opened.ok().and_then(|bytes| Uuid::from_slice(&bytes).ok()) {
            Some(run) => place(RunId::from_uuid(run)),
            None => {
                self.0.push(
                    "The page that was asked for belongs to another list; this is the first one.".to_owned(),
                );
                PageFrom::Newest
            }
        }
    }
}

fn by_of(word: &str) -> Option<By> {
    match word {
        "me" => Some(By::Me),
        "schedule" => Some(By::Schedule),
        "system" => Some(By::System),
        id => id.parse().ok().map(By::User),
    }
}

/// Reads how an identity begins; none where it is no such thing.
#[must_use]
pub fn identity_of(word: &str) -> Option<String> {
    let digits =
        (IDENTITY_DIGITS_MIN..=64).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    digits.then(|| word.to_ascii_lowercase())
}

/// Finds the run that a text names: by its id, or by its address as somebody copied it.
#[must_use]
pub fn run_in(text: &str) -> Option<RunId> {
    let text = text.trim();
    let path = text.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_address = path.len() > last.len();
    if is_address && !path.contains("/operations/") {
        return None;
    }
    last.parse().ok()
}

fn distinct(mut words: Vec<String>) -> Vec<String> {
    words.retain(|word| !word.is_empty());
    words.sort();
    words.dedup();
    words.truncate(NAMED_MAX);
    words
}

/// Puts an address and a query together.
#[must_use]
pub fn address(base: &str, query: &str) -> String {
    if query.is_empty() { base.to_owned() } else { format!("{base}?{query}") }
}
