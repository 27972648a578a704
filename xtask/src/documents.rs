//! The documents name files of this repository; each of them has to be there.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::findings::Findings;

/// Where documents lie, from the root; folders are searched for Markdown, not for further folders.
const FOLDERS: [&str; 3] = ["", "docs", "docs/decisions"];

/// What a path into this repository starts with.
const ROOTS: [&str; 4] = [".ci/", "crates/", "docs/", "xtask/"];

/// Looks up every path in backticks and every relative link.
pub(crate) fn check(root: &Path) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    for folder in FOLDERS {
        for path in markdown_files(&root.join(folder))? {
            let text =
                fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
            let shown = path.strip_prefix(root).unwrap_or(&path).display().to_string();
            for named in quoted_paths(&text) {
                if !root.join(named).exists() {
                    findings.problem(format!("{shown} names {named}, which is not there"));
                }
            }
            for link in relative_links(&text) {
                if !path.with_file_name(link).exists() {
                    findings.problem(format!("{shown} links to {link}, which is not there"));
                }
            }
        }
    }
    Ok(findings)
}

fn markdown_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| format!("failed to list {}", folder.display()))?;
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.with_context(|| format!("failed to list {}", folder.display()))?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Returns what stands in backticks and is a path of ours; a path with a place-holder is a pattern.
fn quoted_paths(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).filter(|quoted| {
        ROOTS.iter().any(|root| quoted.starts_with(root)) && !quoted.contains(['<', '{', '*', '…', ' '])
    })
}

/// Returns the targets of Markdown links that lead to a file, without the place inside it.
fn relative_links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| {
        let target = rest.split(')').next()?;
        let file = target.split('#').next()?;
        (!file.is_empty() && !target.contains("://")).then_some(file)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_ours_are_found_and_patterns_are_not() {
        let text = "See `crates/ledger/src/start.rs`, `serde`, `crates/<name>/src` and\n`docs/decisions`.";
        let found: Vec<_> = quoted_paths(text).collect();
        assert_eq!(found, ["crates/ledger/src/start.rs", "docs/decisions"]);
    }

    #[test]
    fn links_to_files_are_found_and_links_to_the_web_are_not() {
        let text = "[a](docs/a.md#part) [b](https://example.org/b) [c](#here)";
        assert_eq!(relative_links(text).collect::<Vec<_>>(), ["docs/a.md"]);
    }

    #[test]
    fn a_document_that_names_a_missing_file_is_refused() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("docs/decisions")).unwrap();
        fs::write(root.path().join("README.md"), "`docs/decisions` and `docs/gone.md`, [x](gone.md)")
            .unwrap();
        let problems = check(root.path()).unwrap().problems;
        assert_eq!(
            problems,
            [
                "README.md names docs/gone.md, which is not there",
                "README.md links to gone.md, which is not there"
            ]
        );
    }
}
