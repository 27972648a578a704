//! `tokens`: API tokens, with which programs act for a member of the workspace.

use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Subcommand};
use database::Ts;
use serde_json::{Value, json};
use tenancy::access::{NEVER_BY_TOKEN, Reach, Role, capabilities_of, least_role};
use tenancy::membership;
use tenancy::token::{self, ApiToken, LIFE_MAX, NewToken};
use tenancy::user::{Email, Standing};
use tenancy::{ApiTokenId, Capabilities, Capability, UserId};

use crate::config::Settings;
use crate::exit::Exit;
use crate::people;
use crate::present::{Output, Table, ago};
use crate::problem::Problem;
use crate::wiring;

/// Lists, makes and revokes API tokens
///
/// A token lets a program act for a member of the workspace, with rights that it names, until it expires. It
/// never can do more than its owner, and a change of the owner's role counts for it at once.
#[derive(Subcommand)]
pub(crate) enum TokensCommand {
    /// Lists the tokens of the workspace that are good
    List,
    Create(CreateArgs),
    /// Revokes a token; it counts from the next request on
    Revoke(RevokeArgs),
}

/// Makes a token and prints it, alone on standard output, once
///
/// It cannot be shown again. To keep it: tenantatlas tokens create … > token.txt
#[derive(Args)]
pub(crate) struct CreateArgs {
    /// E-mail address of the member that it acts for
    #[arg(long, value_name = "EMAIL")]
    user: Email,
    /// What it is called in lists, for example the program that uses it
    #[arg(long)]
    name: String,
    /// When it expires: in so many days or hours (30d, 12h), or at a time (2027-01-31T08:00:00Z); a year at most
    #[arg(long, value_name = "WHEN")]
    expires: Expiry,
    /// What it may do, separated by commas, for example see,start_reads; `all` for all that its owner may and a token can
    #[arg(long, value_name = "RIGHTS")]
    rights: Rights,
}

#[derive(Args)]
pub(crate) struct RevokeArgs {
    /// Its id, which the list shows
    id: ApiTokenId,
}

/// When a token expires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expiry {
    In(Duration),
    At(Ts),
}

/// A text that says no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("give a number of days or hours, for example 30d or 12h, or a time such as 2027-01-31T08:00:00Z")]
struct ExpiryError;

impl FromStr for Expiry {
    type Err = ExpiryError;

    fn from_str(text: &str) -> Result<Self, ExpiryError> {
        let hours_each = match text.as_bytes().last() {
            Some(b'd') => 24,
            Some(b'h') => 1,
            _ => {
                return text
                    .parse::<jiff::Timestamp>()
                    .map(|at| Self::At(at.into()))
                    .map_err(|_| ExpiryError);
            }
        };
        let digits = &text[..text.len() - 1];
        let number: u32 = if digits.bytes().all(|b| b.is_ascii_digit()) {
            digits.parse().map_err(|_| ExpiryError)?
        } else {
            return Err(ExpiryError);
        };
        Ok(Self::In(Duration::from_secs(u64::from(number) * hours_each * 3600)))
    }
}

/// What a token is to be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rights {
    /// Everything that its owner may do and a token can.
    All,
    /// These alone.
    Only(Capabilities),
}

impl FromStr for Rights {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "all" {
            return Ok(Self::All);
        }
        let one = |word: &str| {
            let found = Capability::from_token(word).filter(|right| for_tokens().allow(*right));
            found.ok_or_else(|| {
                let known: Vec<&str> = for_tokens().iter().map(Capability::token).collect();
                format!("`{word}` is no right of a token; there are {}, or `all`", known.join(", "))
            })
        };
        text.split(',').map(|word| one(word.trim())).collect::<Result<_, _>>().map(Self::Only)
    }
}

pub(super) async fn run(
    command: TokensCommand,
    settings: &Settings,
    output: &Output,
) -> Result<Exit, Problem> {
    match command {
        TokensCommand::List => list(settings, output).await,
        TokensCommand::Create(args) => create(args, settings, output).await,
        TokensCommand::Revoke(args) => revoke(args, settings, output).await,
    }
}

async fn list(settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    let now = installation.clock.now();
    let tokens = token::list(&installation.database, &scope, now).await?;
    let members = membership::list(&installation.database, &scope).await?;
    let email = |owner: UserId| members.iter().find(|one| one.user == owner).map(|one| one.email.clone());
    let shapes: Vec<Value> = tokens.iter().map(|token| shape(token, email(token.owner))).collect();
    output.json(&json!({"tokens": shapes}))?;
    if tokens.is_empty() {
        output.line("No tokens; `tenantatlas tokens create` makes one.")?;
        return Ok(Exit::Succeeded);
    }
    let mut table = Table::new(output, &["token", "name", "acts for", "rights", "last used", "expires"]);
    for token in &tokens {
        table.row([
            token.id.to_string(),
            token.name.clone(),
            email(token.owner).unwrap_or_default(),
            words(token.capabilities).join(", "),
            token.last_used_at.map_or("never".to_owned(), |at| ago(at, now)),
            token.expires_at.to_string(),
        ]);
    }
    output.line(table)?;
    Ok(Exit::Succeeded)
}

