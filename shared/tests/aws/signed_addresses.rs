//! Objects in S3, and addresses that take or give one of them, on a server that checks signatures
//! (`TEST_STRICT_AWS_ENDPOINT`; moto does not): what was signed is stored, anything else is refused and stores nothing.

use std::time::Duration;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use bytes::Bytes;
use shared::adapters::aws::{S3Objects, sdk_config};
use shared::ports::objects::{Objects, PutAddress};

use super::objects::promises;
use super::{fresh, told};

const SHEET: &str = "Name,Mobile\n";
const VALID: Duration = Duration::from_secs(300);

async fn bucket() -> S3Objects {
    let config = sdk_config("ap-south-1".into(), Some(told("TEST_STRICT_AWS_ENDPOINT"))).await;
    let client =
        aws_sdk_s3::Client::from_conf(aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build());
    let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::ApSouth1).build();
    let name = fresh("signed");
    client.create_bucket().bucket(&name).create_bucket_configuration(place).send().await.expect("a bucket");
    S3Objects::new(&config, name)
}

async fn address(objects: &S3Objects, valid_for: Duration) -> PutAddress {
    objects.put_address("uploads/one", SHEET.len() as u64, valid_for).await.expect("an address")
}

/// Sends a file as a browser does: with the length that it has.
async fn put(url: &str, body: impl Into<reqwest::Body>) -> u16 {
    shared::adapters::tls::install_provider();
    let request = reqwest::Client::new().put(url).body(body);
    request.send().await.expect("an answer").status().as_u16()
}

#[tokio::test]
async fn objects_in_s3_keep_their_promises() {
    promises(&bucket().await, async |url, body| put(&url, body).await == 200).await;
}

#[tokio::test]
async fn what_was_signed_is_stored() {
    let objects = bucket().await;
    let given = address(&objects, VALID).await;
    assert_eq!(put(&given.url, SHEET).await, 200);
    assert_eq!(objects.get("uploads/one").await.expect("an answer"), Some(Bytes::from_static(SHEET.as_bytes())));
}

#[tokio::test]
async fn another_key_is_refused() {
    let objects = bucket().await;
    let given = address(&objects, VALID).await;
    let other = given.url.replace("uploads/one", "uploads/two");
    assert_ne!(other, given.url);
    assert_eq!(put(&other, SHEET).await, 403);
    assert_eq!(objects.get("uploads/two").await.expect("an answer"), None);
    assert_eq!(put(&given.url, SHEET).await, 200, "the address itself is good");
}

#[tokio::test]
async fn another_length_is_refused() {
    let objects = bucket().await;
    let given = address(&objects, VALID).await;
    for body in [format!("{SHEET}x"), SHEET[1..].to_owned(), String::new()] {
        let bytes = body.len();
        assert_eq!(put(&given.url, body).await, 403, "{bytes} bytes");
    }
    assert_eq!(objects.get("uploads/one").await.expect("an answer"), None);
    assert_eq!(put(&given.url, SHEET).await, 200, "the address itself is good");
}

#[tokio::test]
async fn a_later_expiry_than_the_signed_one_is_refused() {
    let objects = bucket().await;
    let given = address(&objects, VALID).await;
    let longer = given.url.replace("X-Amz-Expires=300", "X-Amz-Expires=86400");
    assert_ne!(longer, given.url);
    assert_eq!(put(&longer, SHEET).await, 403);
    assert_eq!(objects.get("uploads/one").await.expect("an answer"), None);
    assert_eq!(put(&given.url, SHEET).await, 200, "the address itself is good");
}

#[tokio::test]
async fn an_address_takes_nothing_after_its_time() {
    let objects = bucket().await;
    let given = address(&objects, Duration::from_secs(3)).await;
    assert_eq!(put(&given.url, SHEET).await, 200, "before its time is over");
    let refused = async {
        while put(&given.url, SHEET).await == 200 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), refused).await.expect("it expires");
    objects.delete("uploads/one").await.expect("removed");
    assert_eq!(put(&given.url, SHEET).await, 403);
    assert_eq!(objects.get("uploads/one").await.expect("an answer"), None);
}

async fn get(url: &str) -> (u16, String) {
    shared::adapters::tls::install_provider();
    let answer = reqwest::Client::new().get(url).send().await.expect("an answer");
    (answer.status().as_u16(), answer.text().await.expect("a body"))
}

#[tokio::test]
async fn an_address_to_read_gives_its_object_and_no_other() {
    let objects = bucket().await;
    let scratch = std::env::temp_dir().join(fresh("recording"));
    std::fs::write(&scratch, SHEET).expect("written");
    objects.upload("recordings/one", "audio/wav", &scratch).await.expect("sent");
    objects.upload("recordings/two", "audio/wav", &scratch).await.expect("sent");
    std::fs::remove_file(&scratch).expect("removed");
    let given = objects.get_address("recordings/one", VALID).await.expect("an address");
    assert_eq!(get(&given.url).await, (200, SHEET.to_owned()));
    assert_eq!(get(&given.url.replace("recordings/one", "recordings/two")).await.0, 403);
    assert_eq!(put(&given.url, SHEET).await, 403, "it takes nothing");
}
