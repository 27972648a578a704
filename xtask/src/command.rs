//! Other programs that the automation runs.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

/// Prepares `program` to run at the root of the workspace.
pub(crate) fn at(root: &Path, program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root).args(arguments);
    command
}

/// Runs the program with our output and says whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> anyhow::Result<bool> {
    let status = command.status().with_context(|| format!("failed to run {}", shown(command)))?;
    Ok(status.success())
}

/// Runs the program and returns what it printed; its complaints go to our standard error.
pub(crate) fn output(command: &mut Command) -> anyhow::Result<Vec<u8>> {
    let output = command
        .stderr(std::process::Stdio::inherit())
        .output()
        .with_context(|| format!("failed to run {}", shown(command)))?;
    if !output.status.success() {
        bail!("failed to run {}: it ended with {}", shown(command), output.status);
    }
    Ok(output.stdout)
}

/// Returns the command line as a person would type it.
pub(crate) fn shown(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy()];
    words.extend(command.get_args().map(std::ffi::OsStr::to_string_lossy));
    words.join(" ")
}
