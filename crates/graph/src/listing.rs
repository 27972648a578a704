//! Listing one type: every page of its collection, and how the collection ended.

use std::collections::{HashSet, VecDeque};

use contract::{CollectionShape, PolicyType};
use serde_json::Value;
use serde_json::value::RawValue;
use url::Url;

use crate::address::address;
use crate::cancel::Cancel;
use crate::error::{ErrorKind, GraphError};
use crate::page::{Item, Page, id_of, single};
use crate::paging::Paging;
use crate::session::Session;

/// How the listing of a type ended. Only [`Self::Complete`] allows to conclude that something that
/// was not listed is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum CollectionEnd {
    /// Every page was read, and every item on it.
    Complete,
    /// Something is missing; what was listed is good.
    Partial {
        /// The first thing that went wrong.
        error: GraphError,
    },
    /// The application may not read the type; nothing was listed.
    Denied {
        /// What Graph said.
        error: GraphError,
    },
    /// The tenant has no licence for the type; nothing was listed.
    Unlicensed {
        /// What Graph said.
        error: GraphError,
    },
}

impl CollectionEnd {
    /// Returns what went wrong; none if the listing is complete.
    pub fn error(&self) -> Option<&GraphError> {
        match self {
            Self::Complete => None,
            Self::Partial { error } | Self::Denied { error } | Self::Unlicensed { error } => Some(error),
        }
    }
}

/// The listing of one type under way: pages until there are no more, then the end.
#[derive(Debug)]
#[must_use]
pub struct Listing<'a> {
    session: &'a Session,
    ty: &'a PolicyType,
    cancel: Cancel,
    state: State,
    ids: HashSet<String>,
    listed_any: bool,
    /// The first fault of an item; the pages after it are read all the same.
    fault: Option<GraphError>,
}

#[derive(Debug)]
enum State {
    Start,
    Walking {
        walk: Box<Walk>,
        /// Parents of a nested collection whose objects are still to be listed.
        parents: VecDeque<String>,
    },
    End(Result<(), GraphError>),
}

/// The walk over one collection, below a parent where the type is nested.
#[derive(Debug)]
struct Walk {
    paging: Paging,
    parent_id: Option<String>,
}

impl<'a> Listing<'a> {
    pub(crate) fn new(session: &'a Session, ty: &'a PolicyType, cancel: &Cancel) -> Self {
        Self {
            session,
            ty,
            cancel: cancel.clone(),
            state: State::Start,
            ids: HashSet::new(),
            listed_any: false,
            fault: None,
        }
    }

    /// Reads the next page; none when there are no more, for whatever reason.
    ///
    /// Why there are no more is said by [`end`](Self::end), which every caller has to ask.
    pub async fn next_page(&mut self) -> Option<Page> {
        loop {
            match self.step().await {
                Ok(Some(elements)) => return Some(self.page(elements)),
                Ok(None) => {}
                Err(error) => self.state = State::End(Err(error)),
            }
            if let State::End(_) = self.state {
                return None;
            }
        }
    }

    /// Says how the listing ended. One that was not read to its end is partial.
    pub fn end(self) -> CollectionEnd {
        let error = match (self.state, self.fault) {
            (State::End(Ok(())), None) => return CollectionEnd::Complete,
            (State::End(Ok(())), Some(fault)) => fault,
            (State::End(Err(error)), _) => error,
            (State::Start | State::Walking { .. }, _) => {
                GraphError::new(ErrorKind::Cancelled, "The listing was not read to its end")
            }
        };
        match error.kind() {
            ErrorKind::Forbidden if !self.listed_any => CollectionEnd::Denied { error },
            ErrorKind::Unlicensed if !self.listed_any => CollectionEnd::Unlicensed { error },
            _ => CollectionEnd::Partial { error },
        }
    }

    /// Moves on by one page; gives nothing where a step only changed the state.
    async fn step(&mut self) -> Result<Option<Elements>, GraphError> {
        match &mut self.state {
            State::End(_) => Ok(None),
            State::Start => self.start().await,
            State::Walking { walk, parents } => {
                if let Some(raws) = walk.paging.next(self.session, &self.cancel).await? {
                    return Ok(Some(Elements { raws, parent_id: walk.parent_id.clone() }));
                }
                let parent = parents.pop_front();
                let parents = std::mem::take(parents);
                self.state = match parent {
                    Some(parent) => State::Walking { walk: self.walk(Some(parent))?, parents },
                    None => State::End(Ok(())),
                };
                Ok(None)
            }
        }
    }

