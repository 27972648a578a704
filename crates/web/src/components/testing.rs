//! What the tests of components share: a wall clock that stands still, and a look at the markup.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use maud::{DOCTYPE, Markup, html};

use super::icon::sprite;
use super::wall::Wall;

/// The folder that pages are written to when somebody wants to look at them.
const GALLERY: &str = "TENANTATLAS_GALLERY";

/// The rail and the top bar around a page that is looked at.
const FRAME: &str = include_str!("testing_frame.html");

/// Elements that have no end tag.
const VOID: &[&str] = &["br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"];

/// Attributes that name elements by their ids.
const REFERENCES: &[&str] = &["for", "aria-describedby", "aria-labelledby", "aria-controls", "popovertarget"];

/// Friday 20 November 2026, a quarter past three in Berlin.
pub(crate) fn wall() -> Wall {
    let zone = TimeZone::get("Europe/Berlin").expect("the zone is in the database");
    Wall::new("2026-11-20T14:11:57Z".parse().expect("it is an instant"), zone)
}

/// Holds markup against its snapshot, after a look at whether it is sound.
#[track_caller]
pub(crate) fn check(name: &str, markup: &str) {
    assert_sound(markup);
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => "snapshots" }, {
        insta::assert_snapshot!(name, laid_out(markup));
    });
}

/// Asserts that a page is sound, and writes it to the gallery where one is wanted.
///
/// `frame` is `shell` for pages inside and `door` for those before the sign-in.
#[track_caller]
pub(crate) fn show(name: &str, frame: &str, page: &Markup) {
    let page = page.clone().into_string();
    let body = match frame {
        "door" => format!(
            "<main id=\"main\" class=\"door\"><div><a class=\"brand\" href=\"/\">TenantAtlas</a>{page}</div></main>"
        ),
        _ => FRAME.replace("<!--page-->", &page),
    };
    let document = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="rendered-at" content=(wall().now);
                title { (name) }
                link rel="stylesheet" href="assets/atlas.css";
                script type="module" src="assets/atlas.js" {}
            }
            body class=[(frame == "door").then_some("bare")] { (sprite()) (maud::PreEscaped(body)) }
        }
    };
    let document = document.into_string();
    assert_sound(&document);
    #[expect(
        clippy::disallowed_methods,
        reason = "it is a wish of whoever runs the test, no setting of the product"
    )]
    if let Ok(folder) = std::env::var(GALLERY) {
        std::fs::write(format!("{folder}/{name}.html"), document).expect("the folder is there");
    }
}

/// Asserts that tags match, ids are unique and found, and nothing is inline that the security policy forbids.
#[track_caller]
pub(crate) fn assert_sound(markup: &str) {
    let mut open: Vec<String> = Vec::new();
    let mut ids: BTreeSet<String> = BTreeSet::new();
    let mut wanted: BTreeMap<String, String> = BTreeMap::new();
    for tag in tags(markup) {
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "</{name}> closes something else in {markup}");
            continue;
        }
        let (name, attributes) = parts(tag);
        for (key, value) in attributes {
            assert_ne!(key, "style", "an inline style in <{tag}>");
            assert!(!key.starts_with("on") && !key.starts_with("hx-on"), "an inline script in <{tag}>");
            if key == "id" {
                assert!(ids.insert(value.clone()), "two elements have the id {value}");
            } else if REFERENCES.contains(&key.as_str()) {
                wanted.extend(value.split(' ').map(|id| (id.to_owned(), tag.to_owned())));
            } else if key == "href" && name == "a" {
                assert!(!value.starts_with("javascript:"), "a script as a link in <{tag}>");
            }
        }
        if !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?} are left open in {markup}");
    for (id, tag) in wanted {
        assert!(ids.contains(&id), "<{tag}> names {id}, which is not there");
    }
}

/// Puts each element on a line of its own, so that a snapshot can be read.
fn laid_out(markup: &str) -> String {
    let mut lines: Vec<(usize, String)> = Vec::new();
    let mut depth = 0_usize;
    let mut rest = markup;
    while let Some(at) = rest.find('<') {
        push_line(&mut lines, depth, &rest[..at]);
        let end = rest[at..].find('>').map_or(rest.len(), |length| at + length + 1);
        let tag = &rest[at..end];
        rest = &rest[end..];
        if tag.starts_with("</") {
            depth = depth.saturating_sub(1);
            close(&mut lines, depth, tag);
            continue;
        }
        push_line(&mut lines, depth, tag);
        let (name, _) = parts(tag.trim_matches(['<', '>', '/']));
        if !tag.starts_with("<!") && !VOID.contains(&name.as_str()) {
            depth += 1;
        }
    }
    push_line(&mut lines, depth, rest);
    lines.into_iter().map(|(depth, line)| format!("{}{line}\n", " ".repeat(depth))).collect()
}

fn push_line(lines: &mut Vec<(usize, String)>, depth: usize, line: &str) {
    let line = line.trim();
    if !line.is_empty() {
        lines.push((depth, line.to_owned()));
    }
}

/// Ends an element: on the line of its start where it holds nothing or one line, else on its own.
fn close(lines: &mut Vec<(usize, String)>, depth: usize, tag: &str) {
    let opened = lines.iter().rposition(|(at, _)| *at == depth);
    match opened {
        Some(at) if lines.len() - at <= 2 => {
            let inner: String = lines.drain(at + 1..).map(|(_, line)| line).collect();
            lines[at].1.push_str(&inner);
            lines[at].1.push_str(tag);
        }
        _ => lines.push((depth, tag.to_owned())),
    }
}

/// Gives what stands between angle brackets, comments and the document type left out.
fn tags(markup: &str) -> impl Iterator<Item = &str> {
    markup
        .split('<')
        .skip(1)
        .filter(|tag| !tag.starts_with('!'))
        .map(|tag| tag.split_once('>').expect("a tag ends").0)
}

/// Splits a tag into its name and its attributes.
fn parts(tag: &str) -> (String, Vec<(String, String)>) {
    let (name, mut rest) = tag.split_once(char::is_whitespace).unwrap_or((tag, ""));
    let mut attributes = Vec::new();
    while let Some(start) = rest.find(|c: char| !c.is_whitespace() && c != '/') {
        rest = &rest[start..];
        let key_end = rest.find(|c: char| c.is_whitespace() || c == '=').unwrap_or(rest.len());
        let key = rest[..key_end].to_owned();
        rest = &rest[key_end..];
        let mut value = String::new();
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let end = quoted.find('"').expect("a value ends");
            quoted[..end].clone_into(&mut value);
            rest = &quoted[end + 1..];
        }
        attributes.push((key, value));
    }
    (name.to_owned(), attributes)
}

#[test]
fn unsound_markup_is_found() {
    let unsound = [
        "<p><b></p></b>",
        "<p>",
        "<p style=\"color:red\"></p>",
        "<button onclick=\"x()\"></button>",
        "<i id=\"a\"></i><i id=\"a\"></i>",
        "<label for=\"nowhere\"></label>",
        "<a href=\"javascript:x\"></a>",
    ];
    for markup in unsound {
        assert!(std::panic::catch_unwind(|| assert_sound(markup)).is_err(), "{markup}");
    }
    assert_sound("<p id=\"a\">1 &lt; 2<br></p><label for=\"a\"></label>");
}
