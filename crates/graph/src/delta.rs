//! Reading what changed in a collection since the last round.
//!
//! A round is walked page by page and ends with a link that the next round starts from. Graph may
//! replay entries and repeat them within a round, so each is to be taken as "this is how it is now".
//! When Graph no longer knows a link, everything comes anew, and what came before does not count.
//!
//! Source: <https://learn.microsoft.com/graph/delta-query-overview>.

use std::collections::HashSet;
use std::fmt;

use contract::{DeltaCall, PolicyType};
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;

use crate::address::address;
use crate::cancel::Cancel;
use crate::error::{ErrorKind, GraphError};
use crate::origin::follow;
use crate::page::{Item, elements, id_of};
use crate::paging::bad_link;
use crate::session::Session;

/// Where the next round starts: kept by the caller, understood by Graph alone.
///
/// It names the tenant's state, so it is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct DeltaLink(String);

/// What a step of a round gives.
#[derive(Debug)]
#[non_exhaustive]
pub enum DeltaStep {
    /// The next entries.
    Page(Vec<DeltaEntry>),
    /// Everything comes anew from here: what the round gave before does not count, and what is not
    /// among the entries from here on is no longer there if the round ends complete.
    StartOver,
}

/// One entry of a round; the same object may come more than once, and the last entry counts.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum DeltaEntry {
    /// The object is new or changed; what of it is given is given as Graph sent it.
    Changed {
        /// The object.
        item: Item,
        /// Who came and who went; everyone who is a member where everything comes anew.
        members: Vec<MemberChange>,
    },
    /// The object is gone.
    Removed {
        /// The id of the object.
        id: String,
        /// How it went.
        reason: Removal,
    },
}

/// How an object or a member went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// It can be restored (`changed`).
    Soft,
    /// For good (`deleted`, and whatever else Graph may say).
    Hard,
}

/// A member of a group that came or went.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct MemberChange {
    /// The id of the member.
    pub id: String,
    /// The kind of the member, such as `#microsoft.graph.user`, where Graph says it.
    pub odata_type: Option<String>,
    /// How it went; none if it came.
    pub removed: Option<Removal>,
}

/// How a round ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum DeltaEnd {
    /// Every page was read; the next round starts from the link.
    Complete {
        /// Where the next round starts.
        link: DeltaLink,
    },
    /// Something is missing; the next round has to start from where this one did.
    Partial {
        /// What went wrong.
        error: GraphError,
    },
}

/// A round under way: steps until there are no more, then the end.
#[derive(Debug)]
#[must_use]
pub struct DeltaWalk<'a> {
    session: &'a Session,
    ty: &'a PolicyType,
    call: &'a DeltaCall,
    cancel: Cancel,
    next: Next,
    started_over: bool,
    /// Links that were followed already: each page is read once.
    seen: HashSet<Url>,
}

#[derive(Debug)]
enum Next {
    Page(Url),
    StartOver,
    End(Result<DeltaLink, GraphError>),
}

impl DeltaLink {
    /// Takes up a link that was kept; it is checked before it is followed.
    pub fn new(link: impl Into<String>) -> Self {
        Self(link.into())
    }

    /// Returns the text to keep.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DeltaLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeltaLink")
    }
}

impl<'a> DeltaWalk<'a> {
    pub(crate) fn new(
        session: &'a Session,
        ty: &'a PolicyType,
        since: Option<&DeltaLink>,
        cancel: &Cancel,
    ) -> Option<Self> {
        let call = ty.delta.as_ref()?;
        let first = first(session, ty, call);
        let next = match (since, first) {
            (_, Err(error)) => Next::End(Err(error)),
            // With nothing to go on from, everything is new.
            (None, Ok(_)) => Next::StartOver,
            // A link that leads elsewhere is of another connection; nothing is sent there.
            (Some(since), Ok(first)) => match follow(&since.0, &first) {
                Ok(url) if url.path() == first.path() => Next::Page(url),
                _ => Next::StartOver,
            },
        };
        let cancel = cancel.clone();
        Some(Self { session, ty, call, cancel, next, started_over: false, seen: HashSet::new() })
    }

    /// Makes the next step; none when there are no more, for whatever reason.
    ///
    /// Why there are no more is said by [`end`](Self::end), which every caller has to ask.
    pub async fn next_step(&mut self) -> Option<DeltaStep> {
        let url = match &self.next {
            Next::End(_) => return None,
            Next::Page(url) => url.clone(),
            Next::StartOver => {
                self.started_over = true;
                self.seen.clear();
                self.next = match first(self.session, self.ty, self.call) {
                    Ok(url) => Next::Page(url),
                    Err(error) => Next::End(Err(error)),
                };
                return Some(DeltaStep::StartOver);
            }
        };
        match self.page(url).await {
            Ok((entries, next)) => {
                self.next = next;
                Some(DeltaStep::Page(entries))
            }
            Err(error) if is_forgotten(&error) && !self.started_over => {
                self.next = Next::StartOver;
                Box::pin(self.next_step()).await
            }
            Err(error) => {
                self.next = Next::End(Err(error));
                None
            }
        }
    }

