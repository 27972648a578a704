//! One's own API tokens; an Owner sees and revokes everybody's.

pub mod view;

use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use tenancy::access::NEVER_BY_TOKEN;
use tenancy::token::{self, ApiToken, NewToken, TokenError};
use tenancy::{ApiTokenId, Capabilities, Capability};

use crate::components::{Answer, FieldOption, Permission, PostForm, Several, Toast};
use crate::csrf::{FIELD, SignedForm};
use crate::fields::Fields;
use crate::here::{Here, refusal};
use crate::links;
use crate::pages::settings::{Section, done, framed, section_tabs, told};
use crate::pages::sign_in::sentence;
use crate::problem::Problem;
use crate::rights;
use crate::run_query::address;
use crate::state::AppState;
use view::{CreatedPage, NewTokenPage, TokenLine, TokensPage};

/// How long a token may live, in days, and the words for it; the longest is the longest that is allowed.
const LIVES: [(u32, &str); 4] = [(7, "7 days"), (30, "30 days"), (90, "90 days"), (365, "1 year")];

/// The life that is chosen before anybody chooses.
const LIFE_USUAL: u32 = 90;

/// A day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Shows the tokens.
///
/// # Errors
/// Not found.
pub async fn show(
    State(app): State<AppState>,
    here: Here,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let all = token::list(app.database(), &here.scope, app.now()).await?;
    let slug = &here.workspace.slug;
    let obstacle = here.obstacle(Capability::OwnTokens);
    let page = TokensPage {
        wall: here.wall.clone(),
        tabs: section_tabs(slug, Section::Tokens),
        workspace: here.workspace.name.clone(),
        create: (
            obstacle.map_or(Permission::Granted, |reason| Permission::Refused { reason }),
            links::new_token(slug),
        ),
        tokens: all.iter().map(|one| line(&here, one)).collect(),
        everybody: here.scope.allows(Capability::ManageMembers),
    };
    let toast: Option<Toast> = match told(query.as_deref()).as_deref() {
        Some("revoked") => Some(done("Token revoked", "It is refused from the next request on.")),
        _ => None,
    };
    Ok(framed(&app, &here, Section::Tokens, None, toast, view::page(&page)))
}

/// What was typed.
#[derive(Clone, Debug)]
struct Typed {
    name: String,
    days: String,
    rights: Vec<String>,
}

impl Typed {
    fn of(fields: &mut Fields) -> Result<Self, Problem> {
        Ok(Self {
            name: fields.one("name")?.unwrap_or_default(),
            days: fields.one("days")?.unwrap_or_else(|| LIFE_USUAL.to_string()),
            rights: fields.all("right"),
        })
    }

    /// Gives the form's address with what was typed.
    fn address(&self, here: &Here) -> String {
        let pairs = [("name", self.name.as_str()), ("days", &self.days)];
        let pairs = pairs.into_iter().chain(self.rights.iter().map(|right| ("right", right.as_str())));
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        address(&links::new_token(&here.workspace.slug), &query)
    }
}

