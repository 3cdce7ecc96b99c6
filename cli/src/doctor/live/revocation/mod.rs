//! Whether the issuer has taken the certificate back: its responders (OCSP, RFC 6960) and its lists (CRL, RFC 5280 §5)
//! are asked at the addresses in the certificate, over plain HTTP as the issuers have them. What they answer is
//! believed when the issuer has signed it and it holds now.

mod list;
mod responder;

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use time::OffsetDateTime;
use time::macros::format_description;

use super::super::catalogue::revocation::{L14, N01, N02, N03};
use super::super::checks::{self, Case, Examination, Outcome, Scope};
use super::super::finding::{Entry, Finding, Purpose};
use super::super::language::Both;
use super::super::material::Held;

/// How long one answer may take.
const STEP: Duration = Duration::from_secs(5);

/// The largest list, in bytes. Those of the issuers are far smaller.
const LARGEST: usize = 32 * 1024 * 1024;

/// Catalogue entries that the check looks for.
static ENTRIES: &[&Entry] = &[&L14, &N01, &N02, &N03];

/// Asks.
pub(in super::super) struct Revocation(Client);

/// What an answer says of the certificate.
enum Standing {
    Good,
    Revoked(OffsetDateTime),
    /// The answer cannot be used, and why.
    Useless(Both),
}

impl Revocation {
    /// No proxy, and nobody else than whom the certificate names.
    pub(in super::super) fn new() -> anyhow::Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(STEP);
        Ok(Self(client.build()?))
    }

    /// Adds the check, where the purpose needs it: a registered key has no certificate that could be revoked.
    pub(in super::super) async fn add_to(&self, scope: &Scope<'_>, examination: &mut Examination) {
        let is_key = scope.purpose == Purpose::Key;
        let outcome = match scope.case() {
            Some(case) => self.check(&case).await,
            None => Outcome::NotMade(Both::new("sertifikatet mangler", "there is no certificate")),
        };
        match outcome {
            Outcome::NotMade(_) if is_key => {}
            Outcome::Partly(found, _) if is_key => examination.note(found),
            outcome => examination.add("revocation", ENTRIES, outcome),
        }
    }

    /// Asks everybody whom the certificate names. One answer of the issuer's that holds now is enough.
    async fn check(&self, case: &Case<'_>) -> Outcome {
        let leaf = case.leaf;
        let (responders, lists) = (checks::responders(leaf), checks::lists(leaf));
        let Some(first) = responders.first().or(lists.first()) else {
            return Outcome::NotMade(Both::new(
                "sertifikatet har ingen adresse til CRL eller OCSP",
                "the certificate has no address of a CRL or a responder",
            ));
        };
        let unanswered = || {
            Both::new(
                "ingen svarte slik at det kan brukes",
                "nobody gave an answer that can be used",
            )
        };
        let issuer = match self.issuer(case).await {
            Ok(issuer) => issuer,
            Err(reason) => {
                let found = N02.found([first.as_str().into(), reason]);
                return Outcome::Partly(vec![found], unanswered());
            }
        };
        let mut found = Vec::new();
        let mut is_known = false;
        for address in &responders {
            let standing = match responder::request(leaf, &issuer) {
                Some(body) => {
                    let request = self.0.post(address).body(body);
                    let request = request.header("content-type", "application/ocsp-request");
                    let heard = heard(request).await;
                    heard.map(|answer| responder::read(&answer, leaf, &issuer, case.now))
                }
                None => Err("the request cannot be made".to_owned()),
            };
            is_known |= is_answer(&standing);
            found.push(told(address, standing));
        }
        for address in &lists {
            let heard = heard(self.0.get(address)).await;
            let standing = heard.map(|answer| list::read(&answer, leaf, &issuer, case.now));
            is_known |= is_answer(&standing);
            found.push(told(address, standing));
        }
        if is_known {
            Outcome::Made(found)
        } else {
            Outcome::Partly(found, unanswered())
        }
    }

    /// Who has signed the certificate: out of the files, else from where the certificate says.
    async fn issuer(&self, case: &Case<'_>) -> Result<Held, Both> {
        let mut at_hand = case.material.others.iter().chain(&case.material.trusted);
        let is_issuer =
            |held: &Held| held.could_have_issued(case.leaf) && checks::has_signed(held, case.leaf);
        if let Some(issuer) = at_hand.find(|held| is_issuer(held)) {
            return Ok(issuer.clone());
        }
        let missing = || {
            Both::new(
                "utstederens sertifikat mangler",
                "the issuer's certificate is missing",
            )
        };
        let address = checks::issuers(case.leaf).ok_or_else(missing)?;
        let der = heard(self.0.get(&address)).await?;
        let issuer = Held::read(&der).ok().filter(is_issuer);
        issuer.ok_or_else(missing)
    }
}

const fn is_answer(standing: &Result<Standing, String>) -> bool {
    matches!(standing, Ok(Standing::Good | Standing::Revoked(_)))
}

fn told(address: &str, standing: Result<Standing, String>) -> Finding {
    let who = || address.into();
    match standing {
        Err(reason) => N02.found([who(), reason.into()]),
        Ok(Standing::Good) => L14.found([who()]),
        Ok(Standing::Revoked(at)) => N01.found([written(at).into(), who()]),
        Ok(Standing::Useless(why)) => N03.found([who(), why]),
    }
}

/// The body of the answer, or why there is none.
async fn heard(request: RequestBuilder) -> Result<Vec<u8>, String> {
    let reason = |error: reqwest::Error| {
        let word = if error.is_timeout() {
            "no answer within 5 s"
        } else {
            "no connection"
        };
        word.to_owned()
    };
    let mut answer = request.send().await.map_err(reason)?;
    if !answer.status().is_success() {
        return Err(format!("status {}", answer.status().as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(reason)? {
        body.extend(chunk);
        if body.len() > LARGEST {
            return Err("it is too large".to_owned());
        }
    }
    Ok(body)
}

/// Whether an answer of this time, which holds until `next`, holds now. A clock may be off by a little.
fn holds(this: OffsetDateTime, next: Option<OffsetDateTime>, now: OffsetDateTime) -> Option<Both> {
    let slack = time::Duration::minutes(5);
    if this > now.saturating_add(slack) {
        let at = written(this);
        return Some(Both::new(
            format!("det er fra {at}"),
            format!("it is of {at}"),
        ));
    }
    let next = next.filter(|next| *next < now.saturating_sub(slack))?;
    let at = written(next);
    Some(Both::new(
        format!("det gjaldt til {at}"),
        format!("it held until {at}"),
    ))
}

fn false_signature() -> Standing {
    Standing::Useless(Both::new(
        "det er ikke signert av utstederen",
        "it is not signed by the issuer",
    ))
}

fn unreadable() -> Standing {
    Standing::Useless(Both::new("det kan ikke leses", "it cannot be read"))
}

fn written(moment: OffsetDateTime) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute] UTC");
    moment.format(format).unwrap_or_default()
}
