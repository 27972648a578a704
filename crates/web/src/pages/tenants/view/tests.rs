use jiff::SignedDuration;

use super::*;
use crate::components::testing::{check, show, wall};

fn line(slug: &str, name: &str, environment: TenantEnvironment, connection: Connection) -> TenantLine {
    TenantLine {
        slug: slug.into(),
        name: name.into(),
        href: format!("/w/n/t/{slug}/policies"),
        environment,
        external_id: "5d1f0a52-7a63-4c0e-9d1e-0b6f6f3a2c11".into(),
        connection,
        last_contact: Some(wall().now - SignedDuration::from_secs(240)),
        permissions: Some((9, 12)),
        deeds: vec![MenuItem::Go(Link::new("Edit", "/edit"))],
    }
}

fn tenants() -> TenantsPage {
    let long =
        "Die Vereinigten Verkehrsbetriebe Mittelfranken-Oberpfalz und angeschlossene Gesellschaften mbH";
    TenantsPage {
        wall: wall(),
        sentence: "Every tenant of Northwind Holdings that you may see.".into(),
        add: (Permission::Granted, "/w/n/tenants/new".into()),
        tenants: vec![
            line("contoso", "Contoso Schools", TenantEnvironment::Production, Connection::Connected),
            line(
                "fabrikam",
                "متجر فابريكام للبيع بالتجزئة",
                TenantEnvironment::Production,
                Connection::SecretExpires(6),
            ),
            line("fuchs", "🦊 Fuchs & Söhne", TenantEnvironment::Test, Connection::NotChecked),
            line(
                "vvmo",
                long,
                TenantEnvironment::Production,
                Connection::Failing("graph.unauthorized".into()),
            ),
            TenantLine {
                last_contact: None,
                permissions: None,
                ..line("old", "Old lab", TenantEnvironment::Test, Connection::Disconnected)
            },
        ],
    }
}

#[test]
fn tenants_say_whether_they_can_be_reached() {
    let markup = page(&tenants());
    show("tenants", "shell", &markup);
    check("tenants", &markup.into_string());
}

#[test]
fn who_may_not_add_a_tenant_is_told_who_can() {
    let reason = "Needs the Owner role in Northwind Holdings.".to_owned();
    let none =
        TenantsPage { tenants: vec![], add: (Permission::Refused { reason }, "/new".into()), ..tenants() };
    let markup = page(&none);
    show("tenants-none", "shell", &markup);
    let text = markup.into_string();
    assert!(text.contains("An Owner of this workspace can connect one.") && !text.contains("/new"), "{text}");
}

#[test]
fn the_connection_form_keeps_all_but_the_secret() {
    let typed = Connect {
        name: "Contoso".into(),
        slug: "Contoso!".into(),
        environment: "test".into(),
        cloud: "global".into(),
        simulator: String::new(),
        graph_tenant_id: "contoso.onmicrosoft.com".into(),
        client_id: String::new(),
    };
    let of = ConnectPage {
        title: "Add tenant".into(),
        form: PostForm { action: "/w/n/tenants".into(), ..PostForm::default() },
        back: Link::new("Cancel", "/w/n/tenants"),
        typed,
        errors: vec![
            ("slug".into(), "Only lower-case letters, digits and dashes.".into()),
            ("client_id".into(), "Must be filled in.".into()),
        ],
        clouds: vec![("global".into(), "Global".into()), ("china".into(), "China (21Vianet)".into())],
        permissions: vec!["DeviceManagementConfiguration.Read.All".into(), "Policy.Read.All".into()],
        verb: "Connect and check".into(),
    };
    let markup = connect(&of);
    show("tenant-new", "shell", &markup);
    check("tenant_form", &markup.into_string());
}
