//! Walking a collection from its first page to its last.

use std::collections::HashSet;

use serde_json::value::RawValue;
use url::Url;

use crate::cancel::Cancel;
use crate::error::{ErrorKind, GraphError};
use crate::gate::Lane;
use crate::origin::{LinkFault, follow};
use crate::page::elements;
use crate::session::Session;

/// A walk over the pages of one collection; it ends after the last page or with the first error.
#[derive(Debug)]
pub(crate) struct Paging {
    lane: Lane,
    next: Next,
    /// Links that were followed already: each page is read once.
    seen: HashSet<Url>,
}

#[derive(Debug)]
enum Next {
    Page(Url),
    /// The page before was good, the way on from it is not.
    Fault(GraphError),
    End,
}

impl Paging {
    pub(crate) fn new(first: Url, lane: Lane) -> Self {
        Self { lane, next: Next::Page(first), seen: HashSet::new() }
    }

    /// Reads the next page; none after the last one.
    ///
    /// # Errors
    /// Those of [`Session::get`] and of [`elements`], `graph.foreign_link`, `graph.page_loop`, and
    /// `graph.too_large` for a collection of too many pages. The walk is over then.
    pub(crate) async fn next(
        &mut self,
        session: &Session,
        cancel: &Cancel,
    ) -> Result<Option<Vec<Box<RawValue>>>, GraphError> {
        // The state moves on only after the answer is there, so that a caller who drops this future
        // and asks again gets the same page and not a premature end.
        let url = match &self.next {
            Next::Page(url) => url.clone(),
            Next::Fault(error) => return Err(error.clone()),
            Next::End => return Ok(None),
        };
        let (value, next) = match self.read(url, session, cancel).await {
            Ok((value, next)) => (Ok(Some(value)), next),
            Err(error) => (Err(error.clone()), Next::Fault(error)),
        };
        self.next = next;
        value
    }

    async fn read(
        &mut self,
        url: Url,
        session: &Session,
        cancel: &Cancel,
    ) -> Result<(Vec<Box<RawValue>>, Next), GraphError> {
        let answer = session.get(&url, self.lane, cancel).await?;
        let page = elements(&answer)?;
        let value = page.value.into_iter().map(ToOwned::to_owned).collect();
        let next = match page.next_link {
            None => Next::End,
            Some(link) => match self.way_on(&link, url, session.options().page_cap) {
                Ok(url) => Next::Page(url),
                Err(error) => Next::Fault(error.with_correlation(answer.correlation())),
            },
        };
        Ok((value, next))
    }

    /// Reads every page that is left.
    pub(crate) async fn rest(
        &mut self,
        session: &Session,
        cancel: &Cancel,
    ) -> Result<Vec<Box<RawValue>>, GraphError> {
        let mut all = Vec::new();
        while let Some(page) = self.next(session, cancel).await? {
            all.extend(page);
        }
        Ok(all)
    }

    fn way_on(&mut self, link: &str, from: Url, page_cap: usize) -> Result<Url, GraphError> {
        let url = follow(link, &from).map_err(bad_link)?;
        self.seen.insert(from);
        if self.seen.contains(&url) {
            return Err(GraphError::new(
                ErrorKind::PageLoop,
                "A page of the collection links to a page that was read already",
            ));
        }
        if self.seen.len() >= page_cap {
            let message = format!("The collection has more than {page_cap} pages");
            return Err(GraphError::new(ErrorKind::TooLarge, message));
        }
        Ok(url)
    }
}

/// Says what is wrong with a link that is not followed.
pub(crate) fn bad_link(fault: LinkFault) -> GraphError {
    let message = match fault {
        LinkFault::NotAbsolute => "A page link is not an absolute address",
        LinkFault::OtherOrigin => "A page link leads away from the Graph address of the connection",
        LinkFault::OtherVersion => "A page link leads to another version of Microsoft Graph",
    };
    GraphError::new(ErrorKind::ForeignLink, message)
}
