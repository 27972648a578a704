//! Where a server is: https anywhere, plain http on this machine alone.

use reqwest::Url;

use crate::problem::Problem;

/// Reads the address of a server.
///
/// # Errors
/// It is none, or the token would cross a network in the clear.
pub(super) fn parse(text: &str) -> Result<Url, Problem> {
    let wrong = |why: &str| {
        Err(Problem::wrong_use("server.address", format!("--server {why}"))
            .advice("give an address such as https://atlas.example.com"))
    };
    let Ok(url) = Url::parse(text) else { return wrong("is no address") };
    if !url.username().is_empty() || url.password().is_some() {
        return wrong("holds a user name or a password; the token says who asks");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return wrong("names more than a server");
    }
    match (url.scheme(), url.host_str()) {
        ("https", Some(_)) => Ok(url),
        ("http", Some(host)) if is_this_machine(host) => Ok(url),
        ("http", Some(_)) => wrong("is plain http to another machine, on which others could read the token"),
        _ => wrong("is neither https nor http"),
    }
}

fn is_this_machine(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_sent_over_tls_or_to_this_machine() {
        for good in [
            "https://atlas.example.com",
            "https://atlas:8443/",
            "http://127.0.0.1:8080",
            "http://[::1]:80",
            "http://localhost",
        ] {
            assert!(parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "atlas.example.com",
            "http://atlas.example.com",
            "http://127.0.0.1.evil.example",
            "http://localhost.evil.example",
            "https://ana:hunter2@atlas.example.com",
            "https://atlas.example.com/api",
            "https://atlas.example.com/?x=1",
            "ftp://atlas.example.com",
            "file:///etc/passwd",
        ] {
            let problem = parse(bad).expect_err(bad);
            assert!(!problem.sentence().contains("hunter2"), "{bad}");
        }
    }
}
