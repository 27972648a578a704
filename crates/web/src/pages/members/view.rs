//! What the members of a workspace look like: the list, one of them, and the invitation.

use jiff::Timestamp;
use maud::{Markup, html};

use crate::components::{
    Band, Column, Empty, Field, FieldOption, Icon, Input, Link, Narrow, NoticeTone, Permission, PostForm,
    Presence, Row, Several, Verb, Wall, Weight, action, copy_button, data_table, day_time, empty,
    error_summary, field, hidden_fields, icon, link_button, named, notice, rel_time, row_link, several,
};
use crate::rights;

/// The list.
#[derive(Clone, Debug)]
pub struct MembersPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// The ways to the other settings.
    pub tabs: Markup,
    /// The workspace.
    pub workspace: String,
    /// Whether the reader may invite, and where.
    pub invite: (Permission, String),
    /// The members.
    pub members: Vec<MemberLine>,
    /// Why there are none to see.
    pub hidden: Option<String>,
    /// The open invitations.
    pub invitations: Vec<InvitationLine>,
    /// What each role may do.
    pub rights: Vec<RightLine>,
    /// The reader's own role.
    pub own_role: String,
}

/// One member.
#[derive(Clone, Debug)]
pub struct MemberLine {
    /// Their id.
    pub id: String,
    /// What they are called.
    pub name: String,
    /// What they sign in with.
    pub email: String,
    /// What else there is to know: "you", "account disabled"; may be empty.
    pub note: String,
    /// Their role.
    pub role: String,
    /// The tenants that it counts for, in words.
    pub reach: String,
    /// Who let them in.
    pub added_by: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// Their page.
    pub href: String,
}

/// One open invitation.
#[derive(Clone, Debug)]
pub struct InvitationLine {
    /// Its id.
    pub id: String,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: String,
    /// For which tenants, in words.
    pub reach: String,
    /// By whom.
    pub invited_by: String,
    /// Until when.
    pub expires_at: Timestamp,
    /// What takes it back.
    pub revoke: PostForm,
}

/// One right, and who has it.
#[derive(Clone, Debug)]
pub struct RightLine {
    /// What it lets one do.
    pub words: String,
    /// Which roles have it, in their order.
    pub roles: Vec<bool>,
    /// What else it takes.
    pub note: Option<String>,
}

