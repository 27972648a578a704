//! The two sample tenants of a seed and of the demo: simulated ones, so that they need no account.

use secrecy::SecretString;
use simulator::TenantState;
use tenancy::Slug;
use tenancy::tenant::{CloudName, Connect, Environment, SimulatedUrls};
use tenancy::workspace::Origin;

/// The port that a simulator listens on unless told otherwise; seeded tenants are looked for there.
pub(crate) const SIMULATOR_PORT: u16 = 8765;

/// A sample tenant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Its slug.
    pub(crate) slug: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// What its ids and its secret follow from, unless told otherwise.
    pub(crate) number: u64,
}

/// Both of them.
pub(crate) const SAMPLES: [Sample; 2] = [
    Sample { slug: "contoso", name: "Contoso", number: 1 },
    Sample { slug: "fabrikam", name: "Fabrikam", number: 2 },
];

/// Gives what connects a simulated tenant under a sample's name.
pub(crate) fn connect(sample: &Sample, simulated: &TenantState, urls: SimulatedUrls) -> Connect {
    Connect {
        slug: sample.slug.parse::<Slug>().expect("the slugs of the samples are slugs"),
        name: sample.name.to_owned(),
        graph_tenant_id: simulated.tenant_id().to_string(),
        environment: Environment::Test,
        cloud: CloudName::Simulated,
        simulated: Some(urls),
        client_id: simulated.client_id().to_string(),
        client_secret: SecretString::clone(simulated.client_secret()),
        origin: Origin::Seeded,
    }
}

/// Gives the addresses of a simulator on this machine.
pub(crate) fn urls(port: u16) -> SimulatedUrls {
    let origin = format!("http://127.0.0.1:{port}");
    SimulatedUrls { login: origin.clone(), graph: origin }
}
