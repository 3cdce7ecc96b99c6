//! Maskinporten: its metadata, its clock, and a test grant.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use shared::config::Origin;
use shared::maskinporten::{
    self, Grant, Key, KeyIdentifier, Metadata, MetadataError, Refusal, Signer, drift,
};
use shared::party::Environment;
use shared::platform::{Request, Response};
use shared::problem::Kind;
use time::OffsetDateTime;
use uuid::Uuid;

use super::super::catalogue::{grant, live};
use super::super::checks::{self, Case, Examination, Outcome, Scope};
use super::super::finding::{Entry, Finding, Level};
use super::super::language::Both;
use super::line::Line;
use super::{Live, Wanted};

/// A clock may be off by so many seconds, and by so many Maskinporten may still take its grants.
const WORD: u64 = 5;
const REFUSED: u64 = 10;

/// Catalogue entries that are looked for on the way to Maskinporten and in its metadata.
static REACHED: &[&Entry] = &[
    &live::L01,
    &live::L02,
    &live::L03,
    &live::L04,
    &live::L05,
    &live::L06,
    &live::L09,
    &live::L15,
    &live::L16,
    &live::N06,
    &live::V04,
];

/// Catalogue entries that are looked for in Maskinporten's answer to a grant.
static GRANTED: &[&Entry] = &[
    &live::L13,
    &grant::C06,
    &grant::I03,
    &grant::I04,
    &grant::L07,
    &grant::L08,
    &grant::N06,
    &grant::O04,
    &grant::V05,
];

/// Adds the checks of Maskinporten and, if one is asked for, of a test token.
pub(super) async fn check(
    scope: &Scope<'_>,
    live: &Live,
    origin: &Origin,
    examination: &mut Examination,
) {
    let (found, metadata) = reached(live, origin).await;
    examination.add("maskinporten", REACHED, Outcome::Made(found));
    let Some(wanted) = &live.wanted else { return };
    let outcome = match metadata {
        Some(metadata) => granted(scope, live, wanted, &metadata).await,
        None => Outcome::NotMade(Both::new(
            "Maskinportens metadata mangler",
            "there is no metadata of Maskinporten",
        )),
    };
    examination.add("test-token", GRANTED, outcome);
}

/// Asks for the metadata. What stops it is an error.
async fn reached(live: &Live, origin: &Origin) -> (Vec<Finding>, Option<Metadata>) {
    let Ok(request) = Metadata::request(origin) else {
        let reason = "its address cannot be used";
        return (
            vec![live::L09.found([origin.as_str().into(), reason.into()])],
            None,
        );
    };
    let reached = match Line::open(request.uri(), &live.roots, None).await {
        Ok(reached) => reached,
        Err(stop) => return (vec![stop.finding], None),
    };
    let mut found = vec![reached.said()];
    let peer = reached.peer.clone();
    let answer = match reached.exchange(request).await {
        Ok(answer) => answer,
        Err(silence) => {
            found.push(live::L09.found([peer.into(), silence.reason.into()]));
            return (found, None);
        }
    };
    found.extend(clock(&answer));
    match Metadata::read(&answer, origin) {
        Err(MetadataError::Unreadable) => {
            let status = answer.status().as_u16().to_string();
            found.push(live::L06.found([peer.into(), status.into()]));
            (found, None)
        }
        Err(MetadataError::Issuer | MetadataError::Endpoint) => {
            found.push(live::N06.found([origin.as_str().into(), told(&answer).into()]));
            (found, None)
        }
        Ok(metadata) => (found, Some(metadata)),
    }
}

/// Whether our clock is that of the one who answered.
pub(super) fn clock(answer: &Response) -> Option<Finding> {
    let seconds = drift(answer, OffsetDateTime::now_utc())?;
    let finding = live::V04.found([format!("{seconds:+}").into()]);
    match seconds.unsigned_abs() {
        0..=WORD => None,
        off if off <= REFUSED => Some(finding.at_most(Level::Warning)),
        _ => Some(finding),
    }
}

/// What stands in the document.
fn told(answer: &Response) -> String {
    let document: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let part = |name: &str| {
        document
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or("?")
            .to_owned()
    };
    format!(
        "issuer {}, token_endpoint {}",
        part("issuer"),
        part("token_endpoint")
    )
}

