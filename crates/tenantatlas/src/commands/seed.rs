//! `seed`: the default workspace, the platform user, and two sample tenants, where they are missing.

use std::ffi::OsStr;

use clap::Args;
use serde_json::json;
use simulator::TenantState;
use tenancy::workspace::{self, DEFAULT_SLUG, Origin};
use tenancy::{Slug, access, tenant, user};
use uuid::Uuid;

use crate::config::{self, Settings};
use crate::exit::Exit;
use crate::present::Output;
use crate::problem::Problem;
use crate::samples::{self, SAMPLES, SIMULATOR_PORT};
use crate::wiring::{self, Installation};

/// Adds the default workspace, the platform user and two sample tenants where they are missing
///
/// The sample tenants are simulated ones; `tenantatlas simulate` serves them. INTUNE_TENANT_ID, where it is a
/// tenant id or a domain, becomes the Microsoft tenant of the first. What is there already is left as it is.
#[derive(Args)]
pub(crate) struct SeedArgs {}

/// What the default workspace is called.
const WORKSPACE_NAME: &str = "Default";

/// The longest domain name (RFC 1035, section 2.3.4) and its longest label.
const DOMAIN_MAX: usize = 253;
const LABEL_MAX: usize = 63;

/// What a seed did.
#[derive(Debug, Default)]
pub(super) struct Seeded {
    pub(super) added: Vec<String>,
    pub(super) kept: Vec<String>,
}

pub(super) async fn run(_: SeedArgs, settings: &Settings, output: &Output) -> Result<Exit, Problem> {
    let installation = wiring::installation(settings).await?;
    let seeded = seed(&installation, settings, output).await?;
    seeded.tell(output)?;
    output.json(
        &json!({"workspace": DEFAULT_SLUG, "tenants_added": seeded.added, "tenants_kept": seeded.kept}),
    )?;
    Ok(Exit::Succeeded)
}

/// Adds what is missing.
///
/// # Errors
/// The master key or the database could not be used.
pub(super) async fn seed(
    installation: &Installation,
    settings: &Settings,
    output: &Output,
) -> Result<Seeded, Problem> {
    let (database, now) = (&installation.database, installation.clock.now());
    let key = wiring::master_key(settings, database).await?;
    let slug: Slug = DEFAULT_SLUG.parse().expect("the default slug is a slug");
    workspace::ensure(database, &slug, WORKSPACE_NAME, Origin::Seeded, now).await?;
    user::ensure_platform(database, now).await?;
    let scope = access::console(database, DEFAULT_SLUG, None, now).await?;
    let mut named = named_tenant(output);
    let mut seeded = Seeded::default();
    for sample in &SAMPLES {
        let microsoft = named.take();
        if tenant::find(database, &scope, sample.slug).await?.is_some() {
            seeded.kept.push(sample.slug.to_owned());
            continue;
        }
        let simulated = TenantState::empty(sample.number, sample.name);
        let mut connect = samples::connect(sample, &simulated, samples::urls(SIMULATOR_PORT));
        if let Some(microsoft) = microsoft {
            connect.graph_tenant_id = microsoft;
        }
        tenant::upsert(database, &scope, &key, connect, now).await?;
        seeded.added.push(sample.slug.to_owned());
    }
    Ok(seeded)
}

impl Seeded {
    /// Says what was done.
    ///
    /// # Errors
    /// [`Problem::reader_gone`] when nobody reads any more.
    pub(super) fn tell(&self, output: &Output) -> Result<(), Problem> {
        output.line(format!("The workspace `{DEFAULT_SLUG}` and the platform user are there."))?;
        if !self.added.is_empty() {
            output.line(format!(
                "Sample tenants added: {}. `tenantatlas simulate` serves them.",
                self.added.join(", ")
            ))?;
        }
        if !self.kept.is_empty() {
            output.line(format!("Left as they were: {}.", self.kept.join(", ")))?;
        }
        Ok(())
    }
}

/// Gives the Microsoft tenant that INTUNE_TENANT_ID names; what it is not is ignored, and said.
fn named_tenant(output: &Output) -> Option<String> {
    let given = config::intune_tenant_id()?;
    let named = microsoft_tenant(&given);
    if named.is_none() {
        // What was put there by mistake may be a secret, so it is not repeated.
        output.note(
            "warning: INTUNE_TENANT_ID is neither a tenant id (a UUID) nor a domain name, and is ignored",
        );
    }
    named
}

fn microsoft_tenant(given: &OsStr) -> Option<String> {
    let text = given.to_str()?.trim();
    if text.len() == 36
        && let Ok(id) = Uuid::try_parse(text)
    {
        return (!id.is_nil()).then(|| id.to_string());
    }
    let label = |label: &str| {
        (1..=LABEL_MAX).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let labels: Vec<&str> = text.split('.').collect();
    let last_is_name = labels.last().is_some_and(|last| last.bytes().any(|b| b.is_ascii_alphabetic()));
    let domain =
        text.len() <= DOMAIN_MAX && labels.len() >= 2 && last_is_name && labels.into_iter().all(label);
    domain.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_or_a_domain_names_a_microsoft_tenant() {
        let of = |text: &str| microsoft_tenant(OsStr::new(text));
        assert_eq!(
            of(" 3F2504E0-4F89-11D3-9A0C-0305E82C3301 ").as_deref(),
            Some("3f2504e0-4f89-11d3-9a0c-0305e82c3301")
        );
        assert_eq!(of("Contoso.OnMicrosoft.com").as_deref(), Some("contoso.onmicrosoft.com"));
        for other in [
            "",
            "common",
            "00000000-0000-0000-0000-000000000000",
            "3f2504e04f8911d39a0c0305e82c3301",
            "10.0.0.1",
            "contoso..com",
            "-contoso.com",
            "contoso.com'; DROP TABLE tenants; --",
            "../etc/passwd",
            "con toso.com",
            "\u{202e}contoso.com",
            &format!("{}.com", "x".repeat(300)),
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
