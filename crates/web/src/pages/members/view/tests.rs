use jiff::SignedDuration;

use super::*;
use crate::components::testing::{check, show, wall};

fn line(id: u32, name: &str, role: &str, reach: &str) -> MemberLine {
    MemberLine {
        id: format!("{id}"),
        name: name.into(),
        email: format!("person{id}@northwind.example"),
        note: String::new(),
        role: role.into(),
        reach: reach.into(),
        added_by: Some("Olga Owner".into()),
        since: wall().now - SignedDuration::from_hours(i64::from(id) * 70 + 2),
        href: format!("/w/n/settings/members/{id}"),
    }
}

fn rights() -> Vec<RightLine> {
    let line =
        |words: &str, roles: [bool; 4]| RightLine { words: words.into(), roles: roles.into(), note: None };
    vec![
        line("See everything in reach", [true; 4]),
        line("Start syncs, fetches, drift and connection checks", [false, true, true, true]),
        RightLine {
            note: Some("whole workspace only".into()),
            ..line("Manage members and their roles", [false, false, false, true])
        },
    ]
}

fn list() -> MembersPage {
    MembersPage {
        wall: wall(),
        tabs: crate::pages::settings::section_tabs("n", crate::pages::settings::Section::Members),
        workspace: "Northwind Holdings".into(),
        invite: (Permission::Granted, "/w/n/settings/members/invite".into()),
        members: vec![
            MemberLine {
                note: "you".into(),
                added_by: None,
                ..line(1, "Olga Owner", "Owner", "Whole workspace")
            },
            line(2, "<script>alert(1)</script>", "Operator", "Contoso, \u{202E}drabaF"),
            line(3, "\u{202E}nimda", "Manager", "Whole workspace"),
            MemberLine {
                note: "account disabled".into(),
                ..line(
                    4,
                    "Maximiliane-Theodora Freifrau von Hohenberg-Wartenstein zu Altenburg",
                    "Readonly",
                    "14 tenants",
                )
            },
        ],
        hidden: None,
        invitations: vec![InvitationLine {
            id: "9".into(),
            email: "ana@contoso.example".into(),
            role: "Operator".into(),
            reach: "Whole workspace".into(),
            invited_by: "Olga Owner".into(),
            expires_at: wall().now + SignedDuration::from_hours(160),
            revoke: PostForm {
                action: "/revoke".into(),
                confirm: Some("Revoke?".into()),
                ..PostForm::default()
            },
        }],
        rights: rights(),
        own_role: "Owner".into(),
    }
}

fn reach() -> ReachField {
    let option =
        |value: &str, label: &str| FieldOption { value: value.into(), label: label.into(), hint: None };
    ReachField {
        whole: vec![option("workspace", "The whole workspace"), option("tenants", "Only these tenants")],
        chosen: "tenants".into(),
        tenants: Several {
            name: "tenant".into(),
            label: "Tenants".into(),
            options: vec![option("contoso", "Contoso Ltd"), option("fabrikam", "Fabrikam Retail")],
            chosen: vec!["contoso".into()],
            error: None,
        },
    }
}

fn one() -> MemberPage {
    let form = |deed: &str| PostForm { action: format!("/m/2/{deed}"), ..PostForm::default() };
    MemberPage {
        wall: wall(),
        line: line(2, "Otto Operator", "Operator", "Contoso Ltd"),
        may: Permission::Granted,
        workspace: "Northwind Holdings".into(),
        role: "operator".into(),
        reach: reach(),
        role_form: form("role"),
        reach_form: form("reach"),
        remove_form: form("remove"),
        wrong: vec![(
            "role",
            "This is the last owner of the workspace; make somebody else owner first.".into(),
        )],
    }
}

#[test]
fn members_are_listed_with_role_reach_and_who_let_them_in() {
    let markup = page(&list());
    show("members", "shell", &markup);
    let text = markup.into_string();
    assert!(!text.contains("<script>") && text.contains("<bdi>\u{202E}nimda</bdi>"), "{text}");
    check("members", &text);
}

#[test]
fn who_may_not_manage_members_sees_them_and_why() {
    let reason = "Needs the Owner role in Northwind Holdings.".to_owned();
    let refused = Permission::Refused { reason };
    let text =
        page(&MembersPage { invite: (refused.clone(), "/invite".into()), invitations: Vec::new(), ..list() })
            .into_string();
    assert!(text.contains("Needs the Owner role") && !text.contains("/invite\""), "{text}");
    let text = member(&MemberPage { may: refused, wrong: Vec::new(), ..one() }).into_string();
    assert!(!text.contains("<form") && !text.contains("type=\"submit\""), "{text}");
}

#[test]
fn a_member_is_changed_by_forms_that_work_without_scripts() {
    let markup = member(&one());
    show("member", "shell", &markup);
    check("member", &markup.into_string());
}

#[test]
fn an_invitation_is_made_by_a_form_and_its_link_is_shown_once() {
    let form = invite(&InvitePage {
        workspace: "Northwind Holdings".into(),
        form: PostForm { action: "/invite".into(), ..PostForm::default() },
        email: ("ana@".into(), Some("The e-mail address must look like name@example.org.".into())),
        role: ("readonly".into(), None),
        reach: reach(),
        back: "/members".into(),
    });
    show("invite", "shell", &form);
    let link = invited(&InvitedPage {
        wall: wall(),
        email: "ana@contoso.example".into(),
        role: "Operator".into(),
        workspace: "Northwind Holdings".into(),
        link: format!("https://atlas.example/invitation?token={}", "A".repeat(43)),
        expires_at: wall().now + SignedDuration::from_hours(168),
        members: "/members".into(),
    });
    show("invited", "shell", &link);
    check("invite", &(form.into_string() + &link.into_string()));
}