/// What is wrong, by field; an empty name means the whole form.
type Wrong = Vec<(&'static str, String)>;

/// Shows the form; who gave the password too long ago gives it first.
///
/// # Errors
/// Not allowed with the role that is needed.
pub async fn new(
    State(app): State<AppState>,
    here: Here,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    here.require(Capability::OwnTokens)?;
    let mut typed = Typed::of(&mut Fields::parse(query.unwrap_or_default().as_bytes())?)?;
    if !here.visitor.0.is_proved(app.now()) {
        return Ok(Redirect::to(&links::prove(&typed.address(&here))).into_response());
    }
    if typed.rights.is_empty() {
        typed.rights = vec![Capability::See.token().to_owned()];
    }
    Ok(form(&app, &here, &typed, Vec::new()))
}

/// Makes a token, and shows it this once.
///
/// # Errors
/// Not allowed, or the database could not be used; what is wrong with the fields is shown in the form.
pub async fn create(
    State(app): State<AppState>,
    here: Here,
    SignedForm(mut fields): SignedForm,
) -> Result<Response, Problem> {
    here.require(Capability::OwnTokens)?;
    let typed = Typed::of(&mut fields)?;
    fields.end()?;
    let new = match read(&app, &here, &typed) {
        Ok(new) => new,
        Err(errors) => return Ok(wrong(&app, &here, &typed, errors)),
    };
    match token::create(app.database(), &here.scope, new, app.now()).await {
        Ok(created) => {
            let page = CreatedPage {
                wall: here.wall.clone(),
                name: created.row.name.clone(),
                text: created.token.reveal().to_owned(),
                expires_at: created.row.expires_at.to_jiff(),
                example: format!(
                    "{}/api/v1/workspaces/{}/operations",
                    app.options().base(),
                    here.workspace.slug
                ),
                back: links::tokens(&here.workspace.slug),
            };
            Ok(framed(&app, &here, Section::Tokens, Some("New token"), None, view::created(&page)))
        }
        Err(TokenError::NotProved) => Ok(Redirect::to(&links::prove(&typed.address(&here))).into_response()),
        Err(why @ TokenError::Name) => {
            Ok(wrong(&app, &here, &typed, vec![("name", sentence(&why.to_string()))]))
        }
        Err(why @ TokenError::Capabilities) => {
            Ok(wrong(&app, &here, &typed, vec![("right", sentence(&why.to_string()))]))
        }
        Err(why @ (TokenError::Expiry | TokenError::TooMany)) => {
            Ok(wrong(&app, &here, &typed, vec![("", sentence(&why.to_string()))]))
        }
        Err(error) => Err(refused(&here, error)),
    }
}

/// Revokes a token.
///
/// # Errors
/// Not found: there is none, or it is somebody else's. Not allowed, or the database could not be used.
pub async fn revoke(
    State(app): State<AppState>,
    here: Here,
    Path((_, id)): Path<(String, String)>,
    SignedForm(fields): SignedForm,
) -> Result<Redirect, Problem> {
    here.require(Capability::OwnTokens)?;
    fields.end()?;
    let id: ApiTokenId = id.parse().map_err(|_| Problem::not_found())?;
    let revoked = token::revoke(app.database(), &here.scope, id, app.now()).await;
    revoked.map_err(|error| refused(&here, error))?;
    Ok(Redirect::to(&address(&links::tokens(&here.workspace.slug), "told=revoked")))
}

fn line(here: &Here, one: &ApiToken) -> TokenLine {
    TokenLine {
        id: one.id.to_string(),
        name: one.name.clone(),
        owner: one.owner_name.clone(),
        rights: one.capabilities.iter().map(|right| rights::words(right).to_owned()).collect(),
        created_at: one.created_at.to_jiff(),
        expires_at: one.expires_at.to_jiff(),
        last_used_at: one.last_used_at.map(tenancy::Ts::to_jiff),
        revoke: PostForm {
            action: format!("{}/{}/revoke", links::tokens(&here.workspace.slug), one.id),
            fields: vec![(FIELD.to_owned(), here.visitor.form_token())],
            confirm: Some(format!(
                "Revoke the token “{}”? Programs that use it are refused at once.",
                one.name
            )),
            answer: Answer::Page,
        },
    }
}

/// Gives what a token of the visitor's may hold: what they may do, less what asks for a person.
fn grantable(here: &Here) -> impl Iterator<Item = Capability> {
    here.scope.capabilities().iter().filter(|right| !NEVER_BY_TOKEN.contains(right))
}

fn read(app: &AppState, here: &Here, typed: &Typed) -> Result<NewToken, Wrong> {
    let mut errors = Vec::new();
    let days = LIVES.iter().find(|(days, _)| days.to_string() == typed.days).map(|(days, _)| *days);
    if days.is_none() {
        errors.push(("days", "Choose how long it is good.".to_owned()));
    }
    let named: Option<Capabilities> = typed.rights.iter().map(|word| Capability::from_token(word)).collect();
    let capabilities = match named {
        Some(held) if held != Capabilities::NONE => Some(held),
        _ => {
            errors.push(("right", "Choose one right at least.".to_owned()));
            None
        }
    };
    match (days, capabilities) {
        (Some(days), Some(capabilities)) if errors.is_empty() => Ok(NewToken {
            owner: here.visitor.0.user,
            name: typed.name.clone(),
            capabilities,
            expires_at: app.now().plus(DAY * days),
        }),
        _ => Err(errors),
    }
}

fn wrong(app: &AppState, here: &Here, typed: &Typed, errors: Wrong) -> Response {
    let mut response = form(app, here, typed, errors);
    *response.status_mut() = StatusCode::UNPROCESSABLE_ENTITY;
    response
}

fn form(app: &AppState, here: &Here, typed: &Typed, errors: Wrong) -> Response {
    let error = |name: &str| errors.iter().find(|(field, _)| *field == name).map(|(_, why)| why.clone());
    let option = |value: String, label: &str| FieldOption { value, label: label.to_owned(), hint: None };
    let page = NewTokenPage {
        workspace: here.workspace.name.clone(),
        form: PostForm {
            action: links::new_token(&here.workspace.slug),
            fields: vec![(FIELD.to_owned(), here.visitor.form_token())],
            ..PostForm::default()
        },
        name: (typed.name.clone(), error("name")),
        lives: LIVES.iter().map(|(days, words)| option(days.to_string(), words)).collect(),
        days: (typed.days.clone(), error("days")),
        rights: Several {
            name: "right".to_owned(),
            label: "Rights".to_owned(),
            options: grantable(here)
                .map(|right| option(right.token().to_owned(), rights::words(right)))
                .collect(),
            chosen: typed.rights.clone(),
            error: error("right"),
        },
        general: error(""),
        back: links::tokens(&here.workspace.slug),
    };
    framed(app, here, Section::Tokens, Some("Create token"), None, view::new(&page))
}

fn refused(here: &Here, error: TokenError) -> Problem {
    match error {
        TokenError::NotAllowed => refusal(Capability::OwnTokens, &here.workspace.name),
        TokenError::NoSuchToken | TokenError::NoSuchMember => Problem::not_found(),
        TokenError::Database(error) => error.into(),
        other => Problem::internal(&other),
    }
}
