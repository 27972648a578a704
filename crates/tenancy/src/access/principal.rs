//! Somebody who has shown who they are.

use std::sync::Arc;

use crate::{Capabilities, Channel, RequestInfo, UserId, WorkspaceId};

/// Somebody who has shown who they are, by a session or an API token; made for one request.
///
/// It is no right to anything: [`super::member`] asks the database what they may do, at every request.
#[derive(Clone, Debug)]
pub struct Principal {
    pub(crate) user: UserId,
    pub(crate) channel: Channel,
    /// The most that may come of it, whatever the role says.
    pub(crate) ceiling: Capabilities,
    /// The only workspace that it is good for.
    pub(crate) bound_to: Option<WorkspaceId>,
    pub(crate) request: Arc<RequestInfo>,
}

impl Principal {
    /// Gives who it is.
    #[must_use]
    pub fn user(&self) -> UserId {
        self.user
    }

    /// Gives how they came in.
    #[must_use]
    pub fn channel(&self) -> Channel {
        self.channel
    }

    /// Gives what is known of the request.
    #[must_use]
    pub fn request(&self) -> &Arc<RequestInfo> {
        &self.request
    }
}
