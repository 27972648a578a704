//! Migrations come in pairs, one per database, and are never edited once committed.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::command;
use crate::findings::Findings;

/// Where both folders of migrations lie, from the root.
const FOLDER: &str = "crates/database/migrations";

/// The file that names every migration for the product.
const LIST: &str = "crates/database/src/migrate.rs";

/// The two folders, one per database.
const DIALECTS: [&str; 2] = ["postgres", "sqlite"];

/// Relative path to content.
type Files = BTreeMap<String, Vec<u8>>;

/// Compares the two folders with each other and with the last commit.
pub(crate) fn check(root: &Path) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let present = present(root)?;
    check_pairs(&present, &mut findings);
    let list = fs::read_to_string(root.join(LIST)).with_context(|| format!("failed to read {LIST}"))?;
    check_listed(&list, &present, &mut findings);
    match committed(root)? {
        Some(committed) => check_unedited(&committed, &present, &mut findings),
        None => findings.note("there is no commit to compare with, so edits were not looked for"),
    }
    Ok(findings)
}

fn check_pairs(present: &Files, findings: &mut Findings) {
    if present.is_empty() {
        findings.problem(format!("{FOLDER} holds no migration"));
    }
    let mut by_number: BTreeMap<(&str, u32), &str> = BTreeMap::new();
    for path in present.keys() {
        let (dialect, name) = path.split_once('/').expect("every path starts with its dialect");
        let Some(number) = number(name) else {
            findings.problem(format!("{FOLDER}/{path}: a name is four digits, an underscore, words, .sql"));
            continue;
        };
        if let Some(other) = by_number.insert((dialect, number), name) {
            findings.problem(format!("{FOLDER}/{path} has the number of {other}"));
        }
        for other in DIALECTS.iter().filter(|other| **other != dialect) {
            if !present.contains_key(&format!("{other}/{name}")) {
                findings.problem(format!("{FOLDER}/{path} has no counterpart in {other}"));
            }
        }
    }
}

fn check_listed(list: &str, present: &Files, findings: &mut Findings) {
    for path in present.keys() {
        let name = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".sql");
        if !list.contains(&format!("\"{name}\"")) {
            findings.problem(format!("{FOLDER}/{path} is not named in {LIST}, so nobody would run it"));
        }
    }
}

fn check_unedited(committed: &Files, present: &Files, findings: &mut Findings) {
    for (path, content) in committed {
        match present.get(path) {
            None => findings.problem(format!("{FOLDER}/{path} is committed and may not go")),
            Some(now) if now != content => {
                findings.problem(format!("{FOLDER}/{path} is committed and may not change: add a new one"));
            }
            Some(_) => {}
        }
    }
}

/// Returns the number of `0007_policy_versions.sql`.
fn number(name: &str) -> Option<u32> {
    let (digits, words) = name.strip_suffix(".sql")?.split_once('_')?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if digits.len() != 4 || words.is_empty() || !words.chars().all(plain) {
        return None;
    }
    digits.parse().ok()
}

fn present(root: &Path) -> anyhow::Result<Files> {
    let mut files = Files::new();
    for dialect in DIALECTS {
        let folder = root.join(FOLDER).join(dialect);
        let entries =
            fs::read_dir(&folder).with_context(|| format!("failed to list {}", folder.display()))?;
        for entry in entries {
            let entry = entry.with_context(|| format!("failed to list {}", folder.display()))?;
            let content = fs::read(entry.path())
                .with_context(|| format!("failed to read {}", entry.path().display()))?;
            files.insert(format!("{dialect}/{}", entry.file_name().to_string_lossy()), content);
        }
    }
    Ok(files)
}

/// Returns the migrations of the last commit; `None` outside git or before the first commit.
fn committed(root: &Path) -> anyhow::Result<Option<Files>> {
    let mut head = command::at(root, "git", &["rev-parse", "--quiet", "--verify", "HEAD"]);
    if !head.output().is_ok_and(|output| output.status.success()) {
        return Ok(None);
    }
    let listed = command::output(&mut command::at(
        root,
        "git",
        &["ls-tree", "-r", "-z", "--name-only", "HEAD", FOLDER],
    ))?;
    let mut files = Files::new();
    for path in String::from_utf8_lossy(&listed).split('\0').filter(|path| !path.is_empty()) {
        let content = command::output(&mut command::at(root, "git", &["show", &format!("HEAD:{path}")]))?;
        let short = path.strip_prefix(FOLDER).map_or(path, |rest| rest.trim_start_matches('/'));
        files.insert(short.to_owned(), content);
    }
    Ok(Some(files))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(entries: &[(&str, &str)]) -> Files {
        entries.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn pair_problems(paths: &[&str]) -> Vec<String> {
        let mut findings = Findings::default();
        check_pairs(&files(&paths.iter().map(|path| (*path, "")).collect::<Vec<_>>()), &mut findings);
        findings.problems
    }

    fn edit_problems(committed: &[(&str, &str)], present: &[(&str, &str)]) -> Vec<String> {
        let mut findings = Findings::default();
        check_unedited(&files(committed), &files(present), &mut findings);
        findings.problems
    }

    #[test]
    fn a_pair_with_equal_names_is_accepted() {
        assert!(pair_problems(&["postgres/0001_tenancy.sql", "sqlite/0001_tenancy.sql"]).is_empty());
    }

    #[test]
    fn a_migration_for_one_database_only_is_refused() {
        assert_eq!(pair_problems(&["sqlite/0001_tenancy.sql"]).len(), 1);
    }

    #[test]
    fn a_number_is_used_once() {
        let problems = pair_problems(&[
            "postgres/0001_runs.sql",
            "postgres/0001_tenancy.sql",
            "sqlite/0001_runs.sql",
            "sqlite/0001_tenancy.sql",
        ]);
        assert_eq!(problems.len(), 2, "{problems:?}");
    }

    #[test]
    fn a_name_of_another_shape_is_refused() {
        for name in
            ["1_runs.sql", "V0001__runs.sql", "000x_runs.sql", "0001_.sql", "0001_Runs.sql", "0001_runs.txt"]
        {
            assert_eq!(number(name), None, "{name}");
        }
        assert_eq!(number("0012_policy_versions.sql"), Some(12));
    }

    #[test]
    fn a_migration_that_the_product_does_not_name_is_refused() {
        let mut findings = Findings::default();
        let present = files(&[("sqlite/0001_a.sql", ""), ("sqlite/0002_b.sql", "")]);
        check_listed("1 \"0001_a\",", &present, &mut findings);
        assert_eq!(findings.problems.len(), 1);
        assert!(findings.problems[0].contains("0002_b.sql"));
    }

    #[test]
    fn no_migration_at_all_is_a_problem() {
        assert_eq!(pair_problems(&[]).len(), 1);
    }

    #[test]
    fn a_committed_migration_may_neither_change_nor_go() {
        let committed = [("sqlite/0001_a.sql", "one"), ("sqlite/0002_b.sql", "two")];
        assert_eq!(edit_problems(&committed, &[("sqlite/0001_a.sql", "one!")]).len(), 2);
    }

    #[test]
    fn a_new_migration_beside_unchanged_ones_is_accepted() {
        let committed = [("sqlite/0001_a.sql", "one")];
        assert!(
            edit_problems(&committed, &[("sqlite/0001_a.sql", "one"), ("sqlite/0002_b.sql", "")]).is_empty()
        );
    }
}
