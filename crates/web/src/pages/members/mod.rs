//! Who works in a workspace: members, open invitations, and what each role may do.

pub mod change;
pub mod invite;
mod reach;
pub mod view;

use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use tenancy::access::{ROLE_TABLE, Reach, Role};
use tenancy::invitation::{self, Invitation, InvitationError};
use tenancy::membership::{self, Member, MembershipError};
use tenancy::user::Standing;
use tenancy::{Capability, UserId};

use crate::components::{Answer, Permission, PostForm, Toast};
use crate::csrf::FIELD;
use crate::fields::Fields;
use crate::here::{Here, refusal};
use crate::links;
use crate::pages::settings::{Section, done, framed, section_tabs, told};
use crate::problem::Problem;
use crate::rights;
use crate::state::AppState;
use reach::ReachTyped;
use view::{InvitationLine, MemberLine, MemberPage, MembersPage, RightLine};

/// Shows the members.
///
/// # Errors
/// Not found.
pub async fn show(
    State(app): State<AppState>,
    here: Here,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let (may, slug) = (permission(&here), &here.workspace.slug);
    let (members, hidden) = match membership::list(app.database(), &here.scope).await {
        Ok(members) => (members, None),
        Err(MembershipError::NotAllowed) => {
            let why = "Your membership counts for some tenants only, so the other members are not shown.";
            (Vec::new(), Some(why.to_owned()))
        }
        Err(error) => return Err(refused(&here, error)),
    };
    let invitations = match &may {
        Permission::Refused { .. } => Vec::new(),
        Permission::Granted => {
            let open = invitation::list(app.database(), &here.scope, app.now()).await;
            open.map_err(|error| refused_invitation(&here, error))?
        }
    };
    let page = MembersPage {
        wall: here.wall.clone(),
        tabs: section_tabs(slug, Section::Members),
        workspace: here.workspace.name.clone(),
        invite: (may, links::invite(slug)),
        members: members.iter().map(|member| line(&here, member)).collect(),
        hidden,
        invitations: invitations.iter().map(|one| invited(&here, one)).collect(),
        rights: rights_table(),
        own_role: rights::role_name(here.workspace.role).to_owned(),
    };
    Ok(framed(&app, &here, Section::Members, None, toast(query.as_deref()), view::page(&page)))
}

