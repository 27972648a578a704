//! The Python environment that the fuzzer runs in: made once below the build folder, of pinned versions.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::{command, debian};

/// What Debian calls the part of Python that makes environments.
const DEBIAN_PACKAGE: &str = "python3-venv";

/// Makes the environment unless it holds these very versions, and gives the fuzzer in it.
///
/// # Errors
/// Python is missing and cannot be installed, or a package cannot be had.
pub(super) fn ensure(folder: &Path, requirements: &Path) -> anyhow::Result<PathBuf> {
    let wanted = fs::read_to_string(requirements)
        .with_context(|| format!("failed to read {}", requirements.display()))?;
    let (program, stamp) = (folder.join("bin/schemathesis"), folder.join("requirements.txt"));
    if program.is_file() && fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return Ok(program);
    }
    println!("making a Python environment in {}", folder.display());
    if !make(folder)? {
        debian::install(&[DEBIAN_PACKAGE], "fuzzing the API with Python 3.11 or newer")?;
        if !make(folder)? {
            bail!("failed to make a Python environment in {}", folder.display());
        }
    }
    let mut pip = Command::new(folder.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r"])
        .arg(requirements);
    if !command::succeeds(&mut pip)? {
        bail!("failed to run {}", command::shown(&pip));
    }
    // Last, so that a half-made environment is made again.
    fs::write(&stamp, wanted).with_context(|| format!("failed to write {}", stamp.display()))?;
    Ok(program)
}

/// Says whether it could be made; a missing part of Python is for the caller to mend.
fn make(folder: &Path) -> anyhow::Result<bool> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("failed to remove {}", folder.display()))?;
    }
    let mut making = Command::new("python3");
    making.args(["-m", "venv"]).arg(folder);
    Ok(making.status().is_ok_and(|status| status.success()))
}
