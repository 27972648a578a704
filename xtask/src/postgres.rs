//! The PostgreSQL server that a test run needs: found, installed, or asked for.

use std::fs;
use std::path::Path;

use anyhow::Context;
use database::testing::cluster::{self, Cluster};

use crate::debian;

/// Debian's tools read this folder before they would make and start a cluster of their own.
const CLUSTER_SETTINGS: &str = "/etc/postgresql-common/createcluster.d";

/// The server that one test run uses.
#[derive(Debug)]
pub(crate) enum Server {
    /// Somebody named it in the environment.
    Given(String),
    /// Ours; it ends when this value goes.
    Own(Cluster),
}

impl Server {
    /// Takes the server that the environment names, else starts one, installing it first where we may.
    pub(crate) fn ensure() -> anyhow::Result<Self> {
        if let Some(url) = cluster::given_url() {
            return Ok(Self::Given(url));
        }
        ensure_programs()?;
        Ok(Self::Own(Cluster::start().map_err(|error| anyhow::Error::new(error).context("no PostgreSQL"))?))
    }

    /// Returns the URL of a superuser's connection.
    pub(crate) fn url(&self) -> &str {
        match self {
            Self::Given(url) => url,
            Self::Own(cluster) => cluster.url(),
        }
    }
}

/// Makes sure that the programs of a server are there, or that somebody named one.
pub(crate) fn ensure_programs() -> anyhow::Result<()> {
    if cluster::given_url().is_some() || cluster::server_programs().is_some() { Ok(()) } else { install() }
}

fn install() -> anyhow::Result<()> {
    let setting = Path::new(CLUSTER_SETTINGS).join("tenantatlas-tests.conf");
    let written = fs::create_dir_all(CLUSTER_SETTINGS)
        .and_then(|()| fs::write(&setting, "create_main_cluster = false\n"));
    let purpose = format!(
        "the tests, version 15 or newer unless a server is named in {}",
        cluster::POSTGRES_URL_VARIABLE
    );
    let installed = debian::install(&["postgresql"], &purpose);
    if written.is_ok() {
        fs::remove_file(&setting).with_context(|| format!("failed to remove {}", setting.display()))?;
        // Stays when somebody else keeps settings there.
        let _ = fs::remove_dir(CLUSTER_SETTINGS);
    }
    installed
}
