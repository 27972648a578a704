//! How a call to Graph ends when it does not end well.
//!
//! An error carries a stable code, a sentence of our own and correlation ids. It never carries the
//! text of an answer: that may hold names, addresses or tokens of the tenant.

use std::fmt;

use uuid::Uuid;

/// What went wrong, as a closed list; each has one stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Graph refused a fresh token.
    Unauthorized,
    /// The login address refused tenant id, client id or secret.
    CredentialsRejected,
    /// The application lacks a permission.
    Forbidden,
    /// The tenant lacks the licence or the service.
    Unlicensed,
    /// The object is not there (any more).
    NotFound,
    /// Graph asked to slow down until the attempts were used up.
    Throttled,
    /// Graph answered with server errors until the attempts were used up.
    Unavailable,
    /// No whole answer came in time until the attempts were used up.
    Timeout,
    /// No connection could be made, or it broke, until the attempts were used up.
    Unreachable,
    /// The server's certificate or its TLS was not acceptable.
    Tls,
    /// The answer is not what the contract says.
    UnexpectedAnswer,
    /// A page link leads away from the connection's own Graph address.
    ForeignLink,
    /// A page link leads to a page that was already read.
    PageLoop,
    /// An answer or a collection is larger than the limits allow.
    TooLarge,
    /// Somebody asked to stop.
    Cancelled,
}

/// Whether the same work may succeed later without anybody changing anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// The cause is expected to pass.
    Later,
    /// Somebody has to change something first.
    Never,
}

/// Ids that Microsoft's support asks for; only well-formed UUIDs are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Correlation {
    /// The id that we sent with the request.
    pub client_request_id: Option<Uuid>,
    /// The id that Graph or the login address gave the request.
    pub request_id: Option<Uuid>,
    /// The activity id that Intune names in the nested text of its errors.
    pub activity_id: Option<Uuid>,
}

/// A call to Graph that failed, classified.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.message)]
pub struct GraphError(Box<Detail>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Detail {
    kind: ErrorKind,
    message: String,
    status: Option<u16>,
    graph_code: Option<String>,
    correlation: Correlation,
}

impl ErrorKind {
    /// Returns the stable code that is stored and shown.
    pub fn code(self) -> &'static str {
        match self {
            Self::Unauthorized => "graph.unauthorized",
            Self::CredentialsRejected => "graph.credentials_rejected",
            Self::Forbidden => "graph.forbidden",
            Self::Unlicensed => "graph.unlicensed",
            Self::NotFound => "graph.not_found",
            Self::Throttled => "graph.throttled",
            Self::Unavailable => "graph.unavailable",
            Self::Timeout => "graph.timeout",
            Self::Unreachable => "graph.unreachable",
            Self::Tls => "graph.tls",
            Self::UnexpectedAnswer => "graph.unexpected_answer",
            Self::ForeignLink => "graph.foreign_link",
            Self::PageLoop => "graph.page_loop",
            Self::TooLarge => "graph.too_large",
            Self::Cancelled => "graph.cancelled",
        }
    }

    /// Tells whether the same work may succeed later by itself.
    pub fn retry(self) -> Retry {
        match self {
            Self::Throttled | Self::Unavailable | Self::Timeout | Self::Unreachable | Self::Cancelled => {
                Retry::Later
            }
            _ => Retry::Never,
        }
    }
}

impl GraphError {
    /// Returns what went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Returns the stable code, for example `graph.throttled`.
    pub fn code(&self) -> &'static str {
        self.0.kind.code()
    }

    /// Returns a sentence of our own words; safe to store and show.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Tells whether the same work may succeed later by itself.
    pub fn retry(&self) -> Retry {
        self.0.kind.retry()
    }

    /// Returns the HTTP status of the last answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// Returns Graph's own error code, where it is a plain word of at most 80 characters.
    pub fn graph_code(&self) -> Option<&str> {
        self.0.graph_code.as_deref()
    }

    /// Returns the ids under which Microsoft can find the request.
    pub fn correlation(&self) -> Correlation {
        self.0.correlation
    }

    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Detail {
            kind,
            message: message.into(),
            status: None,
            graph_code: None,
            correlation: Correlation::default(),
        }))
    }

    pub(crate) fn cancelled() -> Self {
        Self::new(ErrorKind::Cancelled, "The work was asked to stop")
    }

    pub(crate) fn unexpected(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::UnexpectedAnswer, message)
    }

    pub(crate) fn with_status(mut self, status: u16, graph_code: Option<String>) -> Self {
        self.0.status = Some(status);
        self.0.graph_code = graph_code;
        self
    }

    pub(crate) fn with_correlation(mut self, correlation: Correlation) -> Self {
        self.0.correlation = correlation;
        self
    }
}

impl fmt::Debug for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphError")
            .field("code", &self.code())
            .field("message", &self.0.message)
            .field("status", &self.0.status)
            .field("graph_code", &self.0.graph_code)
            .field("correlation", &self.0.correlation)
            .finish()
    }
}
