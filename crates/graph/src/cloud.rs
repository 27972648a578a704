//! The Microsoft clouds and the addresses that belong to each.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use url::{Host, Url};

/// The cloud that a tenant lives in; it decides the login address and the Graph address.
///
/// National clouds: <https://learn.microsoft.com/graph/deployments>.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cloud {
    /// The worldwide cloud, GCC included.
    Global,
    /// The US government cloud, GCC High (L4).
    UsGov,
    /// The US government cloud of the Department of Defense (L5).
    UsGovDod,
    /// The cloud in China that 21Vianet runs.
    China,
    /// A simulator on this machine.
    Simulated(SimulatedAddresses),
}

/// The two addresses of a simulator; both are loopback addresses, or they cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SimulatedAddresses {
    login: Url,
    graph: Url,
}

/// Why a cloud cannot be named like this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CloudError {
    /// The word is none of the tokens that [`Cloud`] displays.
    #[error("recognise the cloud (known: global, usgov, usgov-dod, china, simulated)")]
    Unknown,
    /// `simulated` alone says nothing about where the simulator is.
    #[error("find the simulator: a simulated cloud needs a login and a graph address")]
    NeedsAddresses,
    /// An address of a simulator is not an `http` or `https` address.
    #[error("read the simulator's address: it is not an http address")]
    Address,
    /// An address of a simulator is not on this machine.
    #[error("accept the simulator's address: only 127.0.0.0/8, ::1 and localhost are allowed")]
    NotLoopback,
}

impl SimulatedAddresses {
    /// Accepts the two addresses of a simulator on this machine.
    ///
    /// Only `127.0.0.0/8`, `::1` and `localhost` pass, so that a real secret can never be sent to
    /// a host of somebody's choice. A path is kept and put before every call.
    ///
    /// # Errors
    /// [`CloudError::Address`] or [`CloudError::NotLoopback`].
    pub fn new(login: Url, graph: Url) -> Result<Self, CloudError> {
        for url in [&login, &graph] {
            if !matches!(url.scheme(), "http" | "https")
                || !url.username().is_empty()
                || url.password().is_some()
                || url.query().is_some()
            {
                return Err(CloudError::Address);
            }
            if !is_loopback(url) {
                return Err(CloudError::NotLoopback);
            }
        }
        Ok(Self { login, graph })
    }
}

impl Cloud {
    /// Names the cloud of a simulator by its two addresses.
    ///
    /// # Errors
    /// [`CloudError::Address`] or [`CloudError::NotLoopback`].
    pub fn simulated(login: &str, graph: &str) -> Result<Self, CloudError> {
        let parse = |text: &str| Url::parse(text).map_err(|_| CloudError::Address);
        SimulatedAddresses::new(parse(login)?, parse(graph)?).map(Self::Simulated)
    }

    /// Returns the address that gives tokens.
    pub fn login(&self) -> Url {
        match self {
            Self::Global => known("https://login.microsoftonline.com"),
            Self::UsGov | Self::UsGovDod => known("https://login.microsoftonline.us"),
            Self::China => known("https://login.chinacloudapi.cn"),
            Self::Simulated(addresses) => addresses.login.clone(),
        }
    }

    /// Returns the address of Microsoft Graph, without a version.
    pub fn graph(&self) -> Url {
        match self {
            Self::Global => known("https://graph.microsoft.com"),
            Self::UsGov => known("https://graph.microsoft.us"),
            Self::UsGovDod => known("https://dod-graph.microsoft.us"),
            Self::China => known("https://microsoftgraph.chinacloudapi.cn"),
            Self::Simulated(addresses) => addresses.graph.clone(),
        }
    }
}

impl fmt::Display for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Global => "global",
            Self::UsGov => "usgov",
            Self::UsGovDod => "usgov-dod",
            Self::China => "china",
            Self::Simulated(_) => "simulated",
        })
    }
}

impl FromStr for Cloud {
    type Err = CloudError;

    /// Reads the token of a real cloud; a simulated one is made with [`Cloud::simulated`].
    fn from_str(token: &str) -> Result<Self, CloudError> {
        match token {
            "global" => Ok(Self::Global),
            "usgov" => Ok(Self::UsGov),
            "usgov-dod" => Ok(Self::UsGovDod),
            "china" => Ok(Self::China),
            "simulated" => Err(CloudError::NeedsAddresses),
            _ => Err(CloudError::Unknown),
        }
    }
}

fn known(address: &'static str) -> Url {
    Url::parse(address).expect("the addresses of the known clouds are valid")
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_real_cloud_reads_back_from_its_token() {
        for cloud in [Cloud::Global, Cloud::UsGov, Cloud::UsGovDod, Cloud::China] {
            assert_eq!(cloud.to_string().parse(), Ok(cloud.clone()));
            assert_eq!(cloud.graph().scheme(), "https");
            assert_eq!(cloud.login().scheme(), "https");
        }
        assert_eq!("simulated".parse::<Cloud>(), Err(CloudError::NeedsAddresses));
        assert_eq!("Global".parse::<Cloud>(), Err(CloudError::Unknown));
    }

    #[test]
    fn no_two_real_clouds_share_a_graph_host() {
        let hosts: std::collections::BTreeSet<_> =
            [Cloud::Global, Cloud::UsGov, Cloud::UsGovDod, Cloud::China]
                .iter()
                .map(|cloud| cloud.graph().host_str().map(str::to_owned))
                .collect();
        assert_eq!(hosts.len(), 4);
    }

    #[test]
    fn a_simulator_lives_on_this_machine_only() {
        for address in [
            "http://127.0.0.1:8080",
            "http://127.9.9.9",
            "http://[::1]:1/base",
            "https://localhost:3000",
            "http://2130706433/",
        ] {
            assert!(Cloud::simulated(address, address).is_ok(), "{address}");
        }
        for (address, error) in [
            ("http://128.0.0.1", CloudError::NotLoopback),
            ("http://localhost.evil.example", CloudError::NotLoopback),
            ("http://127.0.0.1.evil.example", CloudError::NotLoopback),
            ("http://[::ffff:10.0.0.1]", CloudError::NotLoopback),
            ("https://graph.microsoft.com", CloudError::NotLoopback),
            ("http://127.0.0.1@evil.example", CloudError::Address),
            ("http://user:word@127.0.0.1", CloudError::Address),
            ("ftp://127.0.0.1", CloudError::Address),
            ("127.0.0.1:80", CloudError::Address),
        ] {
            assert_eq!(Cloud::simulated("http://127.0.0.1", address), Err(error.clone()));
            assert_eq!(Cloud::simulated(address, "http://127.0.0.1"), Err(error));
        }
    }
}
