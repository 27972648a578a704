//! What the server looks like to whoever administers it.

use jiff::Timestamp;
use maud::{Markup, html};
use tenancy::user::{ServerAdmin, Standing};

use crate::components::{
    Band, Column, Empty, Field, Hang, Icon, Input, Link, MenuItem, Narrow, NoticeTone, PostForm, Presence,
    Row, Wall, Weight, data_table, empty, error_summary, field, hidden_fields, icon, link_button, menu,
    named, notice, rel_time, row_link,
};

/// The workspaces.
#[derive(Clone, Debug)]
pub struct WorkspacesPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// The workspaces.
    pub workspaces: Vec<WorkspaceLine>,
    /// The form that makes one.
    pub create: String,
}

/// One workspace from outside.
#[derive(Clone, Debug)]
pub struct WorkspaceLine {
    /// Its short name.
    pub slug: String,
    /// Its name.
    pub name: String,
    /// How many people are in it.
    pub members: u64,
    /// How many tenants it has.
    pub tenants: u64,
    /// Since when.
    pub created_at: Timestamp,
    /// The way in, for whoever is a member.
    pub href: Option<String>,
}

/// Draws the workspaces, without the shell around them.
#[must_use]
pub fn workspaces(page: &WorkspacesPage) -> Markup {
    let columns = [
        Column::new("Name", None, Narrow::Title),
        Column::new("Members", Some(6), Narrow::Second).numbers(),
        Column::new("Tenants", Some(6), Narrow::SecondEnd).numbers(),
        Column::new("Created", Some(9), Narrow::Line),
    ];
    let row = |of: &WorkspaceLine| Row {
        id: format!("workspace-{}", of.slug),
        cells: vec![
            html! {
                span .ttl {
                    @match &of.href {
                        Some(href) => { (row_link(href, &of.name)) }
                        None => { b { (named(&of.name)) } }
                    }
                    span .under .mono { (of.slug) }
                }
            },
            html! { (of.members) },
            html! { (of.tenants) },
            rel_time(of.created_at, &page.wall),
        ],
        presence: Presence::Here,
    };
    let rows = page.workspaces.iter().map(row).collect();
    html! {
        div .head {
            div { h1 { "Workspaces" } p .sub { "Every workspace of this server. You can enter those that you are a member of." } }
            div .acts { (link_button(&Link::new("Create workspace", page.create.as_str()), Weight::Primary, None)) }
        }
        section .panel aria-label="Workspaces" {
            @if page.workspaces.is_empty() { (empty(&Empty::new("No workspaces yet. Create the first one."))) }
            @else { (data_table("Workspaces of this server", &columns, &[Band { heading: None, rows }])) }
        }
    }
}

/// The form that makes a workspace.
#[derive(Clone, Debug)]
pub struct NewWorkspacePage {
    /// Where it is sent.
    pub form: PostForm,
    /// The name as typed, and what is wrong with it.
    pub name: (String, Option<String>),
    /// The short name as typed, and what is wrong with it.
    pub slug: (String, Option<String>),
    /// The address of the first Owner as typed, and what is wrong with it.
    pub owner: (String, Option<String>),
    /// The way back.
    pub back: String,
}

/// Draws the form.
#[must_use]
pub fn new_workspace(page: &NewWorkspacePage) -> Markup {
    let fields = [
        Field::text("name", "Name").holding(page.name.0.as_str()).failing(page.name.1.clone()).filled("off"),
        Field::text("slug", "Short name")
            .taking(Input::Code)
            .hinting("For addresses and commands: lower-case letters, digits and dashes. It stays when the name changes.")
            .holding(page.slug.0.as_str())
            .failing(page.slug.1.clone())
            .filled("off"),
        Field::text("owner", "First Owner")
            .taking(Input::Email)
            .hinting("The address of somebody who has an account. They answer for the workspace and invite the others.")
            .holding(page.owner.0.as_str())
            .failing(page.owner.1.clone())
            .filled("off"),
    ];
    let all: Vec<&Field> = fields.iter().collect();
    html! {
        div .head { div { h1 { "Create workspace" } p .sub { "One team, with members, tenants and settings of its own." } } }
        section .panel {
            form .form .pb method="post" action=(page.form.action) {
                (hidden_fields(&page.form.fields))
                (error_summary(&[], &all))
                @for one in &fields { (field(one)) }
                div .acts {
                    button .btn .pri type="submit" { "Create workspace" }
                    (link_button(&Link::new("Cancel", page.back.as_str()), Weight::Plain, None))
                }
            }
        }
    }
}

/// The users.
#[derive(Clone, Debug)]
pub struct UsersPage {
    /// Now, for the reader.
    pub wall: Wall,
    /// Why the last change was not made.
    pub refused: Option<String>,
    /// The users.
    pub users: Vec<UserLine>,
}

