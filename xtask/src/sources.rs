//! What every source file of ours has to look like, beyond what the compiler and clippy ask.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::findings::Findings;
use crate::workspace::Workspace;

/// The longest file; one that grows past it has a second noun in it.
const LINES_MAX: usize = 600;

/// File names that say nothing about their content, so that everything lands in them.
const EMPTY_NAMES: &[&str] = &["common", "helpers", "misc", "util", "utils"];

/// Marks of unfinished or skipped work, in two halves so that this file does not hold them.
const MARKS: &[(&str, &str)] = &[("#[", "ignore"), ("FIX", "ME")];

/// Looks at every Rust file of the workspace.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    for package in workspace.members() {
        for path in rust_files(package.folder())? {
            let text =
                fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
            check_file(path.strip_prefix(&workspace.root).unwrap_or(&path), &text, &mut findings);
        }
    }
    Ok(findings)
}

/// Returns the Rust files in and below a folder, build output left out.
pub(crate) fn rust_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries =
            fs::read_dir(&folder).with_context(|| format!("failed to list {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("failed to list {}", folder.display()))?;
            let path = entry.path();
            if path.is_dir() && entry.file_name() != "target" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn check_file(path: &Path, text: &str, findings: &mut Findings) {
    let shown = path.display();
    let line_count = text.lines().count();
    if line_count > LINES_MAX {
        findings.problem(format!("{shown} has {line_count} lines, {LINES_MAX} are allowed"));
    }
    if path.file_stem().is_some_and(|stem| EMPTY_NAMES.iter().any(|name| stem == *name)) {
        findings.problem(format!("{shown}: the name says nothing about what is in it"));
    }
    for (index, line) in text.lines().enumerate() {
        if MARKS.iter().any(|(first, second)| line.contains(&format!("{first}{second}"))) {
            findings.problem(format!("{shown}:{}: unfinished or skipped: {}", index + 1, line.trim()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(path: &str, text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        check_file(Path::new(path), text, &mut findings);
        findings.problems
    }

    #[test]
    fn a_file_may_be_as_long_as_the_limit_and_no_longer() {
        assert!(problems("run.rs", &"\n".repeat(LINES_MAX)).is_empty());
        assert_eq!(
            problems("run.rs", &"\n".repeat(LINES_MAX + 1)),
            ["run.rs has 601 lines, 600 are allowed"]
        );
    }

    #[test]
    fn a_skipped_test_is_found_with_its_line() {
        let text = format!("#[test]\n#[{}]\nfn a() {{}}\n", "ignore");
        assert_eq!(problems("run.rs", &text).len(), 1);
        assert!(problems("run.rs", &text)[0].starts_with("run.rs:2: "));
    }

    #[test]
    fn a_file_named_for_nothing_is_refused() {
        assert_eq!(problems("crates/ledger/src/utils.rs", "").len(), 1);
        assert!(problems("crates/ledger/src/claim.rs", "").is_empty());
    }

    #[test]
    fn rust_files_are_found_in_every_folder_but_the_build_output() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["src/a.rs", "src/deep/b.rs", "target/c.rs", "notes.md"] {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        let found = rust_files(folder.path()).unwrap();
        let names: Vec<_> = found.iter().map(|path| path.strip_prefix(folder.path()).unwrap()).collect();
        assert_eq!(names, [Path::new("src/a.rs"), Path::new("src/deep/b.rs")]);
    }
}
