//! Base64 contents, compared by the bytes they stand for.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD as PADDED};
use contract::FieldPath;
use serde_json::{Map, Value};

use super::places;

/// Reads what any tool writes: with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Rewrites the base64 at every place of the path, without line breaks and with padding.
///
/// A text that is not base64 stays as it is.
pub(super) fn decode(path: &FieldPath, tree: &mut Value) {
    places::visit(path, tree, &mut |holder: &mut Map<String, Value>, name| {
        let Some(Value::String(text)) = holder.get_mut(name) else {
            return;
        };
        let unbroken: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        if let Ok(bytes) = LENIENT.decode(unbroken) {
            *text = PADDED.encode(bytes);
        }
    });
}
