//! The PostgreSQL server that a test run needs: found, installed, or asked for.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};
use database::testing::cluster::{self, Cluster, DEBIAN_INSTALL};

use crate::command;

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
        if cluster::server_programs().is_none() {
            install()?;
        }
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

fn install() -> anyhow::Result<()> {
    let debian = Path::new("/etc/debian_version").exists();
    if !debian {
        bail!(
            "the tests need the programs of a PostgreSQL server, version 15 or newer: install it and put \
             initdb, pg_ctl and postgres on the PATH, or name a server in {}",
            cluster::POSTGRES_URL_VARIABLE
        );
    }
    if !is_root()? {
        bail!("the tests need a PostgreSQL server; install it with: sudo {DEBIAN_INSTALL}");
    }
    println!("installing a PostgreSQL server: {DEBIAN_INSTALL}");
    let setting = Path::new(CLUSTER_SETTINGS).join("tenantatlas-tests.conf");
    fs::create_dir_all(CLUSTER_SETTINGS).with_context(|| format!("failed to make {CLUSTER_SETTINGS}"))?;
    fs::write(&setting, "create_main_cluster = false\n")
        .with_context(|| format!("failed to write {}", setting.display()))?;
    let installed = apt_get(&["update", "--quiet"])
        .and_then(|()| apt_get(&["install", "--quiet", "--yes", "--no-install-recommends", "postgresql"]));
    fs::remove_file(&setting).with_context(|| format!("failed to remove {}", setting.display()))?;
    // Stays when somebody else keeps settings there.
    let _ = fs::remove_dir(CLUSTER_SETTINGS);
    installed
}

fn apt_get(arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    if !command::succeeds(&mut command)? {
        bail!("failed to run {}", command::shown(&command));
    }
    Ok(())
}

fn is_root() -> anyhow::Result<bool> {
    let user = command::output(Command::new("id").arg("-u"))?;
    Ok(user.trim_ascii() == b"0")
}
