//! Looking a policy up by its name at Graph.

use contract::{PolicyType, Registry};
use database::Database;
use governance::PAGE_MAX;
use governance::policies::{self, Filter, Policy};
use tenancy::Scope;

use crate::problem::Problem;

/// Gives the type whose exports lie in a folder of this name.
pub(super) fn type_of(collection: &str) -> Option<&'static PolicyType> {
    Registry::builtin().types().iter().find(|ty| ty.corpus_type.as_deref() == Some(collection))
}

/// Finds a policy of the scope's tenant.
///
/// # Errors
/// The database could not be used.
pub(super) async fn find(
    database: &Database,
    scope: &Scope,
    ty: &str,
    graph_id: &str,
) -> Result<Option<Policy>, Problem> {
    let filter = Filter { types: vec![ty.to_owned()], ..Filter::default() };
    let mut after = None;
    loop {
        let page = policies::list(database, scope, &filter, after, PAGE_MAX).await?;
        if let Some(policy) = page.policies.into_iter().find(|policy| policy.key.graph_id == graph_id) {
            return Ok(Some(policy));
        }
        after = page.next;
        if after.is_none() {
            return Ok(None);
        }
    }
}
