//! Secrets as the service shows them: placeholders, and tokens that change at every read.

use serde_json::{Map, Value, json};

use crate::ids::passing_id;
use crate::object::StoredObject;

/// What Graph shows in place of an encrypted OMA value: base64 of an empty XML tag.
const OMA_PLACEHOLDER: &str = "PGEvPg==";

/// Hides encrypted OMA values behind the placeholder; the function that decrypts gives them.
pub(crate) fn mask_oma_values(shown: &mut Map<String, Value>) {
    for setting in oma_settings_mut(shown) {
        if setting.get("isEncrypted").and_then(Value::as_bool) == Some(true) {
            setting.insert("value".to_owned(), json!(OMA_PLACEHOLDER));
        }
    }
}

fn oma_settings_mut(body: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    body.get_mut("omaSettings")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
        .filter_map(Value::as_object_mut)
}

/// Returns the value behind a reference, for the function that decrypts.
pub(crate) fn plain_oma_value(object: &StoredObject, reference: &str) -> Option<Value> {
    object
        .body
        .get("omaSettings")?
        .as_array()?
        .iter()
        .find(|setting| setting.get("secretReferenceValueId").and_then(Value::as_str) == Some(reference))?
        .get("value")
        .cloned()
}

/// Gives every secret setting value another token, as each read of the service does.
pub(crate) fn renew_secrets(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let secret = object
                .get("@odata.type")
                .and_then(Value::as_str)
                .is_some_and(|kind| kind.ends_with("deviceManagementConfigurationSecretSettingValue"));
            if secret {
                object.insert("value".to_owned(), json!(passing_id().to_string()));
            }
            object.values_mut().for_each(renew_secrets);
        }
        Value::Array(elements) => elements.iter_mut().for_each(renew_secrets),
        _ => {}
    }
}
