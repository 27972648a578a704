//! `cargo xtask browser`: what only a real browser can show, in `xtask/browser`.
//!
//! The harness is written for node, where the driver of the browser lives; here it gets what it needs: node itself,
//! a browser, the two libraries at their locked versions, the program, and a PostgreSQL database of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, bail};
use clap::Args;
use database::testing::Backend;
use database::testing::cluster::POSTGRES_URL_VARIABLE;

use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{command, debian, postgres};

/// Names another browser than the one that is found.
const CHROMIUM_VARIABLE: &str = "TENANTATLAS_CHROMIUM";

/// Where Debian puts the browser.
const CHROMIUM: &str = "/usr/bin/chromium";

/// The oldest node that the browser's driver runs on.
const NODE_MAJOR_MIN: u32 = 20;

const PURPOSE: &str = "the tests in a real browser";

/// What is looked at, and how closely.
#[derive(Debug, Args)]
pub(crate) struct BrowserArgs {
    /// Look more closely, at one width more, and keep a picture of every page in target/browser/shots
    #[arg(long)]
    full: bool,
    /// Only what has these words in its name
    #[arg(long, value_name = "WORDS")]
    only: Option<String>,
    /// The program to look at; without it, it is built first
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Looks, and ends with 1 if anything was found.
pub(crate) fn run(workspace: &Workspace, args: &BrowserArgs) -> anyhow::Result<ExitCode> {
    let root = &workspace.root;
    let out = root.join("target/browser");
    let chromium = chromium()?;
    ensure_node()?;
    let modules = modules(&root.join("xtask/browser"), &out.join("modules"))?;
    postgres::ensure_programs()?;
    let program = match &args.program {
        Some(program) => program.clone(),
        None => built(root)?,
    };
    let runtime = tokio::runtime::Runtime::new().context("failed to start a runtime")?;
    let database = runtime.block_on(Backend::Postgres.empty());
    let mut harness = Command::new("node");
    harness.arg(root.join("xtask/browser/main.mjs"));
    harness.arg("--program").arg(program);
    harness.arg("--chromium").arg(chromium);
    harness.arg("--modules").arg(modules);
    harness.arg("--out").arg(out);
    harness.arg("--postgres").arg(database.url_text());
    if args.full {
        harness.arg("--full");
    }
    if let Some(words) = &args.only {
        harness.arg("--only").arg(words);
    }
    let objection = Tally::of(&mut harness)?.objection();
    runtime.block_on(async move { drop(database) });
    if let Some(objection) = &objection {
        println!("browser: {objection}");
    }
    Ok(if objection.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Does the same in a process of its own, as a part of the whole, and counts what it did.
pub(crate) fn tally(program: &Path, postgres_url: &str) -> anyhow::Result<Tally> {
    let own = std::env::current_exe().context("failed to find the automation's own program")?;
    // The server is told by a variable, and a process may not change its own.
    Tally::of(
        Command::new(own)
            .args(["browser", "--program"])
            .arg(program)
            .env(POSTGRES_URL_VARIABLE, postgres_url),
    )
}

fn built(root: &Path) -> anyhow::Result<PathBuf> {
    let mut build =
        command::at(root, "cargo", &["build", "--package", "tenantatlas", "--bin", "tenantatlas"]);
    if !command::succeeds(&mut build)? {
        bail!("failed to build the program");
    }
    Ok(root.join("target/debug/tenantatlas"))
}

#[expect(clippy::disallowed_methods, reason = "which browser is used is a setting of the machine")]
fn chromium() -> anyhow::Result<PathBuf> {
    if let Some(named) = std::env::var_os(CHROMIUM_VARIABLE).filter(|path| !path.is_empty()) {
        let named = PathBuf::from(named);
        if !named.is_file() {
            bail!("{CHROMIUM_VARIABLE} names {}, which is not there", named.display());
        }
        return Ok(named);
    }
    let found = Path::new(CHROMIUM);
    if !found.is_file() {
        debian::install(&["chromium"], PURPOSE)
            .with_context(|| format!("no browser at {CHROMIUM}; {CHROMIUM_VARIABLE} may name another"))?;
    }
    Ok(found.to_owned())
}

fn ensure_node() -> anyhow::Result<()> {
    if node_major().is_none() || !runs("npm") {
        debian::install(&["nodejs", "npm"], PURPOSE)?;
    }
    match node_major() {
        Some(major) if major >= NODE_MAJOR_MIN => Ok(()),
        found => bail!(
            "Node.js {NODE_MAJOR_MIN} or newer is needed for {PURPOSE}, and there is {}; install it from nodejs.org \
             or from a newer Debian, and put node and npm on the PATH",
            found.map_or_else(|| "none".to_owned(), |major| format!("version {major}"))
        ),
    }
}

fn node_major() -> Option<u32> {
    let output = Command::new("node").arg("--version").output().ok()?;
    major_of(std::str::from_utf8(&output.stdout).ok()?)
}

fn major_of(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn runs(program: &str) -> bool {
    Command::new(program).arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Installs the locked libraries unless they are there, and gives their folder.
fn modules(sources: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let lock = fs::read(sources.join("package-lock.json")).context("failed to read the harness's lock")?;
    // Written last, so that an installation that was broken off is done again.
    let stamp = folder.join("installed.lock");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(folder.to_owned());
    }
    fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    for name in ["package.json", "package-lock.json"] {
        fs::copy(sources.join(name), folder.join(name)).with_context(|| format!("failed to copy {name}"))?;
    }
    let mut install = command::at(
        folder,
        "npm",
        &["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
    );
    if !command::succeeds(&mut install)? {
        bail!("failed to install the harness's libraries: {} ended badly", command::shown(&install));
    }
    fs::write(&stamp, lock).with_context(|| format!("failed to write {}", stamp.display()))?;
    Ok(folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_of_node_is_read_from_what_it_says() {
        assert_eq!(major_of("v20.20.2\n"), Some(20));
        assert_eq!(major_of("v18.20.4"), Some(18));
        assert_eq!(major_of("20.1.0"), None);
        assert_eq!(major_of(""), None);
    }

    #[test]
    fn libraries_that_are_installed_are_not_installed_again() {
        let (sources, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(sources.path().join("package-lock.json"), "lock").unwrap();
        fs::write(folder.path().join("installed.lock"), "lock").unwrap();
        // There is no package.json to copy, so anything but leaving it alone would fail.
        assert_eq!(modules(sources.path(), folder.path()).unwrap(), folder.path());
        fs::write(sources.path().join("package-lock.json"), "a newer lock").unwrap();
        assert!(modules(sources.path(), folder.path()).is_err());
    }

    #[test]
    fn the_lock_names_no_place_to_download_from() {
        let lock =
            fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/browser/package-lock.json")).unwrap();
        assert!(lock.contains("\"integrity\"") && !lock.contains("\"resolved\"") && !lock.contains("://"));
    }
}
