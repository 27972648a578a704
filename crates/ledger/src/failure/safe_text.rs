//! Text that may be stored and shown.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};
use unicode_normalization::char::is_combining_mark;

use super::sanitize::{MARKER, sanitize_full};

/// Longest safe text in characters, the ellipsis of a cut one included.
pub const SAFE_TEXT_CHARS_MAX: usize = 500;

/// How much of a text is looked at in bytes; whole bodies come in as error texts.
const INPUT_BYTES_MAX: usize = 64 * 1024;

/// How far a cut moves back in characters to keep an accent or an emoji whole.
const CLUSTER_CHARS_MAX: usize = 16;

/// Times that a text is cut and looked at again; one that has not settled then is withheld whole.
const CUTS_MAX: usize = 4;

const ELLIPSIS: char = '…';

/// Text without secrets, personal data or control characters, at most [`SAFE_TEXT_CHARS_MAX`]
/// characters long.
///
/// Made by [`sanitize`], or from our own words in the source.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct SafeText(String);

/// Redacts the text, then cuts it at a character border with an ellipsis.
///
/// Redacting comes first, so that no cut leaves half a secret. Clean text of up to
/// [`SAFE_TEXT_CHARS_MAX`] characters comes back unchanged, and sanitizing twice changes nothing.
pub fn sanitize(text: &str) -> SafeText {
    let mut safe = cut(sanitize_full(&text[..text.floor_char_boundary(INPUT_BYTES_MAX)]));
    for _ in 0..CUTS_MAX {
        // The end of the text means something to some rules, and a cut makes a new end.
        let again = cut(sanitize_full(&safe));
        if again == safe {
            return SafeText(safe);
        }
        safe = again;
    }
    SafeText(MARKER.to_owned())
}

impl SafeText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for SafeText {
    /// Takes our own words; they are cut if too long, but not redacted.
    fn from(words: &'static str) -> Self {
        Self(cut(words.to_owned()))
    }
}

impl fmt::Display for SafeText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SafeText {
    /// Sanitizes again: a stored text that an earlier version let through is caught on the way out.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| sanitize(&text))
    }
}

fn cut(mut text: String) -> String {
    if text.char_indices().nth(SAFE_TEXT_CHARS_MAX).is_none() {
        return text;
    }
    let mut end = text.char_indices().nth(SAFE_TEXT_CHARS_MAX - 1).map_or(text.len(), |(at, _)| at);
    for _ in 0..CLUSTER_CHARS_MAX {
        let inside = text[end..].starts_with(continues_cluster) || text[..end].ends_with('\u{200d}');
        match text[..end].char_indices().next_back() {
            Some((before, _)) if inside => end = before,
            _ => break,
        }
    }
    // Half a marker would be read as text.
    let near = text.ceil_char_boundary(end + MARKER.len());
    if let Some(marker) = text[..near].rfind(MARKER)
        && (marker + 1..marker + MARKER.len()).contains(&end)
    {
        end = marker;
    }
    text.truncate(end);
    text.truncate(text.trim_end().len());
    text.push(ELLIPSIS);
    text
}

fn continues_cluster(c: char) -> bool {
    is_combining_mark(c) || matches!(c, '\u{200d}' | '\u{fe00}'..='\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}')
}
