//! What people are called.

use unicode_normalization::UnicodeNormalization;

/// The longest name, in characters.
const LENGTH_MAX: usize = 200;

/// A name as it is kept: trimmed, composed, without control characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PersonName(String);

/// A text that cannot be a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name must hold 1 to 200 characters, and no control characters")]
pub struct NameError;

impl PersonName {
    pub(crate) fn parse(text: &str) -> Result<Self, NameError> {
        if text.len() > 16 * LENGTH_MAX {
            return Err(NameError);
        }
        let name: String = text.trim().nfc().collect();
        let good = (1..=LENGTH_MAX).contains(&name.chars().count())
            && !name.chars().any(|c| c.is_control() || turns_text(c));
        if good { Ok(Self(name)) } else { Err(NameError) }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// Characters that change the direction of what follows (Unicode Standard Annex 9), or are not seen at all.
fn turns_text(c: char) -> bool {
    matches!(c, '\u{200B}' | '\u{200E}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_trimmed_composed_and_cannot_pretend_to_be_another_line() {
        assert_eq!(PersonName::parse("  Ame\u{301}lie ").expect("a name").as_str(), "Am\u{e9}lie");
        assert!(PersonName::parse(&"🦊".repeat(LENGTH_MAX)).is_ok());
        for bad in
            ["", "  ", "a\nb", "a\0", "\u{202E}nimda", "zero\u{200B}width", &"x".repeat(LENGTH_MAX + 1)]
        {
            assert_eq!(PersonName::parse(bad), Err(NameError), "{bad:?}");
        }
    }
}
