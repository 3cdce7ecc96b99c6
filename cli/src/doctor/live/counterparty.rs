//! A counterparty that asks for the certificate.
//!
//! In TLS 1.3 it refuses after the handshake, so a request is sent and its answer awaited.

use std::sync::Arc;

use axum::http::{HeaderValue, header};
use bytes::Bytes;
use rustls::AlertDescription;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use shared::config::Origin;
use shared::platform::Request;

use super::super::catalogue::live::{
    L01, L02, L03, L04, L05, L09, L10, L11, L12, L13, L15, L16, L17, L18, V04,
};
use super::super::checks::{self, Case, Outcome};
use super::super::finding::{Entry, Finding};
use super::super::language::Both;
use super::Live;
use super::line::{Line, refused};
use super::maskinporten::clock;

/// Catalogue entries that the check looks for.
pub(super) static ENTRIES: &[&Entry] = &[
    &L01, &L02, &L03, &L04, &L05, &L09, &L10, &L11, &L12, &L13, &L15, &L16, &L17, &L18, &V04,
];

/// Shows the certificate, and waits for the answer.
pub(super) async fn check(case: &Case<'_>, live: &Live, origin: &Origin) -> Outcome {
    let Ok(address) = origin.join("/").parse() else {
        return Outcome::NotMade("its address cannot be used".into());
    };
    let Some(certified) = certified(case) else {
        let finding = L13.found(["there is no key that fits the certificate".into()]);
        return Outcome::Partly(vec![finding], "no key fits the certificate".into());
    };
    let reached = match Line::open(&address, &live.roots, Some(certified)).await {
        Ok(reached) => reached,
        Err(stop) => {
            let named = stop.refused.and_then(|alert| named(case, origin, alert));
            return Outcome::Made(vec![named.unwrap_or(stop.finding)]);
        }
    };
    let (peer, asked) = (reached.peer.clone(), reached.asked);
    let mut found = vec![reached.said()];
    if !asked {
        found.push(L12.found([peer.as_str().into()]));
    }
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = address;
    let close = HeaderValue::from_static("close");
    request.headers_mut().insert(header::CONNECTION, close);
    match reached.exchange(request).await {
        Ok(answer) => {
            found.extend(clock(&answer));
            if asked {
                let status = answer.status().as_u16().to_string();
                found.push(L10.found([peer.into(), status.into()]));
            }
        }
        Err(silence) => found.push(match silence.refused {
            Some(alert) => {
                let named = named(case, origin, alert);
                named.unwrap_or_else(|| refused(&peer, alert))
            }
            None => L09.found([peer.into(), silence.reason.into()]),
        }),
    }
    if asked {
        Outcome::Made(found)
    } else {
        let why = Both::new(
            "motparten ba ikke om sertifikatet",
            "the counterparty did not ask for the certificate",
        );
        Outcome::Partly(found, why)
    }
}

/// A refusal that is one of the common problems, as far as the alert leaves it open.
fn named(case: &Case, origin: &Origin, alert: AlertDescription) -> Option<Finding> {
    let is_vague = matches!(
        alert,
        AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::HandshakeFailure
            | AlertDescription::AccessDenied
    );
    let entry = if !is_vague {
        return None;
    } else if checks::is_signed_with_sha1(case) {
        &L18
    } else if case.authority().is_none() || !case.is_organisations() {
        &L17
    } else {
        return None;
    };
    Some(entry.found([origin.as_str().into(), format!("{alert:?}").into()]))
}

/// The certificate with its chain and key, as TLS shows it.
fn certified(case: &Case) -> Option<Arc<CertifiedKey>> {
    let above = checks::sorted(case.leaf, &case.material.others);
    let above = above.into_iter().filter(|held| !held.read.is_self_issued());
    let chain = std::iter::once(case.leaf).chain(above);
    let chain = chain
        .map(|held| CertificateDer::from(held.der.clone()))
        .collect();
    let der = case.material.key.as_ref()?.pkcs8()?;
    let key = PrivateKeyDer::Pkcs8(der.expose().clone().into());
    let certified = CertifiedKey::from_der(chain, key, &default_provider()).ok()?;
    Some(Arc::new(certified))
}
