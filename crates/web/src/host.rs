//! Which hosts we answer for: a page fetched under another name is another site's page.

use axum::extract::{Request, State};
use axum::http::header::HOST;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::headers::single;
use crate::problem::{Code, Problem};
use crate::state::AppState;

/// Refuses requests that name no host, several, or one that is not ours.
pub async fn check(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let named = single(request.headers(), &HOST);
    // A request line with a whole address must not speak of another host than the header does.
    let in_line = request.uri().authority().map(axum::http::uri::Authority::as_str);
    match named {
        Some(host) if app.options().answers_for(host) && in_line.is_none_or(|line| line == host) => {
            next.run(request).await
        }
        _ => Problem::new(Code::OtherHost, "This server does not answer for the host that was asked for.")
            .into_response(),
    }
}
