//! A browser without scripts: asks for pages, sends forms, and keeps the cookie it is given.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::program::Started;

/// Somebody who looks at the pages of one server.
pub(crate) struct Visitor {
    /// Where the server listens: host and port.
    host: String,
    cookie: Option<String>,
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Visitor {
    /// Makes a visitor of the server at an address such as `http://127.0.0.1:8080`; nobody is signed in.
    pub(crate) fn of(address: &str) -> Self {
        let host = address.strip_prefix("http://").expect("it speaks plain HTTP on this machine");
        Self { host: host.to_owned(), cookie: None }
    }

    /// Waits until a server says where it is and offers the first account, and signs in with that account.
    pub(crate) async fn first(serving: &mut Started) -> Self {
        let said = serving.until("TenantAtlas is at").await;
        let address = said.split([' ', ';']).find(|word| word.starts_with("http://")).unwrap();
        let link = serving.until_told("first-start?token=").await;
        let (_, token) = link.trim().split_once("token=").expect("the link brings its token");
        let mut visitor = Self::of(address);
        let fields =
            format!("token={token}&name=Ana&email=ana%40example.com&password=a+long+walk+along+the+harbour");
        let made = visitor.post("/first-start", &fields).await;
        assert_eq!(made.status, 303, "{made:?}");
        assert!(visitor.cookie.is_some(), "who makes the first account is signed in: {made:?}");
        visitor
    }

    /// Asks for a page.
    pub(crate) async fn get(&mut self, path: &str) -> Page {
        self.ask("GET", path, "", "").await
    }

    /// Sends a form as one of the server's own pages would.
    pub(crate) async fn post(&mut self, path: &str, fields: &str) -> Page {
        let kind = "Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n";
        self.ask("POST", path, kind, fields).await
    }

    async fn ask(&mut self, method: &str, path: &str, headers: &str, body: &str) -> Page {
        let mut stream = TcpStream::connect(&self.host).await.unwrap();
        let cookie = self.cookie.as_ref().map(|cookie| format!("Cookie: {cookie}\r\n")).unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\n{cookie}{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.host,
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        let page = Page { status, head: head.to_owned(), body: body.to_owned() };
        if let Some(cookie) = page.header("set-cookie") {
            self.cookie = cookie.split(';').next().map(str::to_owned);
        }
        page
    }
}

impl Page {
    /// Gives a header of the answer, by its name in small letters.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = |line: &&str| line.split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case(name));
        self.head.lines().find(found).and_then(|line| line.split_once(':')).map(|(_, value)| value.trim())
    }
}
