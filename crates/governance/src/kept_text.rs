//! Texts of Graph as they go into a column.

/// The longest name that a column keeps; payloads keep names whole.
pub const NAME_CHARS_MAX: usize = 4_000;

/// Returns the text as a column keeps it: cut, and with U+FFFD for NUL, which PostgreSQL refuses.
pub(crate) fn kept(text: &str) -> String {
    let shown = |c| if c == '\0' { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().take(NAME_CHARS_MAX).map(shown).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_character_and_its_nul_is_shown() {
        assert_eq!(kept("a\0b"), "a\u{FFFD}b");
        assert_eq!(kept(&"€".repeat(NAME_CHARS_MAX + 1)), "€".repeat(NAME_CHARS_MAX));
    }
}
