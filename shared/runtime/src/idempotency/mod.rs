//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): repeating a request has no
//! second effect.
//!
//! A key belongs to a customer, a consumer and a route. For 24 hours a sealed row stores the
//! request's fingerprint (a hash) and the seed of the ids that the request creates. The seed is a
//! keyed hash of the same names and the request, so two instances that both find no row create the
//! same ids. One request per key runs at a time, under a time-based lease in the store ([`Lease`]),
//! because the store has no compare-and-swap.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac_sha256::HMAC;
use serde::{Deserialize, Serialize};

use crate::store::{Lease, Name, Store};
use innsyn_core::context::Context;
use innsyn_core::log::Event;
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_core::problem::{Kind, Problem};
use innsyn_core::secret::Secret;
use innsyn_core::text::holds_number;

/// Name of the header.
pub const HEADER: &str = "idempotency-key";

/// Maximum length of a key, in characters.
const LONGEST: usize = 128;

/// Time for which an idempotency key is remembered.
const KNOWN: time::Duration = time::Duration::hours(24);

/// Settling time of the lease: the longest that the store may take to record that a request has
/// begun. Each request with a key waits this long.
const SETTLING: Duration = Duration::from_millis(300);

/// `Retry-After` for a request that arrives while another with the same key is in progress, in
/// seconds.
const RETRY_AFTER: u64 = 2;

const ROW: &str = "idempotency";
const TURN: &str = "idempotency-turn";
const SEED: &str = "idempotency-seed";

/// Idempotency key, as chosen by its caller. It is a secret: together with the login it gives
/// access to the response.
#[derive(Debug)]
pub struct Key(Secret<String>);

impl Key {
    /// Parses the header's value, a string of RFC 9651 (§3.3.3) in double quotes. A value without
    /// quotes is refused instead of ignored, since its caller relies on it.
    ///
    /// # Errors
    ///
    /// [`Kind::RequestInvalid`] for another form, for more than 128 characters, and for a key that
    /// holds a national identity number.
    pub fn read(value: Option<&str>) -> Result<Option<Self>, Problem> {
        let Some(value) = value else { return Ok(None) };
        let text = string(value.trim_matches(' ')).ok_or_else(|| {
            invalid("Idempotency-Key must be 1 to 128 printable ASCII characters in double quotes")
        })?;
        if holds_number(&text) {
            return Err(invalid(
                "Idempotency-Key must not hold a national identity number: use a random one",
            ));
        }
        Ok(Some(Self(Secret::new(text))))
    }
}

/// Returns the text of a string of RFC 9651, without parameters.
fn string(value: &str) -> Option<String> {
    let quoted = value.strip_prefix('"')?.strip_suffix('"')?;
    let mut text = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        text.push(match character {
            '\\' => characters
                .next()
                .filter(|next| matches!(next, '"' | '\\'))?,
            '"' => return None,
            ' '..='~' => character,
            _ => return None,
        });
    }
    (1..=LONGEST).contains(&text.len()).then_some(text)
}

fn invalid(detail: &str) -> Problem {
    Problem::new(Kind::RequestInvalid).detail(detail)
}

/// SHA-256 fingerprint of a request. Requests with the same meaning have the same fingerprint,
/// however they are written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// Creates the fingerprint of parts that together describe the request completely.
    pub fn from_parts(parts: &[&[u8]]) -> Self {
        let mut hash = hmac_sha256::Hash::new();
        for part in parts {
            // Length prefixes make the encoding unambiguous.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(STANDARD.encode(hash.finalize()))
    }
}

/// Key with everything that it belongs to.
pub struct Entry<'a> {
    store: &'a Store,
    consumer: &'a OrganisationNumber,
    /// Customer, route and key.
    parts: [&'a str; 3],
}

/// Lease on a key by a request in progress. It must end with [`RequestLease::end`].
pub struct RequestLease<'a> {
    entry: &'a Entry<'a>,
    lease: Lease<'a>,
    row: Row,
}

#[derive(Deserialize, Serialize)]
struct Row {
    fingerprint: String,
    /// Seed: 32 bytes in base64.
    seed: String,
}

