//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header-07): a request that is sent again has no second effect.
//!
//! A key belongs to a customer, a consumer and a route. For 24 hours a sealed row keeps what the request was, as a hash,
//! and the seed of the ids that it makes. The seed is a keyed hash of the same names and the request, so that two instances that read no
//! row at the same moment make the same ids. One request with a key is at work at a time: a lock by time in the store
//! ([`Turn`]), since the store has no compare-and-swap.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac_sha256::HMAC;
use serde::{Deserialize, Serialize};

use crate::context::Context;
use crate::log::Event;
use crate::party::OrganisationNumber;
use crate::platform::Platform;
use crate::problem::{Kind, Problem};
use crate::secret::Secret;
use crate::store::{Name, Store, Turn};
use crate::text::holds_number;

/// The header's name.
pub(crate) const HEADER: &str = "idempotency-key";

/// The longest key, in characters.
const LONGEST: usize = 128;

/// Time for which an idempotency key is remembered.
const KNOWN: time::Duration = time::Duration::hours(24);

/// Settling time of the lease: the longest that the store may take to record that a request has begun. Each request
/// with a key waits this long.
const SETTLING: Duration = Duration::from_millis(300);

/// When one that came while another was at work may come again, in seconds.
const RETRY_AFTER: u64 = 2;

const ROW: &str = "idempotency";
const TURN: &str = "idempotency-turn";
const SEED: &str = "idempotency-seed";

/// A key, as its caller made it up. It is a secret: who knows it gets the answer again, with the login.
#[derive(Debug)]
pub(crate) struct Key(Secret<String>);

impl Key {
    /// Reads the value of the header, which is a string of RFC 9651 (§3.3.3) in double quotes: a value without them is refused
    /// and not passed over, since its caller relies on it.
    ///
    /// # Errors
    /// [`Kind::RequestInvalid`] for another form, for more than 128 characters, and for a key that holds a national identity number.
    pub(crate) fn read(value: Option<&str>) -> Result<Option<Self>, Problem> {
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

/// The text of a string of RFC 9651, without parameters.
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

/// SHA-256 hash of what a request asks for. Requests that ask for the same have the same hash, however they are
/// written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Fingerprint(String);

impl Fingerprint {
    /// Of parts that together say everything that the request asks for.
    pub(crate) fn of(parts: &[&[u8]]) -> Self {
        let mut hash = hmac_sha256::Hash::new();
        for part in parts {
            // Each behind its length, so that no two lists look the same.
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(STANDARD.encode(hash.finalize()))
    }
}

/// A key with all that it belongs to.
pub(crate) struct Entry<'a> {
    store: &'a Store,
    consumer: &'a OrganisationNumber,
    /// Customer, route and key.
    parts: [&'a str; 3],
}

/// A request with a key that is at work, and no other with it. It must end with [`Running::end`].
pub(crate) struct Running<'a> {
    entry: &'a Entry<'a>,
    turn: Turn<'a>,
    row: Row,
}

#[derive(Deserialize, Serialize)]
struct Row {
    fingerprint: String,
    /// 32 bytes in base64.
    seed: String,
}

impl<'a> Entry<'a> {
    /// `key` of the customer whom the login service calls `subject`, for `route`.
    pub(crate) fn new(
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

    /// Begins a request that asks for what `fingerprint` says.
    ///
    /// # Errors
    /// [`Kind::IdempotencyKeyReused`] if the key was sent with another request, [`Kind::RequestInProgress`] while one with the key is at work.
    pub(crate) async fn begin<P: Platform>(
        &'a self,
        context: &Context<'_, P>,
        fingerprint: &Fingerprint,
    ) -> Result<Running<'a>, Problem> {
        self.kept(context, fingerprint).await?;
        let turn = Turn::take_briefly(
            context,
            self.store,
            self.name(TURN),
            context.left(),
            SETTLING,
        );
        let Some(turn) = turn.await? else {
            let mut problem = Problem::new(Kind::RequestInProgress);
            problem.retry_after = Some(RETRY_AFTER);
            return Err(problem);
        };
        // Another may have come to its end meanwhile.
        let begun = match self.kept(context, fingerprint).await {
            Ok(None) => self.keep(context, fingerprint).await,
            Ok(Some(row)) => Ok(row),
            Err(problem) => Err(problem),
        };
        match begun {
            Ok(row) => Ok(Running {
                entry: self,
                turn,
                row,
            }),
            Err(problem) => {
                give_back(context, turn).await;
                Err(problem)
            }
        }
    }

    /// The row of an earlier request that asked for the same.
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
        // A key that is used again when it is forgotten makes other ids: by then it is another day. So does one that was used
        // for a request that was refused.
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

impl Running<'_> {
    /// The random-looking bytes of the id with this number: the same each time that the request is sent.
    pub(crate) fn id(&self, number: u8) -> [u8; 16] {
        let mac = HMAC::mac([number], self.row.seed.as_bytes());
        mac.first_chunk().copied().unwrap_or_default()
    }

    /// Ends the request. One that has had no effect, and is not `kept`, leaves its key as if it had never come.
    pub(crate) async fn end<P: Platform>(self, context: &Context<'_, P>, kept: bool) {
        if !kept {
            let entry = self.entry;
            if let Err(problem) = entry.store.delete(context, &entry.name(ROW)).await {
                context.log(&Event::of("idempotency", &problem));
            }
        }
        give_back(context, self.turn).await;
    }
}

/// A turn that cannot be given back ends by itself.
async fn give_back<P: Platform>(context: &Context<'_, P>, turn: Turn<'_>) {
    if let Err(problem) = turn.give_back(context).await {
        context.log(&Event::of("idempotency", &problem));
    }
}

#[cfg(test)]
mod tests;
