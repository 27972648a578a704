//! Two hundred people who guess passwords at once take neither the memory nor the threads that serve the rest.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::program::Program;

/// How many try to sign in at once.
const PEOPLE: usize = 200;

/// The fewest questions about health that say something about all of the storm.
const ASKED_MIN: usize = 20;

/// What half of the answers about health have to keep to: the time that one in a hundred may pass on a machine that
/// does nothing else (A4). Hashes on the threads that answer, or all at once, would hold each answer up for seconds.
const USUAL_MAX: Duration = Duration::from_millis(100);

/// What nearly all of them have to keep to where other programs take the cores as well.
const SLOWEST_MAX: Duration = Duration::from_secs(1);

/// Sends a request on a connection of its own and gives the status with the whole answer.
async fn ask(host: &str, request: String) -> (u16, String) {
    let mut stream = TcpStream::connect(host).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok());
    (status.unwrap_or_else(|| panic!("no status: {answer}")), answer)
}

fn health(host: &str) -> String {
    format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
}

fn form(host: &str, path: &str, fields: &str) -> String {
    let length = fields.len();
    format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nSec-Fetch-Site: same-origin\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {length}\r\n\r\n{fields}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a4_two_hundred_parallel_sign_ins_do_not_slow_healthz() {
    let program = Program::new();
    program.ok(&["migrate"]).await;
    let mut serving = program.start(&["serve", "--listen", "127.0.0.1:0"]);
    let link = serving.until_told("first-start?token=").await;
    let (address, token) = link.trim().split_once("/first-start?token=").unwrap();
    let host = address.strip_prefix("http://").unwrap().to_owned();
    let account =
        format!("token={token}&name=Mara&email=mara%40example.com&password=lantern+over+a+quiet+harbour");
    let (made, answer) = ask(&host, form(&host, "/first-start", &account)).await;
    assert_eq!(made, 303, "{answer}");

    let mut storm = JoinSet::new();
    for person in 0..PEOPLE {
        // Half of them know of an account; the answer and the work are the same for both halves.
        let email = if person % 2 == 0 {
            "mara%40example.com".to_owned()
        } else {
            format!("p{person}%40example.com")
        };
        let request = form(&host, "/sign-in", &format!("email={email}&password=a+guess+number+{person}"));
        let host = host.clone();
        storm.spawn(async move { ask(&host, request).await.0 });
    }
    let (mut took, mut statuses) = (Vec::new(), Vec::new());
    while !storm.is_empty() {
        let asked = Instant::now();
        let (status, _) = ask(&host, health(&host)).await;
        took.push(asked.elapsed());
        assert_eq!(status, 200);
        while let Some(ended) = storm.try_join_next() {
            statuses.push(ended.unwrap());
        }
    }

    took.sort();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100];
    let refused = statuses.iter().filter(|status| **status == 401).count();
    let busy = statuses.iter().filter(|status| **status == 429).count();
    println!(
        "{refused} refused, {busy} told to come back; healthz asked {} times: p50 {:?}, p99 {:?}",
        took.len(),
        at(50),
        at(99)
    );
    assert_eq!(refused + busy, PEOPLE, "{statuses:?}");
    assert!(refused > 0 && busy > 0, "some are looked at, and a short line waits: {refused}, {busy}");
    assert!(took.len() >= ASKED_MIN, "the storm was over after {} questions", took.len());
    assert!(at(50) < USUAL_MAX && at(99) < SLOWEST_MAX, "p50 {:?}, p99 {:?}", at(50), at(99));
    assert_eq!(serving.terminate().await, Some(0));
}
