//! The three gates: parts of the suite that may not shrink to nothing unseen.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use database::testing::cluster::POSTGRES_URL_VARIABLE;
use serde::Deserialize;

use crate::command;
use crate::tally::Tally;

/// What each gate prints as its name; the first is the suite as a whole.
pub(crate) const FULL_SUITE: &str = "gate 1: full suite";

/// What the part that a real browser plays is called.
pub(crate) const BROWSER: &str = "gate 4: stories and every page in a real browser";

/// The gates that are parts of the suite.
pub(crate) const PARTS: &[Gate] = &[
    Gate {
        name: "gate 2: PostgreSQL schema and constraints suite",
        suites: &[Suite { package: "database", filter: "schema::" }],
    },
    Gate {
        name: "gate 3: fresh migrate and seed",
        suites: &[Suite { package: "tenantatlas", filter: "migrate_and_seed::" }],
    },
];

/// A named part of the test suite; each of its suites has to run at least one test.
#[derive(Debug)]
pub(crate) struct Gate {
    /// What is printed.
    pub(crate) name: &'static str,
    suites: &'static [Suite],
}

/// Some tests of one crate's integration binary, `tests/it/main.rs`.
#[derive(Debug)]
struct Suite {
    package: &'static str,
    filter: &'static str,
}

/// How a gate ended.
#[derive(Debug)]
pub(crate) struct Verdict {
    /// What its tests did.
    pub(crate) tally: Tally,
    /// Why it is not passed; `None` when it is.
    pub(crate) objection: Option<String>,
}

/// The integration binaries of one build.
#[derive(Debug, Default)]
pub(crate) struct TestBinaries(Vec<TestBinary>);

#[derive(Debug)]
struct TestBinary {
    folder: PathBuf,
    executable: PathBuf,
}

/// One line of cargo's build messages, as far as it matters here.
#[derive(Debug, Deserialize)]
struct Message {
    reason: String,
    manifest_path: Option<PathBuf>,
    target: Option<Target>,
    executable: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl TestBinaries {
    /// Builds everything that the suite runs and remembers the integration binaries.
    ///
    /// The gates run these very files: selecting packages through cargo would choose other features and
    /// build the tree once more.
    pub(crate) fn build(root: &Path) -> anyhow::Result<Self> {
        let arguments =
            ["test", "--workspace", "--all-features", "--no-run", "--message-format=json-render-diagnostics"];
        Self::from_messages(&command::output(&mut command::at(root, "cargo", &arguments))?)
    }

    fn from_messages(messages: &[u8]) -> anyhow::Result<Self> {
        let mut binaries = Self::default();
        for line in messages.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{")) {
            let message: Message =
                serde_json::from_slice(line).context("failed to read a build message of cargo")?;
            if let Message {
                reason,
                manifest_path: Some(manifest),
                target: Some(target),
                executable: Some(file),
            } = message
                && reason == "compiler-artifact"
                && target.name == "it"
                && target.kind == ["test"]
            {
                let folder = manifest.parent().context("a manifest lies in a folder")?.to_owned();
                binaries.0.push(TestBinary { folder, executable: file });
            }
        }
        Ok(binaries)
    }

    /// Gives the program; cargo puts it beside the folder of the integration tests that call it.
    pub(crate) fn program(&self) -> anyhow::Result<PathBuf> {
        let tests = &self.of_package("tenantatlas")?.executable;
        let folder = tests.parent().and_then(Path::parent).context("a test binary lies in a folder")?;
        Ok(folder.join("tenantatlas"))
    }

    fn of_package(&self, package: &str) -> anyhow::Result<&TestBinary> {
        let found = self.0.iter().find(|binary| binary.folder.ends_with(package));
        let Some(binary) = found else { bail!("{package} has no integration tests") };
        Ok(binary)
    }
}

impl Gate {
    /// Runs the gate's suites, all of them, against this PostgreSQL server and SQLite.
    pub(crate) fn run(&self, binaries: &TestBinaries, postgres_url: &str) -> anyhow::Result<Verdict> {
        let mut sum = Tally::default();
        let mut objection = None;
        for Suite { package, filter } in self.suites {
            let binary = match binaries.of_package(package) {
                Ok(binary) => binary,
                Err(error) => {
                    objection = objection.or(Some(error.to_string()));
                    continue;
                }
            };
            let mut command = Command::new(&binary.executable);
            command
                .arg(filter)
                .current_dir(&binary.folder)
                .env("CARGO_MANIFEST_DIR", &binary.folder)
                .env(POSTGRES_URL_VARIABLE, postgres_url);
            let tally = Tally::of(&mut command)?;
            sum += tally;
            objection = objection.or(tally.objection().map(|text| format!("{package} {filter} {text}")));
        }
        Ok(Verdict { tally: sum, objection })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const GATE: Gate = Gate { name: "gate", suites: &[Suite { package: "database", filter: "schema" }] };

    /// Stands in for a test binary: `sh`, which takes the filter for the name of this script.
    fn binaries_printing(folder: &Path, text: &str) -> TestBinaries {
        let folder = folder.join("database");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("schema"), format!("echo \"{text}\"\n")).unwrap();
        TestBinaries(vec![TestBinary { folder, executable: "/bin/sh".into() }])
    }

    #[test]
    fn integration_binaries_are_found_among_the_build_messages() {
        let messages = br#"{"reason":"compiler-artifact","manifest_path":"/p/crates/ledger/Cargo.toml","target":{"name":"ledger","kind":["lib"]},"executable":"/p/target/ledger-1"}
{"reason":"compiler-artifact","manifest_path":"/p/crates/ledger/Cargo.toml","target":{"name":"it","kind":["test"]},"executable":"/p/target/it-1"}
{"reason":"build-finished","success":true}
"#;
        let binaries = TestBinaries::from_messages(messages).unwrap();
        assert_eq!(binaries.0.len(), 1);
        assert_eq!(binaries.of_package("ledger").unwrap().executable, Path::new("/p/target/it-1"));
        assert!(binaries.of_package("tenancy").is_err());
    }

    #[test]
    fn a_gate_whose_filter_matches_nothing_is_not_passed() {
        let folder = tempfile::tempdir().unwrap();
        let binaries = binaries_printing(folder.path(), "test result: ok. 0 passed; 0 failed; 0 ignored");
        let verdict = GATE.run(&binaries, "").unwrap();
        assert_eq!(verdict.objection.as_deref(), Some("database schema no test was run"));
    }

    #[test]
    fn a_gate_without_its_binary_is_not_passed() {
        let verdict = GATE.run(&TestBinaries::default(), "").unwrap();
        assert_eq!(verdict.objection.as_deref(), Some("database has no integration tests"));
    }

    #[test]
    fn a_gate_runs_its_suite_with_the_server() {
        let folder = tempfile::tempdir().unwrap();
        let text = "test result: ok. 3 passed; $TENANTATLAS_TEST_POSTGRES";
        let verdict = GATE.run(&binaries_printing(folder.path(), text), "7 failed").unwrap();
        // The script prints the server's URL, which is made to read like a count here.
        assert_eq!((verdict.tally.passed, verdict.tally.failed), (3, 7));
    }
}
