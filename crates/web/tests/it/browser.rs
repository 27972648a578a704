//! The list that a real browser walks names every page: a page that nobody would look at is a failure here.

use std::collections::BTreeSet;

use axum::http::Method;
use serde_json::Value;
use web::routes::{self, Door};

/// The list, which the harness reads as well.
const PAGES: &str = include_str!("../../../../xtask/browser/pages.json");

fn listed() -> serde_json::Map<String, Value> {
    let pages: Value = serde_json::from_str(PAGES).expect("the list is JSON");
    pages.as_object().expect("the list is an object").clone()
}

#[test]
fn every_page_is_visited_by_a_real_browser_or_says_why_not() {
    let listed = listed();
    let pages: BTreeSet<String> = routes::inventory()
        .iter()
        .filter(|route| route.door == Door::Page && route.method == Method::GET)
        .map(|route| route.path.to_string())
        .collect();
    assert!(pages.len() > 10, "the inventory has pages: {pages:?}");
    for page in &pages {
        let Some(entry) = listed.get(page) else {
            panic!(
                "{page} has no entry in xtask/browser/pages.json: say how it is reached, or why it is no page"
            );
        };
        let visits = entry.as_array().is_some_and(|visits| !visits.is_empty());
        let reason = entry.as_str().is_some_and(|reason| reason.len() > 10);
        assert!(visits || reason, "{page}: neither a visit nor a reason: {entry}");
    }
    for path in listed.keys() {
        assert!(pages.contains(path), "{path} stands in xtask/browser/pages.json and is no page any more");
    }
}

#[test]
fn every_visit_has_a_name_of_its_own_and_an_address() {
    let mut names = BTreeSet::new();
    for (path, entry) in listed() {
        for visit in entry.as_array().into_iter().flatten() {
            let name = visit["name"].as_str().unwrap_or_else(|| panic!("{path}: a visit without a name"));
            assert!(names.insert(name.to_owned()), "{name} is there twice");
            assert!(visit["go"].is_string(), "{name}: where does it go?");
            let fields = visit.as_object().expect("a visit is an object").keys();
            let known = ["name", "when", "as", "go", "lands", "status", "click", "press", "narrow"];
            for field in fields {
                assert!(known.contains(&field.as_str()), "{name}: {field} says nothing to the harness");
            }
        }
    }
}
