//! The workspace as cargo sees it: our own crates, and everything they pull in.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Deserialize;

use crate::command;

/// Everything `cargo metadata` says that a check needs.
#[derive(Debug, Deserialize)]
pub(crate) struct Workspace {
    /// The folder of the root manifest.
    #[serde(rename = "workspace_root")]
    pub(crate) root: PathBuf,
    /// Where everything is built.
    #[serde(rename = "target_directory")]
    pub(crate) target: PathBuf,
    /// Our own crates and all others, for every platform and with all features.
    pub(crate) packages: Vec<Package>,
}

/// One crate.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Package {
    /// The name in its manifest.
    pub(crate) name: String,
    /// The version in its manifest.
    pub(crate) version: String,
    /// The SPDX expression, if the manifest has one.
    pub(crate) license: Option<String>,
    /// The registry it came from; ours come from none.
    pub(crate) source: Option<String>,
    /// Where its manifest is.
    pub(crate) manifest_path: PathBuf,
    /// What its manifest names.
    pub(crate) dependencies: Vec<Dependency>,
}

/// One line of a manifest.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Dependency {
    /// The crate that is named.
    pub(crate) name: String,
    /// What our manifest calls it, where that is something else.
    pub(crate) rename: Option<String>,
    /// Which part of the crate uses it.
    #[serde(deserialize_with = "kind_or_normal")]
    pub(crate) kind: Kind,
}

/// Which part of a crate uses a dependency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// The product.
    #[default]
    Normal,
    /// Its tests.
    Dev,
    /// Its build script.
    Build,
}

impl Workspace {
    /// Asks cargo; fails when `Cargo.lock` does not match the manifests.
    pub(crate) fn load() -> anyhow::Result<Self> {
        let arguments = ["metadata", "--format-version", "1", "--all-features", "--locked"];
        let printed = command::output(&mut command::at(Path::new("."), "cargo", &arguments))?;
        serde_json::from_slice(&printed).context("failed to read what cargo metadata printed")
    }

    /// Returns our own crates.
    pub(crate) fn members(&self) -> impl Iterator<Item = &Package> {
        self.packages.iter().filter(|package| package.source.is_none())
    }
}

impl Dependency {
    /// Returns what the sources and the root manifest call it.
    pub(crate) fn called(&self) -> &str {
        self.rename.as_deref().unwrap_or(&self.name)
    }
}

impl Package {
    /// Returns the crate's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.manifest_path.parent().expect("a manifest lies in a folder")
    }
}

fn kind_or_normal<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Kind, D::Error> {
    Ok(Option::<Kind>::deserialize(deserializer)?.unwrap_or_default())
}
