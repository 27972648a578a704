//! Answers that are not what the contract says.

use std::time::Duration;

use graph::{CollectionEnd, GraphOptions};
use simulator::{Fault, Simulator};

use crate::world::{CONFIGURATION, answer, configurations, quick, world_of, world_with};

/// `{"value":[{"id":"packed"}]}`, compressed.
const PACKED: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xab, 0x56, 0x2a, 0x4b, 0xcc, 0x29, 0x4d,
    0x55, 0xb2, 0x8a, 0xae, 0x56, 0xca, 0x4c, 0x51, 0xb2, 0x52, 0x2a, 0x48, 0x4c, 0xce, 0x4e, 0x4d, 0x51,
    0xaa, 0x8d, 0xad, 0x05, 0x00, 0xd2, 0x52, 0xb6, 0x52, 0x1b, 0x00, 0x00, 0x00,
];

/// An empty list with ten thousand spaces in it, compressed.
const BOMB: &[u8] = &[
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0xb1, 0x0d, 0x00, 0x10, 0x10,
    0x00, 0xc0, 0x55, 0xe4, 0xc7, 0xb0, 0x8a, 0x28, 0x14, 0xba, 0x6f, 0x69, 0xc4, 0xee, 0xf6, 0x90, 0xbb,
    0x3b, 0xb1, 0x47, 0xae, 0x19, 0xb5, 0x15, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xf8,
    0x40, 0xbf, 0x0f, 0x49, 0xb7, 0x93, 0xee, 0x1c, 0x27, 0x00, 0x00,
];

fn packed(body: &[u8]) -> Fault {
    let headers = vec![("content-encoding".to_owned(), "gzip".to_owned())];
    Fault::Answer { status: 200, headers, body: body.to_vec() }
}

#[tokio::test]
async fn what_is_not_a_page_is_never_an_empty_page() {
    for fault in [
        Fault::Html,
        Fault::BrokenJson,
        Fault::EmptyBody,
        Fault::MissingValue,
        Fault::NullValue,
        answer("{\"value\":{}}"),
        answer("{\"error\":{\"code\":\"x\",\"message\":\"y\"}}"),
        Fault::Answer { status: 204, headers: Vec::new(), body: Vec::new() },
        Fault::Answer { status: 206, headers: Vec::new(), body: b"{\"value\":[]}".to_vec() },
    ] {
        let world = world_of(5).await;
        world.spoil(|rule| rule.page(2), fault.clone());
        let listed = world.list(CONFIGURATION).await;
        assert_eq!(listed.partial(), "graph.unexpected_answer", "{fault:?}");
        assert_eq!(listed.ids(), ["c0", "c1"], "{fault:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Simulator::new().start().await.unwrap();
    let world = world_of(1).await;
    let headers = vec![("location".to_owned(), format!("{}/beta/x", other.graph_url()))];
    world.spoil(|rule| rule, Fault::Answer { status: 302, headers, body: Vec::new() });
    let listed = world.list(CONFIGURATION).await;
    assert_eq!(listed.partial(), "graph.unexpected_answer");
    assert_eq!(world.reads(), 1);
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_given_up() {
    let options = GraphOptions { body_limit_bytes: 4096, ..quick() };
    for fault in [Fault::HugeBody(10_000_000), packed(BOMB)] {
        let world = world_with(options.clone(), |state| configurations(state, 1)).await;
        world.spoil(|rule| rule, fault);
        assert_eq!(world.list(CONFIGURATION).await.partial(), "graph.too_large");
    }
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    let world = world_of(1).await;
    world.spoil(|rule| rule, packed(PACKED));
    let listed = world.list(CONFIGURATION).await;
    assert_eq!((listed.ids(), &listed.end), (vec!["packed"], &CollectionEnd::Complete));
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_read_again() {
    for fault in [Fault::CutBody(10), Fault::Reset, packed(&PACKED[..20])] {
        let world = world_of(3).await;
        world.spoil(|rule| rule.times(2), fault.clone());
        assert_eq!(world.list(CONFIGURATION).await.end, CollectionEnd::Complete, "{fault:?}");
    }
}

#[tokio::test]
async fn an_answer_that_never_ends_is_a_timeout() {
    for fault in [Fault::Hang, Fault::StalledBody(10)] {
        let options =
            GraphOptions { request_timeout: Duration::from_millis(100), max_attempts: 2, ..quick() };
        let world = world_with(options, |state| configurations(state, 1)).await;
        world.spoil(|rule| rule, fault.clone());
        assert_eq!(world.list(CONFIGURATION).await.partial(), "graph.timeout", "{fault:?}");
        assert_eq!(world.reads(), 2, "{fault:?}");
    }
}