    async fn start(&mut self) -> Result<Option<Elements>, GraphError> {
        match &self.ty.shape {
            CollectionShape::Singleton => {
                let found = self.singleton().await?;
                self.state = State::End(Ok(()));
                return Ok(found.map(|raw| Elements { raws: vec![raw], parent_id: None }));
            }
            CollectionShape::Collection => {
                self.state = State::Walking { walk: self.walk(None)?, parents: VecDeque::new() };
            }
            CollectionShape::NestedCollection { parent_path } => {
                let mut parents = self.parents(parent_path).await?;
                self.state = match parents.pop_front() {
                    Some(first) => State::Walking { walk: self.walk(Some(first))?, parents },
                    None => State::End(Ok(())),
                };
            }
        }
        Ok(None)
    }

    /// Reads the one object of a singleton; none if Graph says by a code of its own that there is
    /// no such object in this tenant (a certificate that was never uploaded, for example).
    async fn singleton(&self) -> Result<Option<Box<RawValue>>, GraphError> {
        let url = self.url(&self.ty.collection_path, None)?;
        let lane = self.session.lane(self.ty.family);
        match self.session.get(&url, lane, &self.cancel).await {
            Ok(answer) => single(&answer).map(Some),
            Err(error) if is_known_absence(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn parents(&self, path: &str) -> Result<VecDeque<String>, GraphError> {
        let base = self.base()?;
        let url = address(&base, path, |_| None, &[])?;
        let mut paging = Paging::new(url, self.session.lane(self.ty.family));
        let raws = paging.rest(self.session, &self.cancel).await?;
        let ids = raws.iter().map(|raw| {
            id_of(raw).ok_or_else(|| GraphError::unexpected("An object that others hang below has no id"))
        });
        ids.collect()
    }

    fn walk(&self, parent_id: Option<String>) -> Result<Box<Walk>, GraphError> {
        let url = self.url(&self.ty.collection_path, parent_id.as_deref())?;
        let paging = Paging::new(url, self.session.lane(self.ty.family));
        Ok(Box::new(Walk { paging, parent_id }))
    }

    fn url(&self, path: &str, parent_id: Option<&str>) -> Result<Url, GraphError> {
        let pairs = self.ty.list.query_pairs();
        let query: Vec<(&str, &str)> = pairs.iter().map(|(name, value)| (*name, value.as_str())).collect();
        address(&self.base()?, path, |name| parent_id.filter(|_| name == "parentId"), &query)
    }

    fn base(&self) -> Result<Url, GraphError> {
        address(self.session.graph(), &format!("/{}", self.ty.version.segment()), |_| None, &[])
    }

    fn page(&mut self, elements: Elements) -> Page {
        let mut page = Page {
            items: Vec::with_capacity(elements.raws.len()),
            duplicates: 0,
            excluded: 0,
            unreadable: 0,
        };
        for raw in elements.raws {
            let id = match id_of(&raw) {
                Some(id) => id,
                None if self.ty.shape == CollectionShape::Singleton => self.ty.key.clone(),
                None => {
                    page.unreadable += 1;
                    self.fault.get_or_insert_with(|| {
                        GraphError::unexpected("Microsoft Graph listed an object that has no id")
                    });
                    continue;
                }
            };
            if !self.ids.insert(id.clone()) {
                page.duplicates += 1;
            } else if self.excludes(&raw) {
                page.excluded += 1;
            } else {
                page.items.push(Item::new(id, elements.parent_id.clone(), raw));
            }
        }
        self.listed_any |= !page.items.is_empty();
        page
    }

    fn excludes(&self, raw: &RawValue) -> bool {
        !self.ty.list.drop.is_empty()
            && serde_json::from_str::<Value>(raw.get()).is_ok_and(|object| self.ty.list.drops(&object))
    }
}

/// The objects of one page, and the parent they hang below.
struct Elements {
    raws: Vec<Box<RawValue>>,
    parent_id: Option<String>,
}

fn is_known_absence(error: &GraphError) -> bool {
    /// Codes by which Graph says that the object, and not the address, is missing.
    const CODES: [&str; 5] =
        ["ResourceNotFound", "Request_ResourceNotFound", "NotFound", "ItemNotFound", "ObjectNotFound"];
    error.kind() == ErrorKind::NotFound
        && error.graph_code().is_some_and(|code| CODES.iter().any(|known| known.eq_ignore_ascii_case(code)))
}
