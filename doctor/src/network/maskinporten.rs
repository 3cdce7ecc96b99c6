//! Maskinporten: metadata, clock and a test grant.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use innsyn_core::origin::Origin;
use innsyn_core::party::Environment;
use innsyn_core::platform::{Request, Response};
use innsyn_core::problem::Kind;
use innsyn_protocols::maskinporten::{
    self, Grant, Key, KeyIdentifier, Metadata, MetadataError, Refusal, Signer,
};
use rustls::RootCertStore;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::clock;
use super::tls_connection::TlsConnection;
use crate::catalogue::{grant, network};
use crate::checks::{CheckContext, CheckResults, Outcome};
use crate::finding::{Entry, Finding};
use crate::language::Bilingual;
use crate::material::LoadedCertificate;

/// Token to request as a test. It is not shown.
pub(super) struct TestToken {
    /// Client at Maskinporten.
    pub(super) client_id: String,
    /// Scope of the token.
    pub(super) scope: String,
    /// Identifier of the registered key, or `None` to identify the key by its certificate.
    pub(super) kid: Option<String>,
}

/// Catalogue entries of the connection to Maskinporten and of its metadata.
static METADATA_ENTRIES: &[&Entry] = &[
    &network::L01,
    &network::L02,
    &network::L03,
    &network::L04,
    &network::L05,
    &network::L06,
    &network::L09,
    &network::L15,
    &network::L16,
    &network::N06,
    &network::V04,
];

/// Catalogue entries of the response to a grant.
static GRANT_ENTRIES: &[&Entry] = &[
    &network::L13,
    &grant::C06,
    &grant::I03,
    &grant::I04,
    &grant::L07,
    &grant::L08,
    &grant::N06,
    &grant::O04,
    &grant::V05,
];

/// Adds the checks of Maskinporten and, if one is requested, of a test token.
pub(super) async fn check(
    context: &CheckContext<'_>,
    roots: &RootCertStore,
    token: Option<&TestToken>,
    origin: &Origin,
    results: &mut CheckResults,
) {
    let (found, metadata) = fetch_metadata(roots, origin).await;
    results.add("maskinporten", METADATA_ENTRIES, Outcome::Completed(found));
    let Some(token) = token else { return };
    let outcome = match metadata {
        Some(metadata) => request_token(context, roots, token, &metadata).await,
        None => Outcome::Skipped(Bilingual::new(
            "Maskinportens metadata mangler",
            "there is no metadata of Maskinporten",
        )),
    };
    results.add("test-token", GRANT_ENTRIES, outcome);
}

/// Fetches the metadata, and returns it with the findings on the way.
async fn fetch_metadata(
    roots: &RootCertStore,
    origin: &Origin,
) -> (Vec<Finding>, Option<Metadata>) {
    let Ok(request) = Metadata::request(origin) else {
        let reason = "its address cannot be used";
        return (
            vec![network::L09.finding([origin.as_str().into(), reason.into()])],
            None,
        );
    };
    let connection = match TlsConnection::open(request.uri(), roots, None).await {
        Ok(connection) => connection,
        Err(error) => return (vec![error.finding], None),
    };
    let mut found = vec![connection.finding()];
    let peer = connection.peer.clone();
    let response = match connection.exchange(request).await {
        Ok(response) => response,
        Err(error) => {
            found.push(network::L09.finding([peer.into(), error.reason.into()]));
            return (found, None);
        }
    };
    found.extend(clock::check(&response));
    match Metadata::read(&response, origin) {
        Err(MetadataError::Unreadable) => {
            let status = response.status().as_u16().to_string();
            found.push(network::L06.finding([peer.into(), status.into()]));
            (found, None)
        }
        Err(MetadataError::Issuer | MetadataError::Endpoint) => {
            found.push(network::N06.finding([
                origin.as_str().into(),
                issuer_and_endpoint(&response).into(),
            ]));
            (found, None)
        }
        Ok(metadata) => (found, Some(metadata)),
    }
}

/// Returns the issuer and the token endpoint of the document.
fn issuer_and_endpoint(response: &Response) -> String {
    let document: Value = serde_json::from_slice(response.body()).unwrap_or_default();
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

/// Requests a token with a grant signed by the key.
async fn request_token(
    context: &CheckContext<'_>,
    roots: &RootCertStore,
    token: &TestToken,
    metadata: &Metadata,
) -> Outcome {
    let Some(request) = token_request(context, token, metadata) else {
        let reason = "there is no RSA key to sign a grant with";
        return Outcome::Partly(vec![network::L13.finding([reason.into()])], reason.into());
    };
    let connection = match TlsConnection::open(request.uri(), roots, None).await {
        Ok(connection) => connection,
        Err(error) => return Outcome::Completed(vec![error.finding]),
    };
    let peer = connection.peer.clone();
    let finding = match connection.exchange(request).await {
        Err(error) => network::L09.finding([peer.into(), error.reason.into()]),
        Ok(response) => {
            match maskinporten::read(&response, &token.scope, OffsetDateTime::now_utc()) {
                Ok(minted) => {
                    let seconds = minted.lifetime.as_secs().to_string();
                    grant::L07.finding([minted.scope.into(), seconds.into()])
                }
                Err(refusal) => refusal_finding(&refusal, context.target),
            }
        }
    };
    Outcome::Completed(vec![finding])
}

fn token_request(
    context: &CheckContext,
    token: &TestToken,
    metadata: &Metadata,
) -> Option<Request> {
    let identifier = if let Some(kid) = &token.kid {
        KeyIdentifier::Kid(kid.clone())
    } else {
        let leaf = context.material.leaf.as_ref()?;
        let chain = leaf.presented_chain(&context.material.others);
        let encode = |link: &LoadedCertificate| STANDARD.encode(&link.der);
        KeyIdentifier::Chain(chain.into_iter().map(encode).collect())
    };
    let der = context.material.key.as_ref()?.pkcs8()?;
    let key = Key::of_pkcs8(identifier, der.expose())?;
    let grant = Grant {
        client_id: &token.client_id,
        key: &key,
        metadata,
        scope: &token.scope,
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

/// Returns the finding of a refusal, under the identifier of the check of files that finds the same problem.
fn refusal_finding(refusal: &Refusal, target: Option<Environment>) -> Finding {
    let entry = match (refusal.code.as_deref(), target) {
        (Some("MP-120"), Some(Environment::Production)) => &grant::I03,
        (Some("MP-120"), _) => &grant::I04,
        (Some("MP-121"), _) => &grant::V05,
        (Some("MP-122"), _) => &grant::O04,
        (Some("MP-123"), _) => &grant::C06,
        (Some("MP-110"), _) => &grant::N06,
        _ => return grant::L08.finding([error_text(refusal).into(), remedy(refusal)]),
    };
    entry.finding([error_text(refusal).into()])
}

/// Returns the error with its code and trace id.
fn error_text(refusal: &Refusal) -> String {
    let mut text = refusal.to_string();
    let named = [("", &refusal.code), ("trace id ", &refusal.trace_id)];
    for (name, value) in named {
        if let Some(value) = value
            && !text.contains(value.as_str())
        {
            text = format!("{text}, {name}{value}");
        }
    }
    // The sentence around it names Maskinporten already.
    let text = text.trim_start_matches("maskinporten answered ");
    text.trim_end_matches('.').to_owned()
}

/// Returns the remedy of a refusal in both languages.
fn remedy(refusal: &Refusal) -> Bilingual {
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
    Bilingual::new(norwegian, english)
}
