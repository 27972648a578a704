//! How the server is reached, as its settings say.

use std::net::{IpAddr, SocketAddr};

use url::Url;

/// The session's cookie under TLS; the prefix makes browsers refuse it from anywhere else (RFC 6265bis, 4.1.3.2).
pub const SECURE_COOKIE: &str = "__Host-tenantatlas";

/// The session's cookie on plain HTTP, which is for this machine only.
pub const LOOPBACK_COOKIE: &str = "tenantatlas-loopback";

/// How the server is reached.
#[derive(Clone, Debug)]
pub struct Options {
    transport: Transport,
    hosts: Vec<String>,
    proxies: Vec<IpAddr>,
    purpose: Purpose,
}

/// What the server is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    /// Somebody's tenants.
    Work,
    /// A look at simulated tenants: links sign people in.
    Demo,
}

/// What lies between us and a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Transport {
    /// Nothing: plain HTTP that never leaves this machine.
    Loopback,
    /// TLS, ended by somebody in front of us.
    Tls,
}

/// Why a public address cannot be one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the public address must look like https://atlas.example.com, without a path")]
pub struct PublicUrlError;

impl Options {
    /// Serves this machine alone, over plain HTTP at this address.
    #[must_use]
    pub fn loopback(at: SocketAddr) -> Self {
        let port = at.port();
        let names = ["127.0.0.1", "localhost", "[::1]"];
        let mut hosts: Vec<String> = names.iter().map(|name| format!("{name}:{port}")).collect();
        if port == 80 {
            hosts.extend(names.iter().map(|name| (*name).to_owned()));
        }
        Self { transport: Transport::Loopback, hosts, proxies: Vec::new(), purpose: Purpose::Work }
    }

    /// Serves a demo to this machine alone: there, and nowhere else, a link signs somebody in.
    #[must_use]
    pub fn demo(at: SocketAddr) -> Self {
        Self { purpose: Purpose::Demo, ..Self::loopback(at) }
    }

    /// Serves a public address over TLS that the proxies in front of us end; only they are believed about clients.
    ///
    /// # Errors
    /// [`PublicUrlError`] if it is no https address of a host.
    pub fn public(url: &str, proxies: Vec<IpAddr>) -> Result<Self, PublicUrlError> {
        let url = Url::parse(url).map_err(|_| PublicUrlError)?;
        let plain = url.path() == "/" && url.query().is_none() && url.username().is_empty();
        let host = url.host_str().filter(|_| plain && url.scheme() == "https").ok_or(PublicUrlError)?;
        let host = url.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self { transport: Transport::Tls, hosts: vec![host], proxies, purpose: Purpose::Work })
    }

    /// Says whether it is a demo that is served.
    #[must_use]
    pub fn is_demo(&self) -> bool {
        self.purpose == Purpose::Demo
    }

    /// Gives the address that links to hand out begin with, without a slash at its end.
    #[must_use]
    pub fn base(&self) -> String {
        let scheme = if self.is_tls() { "https" } else { "http" };
        let host = self.hosts.first().expect("both ways of making options name a host");
        format!("{scheme}://{host}")
    }

    /// Says whether browsers come by TLS.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.transport == Transport::Tls
    }

    /// Gives the name of the session's cookie; the other name is never looked at.
    #[must_use]
    pub fn cookie_name(&self) -> &'static str {
        match self.transport {
            Transport::Loopback => LOOPBACK_COOKIE,
            Transport::Tls => SECURE_COOKIE,
        }
    }

    /// Says whether a request for this host is for us.
    #[must_use]
    pub fn answers_for(&self, host: &str) -> bool {
        self.hosts.iter().any(|ours| ours.eq_ignore_ascii_case(host))
    }

    /// Says whether an `Origin` is one of our own.
    #[must_use]
    pub fn is_own_origin(&self, origin: &str) -> bool {
        let scheme = if self.is_tls() { "https://" } else { "http://" };
        origin.strip_prefix(scheme).is_some_and(|host| self.answers_for(host))
    }

    /// Gives the client's address: the peer's, or what a proxy of ours says in its last `X-Forwarded-For`.
    #[must_use]
    pub fn client(&self, peer: Option<IpAddr>, forwarded: Option<&str>) -> Option<IpAddr> {
        let peer = peer?;
        if !self.proxies.contains(&peer) {
            return Some(peer);
        }
        let last = forwarded.and_then(|list| list.rsplit(',').next());
        Some(last.and_then(|address| address.trim().parse().ok()).unwrap_or(peer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_names_and_origins_are_ours() {
        let local = Options::loopback("127.0.0.1:8080".parse().expect("an address"));
        assert!(local.answers_for("localhost:8080") && local.answers_for("127.0.0.1:8080"));
        assert!(!local.answers_for("localhost") && !local.answers_for("evil.example:8080"));
        assert!(local.is_own_origin("http://localhost:8080"));
        assert!(!local.is_own_origin("https://localhost:8080") && !local.is_own_origin("null"));
        let public = Options::public("https://Atlas.Example.com", Vec::new()).expect("an address");
        assert!(public.answers_for("atlas.example.com") && public.is_own_origin("https://atlas.example.com"));
        assert_ne!(local.cookie_name(), public.cookie_name());
        for bad in ["http://atlas.example.com", "https://atlas.example.com/x", "atlas", "https://u@a.example"]
        {
            assert!(Options::public(bad, Vec::new()).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_a_proxy_of_ours_is_believed_about_its_clients() {
        let proxy: IpAddr = "10.0.0.1".parse().expect("an address");
        let other: IpAddr = "10.0.0.2".parse().expect("an address");
        let options = Options::public("https://a.example", vec![proxy]).expect("an address");
        let said = Some("1.1.1.1, 203.0.113.9");
        assert_eq!(options.client(Some(proxy), said), "203.0.113.9".parse().ok());
        assert_eq!(options.client(Some(other), said), Some(other));
        assert_eq!(options.client(Some(proxy), Some("rubbish")), Some(proxy));
    }
}