async fn create(args: CreateArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    let now = installation.clock.now();
    let expires_at = match args.expires {
        Expiry::In(life) => now.plus(life),
        Expiry::At(at) => at,
    };
    if expires_at <= now || expires_at > now.plus(LIFE_MAX) {
        return Err(Problem::wrong_use("token.expiry", format!("the token would expire at {expires_at}"))
            .advice("it must expire after now and within a year, for example --expires 90d"));
    }
    let owner = people::member(&installation, settings, &scope, &args.user).await?;
    if owner.standing == Standing::Disabled {
        output.note(format!("warning: the account {} is disabled; the token sleeps as long", args.user));
    }
    let new = NewToken {
        owner: owner.user,
        name: args.name,
        capabilities: granted(args.rights, owner.role, &owner.reach, &args.user)?,
        expires_at,
    };
    let created = token::create(&installation.database, &scope, new, now).await?;
    let mut answer = shape(&created.row, Some(owner.email));
    answer["token"] = created.token.reveal().into();
    output.json(&answer)?;
    output.line(created.token.reveal())?;
    output.note(format!(
        "The token `{}` is good until {expires_at}. Keep it now: it is not shown again.",
        created.row.name
    ));
    Ok(Exit::Succeeded)
}

async fn revoke(args: RevokeArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let scope = installation.scope(settings, None).await?;
    token::revoke(&installation.database, &scope, args.id, installation.clock.now()).await?;
    output.line("The token is revoked.")?;
    output.json(&json!({"id": args.id, "revoked": true}))?;
    Ok(Exit::Succeeded)
}

/// Gives what the token may do, or says which right its owner lacks.
fn granted(rights: Rights, role: Role, reach: &Reach, owner: &Email) -> Result<Capabilities, Problem> {
    let held = capabilities_of(role, reach);
    let Rights::Only(wanted) = rights else { return Ok(held.and(for_tokens())) };
    let Some(lacking) = wanted.iter().find(|right| !held.allow(*right)) else { return Ok(wanted) };
    let needs = least_role(lacking).map_or("another role", Role::as_str);
    let message = format!("{owner} is {role} here and may not `{}`; that takes {needs}", lacking.token());
    Err(Problem::wrong_use("token.rights", message)
        .advice("a token can do no more than its owner; leave the right out, or give the owner the role"))
}

/// Gives every right that a token can have.
fn for_tokens() -> Capabilities {
    let by_role = |right: &Capability| least_role(*right).is_some() && !NEVER_BY_TOKEN.contains(right);
    Capability::ALL.into_iter().filter(by_role).collect()
}

fn words(rights: Capabilities) -> Vec<&'static str> {
    rights.iter().map(Capability::token).collect()
}

fn shape(token: &ApiToken, owner: Option<String>) -> Value {
    json!({
        "id": token.id,
        "owner": owner,
        "name": token.name,
        "rights": words(token.capabilities),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "last_used_at": token.last_used_at,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_a_span_or_a_time() {
        assert_eq!("30d".parse(), Ok(Expiry::In(Duration::from_secs(30 * 86_400))));
        assert_eq!("12h".parse(), Ok(Expiry::In(Duration::from_secs(12 * 3600))));
        assert!(matches!("2027-01-31T08:00:00Z".parse(), Ok(Expiry::At(_))));
        for bad in ["", "d", "+3d", "-1d", "3", "3w", "tomorrow", "99999999999d", "٣d", "2027-01-31"] {
            assert_eq!(bad.parse::<Expiry>(), Err(ExpiryError), "{bad}");
        }
    }

    #[test]
    fn rights_are_named_by_their_words_and_a_wrong_one_lists_them() {
        let two: Capabilities = [Capability::See, Capability::StartReads].into_iter().collect();
        assert_eq!("see, start_reads".parse(), Ok(Rights::Only(two)));
        assert_eq!("all".parse(), Ok(Rights::All));
        for bad in ["", "root", "see,", "maintain", "own_tokens"] {
            let told = bad.parse::<Rights>().expect_err("it is no right of a token");
            assert!(told.contains("start_reads") && !told.contains("maintain,"), "{told}");
        }
    }
}
