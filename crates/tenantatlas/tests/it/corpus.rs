//! Real exports, where they are at hand: `TENANTATLAS_CORPUS`, or a folder beside the project.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::program::Program;

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
        std::io::stderr().write_all(b"1 test was not run: TENANTATLAS_CORPUS is not set\n").unwrap();
        return None;
    }
    Some(corpus)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_loaded_policy_of_the_corpus_is_stored_and_found_again() {
    let Some(corpus) = corpus() else { return };
    let program = Program::new();
    let corpus = corpus.display().to_string();
    let arguments = ["demo", "--exit", "--policies", "5", "--corpus", &corpus];
    let demo = program.json(&arguments).await;
    assert_eq!(demo["as_expected"], true, "{demo:#}");
    let steps = demo["steps"].as_array().unwrap();
    let loaded = &steps[0]["found"];
    assert_eq!(
        (&loaded["loaded"], &loaded["skipped"], &loaded["indexed"]),
        (&757.into(), &75.into(), &832.into())
    );
    let stored = steps.iter().find(|step| step["step"] == "What is kept is what was loaded").unwrap();
    let types = stored["found"].as_array().unwrap();
    assert_eq!(types.len(), 36);
    let sum = |key: &str| types.iter().map(|ty| ty[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("loaded"), sum("inventory")), (757, 757));

    let again = program.json(&arguments).await;
    assert_eq!(again["as_expected"], true, "{again:#}");
    let first_sync = &again["steps"].as_array().unwrap()[2]["runs"][0]["counts"];
    assert_eq!(
        (&first_sync["created"], &first_sync["updated"], &first_sync["deleted"]),
        (&0.into(), &0.into(), &0.into())
    );
}
