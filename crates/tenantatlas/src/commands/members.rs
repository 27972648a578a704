//! `members`: who works in the workspace, as what, and for which tenants.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use serde_json::{Value, json};
use tenancy::access::{Reach, Role};
use tenancy::membership::{self, Member, NewMember};
use tenancy::user::{Email, Standing};
use tenancy::{Scope, TenantId};

use super::roles;
use crate::config::Settings;
use crate::exit::Exit;
use crate::people::{self, Account};
use crate::present::{Output, Table};
use crate::problem::Problem;
use crate::wiring::{self, Installation};

/// Lists and changes the members of the workspace
///
/// Every change counts from the member's next request on. A workspace keeps one Owner who is enabled and not
/// narrowed; the last one can be neither removed nor changed.
#[derive(Subcommand)]
pub(crate) enum MembersCommand {
    /// Lists the members of the workspace
    List,
    Add(AddArgs),
    /// Gives a member another role
    Role(RoleArgs),
    Narrow(NarrowArgs),
    /// Removes a member, with their API tokens for the workspace; the account stays
    Remove(OneMember),
}

/// Makes somebody who has an account a member
#[derive(Args)]
pub(crate) struct AddArgs {
    /// E-mail address of the account
    email: Email,
    /// What they may do: readonly, operator, manager or owner
    #[arg(long, value_parser = roles::role)]
    role: Role,
    /// For this tenant only; may be given several times
    #[arg(long, value_name = "SLUG")]
    tenant: Vec<String>,
}

#[derive(Args)]
pub(crate) struct RoleArgs {
    /// E-mail address of the member
    email: Email,
    /// The role: readonly, operator, manager or owner
    #[arg(value_parser = roles::role)]
    role: Role,
}

/// Narrows a member to some tenants, or widens them to all
#[derive(Args)]
pub(crate) struct NarrowArgs {
    /// E-mail address of the member
    email: Email,
    /// To this tenant; may be given several times
    #[arg(long, value_name = "SLUG", required_unless_present = "all_tenants")]
    tenant: Vec<String>,
    /// To all tenants of the workspace, those of tomorrow among them
    #[arg(long, conflicts_with = "tenant")]
    all_tenants: bool,
}

#[derive(Args)]
pub(crate) struct OneMember {
    /// E-mail address of the member
    email: Email,
}

/// What a command of members works with.
struct Desk<'a> {
    installation: Installation,
    scope: Scope,
    slugs: BTreeMap<TenantId, String>,
    settings: &'a Settings,
    output: &'a Output,
}

pub(super) async fn run(
    command: MembersCommand,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    let slugs = installation.tenant_slugs(&scope).await?;
    let desk = Desk { installation, scope, slugs, settings, output };
    match command {
        MembersCommand::List => desk.list().await,
        MembersCommand::Add(args) => desk.add(args).await,
        MembersCommand::Role(args) => desk.role(args).await,
        MembersCommand::Narrow(args) => desk.narrow(args).await,
        MembersCommand::Remove(args) => desk.remove(args).await,
    }
}

impl Desk<'_> {
    async fn list(&self) -> Result<Exit, Problem> {
        let members = membership::list(&self.installation.database, &self.scope).await?;
        let shapes: Vec<Value> = members.iter().map(|member| self.shape(member)).collect();
        self.output.json(&json!({"members": shapes}))?;
        if members.is_empty() {
            self.output.line("No members; `tenantatlas members add` adds one.")?;
            return Ok(Exit::Succeeded);
        }
        let mut table = Table::new(self.output, &["e-mail", "name", "role", "tenants", "account", "since"]);
        for member in &members {
            table.row([
                member.email.clone(),
                member.name.clone(),
                member.role.to_string(),
                people::told(&member.reach, &self.slugs),
                if member.standing == Standing::Enabled { "enabled" } else { "disabled" }.to_owned(),
                member.since.to_string(),
            ]);
        }
        self.output.line(table)?;
        Ok(Exit::Succeeded)
    }

    async fn add(&self, args: AddArgs) -> Result<Exit, Problem> {
        let Account { user, .. } = people::account(&self.installation, &args.email).await?;
        let reach = self.reach(&args.tenant).await?;
        let new = NewMember { user: user.id, role: args.role, reach };
        let (database, now) = (&self.installation.database, self.installation.clock.now());
        membership::add(database, &self.scope, new, now).await?;
        self.tell(&args.email).await
    }

    async fn role(&self, args: RoleArgs) -> Result<Exit, Problem> {
        let member = self.member(&args.email).await?;
        let (database, now) = (&self.installation.database, self.installation.clock.now());
        membership::change_role(database, &self.scope, member.user, args.role, now).await?;
        self.tell(&args.email).await
    }

    async fn narrow(&self, args: NarrowArgs) -> Result<Exit, Problem> {
        let member = self.member(&args.email).await?;
        let reach = self.reach(&args.tenant).await?;
        let (database, now) = (&self.installation.database, self.installation.clock.now());
        membership::set_reach(database, &self.scope, member.user, reach, now).await?;
        self.tell(&args.email).await
    }

    async fn remove(&self, args: OneMember) -> Result<Exit, Problem> {
        let member = self.member(&args.email).await?;
        let (database, now) = (&self.installation.database, self.installation.clock.now());
        membership::remove(database, &self.scope, member.user, now).await?;
        let workspace = self.settings.workspace();
        self.output.line(format!("{} is no member of the workspace `{workspace}` any more.", args.email))?;
        self.output.json(&json!({"email": args.email.as_str(), "removed": true}))?;
        Ok(Exit::Succeeded)
    }

    async fn member(&self, email: &Email) -> Result<Member, Problem> {
        people::member(&self.installation, self.settings, &self.scope, email).await
    }

    async fn reach(&self, slugs: &[String]) -> Result<Reach, Problem> {
        people::reach(&self.installation, self.settings, &self.scope, slugs).await
    }

    /// Answers with the membership as it is now.
    async fn tell(&self, email: &Email) -> Result<Exit, Problem> {
        let member = self.member(email).await?;
        self.output.line(format!(
            "{} is {} in the workspace `{}`, for {}.",
            member.email,
            member.role,
            self.settings.workspace(),
            people::told(&member.reach, &self.slugs)
        ))?;
        self.output.json(&self.shape(&member))?;
        Ok(Exit::Succeeded)
    }

    fn shape(&self, member: &Member) -> Value {
        json!({
            "user": member.user,
            "email": member.email,
            "name": member.name,
            "role": member.role.as_str(),
            "tenants": people::tenants_of(&member.reach, &self.slugs),
            "enabled": member.standing == Standing::Enabled,
            "since": member.since,
        })
    }
}
