//! TLS on both sides.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tellmark_app::files;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::wire::Stream;
use crate::{Error, Result};

const PEM_BYTES_MAX: u64 = 1 << 20;

fn provider() -> Arc<rustls::crypto::CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let pem = files::read_limited(path, PEM_BYTES_MAX)?;
    let found: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(Error::refused(format!("{} holds no certificate in PEM", path.display()))),
    }
}

/// What answers clients, from a certificate with its chain and its key.
///
/// # Errors
/// When they cannot be read or do not belong together.
pub fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor> {
    let chain = certificates(certificate)?;
    let pem = zeroize::Zeroizing::new(files::read_limited(key, PEM_BYTES_MAX)?);
    let secret = PrivateKeyDer::from_pem_slice(&pem)
        .map_err(|_| Error::refused(format!("{} holds no key in PEM", key.display())))?;
    let wrong = |error: rustls::Error| {
        Error::refused(format!("{} and {} cannot be used: {error}", certificate.display(), key.display()))
    };
    let config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(wrong)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// What connects to the office's own server.
#[derive(Clone)]
pub struct Connector {
    connector: TlsConnector,
    name: ServerName<'static>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Connector({:?})", self.name)
    }
}

impl Connector {
    /// Believes Mozilla's list and, where given, certificates of one's own.
    ///
    /// # Errors
    /// When the host has no name that a certificate could bear, or the file holds no certificate.
    pub fn new(host: &str, own: Option<&Path>) -> Result<Connector> {
        let mut roots = RootCertStore::empty();
        let known = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned();
        roots.add_parsable_certificates(known);
        if let Some(path) = own {
            roots.add_parsable_certificates(certificates(path)?);
        }
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .map_err(|error| Error::refused(format!("TLS cannot be used: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| Error::refused(format!("{host} is no name of a server")))?;
        Ok(Connector { connector: TlsConnector::from(Arc::new(config)), name })
    }

    /// The same connection under TLS, its certificate verified.
    ///
    /// # Errors
    /// When the other side speaks no TLS, or its certificate is not believed.
    pub async fn secure(&self, stream: Box<dyn Stream>) -> std::io::Result<Box<dyn Stream>> {
        Ok(Box::new(self.connector.connect(self.name.clone(), stream).await?))
    }
}
