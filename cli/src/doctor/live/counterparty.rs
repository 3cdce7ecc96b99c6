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

use super::super::catalogue::live::{L09, L10, L12, L13, L17, L18};
use super::super::checks::{self, Case};
use super::super::finding::Finding;
use super::Live;
use super::line::{Line, refused};
use super::maskinporten::clock;

pub(super) async fn check(case: &Case<'_>, live: &Live, origin: &Origin) -> Vec<Finding> {
    let Ok(address) = origin.join("/").parse() else {
        return Vec::new();
    };
    let Some(certified) = certified(case) else {
        return vec![L13.found(["there is no key that fits the certificate".into()])];
    };
    let reached = match Line::open(&address, &live.roots, Some(certified)).await {
        Ok(reached) => reached,
        Err(stop) => {
            let named = stop.refused.and_then(|alert| named(case, origin, alert));
            return vec![named.unwrap_or(stop.finding)];
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
    found
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
