//! What may enter the dependency tree, and whether everything named is used and explained.
//!
//! The rules are those of `deny.toml`, read here so that a fresh clone needs no further tool; see
//! `docs/decisions/0006-dependency-check.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context;
use serde::Deserialize;
use spdx::{Expression, ParseMode};

use crate::findings::Findings;
use crate::sources;
use crate::workspace::{Kind, Package, Workspace};

/// Where each direct dependency has its reason.
const RECORD: &str = "docs/decisions/0002-dependencies.md";

/// The parts of `deny.toml` that are enforced here.
#[derive(Debug, Deserialize)]
struct Rules {
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Debug, Deserialize)]
struct Licenses {
    allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Debug, Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

/// The part of the root manifest that names versions.
#[derive(Debug, Deserialize)]
struct RootManifest {
    workspace: RootWorkspace,
}

#[derive(Debug, Deserialize)]
struct RootWorkspace {
    dependencies: BTreeMap<String, toml::Value>,
}

/// Holds the tree against `deny.toml`, and our manifests against our sources and the record of decisions.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<Findings> {
    let mut findings = Findings::default();
    let rules: Rules = read_toml(&workspace.root.join("deny.toml"))?;
    check_tree(&rules, &workspace.packages, &mut findings);

    let manifest: RootManifest = read_toml(&workspace.root.join("Cargo.toml"))?;
    let record = fs::read_to_string(workspace.root.join(RECORD))
        .with_context(|| format!("failed to read {RECORD}"))?;
    check_root(&manifest.workspace.dependencies, &workspace.packages, &record, &mut findings);
    for package in workspace.members() {
        check_used(package, &mut findings)?;
    }
    findings
        .note("the advisory database was not asked: `cargo deny check advisories` does that, with a network");
    Ok(findings)
}

fn check_tree(rules: &Rules, packages: &[Package], findings: &mut Findings) {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages {
        let Package { name, version, .. } = package;
        versions.entry(name).or_default().insert(version);
        if let Some(problem) = license_problem(package.license.as_deref(), &rules.licenses.allow) {
            findings.problem(format!("{name} {version}: {problem}"));
        }
        if let Some(ban) = rules.bans.deny.iter().find(|ban| ban.name == *name) {
            findings.problem(format!("{name} {version} is banned: {}", ban.reason));
        }
        if let Some(source) = &package.source {
            let address = source.strip_prefix("registry+").unwrap_or(source);
            if !rules.sources.allow_registry.iter().any(|allowed| allowed == address) {
                findings.problem(format!("{name} {version} comes from {source}"));
            }
        }
    }
    let twice: Vec<&str> =
        versions.iter().filter(|(_, found)| found.len() > 1).map(|(name, _)| *name).collect();
    if !twice.is_empty() {
        findings.note(format!("in more than one version: {}", twice.join(", ")));
    }
}

/// Says what is wrong with a licence, if anything is.
fn license_problem(license: Option<&str>, allowed: &[String]) -> Option<String> {
    let Some(license) = license else {
        return Some("it names no licence".to_owned());
    };
    let Ok(expression) = Expression::parse_mode(license, ParseMode::LAX) else {
        return Some(format!("its licence {license} is no SPDX expression"));
    };
    let accepted = expression.evaluate(|required| {
        required.addition.is_none()
            && required.license.id().is_some_and(|id| allowed.iter().any(|name| name == id.name))
    });
    if accepted { None } else { Some(format!("its licence {license} is not allowed")) }
}

/// Every line of the root manifest is used by a crate and has a reason in the record.
fn check_root(
    named: &BTreeMap<String, toml::Value>,
    packages: &[Package],
    record: &str,
    findings: &mut Findings,
) {
    let ours: Vec<&Package> = packages.iter().filter(|package| package.source.is_none()).collect();
    for name in named.keys() {
        if !ours.iter().any(|package| package.dependencies.iter().any(|used| used.called() == *name)) {
            findings.problem(format!("Cargo.toml names {name}, but no crate uses it"));
        }
        if !ours.iter().any(|package| package.name == *name) && !record.contains(&format!("`{name}`")) {
            findings.problem(format!("{name} has no line in {RECORD}"));
        }
    }
}

