//! Theft of the login service's signing key. It is withdrawn there, which the app learns within ten
//! minutes; a new `key_set_store_key` makes every instance fetch the keys at once.

use std::time::Duration;

use journeys::{SOLE_PROPRIETORSHIP, Secrets, TestBed, TestOptions};
use sandbox::bank::Overrides;

/// Time after which every instance has read its settings again.
const READ: Duration = Duration::from_secs(31);

/// New key for the store, 32 bytes in base64url.
const NEW: &str = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_store_key_ends_a_withdrawn_login_key_within_half_a_minute() {
    let bed = TestBed::with(TestOptions {
        secrets: Secrets::Vault,
        ..TestOptions::default()
    })
    .await;
    let login = Overrides::default().expires_in(3_000);
    let forged = bed.customer("ragna").with_login(&login).login().to_owned();
    let reads = async |bed: &TestBed| {
        let path = "/claims/aapnekrav";
        let answer = bed.get_with_login(&forged, path, SOLE_PROPRIETORSHIP);
        answer.await.status
    };
    assert_eq!(reads(&bed).await, 403, "there is no consent");
    bed.services().bank.change_key().expect("a key");
    assert!(bed.services().bank.retire_key());
    bed.advance(READ);
    assert_eq!(reads(&bed).await, 403, "the withdrawn key is accepted");

    bed.keep_in_vault("key_set_store_key", NEW);
    bed.advance(READ);

    bed.until(async |bed| reads(bed).await == 401).await;
}