/// Shows one member, with the forms that change them.
///
/// # Errors
/// Not found: nobody of this id is a member, or the visitor may not know.
pub async fn one(
    State(app): State<AppState>,
    here: Here,
    Path((_, user)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let member = find(&app, &here, &user).await?;
    let mut typed = Typed::of(&here, &member);
    // Whoever gave the password in between finds what was chosen before.
    if let Ok(mut fields) = Fields::parse(query.as_deref().unwrap_or_default().as_bytes()) {
        if let Some(role) = fields.all("role").pop() {
            typed.role = role;
        }
        if let Some(reach) = ReachTyped::given(&mut fields) {
            typed.reach = reach;
        }
    }
    let toast = toast(query.as_deref());
    Ok(member_page(&app, &here, &member, &typed, Vec::new(), toast))
}

/// What the forms of one member hold.
#[derive(Clone, Debug)]
struct Typed {
    role: String,
    reach: ReachTyped,
}

impl Typed {
    fn of(here: &Here, member: &Member) -> Self {
        Self { role: member.role.as_str().to_owned(), reach: ReachTyped::of(here, &member.reach) }
    }
}

/// Draws one member; `wrong` says by form (`role`, `reach`, `remove`) why it was not sent.
fn member_page(
    app: &AppState,
    here: &Here,
    member: &Member,
    typed: &Typed,
    wrong: Vec<(&'static str, String)>,
    told: Option<Toast>,
) -> Response {
    let slug = &here.workspace.slug;
    let form = |deed: &str| PostForm {
        action: format!("{}/{deed}", links::member(slug, member.user)),
        fields: vec![(FIELD.to_owned(), here.visitor.form_token())],
        confirm: None,
        answer: Answer::Page,
    };
    let page = MemberPage {
        wall: here.wall.clone(),
        line: line(here, member),
        may: permission(here),
        workspace: here.workspace.name.clone(),
        role: typed.role.clone(),
        reach: typed.reach.field(here, None),
        role_form: form("role"),
        reach_form: form("reach"),
        remove_form: form("remove"),
        wrong,
    };
    framed(app, here, Section::Members, Some(&member.name), told, view::member(&page))
}

async fn find(app: &AppState, here: &Here, user: &str) -> Result<Member, Problem> {
    let user: UserId = user.parse().map_err(|_| Problem::not_found())?;
    let members = match membership::list(app.database(), &here.scope).await {
        Ok(members) => members,
        Err(MembershipError::NotAllowed) => return Err(Problem::not_found()),
        Err(error) => return Err(refused(here, error)),
    };
    members.into_iter().find(|member| member.user == user).ok_or_else(Problem::not_found)
}

fn permission(here: &Here) -> Permission {
    let obstacle = here.obstacle(Capability::ManageMembers);
    obstacle.map_or(Permission::Granted, |reason| Permission::Refused { reason })
}

fn line(here: &Here, member: &Member) -> MemberLine {
    let mut notes = Vec::new();
    if member.user == here.visitor.0.user {
        notes.push("you");
    }
    if member.standing == Standing::Disabled {
        notes.push("account disabled");
    }
    MemberLine {
        id: member.user.to_string(),
        name: member.name.clone(),
        email: member.email.clone(),
        note: notes.join(", "),
        role: rights::role_name(member.role).to_owned(),
        reach: rights::reach_words(here, &member.reach),
        added_by: member.added_by.clone(),
        since: member.since.to_jiff(),
        href: links::member(&here.workspace.slug, member.user),
    }
}

fn invited(here: &Here, one: &Invitation) -> InvitationLine {
    InvitationLine {
        id: one.id.to_string(),
        email: one.email.clone(),
        role: rights::role_name(one.role).to_owned(),
        reach: rights::reach_words(here, &one.reach),
        invited_by: one.invited_by.clone(),
        expires_at: one.expires_at.to_jiff(),
        revoke: PostForm {
            action: format!("/w/{}/settings/invitations/{}/revoke", here.workspace.slug, one.id),
            fields: vec![(FIELD.to_owned(), here.visitor.form_token())],
            confirm: Some(format!("Revoke the invitation of {}? Its link is dead at once.", one.email)),
            answer: Answer::Page,
        },
    }
}

/// Gives the one table of rights as lines: which roles have each.
fn rights_table() -> Vec<RightLine> {
    let line = |grant: &tenancy::access::Grant| RightLine {
        words: rights::words(grant.capability).to_owned(),
        roles: Role::ALL.iter().map(|role| *role >= grant.from).collect(),
        note: (!tenancy::access::capabilities_of(Role::Owner, &Reach::only([])).allow(grant.capability))
            .then(|| "whole workspace only".to_owned()),
    };
    ROLE_TABLE.iter().map(line).collect()
}

fn toast(query: Option<&str>) -> Option<Toast> {
    Some(match told(query)?.as_str() {
        "role" => done("Role changed", "It counts from their next request on."),
        "reach" => done("Tenants changed", "It counts from their next request on."),
        "removed" => done("Member removed", "Their API tokens for this workspace are gone too."),
        "revoked" => done("Invitation revoked", "Its link is dead."),
        _ => return None,
    })
}

/// Answers what no form can show.
fn refused(here: &Here, error: MembershipError) -> Problem {
    match error {
        MembershipError::NotAllowed => refusal(Capability::ManageMembers, &here.workspace.name),
        MembershipError::NoSuchMember => Problem::not_found(),
        MembershipError::Database(error) => error.into(),
        other => Problem::internal(&other),
    }
}

fn refused_invitation(here: &Here, error: InvitationError) -> Problem {
    match error {
        InvitationError::NotAllowed => refusal(Capability::ManageMembers, &here.workspace.name),
        InvitationError::NoSuchInvitation => Problem::not_found(),
        InvitationError::Database(error) => error.into(),
        other => Problem::internal(&other),
    }
}
