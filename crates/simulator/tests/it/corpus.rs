//! Real exports, where they are at hand: `TENANTATLAS_CORPUS`, or a folder beside the project.

use std::io::Write;
use std::path::{Path, PathBuf};

use simulator::{Loaded, Simulator, TenantState};

use crate::caller::started;

/// Returns the corpus, or none where it cannot be expected; says then that the test is not run.
#[expect(clippy::disallowed_methods, reason = "tests have no settings but the environment")]
fn corpus() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("TENANTATLAS_CORPUS") {
        return Some(folder.into());
    }
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let corpus = beside.join("intune-corpus");
    assert!(!beside.is_dir() || corpus.is_dir(), "{} is there, and no intune-corpus in it", beside.display());
    if !corpus.is_dir() {
        // Past the harness, which keeps the output of tests that pass to itself.
        let said = std::io::stderr().write_all(b"1 test was not run: TENANTATLAS_CORPUS is not set\n");
        said.unwrap();
        return None;
    }
    Some(corpus)
}

#[test]
fn every_line_of_the_index_is_loaded_or_skipped() {
    let Some(folder) = corpus() else { return };
    let (state, report) = TenantState::from_folder(&folder, 1, "Corpus").unwrap();
    let expected = Loaded { own_id: 495, derived_no_id: 140, derived_duplicate: 122 };
    assert_eq!(report.sums(), expected);
    let lists = report.skipped.iter().filter(|skipped| skipped.reason == "not one object but a list").count();
    assert_eq!((report.skipped.len(), lists), (75, 1));
    assert_eq!(report.total(), 832);
    for (collection, loaded) in &report.loaded {
        assert_eq!(state.counts()[collection.as_str()], loaded.total(), "{collection}");
    }
}

#[tokio::test]
async fn everything_loaded_can_be_read_over_http() {
    let Some(folder) = corpus() else { return };
    let (state, report) = TenantState::from_folder(&folder, 1, "Corpus").unwrap();
    let (_running, tenant, caller) = started(Simulator::new(), state).await;
    for collection in simulator::collections().filter(|known| report.loaded.contains_key(known.name)) {
        let path = format!("/beta{}", collection.path);
        let listed = caller.all(&path).await;
        assert_eq!(listed.len(), report.loaded[collection.name].total(), "{}", collection.name);
        for id in tenant.ids(collection.name).unwrap() {
            assert_eq!(caller.good(&format!("{path}/{id}")).await["id"], id.as_str());
        }
    }
    let mut settings = 0;
    for id in tenant.ids("configurationPolicies").unwrap() {
        let path = format!("/beta/deviceManagement/configurationPolicies/{id}/settings");
        settings += caller.all(&path).await.len();
    }
    assert!(settings > 2000, "{settings}");
}
