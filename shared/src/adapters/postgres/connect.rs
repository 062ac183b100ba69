//! How we connect: timeouts everywhere, TLS with a verified certificate where the address asks.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use secrecy::{ExposeSecret, SecretString};
use tokio_postgres::NoTls;
use tokio_postgres::config::SslMode;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::ports::BoxError;

/// Where the database is, and how patient we are with it.
#[derive(Debug, Clone)]
pub struct PostgresSettings {
    /// `postgres://user:password@host:port/database?sslmode=…`. `require`, `verify-ca` and
    /// `verify-full` all mean TLS with a certificate that is verified, name included.
    pub url: SecretString,
    /// Shown in `pg_stat_activity`.
    pub application_name: String,
    /// Most connections of this process (1 in a Lambda that handles one request at a time).
    pub max_connections: usize,
    /// A statement that takes longer is cancelled; bulk imports and migrations lift it for themselves.
    pub statement_timeout: Duration,
    /// Further trusted roots: the text of PEM certificates, or the path of a file of them. RDS signs with
    /// Amazon's own, which no public list has.
    pub root_certificates: Option<String>,
}

impl PostgresSettings {
    /// The usual patience: 8 connections, statements of at most 10 s, public roots.
    pub fn new(url: SecretString, application_name: &str) -> Self {
        Self {
            url,
            application_name: application_name.to_owned(),
            max_connections: 8,
            statement_timeout: Duration::from_secs(10),
            root_certificates: None,
        }
    }
}

/// The settings can not be used. Nothing was asked of the network yet.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Not a Postgres address.
    #[error("the database address is not valid (postgres://user:password@host:port/database)")]
    Url(#[source] tokio_postgres::Error),
    /// The trusted certificates can not be read.
    #[error("the trusted certificates can not be used")]
    Tls(#[source] BoxError),
    /// The pool refused its own settings.
    #[error("the connection pool can not be built")]
    Pool(#[source] BoxError),
}

/// A connector that is one type whether the address asks for TLS or not.
pub(super) enum Tls {
    Off,
    On(Box<MakeRustlsConnect>),
}

/// The address as a driver configuration, with our timeouts.
pub(super) fn config(settings: &PostgresSettings) -> Result<(tokio_postgres::Config, Tls), ConnectError> {
    // The driver knows only `require`; ours always verifies, which is what the other two ask.
    let url = settings.url.expose_secret();
    let url = url.replace("sslmode=verify-full", "sslmode=require").replace("sslmode=verify-ca", "sslmode=require");
    let mut config: tokio_postgres::Config = url.parse().map_err(ConnectError::Url)?;
    config
        .application_name(&settings.application_name)
        .connect_timeout(Duration::from_secs(3))
        .tcp_user_timeout(Duration::from_secs(10))
        .keepalives_idle(Duration::from_secs(30));
    let tls = match config.get_ssl_mode() {
        SslMode::Require => Tls::On(Box::new(MakeRustlsConnect::new(tls_config(settings)?))),
        _ => Tls::Off,
    };
    Ok((config, tls))
}

pub(super) fn pool(settings: &PostgresSettings) -> Result<Pool, ConnectError> {
    let (mut config, tls) = config(settings)?;
    let given = config.get_options().unwrap_or_default().to_owned();
    let timeout = settings.statement_timeout.as_millis();
    config.options(format!("{given} -c statement_timeout={timeout} -c idle_in_transaction_session_timeout=60000"));
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = match tls {
        Tls::Off => Manager::from_config(config, NoTls, recycling),
        Tls::On(tls) => Manager::from_config(config, *tls, recycling),
    };
    Pool::builder(manager)
        .max_size(settings.max_connections.max(1))
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(Duration::from_secs(3)))
        .create_timeout(Some(Duration::from_secs(5)))
        .recycle_timeout(Some(Duration::from_secs(3)))
        .build()
        .map_err(|error| ConnectError::Pool(Box::new(error)))
}

fn tls_config(settings: &PostgresSettings) -> Result<rustls::ClientConfig, ConnectError> {
    let fault = |error: BoxError| ConnectError::Tls(error);
    let mut roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(given) = &settings.root_certificates {
        for certificate in certificates(given).map_err(fault)? {
            roots.add(certificate).map_err(|e| fault(Box::new(e)))?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| fault(Box::new(e)))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

/// In a text no certificate begins in, there is none: that is a mistake, not an empty list.
fn certificates(given: &str) -> Result<Vec<CertificateDer<'static>>, BoxError> {
    let pem = if given.contains("-----BEGIN") { given.as_bytes().to_vec() } else { std::fs::read(given)? };
    let found: Vec<_> = CertificateDer::pem_slice_iter(&pem).collect::<Result<_, _>>()?;
    if found.is_empty() { Err("no certificate stands in it".into()) } else { Ok(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tls_of(url: &str) -> Result<bool, ConnectError> {
        let settings = PostgresSettings::new(url.to_owned().into(), "test");
        config(&settings).map(|(_, tls)| matches!(tls, Tls::On(_)))
    }

    #[test]
    fn every_word_that_asks_for_tls_gets_it_verified_and_no_word_gets_none() {
        for mode in ["require", "verify-ca", "verify-full"] {
            assert!(tls_of(&format!("postgres://app@db.example.in/app?sslmode={mode}")).expect("valid"), "{mode}");
        }
        assert!(!tls_of("postgres://app@127.0.0.1/app").expect("valid"));
    }

    #[test]
    fn a_wrong_address_is_refused_without_repeating_the_password() {
        let error = tls_of("postgres://app:hunter2@db:notaport/app").expect_err("refused");
        let source = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        assert!(!format!("{error} {error:?} {source}").contains("hunter2"));
    }

    #[test]
    fn trusted_certificates_that_are_not_there_are_named_as_the_fault() {
        for given in ["/nowhere/rds.pem", "Cargo.toml", "-----BEGIN NONSENSE-----"] {
            let mut settings = PostgresSettings::new("postgres://db/app?sslmode=require".into(), "test");
            settings.root_certificates = Some(given.to_owned());
            assert!(matches!(config(&settings), Err(ConnectError::Tls(_))), "{given}");
        }
    }
}
