//! What a reader cannot see and a terminal or a page might obey.

/// Returns the text without control characters, terminal sequences, bidirectional controls and
/// zero-width characters.
///
/// Line feed, tab and the joiners that Persian and emoji are written with are kept.
pub(super) fn strip(text: &str) -> String {
    if !text.chars().any(is_stripped) {
        return text.to_owned();
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let opens_sequence = c == '\u{9b}' || (c == '\u{1b}' && rest.next_if_eq(&'[').is_some());
        if opens_sequence {
            // ECMA-48: parameters and intermediates, then one final byte.
            while rest.next_if(|c| ('\u{20}'..='\u{3f}').contains(c)).is_some() {}
            rest.next_if(|c| ('\u{40}'..='\u{7e}').contains(c));
        } else if !is_stripped(c) {
            kept.push(c);
        }
    }
    kept
}

/// Says whether a character has no width and no letter, so that it cannot part a word.
pub(super) fn is_ignorable(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{e0000}'..='\u{e0fff}')
}

fn is_stripped(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
