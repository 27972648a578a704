//! TLS to the server, checked against the machine's certificate store.

use std::sync::{Arc, LazyLock};

use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

/// What a connection's stream is wrapped in.
pub(crate) type TlsStream = <Tls as tokio_postgres::tls::MakeTlsConnect<tokio_postgres::Socket>>::Stream;

/// The maker of TLS connections; used only where the connection asks for TLS.
pub(crate) type Tls = MakeRustlsConnect;

static CONFIG: LazyLock<ClientConfig> = LazyLock::new(|| {
    let mut roots = RootCertStore::empty();
    for certificate in rustls_native_certs::load_native_certs().certs {
        // A certificate of the machine's store that rustls does not understand is of no use to us.
        let _ = roots.add(certificate);
    }
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring supports the protocol versions that rustls chooses")
        .with_root_certificates(roots)
        .with_no_client_auth()
});

/// Makes the TLS connector.
pub(crate) fn connector() -> Tls {
    MakeRustlsConnect::new(CONFIG.clone())
}
