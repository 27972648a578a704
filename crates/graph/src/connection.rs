//! How to reach one tenant: which cloud, and as which application.

use secrecy::{ExposeSecret as _, SecretString};

use crate::cloud::Cloud;

/// The way to one tenant. The secret is never shown, not even by `Debug`.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The cloud that the tenant lives in.
    pub cloud: Cloud,
    /// The directory id of the tenant, or one of its domain names.
    pub tenant_id: String,
    /// The id of the application that reads.
    pub client_id: String,
    /// The client secret of that application; or its certificate and the RSA private key that belongs
    /// to it, both in one PEM text, which begins with `-----BEGIN`.
    pub secret: SecretString,
}

impl Connection {
    /// Tells whether both connections sign in with the same words at the same place.
    pub(crate) fn signs_in_like(&self, other: &Self) -> bool {
        self.cloud == other.cloud
            && self.tenant_id == other.tenant_id
            && self.client_id == other.client_id
            && self.secret.expose_secret() == other.secret.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_never_shows() {
        let connection = Connection {
            cloud: Cloud::Global,
            tenant_id: "contoso.example".to_owned(),
            client_id: "app".to_owned(),
            secret: SecretString::from("planted-secret-7"),
        };
        let text = format!("{connection:?} {connection:#?}");
        assert!(text.contains("contoso.example"));
        assert!(!text.contains("planted-secret-7"));
    }
}
