//! People as the command line names them: by the e-mail address that they sign in with.

use std::collections::BTreeMap;

use tenancy::access::{Reach, ServerScope, server_console};
use tenancy::membership::{self, Member};
use tenancy::user::{self, Email, User};
use tenancy::{Scope, TenantId, tenant};

use crate::config::Settings;
use crate::problem::Problem;
use crate::wiring::Installation;

/// An account, with the right of the console to change it.
pub(crate) struct Account {
    pub(crate) scope: ServerScope,
    pub(crate) user: User,
}

/// Finds the account of an address.
///
/// # Errors
/// Nobody has this address.
pub(crate) async fn account(installation: &Installation, email: &Email) -> Result<Account, Problem> {
    let scope = server(installation).await?;
    match user::find(&installation.database, &scope, email).await? {
        Some(user) => Ok(Account { scope, user }),
        None => Err(Problem::wrong_use("user.unknown", format!("nobody has an account as {email}"))
            .advice("`tenantatlas users list` names those there are, `users create` makes one")),
    }
}

/// Gives the right of the console over the server itself.
///
/// # Errors
/// The database could not be used.
pub(crate) async fn server(installation: &Installation) -> Result<ServerScope, Problem> {
    Ok(server_console(&installation.database, installation.clock.now()).await?)
}

/// Finds a member of the scope's workspace by their address.
///
/// # Errors
/// The workspace has no such member.
pub(crate) async fn member(
    installation: &Installation,
    settings: &Settings,
    scope: &Scope,
    email: &Email,
) -> Result<Member, Problem> {
    let members = membership::list(&installation.database, scope).await?;
    members.into_iter().find(|member| member.email == email.as_str()).ok_or_else(|| {
        let message = format!("{email} is no member of the workspace `{}`", settings.workspace());
        Problem::wrong_use("member.unknown", message)
            .advice("`tenantatlas members list` names the members, `members add` makes somebody one")
    })
}

/// Turns short names of tenants into a reach; without any it is the whole workspace.
///
/// # Errors
/// The workspace has no such tenant.
pub(crate) async fn reach(
    installation: &Installation,
    settings: &Settings,
    scope: &Scope,
    slugs: &[String],
) -> Result<Reach, Problem> {
    if slugs.is_empty() {
        return Ok(Reach::Workspace);
    }
    let tenants = tenant::list(&installation.database, scope).await?;
    let ids: Result<Vec<TenantId>, Problem> = slugs
        .iter()
        .map(|slug| {
            let found = tenants.iter().find(|tenant| tenant.slug == *slug).map(|tenant| tenant.id);
            found.ok_or_else(|| {
                let message =
                    format!("there is no tenant `{slug}` in the workspace `{}`", settings.workspace());
                Problem::wrong_use("tenant.unknown", message)
                    .advice("`tenantatlas tenants list` names those there are")
            })
        })
        .collect();
    Ok(Reach::only(ids?))
}

/// Names the tenants of a reach, `None` for the whole workspace.
pub(crate) fn tenants_of(reach: &Reach, slugs: &BTreeMap<TenantId, String>) -> Option<Vec<String>> {
    reach.tenants().map(|tenants| {
        tenants.iter().map(|id| slugs.get(id).cloned().unwrap_or_else(|| id.to_string())).collect()
    })
}

/// Tells a reach in words.
pub(crate) fn told(reach: &Reach, slugs: &BTreeMap<TenantId, String>) -> String {
    match tenants_of(reach, slugs) {
        None => "all tenants".to_owned(),
        Some(none) if none.is_empty() => "no tenant".to_owned(),
        Some(some) => some.join(", "),
    }
}
