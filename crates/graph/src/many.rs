//! Reading many objects, or one part of many objects, in few requests.

use contract::{Part, PolicyType, ThrottleFamily};
use futures_util::{StreamExt, stream};

use crate::batch::{Batcher, PARTS_MAX};
use crate::cancel::Cancel;
use crate::document::{Document, DocumentPart, Reading};
use crate::error::GraphError;
use crate::page::Item;
use crate::session::Session;

/// Batches that are under way at once; each counts as one request of the tenant's concurrency.
const BATCHES_AT_ONCE: usize = 2;

/// Reads each object whole; the results come in the order of the objects.
pub(crate) async fn whole(
    session: &Session,
    ty: &PolicyType,
    listed: &[Item],
    cancel: &Cancel,
) -> Vec<Result<Document, GraphError>> {
    let read = async |session: Session, item: &Item| {
        Box::pin(Reading { session: &session, ty, listed: item, cancel }.whole()).await
    };
    together(session, ty, listed, cancel, read).await
}

/// Reads one part of each object; the results come in the order of the objects.
pub(crate) async fn parts(
    session: &Session,
    ty: &PolicyType,
    listed: &[Item],
    part: Part,
    cancel: &Cancel,
) -> Vec<Result<Option<DocumentPart>, GraphError>> {
    let read = async |session: Session, item: &Item| {
        Box::pin(Reading { session: &session, ty, listed: item, cancel }.only(part)).await
    };
    together(session, ty, listed, cancel, read).await
}

async fn together<T>(
    session: &Session,
    ty: &PolicyType,
    listed: &[Item],
    cancel: &Cancel,
    read: impl AsyncFn(Session, &Item) -> T,
) -> Vec<T> {
    let batcher = Batcher::new();
    // Conditional Access takes one request a second, and each part of a batch counts as one.
    let pays = ty.family != ThrottleFamily::ConditionalAccess && listed.len() > 1;
    let session_of_each = if pays { session.in_batches(&batcher) } else { session.clone() };
    let at_once = if pays { BATCHES_AT_ONCE * PARTS_MAX } else { 1 };
    let reads = listed.iter().map(|item| read(session_of_each.clone(), item));
    let reads = stream::iter(reads).buffered(at_once).collect::<Vec<_>>();
    let send = || batcher.send(session, cancel);
    tokio::select! {
        // The reads come first, so that all of them have asked before a batch is closed.
        biased;
        done = reads => done,
        never = send() => match never {},
        never = send() => match never {},
    }
}
