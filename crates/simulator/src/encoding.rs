//! The encodings that exported files come in.

/// Decodes UTF-8 with or without byte order mark, and UTF-16 with one; none if it is neither.
///
/// The most used export tool writes UTF-16 LE with a mark, others UTF-8.
pub(crate) fn decode(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        bytes => String::from_utf8(bytes.to_vec()).ok(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, odd) = bytes.as_chunks::<2>();
    if !odd.is_empty() {
        return None;
    }
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16(&units).ok()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn every_encoding_gives_the_same_text() {
        let text = "{\"name\":\"Größe 💻\"}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        for (mark, bytes) in [
            (&[][..], text.as_bytes()),
            (&[0xEF, 0xBB, 0xBF], text.as_bytes()),
            (&[0xFF, 0xFE], &little),
            (&[0xFE, 0xFF], &big),
        ] {
            assert_eq!(decode(&[mark, bytes].concat()).as_deref(), Some(text));
        }
    }

    #[test]
    fn what_is_no_text_is_refused() {
        assert_eq!(decode(&[0xFF, 0xFE, 0x41]), None);
        assert_eq!(decode(&[0xC3, 0x28]), None);
    }
}
