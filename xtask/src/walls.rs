//! Which crate may name which: the walls of the house, held against the manifests.
//!
//! The tables are the rule; `docs/decisions/0001-house-and-walls.md` says why each wall stands where it does.

use crate::findings::Findings;
use crate::workspace::{Kind, Package};

/// What each of our crates may name of ours outside its tests.
const EDGES: &[(&str, &[&str])] = &[
    (
        "tenantatlas",
        &[
            "contract",
            "database",
            "governance",
            "graph",
            "ledger",
            "operations",
            "simulator",
            "tenancy",
            "web",
            "worker",
        ],
    ),
    ("web", &["governance", "ledger", "tenancy"]),
    ("operations", &["governance", "graph", "ledger", "tenancy", "worker"]),
    ("worker", &["ledger"]),
    ("governance", &["contract", "database", "tenancy"]),
    ("ledger", &["database", "tenancy"]),
    ("tenancy", &["database"]),
    ("graph", &["contract"]),
    ("contract", &[]),
    ("database", &[]),
    ("simulator", &[]),
    ("xtask", &["database"]),
];

/// A library that only some of our crates may name.
struct Room {
    library: &'static str,
    crates: &'static [&'static str],
    tests: Tests,
}

/// Whether the tests of other crates may name the library too.
#[derive(PartialEq, Eq)]
enum Tests {
    Bound,
    Free,
}

const ROOMS: &[Room] = &[
    Room { library: "rusqlite", crates: &["database"], tests: Tests::Bound },
    Room { library: "tokio-postgres", crates: &["database"], tests: Tests::Bound },
    Room { library: "deadpool-postgres", crates: &["database"], tests: Tests::Bound },
    Room { library: "tokio-postgres-rustls", crates: &["database"], tests: Tests::Bound },
    Room { library: "refinery", crates: &["database"], tests: Tests::Bound },
    Room { library: "reqwest", crates: &["graph", "tenantatlas"], tests: Tests::Free },
    Room { library: "axum", crates: &["simulator", "web"], tests: Tests::Free },
    Room { library: "chacha20poly1305", crates: &["tenancy"], tests: Tests::Free },
    Room { library: "clap", crates: &["tenantatlas", "xtask"], tests: Tests::Free },
    Room { library: "anyhow", crates: &["tenantatlas", "xtask"], tests: Tests::Free },
];

/// Compares what the manifests name with what they may name.
pub(crate) fn check<'a>(members: impl Iterator<Item = &'a Package> + Clone) -> Findings {
    let mut findings = Findings::default();
    for package in members.clone() {
        let Some((_, allowed)) = EDGES.iter().find(|(name, _)| *name == package.name) else {
            findings.problem(format!("{} has no row in xtask/src/walls.rs", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            let named = dependency.name.as_str();
            let ours = members.clone().any(|member| member.name == named);
            if ours && dependency.kind != Kind::Dev && !allowed.contains(&named) {
                findings.problem(format!("{} may not name {named}", package.name));
            }
            let Some(room) = ROOMS.iter().find(|room| room.library == named) else {
                continue;
            };
            let free = dependency.kind == Kind::Dev && room.tests == Tests::Free;
            if !free && !room.crates.contains(&package.name.as_str()) {
                findings.problem(format!(
                    "{} may not name {named}; it belongs to {}",
                    package.name,
                    room.crates.join(", ")
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Dependency;

    fn package(name: &str, dependencies: &[(&str, Kind)]) -> Package {
        Package {
            name: name.into(),
            version: "0.1.0".into(),
            license: None,
            source: None,
            manifest_path: format!("crates/{name}/Cargo.toml").into(),
            dependencies: dependencies
                .iter()
                .map(|(name, kind)| Dependency { name: (*name).into(), rename: None, kind: *kind })
                .collect(),
        }
    }

    fn problems(packages: &[Package]) -> Vec<String> {
        check(packages.iter()).problems
    }

    #[test]
    fn an_edge_in_the_table_is_allowed() {
        let ledger = package("ledger", &[("tenancy", Kind::Normal), ("serde", Kind::Normal)]);
        assert!(problems(&[ledger, package("tenancy", &[])]).is_empty());
    }

    #[test]
    fn the_ledger_may_not_name_graph() {
        let ledger = package("ledger", &[("graph", Kind::Normal)]);
        assert_eq!(problems(&[ledger, package("graph", &[])]), ["ledger may not name graph"]);
    }

    #[test]
    fn a_build_script_is_no_way_around_a_wall() {
        let ledger = package("ledger", &[("graph", Kind::Build)]);
        assert_eq!(problems(&[ledger, package("graph", &[])]).len(), 1);
    }

    #[test]
    fn tests_may_name_any_crate_of_ours() {
        let graph = package("graph", &[("simulator", Kind::Dev)]);
        assert!(problems(&[graph, package("simulator", &[])]).is_empty());
    }

    #[test]
    fn a_database_driver_stays_in_database_even_in_tests() {
        let ledger = package("ledger", &[("rusqlite", Kind::Dev)]);
        assert_eq!(problems(&[ledger]), ["ledger may not name rusqlite; it belongs to database"]);
    }

    #[test]
    fn tests_may_use_an_http_client() {
        assert!(problems(&[package("simulator", &[("reqwest", Kind::Dev)])]).is_empty());
        assert_eq!(problems(&[package("simulator", &[("reqwest", Kind::Normal)])]).len(), 1);
    }

    #[test]
    fn a_crate_without_a_row_is_refused() {
        assert_eq!(problems(&[package("annex", &[])]), ["annex has no row in xtask/src/walls.rs"]);
    }
}
