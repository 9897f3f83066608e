//! Whose certificates are believed: Mozilla's list, and what the configuration adds for hosts of one's own.

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use crate::{Error, Result};

/// Certificates of authorities that are believed. Nothing turns the check off.
#[derive(Debug, Clone, Default)]
pub struct Trust {
    own: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Mozilla's list, and certificates of one's own in PEM.
    ///
    /// # Errors
    /// [`Error::Malformed`] when there is no certificate in it.
    pub fn with_own(pem: &[u8]) -> Result<Trust> {
        let own: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
        match own {
            Ok(own) if !own.is_empty() => Ok(Trust { own }),
            Ok(_) => Err(Error::malformed("the file of `ca`", "it holds no certificate in PEM")),
            Err(error) => Err(Error::malformed("the file of `ca`", error)),
        }
    }

    /// All of them, in DER.
    pub(crate) fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        let known = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(AsRef::as_ref);
        known.chain(self.own.iter().map(AsRef::as_ref))
    }

    /// Those that were added, in DER.
    pub(crate) fn own(&self) -> impl Iterator<Item = &[u8]> {
        self.own.iter().map(AsRef::as_ref)
    }

    /// All of them as rustls takes them.
    pub(crate) fn roots(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(self.certificates().map(|der| CertificateDer::from(der.to_vec())));
        store
    }
}
