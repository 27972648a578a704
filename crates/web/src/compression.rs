//! Which answers are compressed: those from whose length nobody can learn what they hold.
//!
//! A page holds secrets (names, findings, form tokens) and words from its address side by side. Somebody who makes a
//! browser open addresses of their choice and sees the lengths of the answers on the wire could guess the secrets
//! letter by letter if such an answer were compressed (the BREACH attack). So a page is compressed only where the
//! browser says that one of our own pages, or the person, asked for it.

use axum::extract::Request;
use axum::http::header::{ACCEPT_ENCODING, HeaderName};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};

use crate::headers::single;

/// What browsers say about where a request came from (W3C, "Fetch Metadata Request Headers").
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Makes the layer that compresses; fonts are compressed as they come.
pub fn layer() -> CompressionLayer<impl Predicate> {
    CompressionLayer::new()
        .gzip(true)
        .quality(CompressionLevel::Default)
        .compress_when(DefaultPredicate::new().and(NotForContentType::const_new("font/")))
}

/// Takes the wish for a compressed answer back where the answer may not be.
pub async fn only_where_safe(mut request: Request, next: Next) -> Response {
    if !is_safe(request.uri().path(), request.method(), request.headers()) {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    next.run(request).await
}

fn is_safe(path: &str, method: &Method, headers: &HeaderMap) -> bool {
    // Files hold no secret. A token of the API is sent by programs; no other site can make a browser send one.
    if path.starts_with("/assets/") || path.starts_with("/api/") {
        return true;
    }
    let asked_by_us = matches!(single(headers, &SEC_FETCH_SITE), Some("same-origin" | "none"));
    *method == Method::GET && asked_by_us
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_page_is_compressed_only_when_no_other_site_asked_for_it() {
        let asked = |path: &str, site: Option<&'static str>| {
            let headers: HeaderMap =
                site.map(|site| (SEC_FETCH_SITE, HeaderValue::from_static(site))).into_iter().collect();
            is_safe(path, &Method::GET, &headers)
        };
        assert!(asked("/w/default/operations", Some("same-origin")));
        assert!(asked("/w/default/operations", Some("none")));
        assert!(!asked("/w/default/operations", Some("cross-site")));
        assert!(!asked("/w/default/operations", Some("same-site")));
        assert!(!asked("/w/default/operations", None), "a browser that does not say gets it as it is");
        assert!(asked("/assets/x/atlas.css", Some("cross-site")) && asked("/api/v1/openapi.json", None));
    }
}
