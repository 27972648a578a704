//! Where a request may go: scheme, host and port, compared as parsed values.
//!
//! A page link comes from outside and is followed with a bearer token, so it is compared with the
//! connection's own origin after parsing; a comparison of text prefixes would let
//! `https://graph.microsoft.com.evil.example` pass.

use url::Url;

/// Why a link was not followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LinkFault {
    /// It is not an absolute address.
    NotAbsolute,
    /// Scheme, host or port differ, or it carries a user name or password.
    OtherOrigin,
    /// It leads to another version of the API than the page that named it.
    OtherVersion,
}

/// Tells whether a request to `url` stays on the origin of `base`.
///
/// An address with a user name or password never does: no link of Graph carries one.
pub(crate) fn stays_on(url: &Url, base: &Url) -> bool {
    let origin = base.origin();
    origin.is_tuple() && url.origin() == origin && url.username().is_empty() && url.password().is_none()
}

/// Parses a page link and accepts it only on the origin and API version of the page it came from.
///
/// # Errors
/// [`LinkFault`] says what is wrong with the link; it must not be followed.
pub(crate) fn follow(link: &str, from: &Url) -> Result<Url, LinkFault> {
    let url = Url::parse(link).map_err(|_| LinkFault::NotAbsolute)?;
    if !stays_on(&url, from) {
        return Err(LinkFault::OtherOrigin);
    }
    if first_segment(&url) != first_segment(from) {
        return Err(LinkFault::OtherVersion);
    }
    Ok(url)
}

fn first_segment(url: &Url) -> Option<String> {
    let segment = url.path_segments()?.next()?;
    Some(segment.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "https://graph.microsoft.com/beta/deviceManagement/intents?$top=5";

    fn check(link: &str, expected: Result<(), LinkFault>) {
        let from = Url::parse(PAGE).expect("a literal address parses");
        assert_eq!(follow(link, &from).map(|_| ()), expected, "link {link}");
    }

    #[test]
    fn a_link_on_the_same_origin_is_followed_verbatim() {
        let from = Url::parse(PAGE).expect("a literal address parses");
        for link in [
            "https://graph.microsoft.com/beta/deviceManagement/intents?$skiptoken=a%2Bb%3D%3D",
            "https://graph.microsoft.com:443/beta/deviceManagement/intents?$skip=5",
            "HTTPS://GRAPH.MICROSOFT.COM/beta/deviceManagement/intents?$skip=5",
        ] {
            assert!(follow(link, &from).is_ok(), "link {link}");
        }
        let link = "https://graph.microsoft.com/beta/x?$skiptoken=a%2Bb%3D%3D&$top=5";
        assert_eq!(follow(link, &from).map(String::from), Ok(link.to_owned()), "the query is not rebuilt");
    }

    #[test]
    fn a_link_to_any_other_place_is_refused() {
        check("https://graph.microsoft.com.evil.example/beta/x", Err(LinkFault::OtherOrigin));
        check("https://evil.example/graph.microsoft.com/beta/x", Err(LinkFault::OtherOrigin));
        check("https://graph.microsoft.com@evil.example/beta/x", Err(LinkFault::OtherOrigin));
        check("https://user@graph.microsoft.com/beta/x", Err(LinkFault::OtherOrigin));
        check("https://user:word@graph.microsoft.com/beta/x", Err(LinkFault::OtherOrigin));
        check("http://graph.microsoft.com/beta/x", Err(LinkFault::OtherOrigin));
        check("https://graph.microsoft.com:8443/beta/x", Err(LinkFault::OtherOrigin));
        check("https://graph.microsoft.us/beta/x", Err(LinkFault::OtherOrigin));
        check("https://graph.microsoft.com./beta/x", Err(LinkFault::OtherOrigin));
        check("file:///beta/x", Err(LinkFault::OtherOrigin));
        check("data:text/plain,beta", Err(LinkFault::OtherOrigin));
        check("/beta/x", Err(LinkFault::NotAbsolute));
        check("//evil.example/beta/x", Err(LinkFault::NotAbsolute));
        check("", Err(LinkFault::NotAbsolute));
        check("https://graph.microsoft.com/v1.0/x", Err(LinkFault::OtherVersion));
        check("https://graph.microsoft.com/beta/../v1.0/x", Err(LinkFault::OtherVersion));
    }

    #[test]
    fn two_addresses_without_an_origin_are_never_the_same_place() {
        let opaque = Url::parse("data:text/plain,x").expect("a literal address parses");
        assert!(!stays_on(&opaque, &opaque));
    }
}