/// Draws the list, without the shell around it.
#[must_use]
pub fn page(page: &MembersPage) -> Markup {
    html! {
        div .head {
            div { h1 { "Members" } p .sub { "Who works in " (named(&page.workspace)) ". You are " b { (page.own_role) } "." } }
            div .acts { (invite_button(&page.invite)) }
        }
        div .stack {
            section .panel aria-label="Members" {
                (page.tabs)
                @if let Some(why) = &page.hidden { (empty(&Empty::new(why))) }
                @else { (members(page)) }
            }
            @if !page.invitations.is_empty() {
                section .panel aria-labelledby="h-open" {
                    div .ph { h2 #h-open { "Open invitations" } }
                    (invitations(page))
                }
            }
            section .panel aria-labelledby="h-rights" {
                div .ph { h2 #h-rights { "What each role may do" } }
                (rights_table(&page.rights))
            }
        }
    }
}

fn invite_button((permission, href): &(Permission, String)) -> Markup {
    match permission {
        Permission::Granted => link_button(&Link::new("Invite", href.as_str()), Weight::Primary, None),
        Permission::Refused { .. } => {
            action("invite", Verb::plain("Invite"), permission, &PostForm::default())
        }
    }
}

fn members(page: &MembersPage) -> Markup {
    let columns = [
        Column::new("Name", None, Narrow::Title),
        Column::new("Role", Some(6), Narrow::State),
        Column::new("Tenants", Some(13), Narrow::Second),
        Column::new("Added by", Some(10), Narrow::Line).desktop(),
        Column::new("Since", Some(8), Narrow::SecondEnd),
    ];
    let row = |of: &MemberLine| Row {
        id: format!("member-{}", of.id),
        cells: vec![
            html! {
                span .ttl {
                    (row_link(&of.href, &of.name))
                    @if !of.note.is_empty() { span .chip { (of.note) } }
                    span .under { bdi { (of.email) } }
                }
            },
            html! { (of.role) },
            html! { (named(&of.reach)) },
            html! { @if let Some(by) = &of.added_by { (named(by)) } @else { span .mut { "–" } } },
            rel_time(of.since, &page.wall),
        ],
        presence: Presence::Here,
    };
    let rows = page.members.iter().map(row).collect();
    data_table("Members of this workspace", &columns, &[Band { heading: None, rows }])
}

fn invitations(page: &MembersPage) -> Markup {
    let columns = [
        Column::new("Email", None, Narrow::Title),
        Column::new("Role", Some(6), Narrow::State),
        Column::new("Tenants", Some(13), Narrow::Second),
        Column::new("Invited by", Some(10), Narrow::Third).desktop(),
        Column::new("Good until", Some(8), Narrow::SecondEnd),
        Column::new("", Some(6), Narrow::ThirdEnd).numbers(),
    ];
    let row = |of: &InvitationLine| {
        let verb = Verb { label: "Revoke", icon: None, weight: Weight::Small };
        Row {
            id: format!("invitation-{}", of.id),
            cells: vec![
                html! { bdi { (of.email) } },
                html! { (of.role) },
                html! { (named(&of.reach)) },
                named(&of.invited_by),
                day_time(of.expires_at, &page.wall),
                action(&format!("revoke-{}", of.id), verb, &Permission::Granted, &of.revoke),
            ],
            presence: Presence::Here,
        }
    };
    let rows = page.invitations.iter().map(row).collect();
    data_table("Open invitations", &columns, &[Band { heading: None, rows }])
}

fn rights_table(rights: &[RightLine]) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label="Roles and rights" {
            table .figures {
                thead {
                    tr {
                        th scope="col" { "Right" }
                        @for role in tenancy::access::Role::ALL { th scope="col" { (rights::role_name(*role)) } }
                    }
                }
                tbody {
                    @for right in rights {
                        tr {
                            th scope="row" { (right.words) @if let Some(note) = &right.note { " " small .mut { (note) } } }
                            @for &has in &right.roles {
                                td {
                                    @if has { (icon(Icon::Succeeded)) span .sr { "yes" } }
                                    @else { span .mut aria-hidden="true" { "–" } span .sr { "no" } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// One member with the forms that change them.
#[derive(Clone, Debug)]
pub struct MemberPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// The member.
    pub line: MemberLine,
    /// Whether the reader may change them.
    pub may: Permission,
    /// The workspace.
    pub workspace: String,
    /// The role that is chosen.
    pub role: String,
    /// The tenants that are chosen.
    pub reach: ReachField,
    /// Where the role is sent.
    pub role_form: PostForm,
    /// Where the tenants are sent.
    pub reach_form: PostForm,
    /// Where the removal is sent.
    pub remove_form: PostForm,
    /// Which form (`role`, `reach`, `remove`) was not taken, and why.
    pub wrong: Vec<(&'static str, String)>,
}

/// The fields that say which tenants a role counts for.
#[derive(Clone, Debug)]
pub struct ReachField {
    /// The whole workspace, or tenants of it.
    pub whole: Vec<FieldOption>,
    /// Which of the two.
    pub chosen: String,
    /// The tenants.
    pub tenants: Several,
}

/// Draws one member.
#[must_use]
pub fn member(page: &MemberPage) -> Markup {
    let of = &page.line;
    html! {
        div .head {
            div {
                div .title {
                    h1 { (named(&of.name)) }
                    @if !of.note.is_empty() { span .chip { (of.note) } }
                }
                p .sub {
                    bdi { (of.email) } ", " (of.role) " since " (rel_time(of.since, &page.wall))
                    @if let Some(by) = &of.added_by { ", added by " (named(by)) }
                }
            }
        }
        div .stack {
            @if let Permission::Refused { reason } = &page.may {
                (notice(NoticeTone::Info, &format!("Members are changed by an Owner. {reason}"), None))
            }
            (part(page, "role", "Role", &role_fields(page), "Change role", &page.role_form))
            (part(page, "reach", "Tenants", &reach_fields(&page.reach), "Change tenants", &page.reach_form))
            (part(page, "remove", "Remove from the workspace", &remove_fields(page), "Remove member", &page.remove_form))
        }
    }
}

fn part(page: &MemberPage, id: &str, title: &str, fields: &Markup, verb: &str, form: &PostForm) -> Markup {
    let errors: Vec<String> =
        page.wrong.iter().filter(|(name, _)| *name == id).map(|(_, why)| why.clone()).collect();
    let heading = format!("h-{id}");
    html! {
        section .panel aria-labelledby=(heading) {
            div .ph { h2 id=(heading) { (title) } }
            div .pb {
                @match &page.may {
                    Permission::Granted => {
                        form .form method="post" action=(form.action) autocomplete="off" {
                            (hidden_fields(&form.fields))
                            (error_summary(&errors, &[]))
                            (fields)
                            div .acts { button .btn type="submit" { (verb) } }
                        }
                    }
                    Permission::Refused { .. } => { (action(id, Verb::plain(verb), &page.may, form)) }
                }
            }
        }
    }
}

fn role_fields(page: &MemberPage) -> Markup {
    let role = Field::text("role", "They work here as")
        .taking(Input::Options(rights::role_options()))
        .holding(page.role.as_str())
        .hinting("It counts from their next request on, and before the next write of a run under way.");
    field(&role)
}

fn reach_fields(of: &ReachField) -> Markup {
    let reach = Field::text("reach", "The role counts for")
        .taking(Input::Options(of.whole.clone()))
        .holding(of.chosen.as_str());
    html! { (field(&reach)) @if !of.tenants.options.is_empty() { (several(&of.tenants)) } }
}

fn remove_fields(page: &MemberPage) -> Markup {
    let hint = format!(
        "They lose {} and their API tokens for it at once; the account stays. Type {} to confirm.",
        page.workspace, page.line.email
    );
    field(&Field::text("confirm", "Email of the member").taking(Input::Code).hinting(hint).filled("off"))
}

/// The form that invites somebody.
#[derive(Clone, Debug)]
pub struct InvitePage {
    /// The workspace.
    pub workspace: String,
    /// Where it is sent.
    pub form: PostForm,
    /// What was typed, and what is wrong with it.
    pub email: (String, Option<String>),
    /// The role that is chosen, and what is wrong with it.
    pub role: (String, Option<String>),
    /// The tenants that are chosen.
    pub reach: ReachField,
    /// The way back.
    pub back: String,
}

/// Draws the form.
#[must_use]
pub fn invite(page: &InvitePage) -> Markup {
    let email = Field::text("email", "Email")
        .taking(Input::Email)
        .holding(page.email.0.as_str())
        .failing(page.email.1.clone())
        .filled("off");
    let role = Field::text("role", "Role")
        .taking(Input::Options(rights::role_options()))
        .holding(page.role.0.as_str())
        .failing(page.role.1.clone());
    let general: Vec<String> = page.reach.tenants.error.clone().into_iter().collect();
    html! {
        div .head {
            div { h1 { "Invite" } p .sub { "Makes a link that lets one person into " (named(&page.workspace)) ", once." } }
        }
        section .panel {
            form .form .pb method="post" action=(page.form.action) {
                (hidden_fields(&page.form.fields))
                (error_summary(&general, &[&email, &role]))
                (field(&email))
                (field(&role))
                (reach_fields(&page.reach))
                div .acts {
                    button .btn .pri type="submit" { "Make the link" }
                    (link_button(&Link::new("Cancel", page.back.as_str()), Weight::Plain, None))
                }
            }
        }
    }
}

/// An invitation that was just made.
#[derive(Clone, Debug)]
pub struct InvitedPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// Who is invited.
    pub email: String,
    /// As what.
    pub role: String,
    /// Where to.
    pub workspace: String,
    /// The link.
    pub link: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
    /// The way back.
    pub members: String,
}

/// Draws the link, this once.
#[must_use]
pub fn invited(page: &InvitedPage) -> Markup {
    html! {
        div .head {
            div {
                h1 { "Invitation" }
                p .sub { "For " bdi { (page.email) } " as " (page.role) " in " (named(&page.workspace)) ", good until " (day_time(page.expires_at, &page.wall)) "." }
            }
        }
        section .panel aria-labelledby="h-link" {
            div .ph { h2 #h-link { "The link" } }
            div .pb .stack {
                (notice(NoticeTone::Warning, "It is shown this once. Whoever has it can accept, so send it to that person alone.", None))
                p { code { (page.link) } (copy_button(&page.link, "Copy the link")) }
                div .acts { (link_button(&Link::new("Back to members", page.members.as_str()), Weight::Plain, None)) }
            }
        }
    }
}

#[cfg(test)]
mod tests;
