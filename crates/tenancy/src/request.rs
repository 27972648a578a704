//! What is known of the request that somebody acts by.

use std::net::IpAddr;

/// The longest request id that is kept.
const ID_LENGTH_MAX: usize = 64;

/// How much is kept of what a browser says about itself.
const AGENT_LENGTH_MAX: usize = 120;

/// Where an act came from, for the audit log and the list of sessions; all of it may be unknown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestInfo {
    id: String,
    address: Option<IpAddr>,
    agent: String,
}

impl RequestInfo {
    /// Takes what the web layer knows; texts are shortened, and control characters are dropped.
    #[must_use]
    pub fn new(id: &str, address: Option<IpAddr>, agent: &str) -> Self {
        Self {
            id: plain(id, ID_LENGTH_MAX),
            address: address.map(|address| address.to_canonical()),
            agent: plain(agent, AGENT_LENGTH_MAX),
        }
    }

    /// Gives the id of the request; empty when there is none.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Gives the client's address as text; empty when it is unknown.
    #[must_use]
    pub fn address(&self) -> String {
        self.address.map(|address| address.to_string()).unwrap_or_default()
    }

    /// Says whether the client is on this very machine; one that is not known is not.
    pub(crate) fn is_from_this_machine(&self) -> bool {
        self.address.is_some_and(|address| address.is_loopback())
    }

    /// Gives what the browser says about itself, shortened.
    #[must_use]
    pub fn agent(&self) -> &str {
        &self.agent
    }

    /// Gives the network that the client shares with its neighbours: its /24, or its /64 under IPv6.
    #[must_use]
    pub fn network(&self) -> Option<String> {
        Some(match self.address? {
            IpAddr::V4(v4) => {
                let [a, b, c, _] = v4.octets();
                format!("{a}.{b}.{c}.0/24")
            }
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        })
    }
}

/// Drops control characters and cuts at a character border.
pub(crate) fn plain(text: &str, length_max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(length_max).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(address: &str) -> RequestInfo {
        RequestInfo::new("", Some(address.parse().expect("an address")), "")
    }

    #[test]
    fn neighbours_share_a_network_and_others_do_not() {
        assert_eq!(from("203.0.113.9").network(), from("203.0.113.77").network());
        assert_eq!(from("::ffff:203.0.113.9").network(), from("203.0.113.77").network());
        assert_ne!(from("203.0.113.9").network(), from("203.0.114.9").network());
        assert_eq!(from("2001:db8:1:2::1").network(), from("2001:db8:1:2:ffff::9").network());
        assert_ne!(from("2001:db8:1:2::1").network(), from("2001:db8:1:3::1").network());
        assert_eq!(RequestInfo::default().network(), None);
    }

    #[test]
    fn what_a_client_sends_is_shortened_and_holds_no_control_characters() {
        let info = RequestInfo::new(&"x".repeat(1_000), None, "Browser\r\n\0/1.0");
        assert_eq!((info.id().len(), info.agent()), (ID_LENGTH_MAX, "Browser/1.0"));
    }
}
