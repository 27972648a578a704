//! `invitations`: links that make somebody a member of the workspace, once.

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tenancy::access::Role;
use tenancy::invitation::{self, Invitation, InvitationError, NewInvitation};
use tenancy::user::Email;

use super::roles;
use crate::config::Settings;
use crate::exit::Exit;
use crate::people;
use crate::present::{Output, Table};
use crate::problem::Problem;
use crate::wiring;

/// Lists, makes and takes back invitations to the workspace
#[derive(Subcommand)]
pub(crate) enum InvitationsCommand {
    /// Lists the invitations that are open
    List,
    Create(CreateArgs),
    /// Takes an open invitation back; its link is dead at once
    Revoke(RevokeArgs),
}

/// Invites somebody and prints the link, alone on standard output, once
///
/// Whoever opens the link within seven days becomes a member: with the account of this address, or with one that
/// is made then. A newer invitation of the same address replaces an open one.
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// E-mail address of whoever is invited
    email: Email,
    /// What they may do: readonly, operator, manager or owner
    #[arg(long, value_parser = roles::role)]
    role: Role,
    /// For this tenant only; may be given several times
    #[arg(long, value_name = "SLUG")]
    tenant: Vec<String>,
    /// Address that people open the server at, for example `https://atlas.example.com`
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", value_parser = address)]
    address: String,
}

#[derive(Args)]
pub(crate) struct RevokeArgs {
    /// E-mail address of whoever is invited
    email: Email,
}

pub(super) async fn run(
    command: InvitationsCommand,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    match command {
        InvitationsCommand::List => list(settings, output).await,
        InvitationsCommand::Create(args) => create(args, settings, output).await,
        InvitationsCommand::Revoke(args) => revoke(args, settings, output).await,
    }
}

async fn list(settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    let open = invitation::list(&installation.database, &scope, installation.clock.now()).await?;
    let slugs = installation.tenant_slugs(&scope).await?;
    let shape = |one: &Invitation| -> Value {
        json!({
            "id": one.id,
            "email": one.email,
            "role": one.role.as_str(),
            "tenants": people::tenants_of(&one.reach, &slugs),
            "invited_by": one.invited_by,
            "created_at": one.created_at,
            "expires_at": one.expires_at,
        })
    };
    output.json(&json!({"invitations": open.iter().map(shape).collect::<Vec<_>>()}))?;
    if open.is_empty() {
        output.line("No invitation is open; `tenantatlas invitations create` makes one.")?;
        return Ok(Exit::Succeeded);
    }
    let mut table = Table::new(output, &["e-mail", "role", "tenants", "invited by", "good until"]);
    for one in &open {
        table.row([
            one.email.clone(),
            one.role.to_string(),
            people::told(&one.reach, &slugs),
            one.invited_by.clone(),
            one.expires_at.to_string(),
        ]);
    }
    output.line(table)?;
    Ok(Exit::Succeeded)
}

async fn create(args: CreateArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    let reach = people::reach(&installation, settings, &scope, &args.tenant).await?;
    let new = NewInvitation { email: args.email.clone(), role: args.role, reach };
    let invited = invitation::invite(&installation.database, &scope, new, installation.clock.now()).await?;
    let link = format!("{}/invitation?token={}", args.address, invited.token.reveal());
    output.json(&json!({
        "id": invited.id,
        "email": args.email.as_str(),
        "role": args.role.as_str(),
        "link": link,
        "expires_at": invited.expires_at,
    }))?;
    output.line(&link)?;
    output.note(format!(
        "Send this link to {}; it is good once, until {}, and is not shown again.",
        args.email, invited.expires_at
    ));
    Ok(Exit::Succeeded)
}

async fn revoke(args: RevokeArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    let (database, now) = (&installation.database, installation.clock.now());
    let open = invitation::list(database, &scope, now).await?;
    let found = open.iter().find(|one| one.email == args.email.as_str());
    let id = found.ok_or(InvitationError::NoSuchInvitation)?.id;
    invitation::revoke(database, &scope, id, now).await?;
    output.line(format!("The invitation of {} is taken back.", args.email))?;
    output.json(&json!({"id": id, "email": args.email.as_str(), "revoked": true}))?;
    Ok(Exit::Succeeded)
}

/// Takes the address of a server, without what would break a link that is put behind it.
fn address(text: &str) -> Result<String, &'static str> {
    let plain = text.trim_end_matches('/');
    let host = plain.strip_prefix("https://").or_else(|| plain.strip_prefix("http://")).unwrap_or("");
    let good = !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || ".-:[]".contains(c));
    if good {
        Ok(plain.to_owned())
    } else {
        Err("give an address such as https://atlas.example.com, without a path")
    }
}

#[cfg(test)]
mod tests {
    use super::address;

    #[test]
    fn an_address_is_a_scheme_and_a_host() {
        assert_eq!(address("https://atlas.example.com/").as_deref(), Ok("https://atlas.example.com"));
        assert_eq!(address("http://127.0.0.1:8080").as_deref(), Ok("http://127.0.0.1:8080"));
        for bad in [
            "",
            "atlas.example.com",
            "https://",
            "ftp://a",
            "https://a/b",
            "https://a?b",
            "https://u@a",
            "https://a b",
        ] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }
}