async fn granted(scope: &Scope<'_>, live: &Live, wanted: &Wanted, metadata: &Metadata) -> Outcome {
    let Some(request) = request(scope, wanted, metadata) else {
        let reason = "there is no RSA key to sign a grant with";
        return Outcome::Partly(vec![live::L13.found([reason.into()])], reason.into());
    };
    let reached = match Line::open(request.uri(), &live.roots, None).await {
        Ok(reached) => reached,
        Err(stop) => return Outcome::Made(vec![stop.finding]),
    };
    let peer = reached.peer.clone();
    let finding = match reached.exchange(request).await {
        Err(silence) => live::L09.found([peer.into(), silence.reason.into()]),
        Ok(answer) => match maskinporten::read(&answer, &wanted.scope, OffsetDateTime::now_utc()) {
            Ok(minted) => {
                let seconds = minted.lifetime.as_secs().to_string();
                grant::L07.found([minted.scope.into(), seconds.into()])
            }
            Err(refusal) => refused(&refusal, scope.target),
        },
    };
    Outcome::Made(vec![finding])
}

fn request(scope: &Scope, wanted: &Wanted, metadata: &Metadata) -> Option<Request> {
    let identifier = match &wanted.kid {
        Some(kid) => KeyIdentifier::Kid(kid.clone()),
        None => KeyIdentifier::Chain(chain(&scope.case()?)),
    };
    let der = scope.material.key.as_ref()?.pkcs8()?;
    let key = Key::of_pkcs8(identifier, der.expose())?;
    let grant = Grant {
        client_id: &wanted.client_id,
        key: &key,
        metadata,
        scope: &wanted.scope,
        consumer_org: None,
        pid: None,
        resource: None,
        authorization_details: None,
        issued_at: OffsetDateTime::now_utc(),
        id: Uuid::new_v4().to_string(),
    };
    let input = grant.signing_input().ok()?;
    let Signer::Here(rsa) = &key.signer else {
        return None;
    };
    let signature = rsa.sign(key.algorithm, input.as_bytes())?;
    maskinporten::request(metadata, &input, &signature).ok()
}

/// The certificate and those above it, without the root.
fn chain(case: &Case) -> Vec<String> {
    let above = checks::sorted(case.leaf, &case.material.others);
    let above = above.into_iter().filter(|held| !held.read.is_self_issued());
    let chain = std::iter::once(case.leaf).chain(above);
    chain.map(|held| STANDARD.encode(&held.der)).collect()
}

/// A refusal under the name of the check that it belongs to.
fn refused(refusal: &Refusal, target: Option<Environment>) -> Finding {
    let entry = match (refusal.code.as_deref(), target) {
        (Some("MP-120"), Some(Environment::Production)) => &grant::I03,
        (Some("MP-120"), _) => &grant::I04,
        (Some("MP-121"), _) => &grant::V05,
        (Some("MP-122"), _) => &grant::O04,
        (Some("MP-123"), _) => &grant::C06,
        (Some("MP-110"), _) => &grant::N06,
        _ => return grant::L08.found([said(refusal).into(), remedy(refusal)]),
    };
    entry.found([said(refusal).into()])
}

/// What Maskinporten said, with code and trace id.
fn said(refusal: &Refusal) -> String {
    let mut said = refusal.to_string();
    let named = [("", &refusal.code), ("trace id ", &refusal.trace_id)];
    for (name, value) in named {
        if let Some(value) = value
            && !said.contains(value.as_str())
        {
            said = format!("{said}, {name}{value}");
        }
    }
    // The sentence around it names who answered.
    let said = said.trim_start_matches("maskinporten answered ");
    said.trim_end_matches('.').to_owned()
}

fn remedy(refusal: &Refusal) -> Both {
    let english = refusal.remedy.unwrap_or("try again later");
    let norwegian = match refusal.kind {
        Kind::ClientUnknown => {
            "Sammenlign --client-id med klienten hos Digdir; test og produksjon har hver sine"
        }
        Kind::SignatureRefused => {
            "Den private nøkkelen hører ikke til denne kid-en eller dette sertifikatet; sammenlign dem"
        }
        Kind::KeyUnknown => {
            "Registrer nøkkelen på klienten hos Digdir med denne kid-en; det virker innen 15 minutter"
        }
        Kind::KeyRequired => "Klienten har registrerte nøkler; bruk --kid med en av dem",
        Kind::ClockSkewed => "Still denne maskinens klokke",
        Kind::ScopeNotOnClient => "Legg scopet til på klienten hos Digdir",
        Kind::ScopeNotAllowed => "Spør scopets eier om hvilket scope som er riktig",
        Kind::ScopeNotGranted => "Be API-eieren gi virksomheten tilgang til scopet",
        Kind::ScopeNotDelegated => "La kunden delegere scopets API til virksomheten i Altinn",
        _ => english,
    };
    let mut letters = english.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let english: String = first.into_iter().chain(letters).collect();
    Both::new(norwegian, english)
}
