//! Debian's packages: how the automation gets programs that it does not bring along.

use std::path::Path;
use std::process::Command;

use anyhow::bail;

use crate::command;

/// Installs packages where we may: on Debian, as root; elsewhere the error says what to install.
///
/// `purpose` completes "needed for …".
pub(crate) fn install(packages: &[&str], purpose: &str) -> anyhow::Result<()> {
    let names = packages.join(" ");
    if !Path::new("/etc/debian_version").exists() {
        bail!("{names} or the like is needed for {purpose}: install it and put its programs on the PATH");
    }
    if command::output(Command::new("id").arg("-u"))?.trim_ascii() != b"0" {
        bail!("{names} is needed for {purpose}; install it with: sudo apt-get install -y {names}");
    }
    println!("installing {names} for {purpose}");
    apt_get(&["update", "--quiet"])?;
    apt_get(&[&["install", "--quiet", "--yes", "--no-install-recommends"], packages].concat())
}

fn apt_get(arguments: &[&str]) -> anyhow::Result<()> {
    let mut command = Command::new("apt-get");
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
    if !command::succeeds(&mut command)? {
        bail!("failed to run {}", command::shown(&command));
    }
    Ok(())
}
