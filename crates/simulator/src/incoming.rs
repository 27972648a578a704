//! A request, read.

use axum::http::HeaderMap;

use crate::address::decode;

/// A request, on its own or as a part of a batch.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Incoming {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    pub(crate) fn whole_path(&self) -> String {
        match self.query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// Returns the tenant segment of a login.
    pub(crate) fn login_segment(&self) -> Option<String> {
        let segment = self.path.strip_prefix('/')?.strip_suffix("/oauth2/v2.0/token")?;
        Some(decode(segment))
    }
}