    /// Says how the round ended. One that was not read to its end is partial.
    pub fn end(self) -> DeltaEnd {
        match self.next {
            Next::End(Ok(link)) => DeltaEnd::Complete { link },
            Next::End(Err(error)) => DeltaEnd::Partial { error },
            Next::Page(_) | Next::StartOver => {
                let error = GraphError::new(ErrorKind::Cancelled, "The changes were not read to their end");
                DeltaEnd::Partial { error }
            }
        }
    }

    async fn page(&mut self, url: Url) -> Result<(Vec<DeltaEntry>, Next), GraphError> {
        let lane = self.session.lane(self.ty.family);
        let answer = self.session.get(&url, lane, &self.cancel).await?;
        let page = elements(&answer)?;
        let entries = page.value.into_iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        let next = match (page.next_link, page.delta_link) {
            (Some(link), _) => self.way_on(&link, url),
            (None, Some(link)) => {
                follow(&link, &url).map(|_| Next::End(Ok(DeltaLink(link)))).map_err(bad_link)
            }
            (None, None) => {
                Err(GraphError::unexpected("Microsoft Graph ended a round of changes without a link"))
            }
        };
        // The page is good even if the way on from it is not.
        let correlation = answer.correlation();
        Ok((entries, next.unwrap_or_else(|error| Next::End(Err(error.with_correlation(correlation))))))
    }

    fn way_on(&mut self, link: &str, from: Url) -> Result<Next, GraphError> {
        let page_cap = self.session.options().page_cap;
        let url = follow(link, &from).map_err(bad_link)?;
        self.seen.insert(from);
        if self.seen.contains(&url) {
            let message = "A page of the changes links to a page that was read already";
            return Err(GraphError::new(ErrorKind::PageLoop, message));
        }
        if self.seen.len() >= page_cap {
            let message = format!("The changes have more than {page_cap} pages");
            return Err(GraphError::new(ErrorKind::TooLarge, message));
        }
        Ok(Next::Page(url))
    }
}

fn first(session: &Session, ty: &PolicyType, call: &DeltaCall) -> Result<Url, GraphError> {
    let path = format!("/{}{}", ty.version.segment(), call.path);
    address(session.graph(), &path, |_| None, &[("$select", &call.select)])
}

/// Tells whether Graph no longer knows what a link stands for.
fn is_forgotten(error: &GraphError) -> bool {
    /// The status of a link that was good once.
    const GONE: u16 = 410;
    /// Codes that say the same under other statuses.
    const CODES: [&str; 4] =
        ["syncStateNotFound", "syncStateInvalid", "resyncRequired", "resyncChangesApplyDifferences"];
    let named = |code: &str| CODES.iter().any(|known| known.eq_ignore_ascii_case(code));
    error.status() == Some(GONE) || error.graph_code().is_some_and(named)
}

#[derive(Deserialize)]
struct RawEntry {
    #[serde(rename = "@removed")]
    removed: Option<RawRemoval>,
    #[serde(rename = "members@delta", default)]
    members: Vec<RawMember>,
}

#[derive(Deserialize)]
struct RawMember {
    id: String,
    #[serde(rename = "@odata.type")]
    odata_type: Option<String>,
    #[serde(rename = "@removed")]
    removed: Option<RawRemoval>,
}

#[derive(Deserialize)]
struct RawRemoval {
    reason: Option<String>,
}

impl RawRemoval {
    fn kind(&self) -> Removal {
        match self.reason.as_deref() {
            Some("changed") => Removal::Soft,
            _ => Removal::Hard,
        }
    }
}

fn entry(raw: &RawValue) -> Result<DeltaEntry, GraphError> {
    let odd = || GraphError::unexpected("Microsoft Graph listed a change that cannot be read");
    let id = id_of(raw).ok_or_else(odd)?;
    let read: RawEntry = serde_json::from_str(raw.get()).map_err(|_| odd())?;
    if let Some(removed) = &read.removed {
        return Ok(DeltaEntry::Removed { id, reason: removed.kind() });
    }
    let members = read.members.into_iter().map(|member| MemberChange {
        id: member.id,
        odata_type: member.odata_type,
        removed: member.removed.as_ref().map(RawRemoval::kind),
    });
    let members = members.collect();
    Ok(DeltaEntry::Changed { item: Item::new(id, None, raw.to_owned()), members })
}
