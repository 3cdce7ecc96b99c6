//! Requests of the measurements.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use credential::{BoundRequest, Signer, SigningKey};
use http::Request;
use http_body_util::Full;
use rusqlite::Connection;
use serde_json::json;
use time::OffsetDateTime;

use crate::cpu;
use crate::load::{Clock, Target};
use crate::product::{PARTY, Product};
use crate::source::Source;

/// Scope of the tokens that are asked for.
pub const SCOPE: &str = "skatteetaten:kravogbetalinger";

/// Number of different bodies with the same meaning.
const BODIES: usize = 1024;

/// Requests of reads and of their yardsticks.
pub struct Requests {
    /// Request for a greeting of the component `floor`.
    pub hello: Target,
    /// Input and output of a read, by the component `floor`.
    pub floor: Target,
    /// Read of open claims with a cached token.
    pub warm: Target,
}

impl Requests {
    /// Makes the requests of a customer who has read once.
    pub fn new(product: &Product, source: &Source, login: &str) -> Self {
        let get = |path: &str, headers: &[(&'static str, String)]| {
            let mut request = Request::get(path).header("host", "localhost");
            for (name, value) in headers {
                request = request.header(*name, value);
            }
            let request = request.body(Full::<Bytes>::default()).expect("a request");
            Target {
                address: product.address(),
                request: Arc::new(move || request.clone()),
                clock: app(),
            }
        };
        let bearer = ("authorization", format!("Bearer {login}"));
        let path = format!("{}/v1/finans/{PARTY}/aapnekrav", source.origin);
        let row = longest_row(&product.store_file("consents"));
        Self {
            hello: get("/floor/hello", &[]),
            floor: get(
                "/floor/read",
                &[bearer.clone(), ("floor-url", path), ("floor-key", row)],
            ),
            warm: get(
                "/claims/aapnekrav",
                &[bearer, ("innsyn-party", PARTY.to_owned())],
            ),
        }
    }
}

/// Requests of a back end for a cached token.
pub struct TokenRequests {
    /// Identical requests, with one credential for as long as it is valid.
    pub repeated: Target,
    /// Equivalent requests, each serialised differently and with a new credential.
    pub new: Target,
}

impl TokenRequests {
    /// Makes the requests of the sandbox's back end.
    pub fn new(product: &Product) -> Self {
        let back_end = product.sandbox.back_end();
        let seed = URL_SAFE_NO_PAD.decode(back_end.seed).expect("base64url");
        let key = SigningKey::from_seed(&seed.try_into().expect("32 bytes")).expect("a key");
        let signer = Arc::new(Signer::new(back_end.subject, key));
        let consumer = product.variables()["consumer_organisation"].clone();
        let count = Arc::new(AtomicUsize::new(0));
        let target = |bodies: usize| {
            let (signer, consumer, count) = (signer.clone(), consumer.clone(), count.clone());
            let request = move || {
                let number = count.fetch_add(1, Ordering::Relaxed);
                let body = format!(
                    "{}{}",
                    json!({ "scope": SCOPE }),
                    " ".repeat(number % bodies)
                );
                let bound = BoundRequest::new("token", "POST", "/token", body.as_bytes());
                let bound = bound.for_consumer(&consumer);
                let credential =
                    signer.sign(OffsetDateTime::now_utc(), || number.to_string(), &bound);
                let credential = credential.expect("a credential");
                Request::post("/token")
                    .header("host", "localhost")
                    .header("authorization", format!("Bearer {credential}"))
                    .header("content-type", "application/json")
                    .body(Full::from(body))
                    .expect("a request")
            };
            Target {
                address: product.address(),
                request: Arc::new(request),
                clock: app(),
            }
        };
        Self {
            repeated: target(1),
            new: target(BODIES),
        }
    }
}

/// Returns the clock of the app in this process.
pub fn app() -> Clock {
    Arc::new(|| cpu::of_threads(cpu::APP))
}

/// Returns the key of the longest row: that of a consent's record.
fn longest_row(file: &Path) -> String {
    let store = Connection::open(file).expect("a store");
    let query = "SELECT key FROM spin_key_value ORDER BY length(value) DESC LIMIT 1";
    let key = store.query_row(query, [], |row| row.get(0));
    key.expect("a row")
}