impl<'a> Entry<'a> {
    /// Creates the entry of `key` for the customer whose `sub` is `subject`, and for `route`.
    pub fn new(
        store: &'a Store,
        consumer: &'a OrganisationNumber,
        subject: &'a Secret<String>,
        route: &'static str,
        key: &'a Key,
    ) -> Self {
        Self {
            store,
            consumer,
            parts: [subject.expose().as_str(), route, key.0.expose().as_str()],
        }
    }

    /// Begins a request with the fingerprint `fingerprint`.
    ///
    /// # Errors
    ///
    /// [`Kind::IdempotencyKeyReused`] if the key was sent with another request,
    /// [`Kind::RequestInProgress`] while a request with the key is in progress.
    pub async fn begin<P: Platform>(
        &'a self,
        context: &Context<'_, P>,
        fingerprint: &Fingerprint,
    ) -> Result<RequestLease<'a>, Problem> {
        self.kept(context, fingerprint).await?;
        let lease = Lease::acquire_briefly(
            context,
            self.store,
            self.name(TURN),
            context.left(),
            SETTLING,
        );
        let Some(lease) = lease.await? else {
            let mut problem = Problem::new(Kind::RequestInProgress);
            problem.retry_after = Some(RETRY_AFTER);
            return Err(problem);
        };
        // Another request may have ended meanwhile.
        let begun = match self.kept(context, fingerprint).await {
            Ok(None) => self.keep(context, fingerprint).await,
            Ok(Some(row)) => Ok(row),
            Err(problem) => Err(problem),
        };
        match begun {
            Ok(row) => Ok(RequestLease {
                entry: self,
                lease,
                row,
            }),
            Err(problem) => {
                release(context, lease).await;
                Err(problem)
            }
        }
    }

    /// Returns the row of an earlier request with the same fingerprint.
    async fn kept<P: Platform>(
        &self,
        context: &Context<'_, P>,
        fingerprint: &Fingerprint,
    ) -> Result<Option<Row>, Problem> {
        let row: Option<Row> = self.store.get(context, &self.name(ROW)).await?;
        match row {
            Some(row) if row.fingerprint != fingerprint.0 => Err(Kind::IdempotencyKeyReused.into()),
            row => Ok(row),
        }
    }

    async fn keep<P: Platform>(
        &self,
        context: &Context<'_, P>,
        fingerprint: &Fingerprint,
    ) -> Result<Row, Problem> {
        // A key that is used again after it has expired creates other ids, because the day has
        // changed. So does a key whose request was refused.
        let day = context.now().to_julian_day().to_string();
        let [subject, route, key] = self.parts;
        let seed = self.store.keyed_hash(&Name {
            consumer: self.consumer,
            kind: SEED,
            parts: &[subject, route, key, &day, &fingerprint.0],
        });
        let row = Row {
            fingerprint: fingerprint.0.clone(),
            seed: STANDARD.encode(seed),
        };
        let until = context.now().saturating_add(KNOWN);
        self.store
            .set(context, &self.name(ROW), &row, until)
            .await?;
        Ok(row)
    }

    const fn name(&self, kind: &'static str) -> Name<'_> {
        Name {
            consumer: self.consumer,
            kind,
            parts: &self.parts,
        }
    }
}

impl RequestLease<'_> {
    /// Returns the random-looking bytes of the id with this number: the same for each repeat of the
    /// request.
    pub fn id(&self, number: u8) -> [u8; 16] {
        let mac = HMAC::mac([number], self.row.seed.as_bytes());
        mac.first_chunk().copied().unwrap_or_default()
    }

    /// Ends the request. A request without effect is not `kept`: its key is released as if it had
    /// never been sent.
    pub async fn end<P: Platform>(self, context: &Context<'_, P>, kept: bool) {
        if !kept {
            let entry = self.entry;
            if let Err(problem) = entry.store.delete(context, &entry.name(ROW)).await {
                context.log(&Event::from_problem("idempotency", &problem));
            }
        }
        release(context, self.lease).await;
    }
}

/// Releases the lease. A lease that cannot be released expires.
async fn release<P: Platform>(context: &Context<'_, P>, lease: Lease<'_>) {
    if let Err(problem) = lease.release(context).await {
        context.log(&Event::from_problem("idempotency", &problem));
    }
}

#[cfg(test)]
mod tests;
