//! The one TLS implementation every client of ours uses.

/// Makes `ring` the process's TLS provider. Safe to call again: the first call decides.
pub fn install_provider() {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::trace!("a TLS provider was already installed");
    }
}
