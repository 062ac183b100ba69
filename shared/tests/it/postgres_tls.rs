//! TLS to the records, with a certificate whose root stands in no public list, as that of RDS.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use shared::adapters::crypto::KeyRing;
use shared::adapters::postgres::PostgresRecords;
use shared::adapters::system::OsRandom;
use shared::ports::records::RecordsHealth;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::support::{self, Servers};

/// What a client asks first: "do you speak TLS?"
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// A front of the real database that speaks TLS for `localhost`; answers its port and its root as PEM.
async fn front(database: &str) -> (u16, String) {
    let mut authority = CertificateParams::new(Vec::new()).expect("no names");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().expect("a key")).expect("a root");
    let key = KeyPair::generate().expect("a key");
    let names = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let certificate = names.signed_by(&key, &authority).expect("signed");

    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().expect("known");
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    let config = builder.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).expect("a pair");
    let acceptor = TlsAcceptor::from(Arc::new(config));

    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let parsed: tokio_postgres::Config = database.parse().expect("a database address");
    let behind = parsed.get_ports()[0];
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let mut request = [0; 8];
                client.read_exact(&mut request).await.expect("a request");
                assert_eq!(request, SSL_REQUEST, "nothing is said before TLS");
                client.write_all(b"S").await.expect("answered");
                // Whoever does not trust us hangs up here.
                let Ok(mut client) = acceptor.accept(client).await else { return };
                let mut server = TcpStream::connect(("127.0.0.1", behind)).await.expect("the database");
                let _ended = copy_bidirectional(&mut client, &mut server).await;
            });
        }
    });
    (port, authority.pem())
}

async fn reaches(servers: &Servers, port: u16, roots: Option<String>) -> bool {
    let (_, path) = servers.database_url.rsplit_once("@127.0.0.1:").expect("the test's own server");
    let path = path.trim_start_matches(|c: char| c.is_ascii_digit());
    let mut settings = servers.settings();
    settings.url = format!("postgres://app@localhost:{port}{path}&sslmode=verify-full").into();
    settings.root_certificates = roots;
    let random = Arc::new(OsRandom::new());
    let keys = KeyRing::parse(&KeyRing::generate(&*random), random.clone()).expect("keys");
    let (app, _) = shared::wiring::memory_app();
    let records = PostgresRecords::connect(&settings, Arc::new(keys), app.clock, random).expect("usable settings");
    records.ping().await.is_ok()
}

#[tokio::test]
async fn a_database_is_trusted_by_the_roots_we_are_given_and_by_no_others() {
    let world = support::real().await;
    let servers = world.servers.as_ref().expect("a real world");
    let (port, root) = front(&servers.database_url).await;
    let (_, foreign) = front(&servers.database_url).await;
    assert!(reaches(servers, port, Some(root.clone())).await, "as text");
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("roots-{port}.pem"));
    std::fs::write(&file, &root).expect("a file");
    assert!(reaches(servers, port, Some(file.display().to_string())).await, "as a file");
    std::fs::remove_file(file).expect("removed");
    assert!(!reaches(servers, port, Some(foreign)).await, "signed by somebody else");
    assert!(!reaches(servers, port, None).await, "the public roots alone");
    world.remove().await;
}
