//! Which names stand before a secret.

/// What the value under a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// A password, token, key or the like: the whole value.
    Secret,
    /// As `Secret`, but the name is also a word for a number: `pass=12`, `tokens: 5`.
    SecretUnlessCount,
    /// An `Authorization` header: a scheme and its credential.
    Authorization,
    /// A `Cookie` header: everything to the end of the line.
    Cookie,
    /// A `Set-Cookie` header: everything to the first attribute.
    SetCookie,
    /// A private member of a JSON Web Key (RFC 7518 section 6).
    JwkMember,
    /// `code`, a secret only as a query parameter of a redirect (RFC 6749 section 4.1.2).
    RedirectCode,
    /// `value`, secret if the name beside it is: `{"name": "password", "value": "…"}`.
    ValueOfName,
}

/// Longest name that is looked at; longer runs are judged by their end.
pub(super) const NAME_LENGTH_MAX: usize = 96;

/// Words that make a name a diagnosis: `InvalidAuthenticationToken`.
const DIAGNOSES: [&str; 12] = [
    "invalid",
    "expired",
    "missing",
    "unknown",
    "unsupported",
    "malformed",
    "wrong",
    "no",
    "bad",
    "unexpected",
    "empty",
    "revoked",
];

/// Words after the noun that still name the value itself: `passwordBase64`, `tokenValue`.
const VALUE_WORDS: [&str; 21] = [
    "value",
    "base64",
    "b64",
    "plain",
    "plaintext",
    "text",
    "string",
    "hash",
    "hint",
    "raw",
    "old",
    "new",
    "current",
    "data",
    "bytes",
    "encoded",
    "encrypted",
    "confirm",
    "confirmation",
    "hex",
    "pem",
];

/// Nouns that are secret as a whole word only (`bypass`, `spinning`, `design` are not).
const WHOLE_NOUNS: [&str; 19] = [
    "pin",
    "sig",
    "signature",
    "psk",
    "otp",
    "totp",
    "jwt",
    "sas",
    "cred",
    "creds",
    "assertion",
    "verifier",
    "bearer",
    "challenge",
    "jsessionid",
    "phpsessid",
    "passkey",
    "pass",
    "pw",
];

/// Nouns that are secret however they are joined: `skiptoken`, `dbpassword`.
const ENDING_NOUNS: [&str; 10] = [
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "pwd",
    "secret",
    "token",
    "credential",
    "passwort",
    "kennwort",
];

/// What a `key` must be of to be secret; primary, foreign, public and registry keys are not.
const SECRET_KEYS: [&str; 36] = [
    "api",
    "access",
    "account",
    "private",
    "secret",
    "shared",
    "master",
    "encryption",
    "decryption",
    "encrypt",
    "signing",
    "subscription",
    "storage",
    "recovery",
    "bitlocker",
    "ssh",
    "tls",
    "ssl",
    "hmac",
    "aes",
    "rsa",
    "jwt",
    "auth",
    "authentication",
    "client",
    "service",
    "function",
    "functions",
    "admin",
    "deploy",
    "activation",
    "license",
    "wifi",
    "network",
    "symmetric",
    "session",
];

/// What a `code` must be of to be secret; error and status codes are not.
const SECRET_CODES: [&str; 11] = [
    "device",
    "auth",
    "authorization",
    "user",
    "bypass",
    "recovery",
    "verification",
    "access",
    "activation",
    "security",
    "unlock",
];

/// What a `blob` must be of to be secret.
const SECRET_BLOBS: [&str; 5] = ["pfx", "pkcs12", "p12", "key", "secret"];

const JWK_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// Says what stands under a name, `None` if nothing secret.
pub(super) fn named(name: &str) -> Option<Named> {
    if JWK_MEMBERS.contains(&name) {
        return Some(Named::JwkMember);
    }
    let mut words = words(name);
    let joined = words.concat();
    match joined.as_str() {
        "cookie" => return Some(Named::Cookie),
        "setcookie" => return Some(Named::SetCookie),
        "code" => return Some(Named::RedirectCode),
        "value" => return Some(Named::ValueOfName),
        _ => {}
    }
    if words.first().is_some_and(|word| DIAGNOSES.contains(&word.as_str()))
        || joined.ends_with("publickeytoken")
    {
        return None;
    }
    while words.len() > 1 && words.last().is_some_and(|word| VALUE_WORDS.contains(&word.as_str())) {
        words.pop();
    }
    let noun = words.pop()?;
    noun_of(noun.trim_end_matches(|c: char| c.is_ascii_digit()), &words.concat())
}

fn noun_of(noun: &str, before: &str) -> Option<Named> {
    if noun == "authorization" {
        return Some(Named::Authorization);
    }
    if noun == "pass" {
        return Some(Named::SecretUnlessCount);
    }
    let singular = noun.strip_suffix('s').unwrap_or(noun);
    if ENDING_NOUNS.iter().any(|ending| noun.ends_with(ending)) || WHOLE_NOUNS.contains(&noun) {
        return Some(Named::Secret);
    }
    if ENDING_NOUNS.iter().any(|ending| singular.ends_with(ending)) {
        return Some(Named::SecretUnlessCount);
    }
    let whole = format!("{before}{singular}");
    let qualified = |noun: &str, of: &[&str]| {
        whole.strip_suffix(noun).is_some_and(|before| of.iter().any(|word| before.ends_with(word)))
    };
    (qualified("key", &SECRET_KEYS) || qualified("code", &SECRET_CODES) || qualified("blob", &SECRET_BLOBS))
        .then_some(Named::Secret)
}

/// The lower-case words of a name in any of the usual spellings.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut previous = '\0';
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let next_is_lower = rest.peek().is_some_and(|next| next.is_lowercase());
        let turns = c.is_uppercase() && (!previous.is_uppercase() || next_is_lower);
        if !c.is_alphanumeric() || turns {
            words.push(String::new());
        }
        if c.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        previous = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_known_in_every_spelling() {
        let names = [
            "client_secret",
            "clientSecret",
            "ClientSecret",
            "client-secret",
            "AZURE_CLIENT_SECRET",
            "clientsecret",
            "x-api-key",
            "ApiKey",
            "SharedAccessKey",
            "AccountKey",
            "preSharedKey",
            "passwordBase64",
            "tokenValue",
            "encryptedPfxPassword",
            "pfxBlob",
            "skiptoken",
            "DB_PASSWORD2",
            "scepChallengePassword",
            "device_code",
            "activationLockBypassCode",
            "Ocp-Apim-Subscription-Key",
            "code_verifier",
            "sig",
            "master-key",
            "PIN",
        ];
        for name in names {
            assert_eq!(named(name), Some(Named::Secret), "{name}");
        }
    }

    #[test]
    fn names_about_secrets_are_not_names_of_secrets() {
        let names = [
            "passwordRequired",
            "passwordMinimumLength",
            "token_type",
            "tokenExpirationDateTime",
            "SharedAccessKeyName",
            "client_secret_id",
            "InvalidAuthenticationToken",
            "primary_key",
            "hotkey",
            "error_code",
            "grant_type",
            "PublicKeyToken",
            "policy_versions_pkey",
            "bypass",
            "compass",
            "design",
            "client_assertion_type",
            "key",
            "thumbprint",
            "keyboard",
            "Authorization_RequestDenied",
        ];
        for name in names {
            assert_eq!(named(name), None, "{name}");
        }
    }
}
