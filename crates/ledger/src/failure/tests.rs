use super::*;

fn failure(message: &str) -> Failure {
    Failure::new(FailureCode::GRAPH_THROTTLED, sanitize(message))
}

#[test]
fn failures_are_named_item_by_item_and_equal_ones_are_one_entry_with_a_count() {
    let on = |item: &str| failure("slow").on(sanitize(item));
    let summary: FailureSummary =
        [on("first"), on("second"), on("first"), failure("slower")].into_iter().collect();
    let listed: Vec<_> =
        summary.listed().iter().map(|f| (f.item.as_ref().map(SafeText::as_str), f.count)).collect();
    assert_eq!(listed, [(Some("first"), 2), (Some("second"), 1), (None, 1)]);
    assert_eq!(summary.count(), 4);
    assert_eq!(summary.first_code(), Some(&FailureCode::GRAPH_THROTTLED));
}

#[test]
fn once_the_list_is_full_failures_that_say_the_same_are_counted_together() {
    let on = |n: usize| failure("slow").on(sanitize(&format!("policy {n}")));
    let summary: FailureSummary = (0..400).map(on).collect();
    assert_eq!((summary.listed().len(), summary.count()), (FAILURES_MAX, 400));
    assert_eq!(Vec::from(summary).len(), FAILURES_MAX, "nothing was left out of the count");
}

#[test]
fn failures_past_the_limit_are_counted_and_survive_storing() {
    let many = 0..u64::try_from(FAILURES_MAX).unwrap() + 7;
    let summary: FailureSummary = many.map(|n| failure(&format!("page {n} was slow"))).collect();
    assert_eq!(summary.listed().len(), FAILURES_MAX);
    assert_eq!(summary.count(), 57);
    let stored = serde_json::to_value(&summary).unwrap();
    assert_eq!(stored[FAILURES_MAX]["code"], "ops.more_failures");
    assert_eq!(stored[FAILURES_MAX]["count"], 7);
    assert_eq!(serde_json::from_value::<FailureSummary>(stored).unwrap(), summary);
}

#[test]
fn a_failure_is_stored_as_code_message_count_and_item() {
    let stored = serde_json::to_string(&failure("asked to wait").on(sanitize("Wi-Fi"))).unwrap();
    assert_eq!(stored, r#"{"code":"graph.throttled","message":"asked to wait","count":1,"item":"Wi-Fi"}"#);
}

#[test]
fn a_stored_secret_is_redacted_when_it_is_read() {
    let stored = r#"{"code":"graph.throttled","message":"password=hunter2","count":1}"#;
    let read: Failure = serde_json::from_str(stored).unwrap();
    assert_eq!(read.message.as_str(), "password=[redacted]");
}

#[test]
fn a_code_of_a_newer_version_is_read_and_a_malformed_one_is_not() {
    let newer: FailureCode = serde_json::from_str(r#""graph.melted_down2""#).unwrap();
    assert_eq!(newer.entry(), None);
    assert_eq!(Failure::of_code(newer.clone()).code, newer);
    for malformed in [r#""""#, r#""graph""#, r#""graph.""#, r#""Graph.Melted""#, r#""graph.a b""#] {
        assert!(serde_json::from_str::<FailureCode>(malformed).is_err(), "{malformed}");
    }
    let unknown = FailureCode::find("graph.melted_down").unwrap_err();
    assert_eq!(unknown.to_string(), "find the failure code `graph.melted_down` in the table of codes");
}

#[test]
fn the_table_explains_every_code_once_in_clean_sentences() {
    for entry in FailureCode::TABLE {
        assert_eq!(
            FailureCode::TABLE.iter().filter(|other| other.code == entry.code).count(),
            1,
            "{}",
            entry.code
        );
        for sentence in [entry.meaning, entry.advice] {
            assert!(sentence.ends_with('.') && sentence.len() > 10, "{}: {sentence}", entry.code);
            assert_eq!(sanitize(sentence).as_str(), sentence, "{}", entry.code);
        }
    }
}

/// A code is an interface: scripts and runbooks name it. Removing or renaming one is a break.
#[test]
fn the_codes_are_these() {
    let codes: Vec<_> = FailureCode::TABLE.iter().map(|entry| entry.code).collect();
    assert_eq!(
        codes,
        [
            "queue.dispatch_failed",
            "ops.worker_lost",
            "ops.payload_invalid",
            "ops.unknown_kind",
            "ops.panicked",
            "ops.deadline_exceeded",
            "ops.cancelled",
            "ops.internal",
            "ops.more_failures",
            "ops.reconcile_adapter_runs.failed",
            "ops.reconcile_adapter_runs.missing",
            "ops.reconcile_adapter_runs.wrong_state",
            "ops.reconcile_adapter_runs.orphaned",
            "ops.reconcile_adapter_runs.stuck",
            "database.unavailable",
            "database.failed",
            "graph.unauthorized",
            "graph.credentials_rejected",
            "graph.forbidden",
            "graph.unlicensed",
            "graph.not_found",
            "graph.conflict",
            "graph.throttled",
            "graph.unavailable",
            "graph.timeout",
            "graph.unreachable",
            "graph.tls",
            "graph.unexpected_answer",
            "graph.foreign_link",
            "graph.page_loop",
            "graph.too_large",
            "graph.cancelled",
            "sync.incomplete",
            "sync.payload_unreadable",
            "tenant.not_connected",
            "assignments.group_missing",
            "restore.preview_expired",
            "restore.ambiguous",
        ]
    );
}
