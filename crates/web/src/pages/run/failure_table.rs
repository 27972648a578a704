//! The failures of a run as a file.

use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use ledger::RunDetail;
use ledger::failure::Failure;

use crate::csv;

/// Answers with the failures of a run as a table: code, sentence, how often, on what, and what to do.
pub(super) fn answer(detail: &RunDetail) -> Response {
    let failures: Vec<Failure> = detail.failures.clone().into();
    let mut table = String::new();
    csv::write_line(&mut table, ["code", "message", "count", "item", "advice"]);
    for failure in &failures {
        let item = failure.item.as_ref().map_or("", |item| item.as_str());
        let advice = failure.code.entry().map_or("", |entry| entry.advice);
        let count = failure.count.to_string();
        csv::write_line(&mut table, [failure.code.as_str(), failure.message.as_str(), &count, item, advice]);
    }
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"failures-{}.csv\"", detail.row.id)),
    ];
    (headers, table).into_response()
}