/// One user.
#[derive(Clone, Debug)]
pub struct UserLine {
    /// Their id.
    pub id: String,
    /// What they are called.
    pub name: String,
    /// What they sign in with.
    pub email: String,
    /// Whether it is the reader.
    pub own: bool,
    /// Whether they administer the server.
    pub server_admin: ServerAdmin,
    /// Whether they may sign in.
    pub standing: Standing,
    /// Since when they have an account.
    pub created_at: Timestamp,
    /// What may be done.
    pub deeds: Vec<MenuItem>,
}

/// Draws the users, without the shell around them.
#[must_use]
pub fn users(page: &UsersPage) -> Markup {
    let columns = [
        Column::new("Name", None, Narrow::Title),
        Column::new("Server", Some(9), Narrow::Second),
        Column::new("Account", Some(8), Narrow::State),
        Column::new("Since", Some(8), Narrow::SecondEnd),
        Column::new("", Some(8), Narrow::ThirdEnd).numbers(),
    ];
    let rows = page.users.iter().map(|one| user(one, &page.wall)).collect();
    html! {
        div .head {
            div { h1 { "Users" } p .sub { "Everybody with an account on this server. What they may do in a workspace is decided there." } }
        }
        @if let Some(why) = &page.refused { (notice(NoticeTone::Failure, why, None)) }
        section .panel aria-label="Users" {
            (data_table("Users of this server", &columns, &[Band { heading: None, rows }]))
        }
    }
}

fn user(of: &UserLine, wall: &Wall) -> Row {
    let (presence, standing) = match of.standing {
        Standing::Enabled => (Presence::Here, html! { "Enabled" }),
        Standing::Disabled => {
            (Presence::Gone, html! { span .badge .badge-cancelled { (icon(Icon::Cancelled)) "Disabled" } })
        }
    };
    Row {
        id: format!("user-{}", of.id),
        cells: vec![
            html! {
                span .ttl {
                    b { (named(&of.name)) }
                    @if of.own { span .chip { "you" } }
                    span .under { bdi { (of.email) } }
                }
            },
            html! { @if of.server_admin == ServerAdmin::Yes { "Administrator" } @else { span .mut { "–" } } },
            standing,
            rel_time(of.created_at, wall),
            menu("Actions", Icon::More, Weight::Small, Hang::Right, &of.deeds),
        ],
        presence,
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::components::Permission;
    use crate::components::testing::{check, show, wall};

    #[test]
    fn workspaces_are_counted_from_outside_and_entered_by_members_only() {
        let line = |slug: &str, name: &str, href: Option<&str>| WorkspaceLine {
            slug: slug.into(),
            name: name.into(),
            members: 4,
            tenants: 14,
            created_at: wall().now - SignedDuration::from_hours(900),
            href: href.map(str::to_owned),
        };
        let markup = workspaces(&WorkspacesPage {
            wall: wall(),
            workspaces: vec![
                line("default", "Northwind Holdings", Some("/w/default/operations")),
                line("other", "<script>Adatum</script> \u{202E}GA", None),
            ],
            create: "/server/workspaces/new".into(),
        });
        show("server-workspaces", "shell", &markup);
        let text = markup.into_string();
        assert!(!text.contains("<script>") && !text.contains("/w/other"), "{text}");
        check("server_workspaces", &text);
    }

    #[test]
    fn a_workspace_that_cannot_be_made_says_why() {
        let markup = new_workspace(&NewWorkspacePage {
            form: PostForm { action: "/server/workspaces/new".into(), ..PostForm::default() },
            name: ("Second".into(), None),
            slug: ("Second!".into(), Some("`Second!` is not a short name.".into())),
            owner: ("olga@example.com".into(), None),
            back: "/server/workspaces".into(),
        });
        show("server-workspace-new", "shell", &markup);
        check("server_workspace_new", &markup.into_string());
    }

    #[test]
    fn users_show_who_may_sign_in_and_who_administers() {
        let line = |id: &str, name: &str, server_admin, standing| UserLine {
            id: id.into(),
            name: name.into(),
            email: format!("{id}@example.com"),
            own: id == "olga",
            server_admin,
            standing,
            created_at: wall().now - SignedDuration::from_hours(900),
            deeds: vec![MenuItem::Do {
                label: "Disable".into(),
                permission: Permission::Granted,
                form: PostForm { action: format!("/server/users/{id}/standing"), ..PostForm::default() },
            }],
        };
        let markup = users(&UsersPage {
            wall: wall(),
            refused: Some("This is the last server administrator; name another one first.".into()),
            users: vec![
                line("olga", "Olga Owner", ServerAdmin::Yes, Standing::Enabled),
                line("eve", "\u{202E}<script>", ServerAdmin::No, Standing::Disabled),
            ],
        });
        show("server-users", "shell", &markup);
        let text = markup.into_string();
        assert!(!text.contains("<script>"), "{text}");
        check("server_users", &text);
    }
}