/// Every dependency in a manifest is named in the crate's sources: a plain word search, no more.
fn check_used(package: &Package, findings: &mut Findings) -> anyhow::Result<()> {
    let mut product = String::new();
    let mut everything = String::new();
    for path in sources::rust_files(package.folder())? {
        let text = fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
        if path.starts_with(package.folder().join("src")) {
            product.push_str(&text);
        }
        everything.push_str(&text);
    }
    for dependency in &package.dependencies {
        let text = if dependency.kind == Kind::Normal { &product } else { &everything };
        if !has_word(text, &dependency.called().replace('-', "_")) {
            findings.problem(format!("{} names {} and does not use it", package.name, dependency.called()));
        }
    }
    Ok(())
}

fn has_word(text: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, found)| {
        !text[..at].chars().next_back().is_some_and(part_of_word)
            && !text[at + found.len()..].chars().next().is_some_and(part_of_word)
    })
}

fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("failed to parse {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    const REGISTRY: &str = "https://github.com/rust-lang/crates.io-index";

    fn package(name: &str, license: Option<&str>, source: Option<&str>) -> Package {
        Package {
            name: name.into(),
            version: "1.0.0".into(),
            license: license.map(str::to_owned),
            source: source.map(str::to_owned),
            manifest_path: "Cargo.toml".into(),
            dependencies: Vec::new(),
        }
    }

    fn rules() -> Rules {
        Rules {
            licenses: Licenses { allow: vec!["MIT".into(), "Apache-2.0".into(), "ISC".into()] },
            bans: Bans { deny: vec![Ban { name: "openssl".into(), reason: "TLS is rustls".into() }] },
            sources: Sources { allow_registry: vec![REGISTRY.into()] },
        }
    }

    fn tree_problems(packages: &[Package]) -> Vec<String> {
        let mut findings = Findings::default();
        check_tree(&rules(), packages, &mut findings);
        findings.problems
    }

    #[track_caller]
    fn licensed(license: &str, expected: bool) {
        assert_eq!(license_problem(Some(license), &rules().licenses.allow).is_none(), expected, "{license}");
    }

    #[test]
    fn one_allowed_licence_of_a_choice_is_enough_and_all_of_a_sum_are_needed() {
        licensed("MIT", true);
        licensed("MIT/Apache-2.0", true);
        licensed("LGPL-2.1-or-later OR MIT", true);
        licensed("Apache-2.0 AND ISC", true);
        licensed("Apache-2.0 AND MPL-2.0", false);
        licensed("GPL-3.0-only", false);
        licensed("Apache-2.0 WITH LLVM-exception", false);
        licensed("see LICENSE", false);
    }

    #[test]
    fn a_crate_without_a_licence_is_refused() {
        assert_eq!(tree_problems(&[package("a", None, None)]), ["a 1.0.0: it names no licence"]);
    }

    #[test]
    fn a_banned_crate_is_refused_with_the_reason() {
        let found = tree_problems(&[package("openssl", Some("MIT"), None)]);
        assert_eq!(found, ["openssl 1.0.0 is banned: TLS is rustls"]);
    }

    #[test]
    fn a_crate_from_anywhere_but_the_registry_is_refused() {
        let registry = format!("registry+{REGISTRY}");
        assert!(tree_problems(&[package("a", Some("MIT"), Some(&registry))]).is_empty());
        assert_eq!(tree_problems(&[package("a", Some("MIT"), Some("git+https://example.org/a"))]).len(), 1);
    }

    #[test]
    fn a_version_that_nobody_uses_or_explains_is_refused() {
        let named =
            [("used".to_owned(), toml::Value::from("1")), ("idle".to_owned(), toml::Value::from("1"))];
        let mut ours = package("ours", Some("MIT"), None);
        ours.dependencies = vec![Dependency { name: "used".into(), rename: None, kind: Kind::Normal }];
        let mut findings = Findings::default();
        check_root(&named.into(), &[ours], "- `used`: for the test", &mut findings);
        assert_eq!(findings.problems.len(), 2, "{:?}", findings.problems);
        assert!(findings.problems.iter().all(|problem| problem.contains("idle")));
    }

    #[test]
    fn a_word_is_found_only_as_a_whole() {
        assert!(has_word("use hex::encode;", "hex"));
        assert!(!has_word("let hexadecimal = 1;", "hex"));
        assert!(!has_word("let to_hex = 1;", "hex"));
    }

    #[test]
    fn our_own_rules_parse() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let rules: Rules = read_toml(&root.join("deny.toml")).unwrap();
        assert!(!rules.licenses.allow.is_empty() && !rules.bans.deny.is_empty());
    }
}
