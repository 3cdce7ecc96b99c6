//! Mutual TLS with a server that requests the certificate.
//!
//! A server of TLS 1.3 refuses a certificate after the handshake, so a request is sent and its response awaited.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, header};
use innsyn_core::origin::Origin;
use innsyn_core::platform::Request;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, RootCertStore};

use super::clock;
use super::tls_connection::{TlsConnection, refusal};
use crate::catalogue::network::{
    L01, L02, L03, L04, L05, L09, L10, L11, L12, L13, L15, L16, L17, L18, V04,
};
use crate::checks::{CertificateContext, Outcome};
use crate::finding::{Entry, Finding};
use crate::language::Bilingual;

/// Catalogue entries that the check looks for.
pub(super) static ENTRIES: &[&Entry] = &[
    &L01, &L02, &L03, &L04, &L05, &L09, &L10, &L11, &L12, &L13, &L15, &L16, &L17, &L18, &V04,
];

/// Connects with the certificate, sends a request and waits for the response.
pub(super) async fn check(
    context: &CertificateContext<'_>,
    roots: &RootCertStore,
    origin: &Origin,
) -> Outcome {
    let Ok(address) = origin.join("/").parse() else {
        return Outcome::Skipped("its address cannot be used".into());
    };
    let Some(certified) = certified_key(context) else {
        let finding = L13.finding(["there is no key that fits the certificate".into()]);
        return Outcome::Partly(vec![finding], "no key fits the certificate".into());
    };
    let connection = match TlsConnection::open(&address, roots, Some(certified)).await {
        Ok(connection) => connection,
        Err(error) => {
            let explained = error
                .alert
                .and_then(|alert| explain(context, origin, alert));
            return Outcome::Completed(vec![explained.unwrap_or(error.finding)]);
        }
    };
    let (peer, is_requested) = (connection.peer.clone(), connection.is_requested);
    let mut found = vec![connection.finding()];
    if !is_requested {
        found.push(L12.finding([peer.as_str().into()]));
    }
    let mut request = Request::new(Bytes::new());
    *request.uri_mut() = address;
    let close = HeaderValue::from_static("close");
    request.headers_mut().insert(header::CONNECTION, close);
    match connection.exchange(request).await {
        Ok(response) => {
            found.extend(clock::check(&response));
            if is_requested {
                let status = response.status().as_u16().to_string();
                found.push(L10.finding([peer.into(), status.into()]));
            }
        }
        Err(error) => found.push(match error.alert {
            Some(alert) => {
                let explained = explain(context, origin, alert);
                explained.unwrap_or_else(|| refusal(&peer, alert))
            }
            None => L09.finding([peer.into(), error.reason.into()]),
        }),
    }
    if is_requested {
        Outcome::Completed(found)
    } else {
        let why = Bilingual::new(
            "motparten ba ikke om sertifikatet",
            "the counterparty did not ask for the certificate",
        );
        Outcome::Partly(found, why)
    }
}

/// Explains a refusal by a problem of the certificate, if the alert itself does not name one.
fn explain(
    context: &CertificateContext,
    origin: &Origin,
    alert: AlertDescription,
) -> Option<Finding> {
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
    } else if context.has_broken_signature() {
        &L18
    } else if context.authority().is_none() || !context.is_organisations() {
        &L17
    } else {
        return None;
    };
    Some(entry.finding([origin.as_str().into(), format!("{alert:?}").into()]))
}

/// Returns the certificate with its chain and key, as TLS presents it.
fn certified_key(context: &CertificateContext) -> Option<Arc<CertifiedKey>> {
    let chain = context.leaf.presented_chain(&context.material.others);
    let chain = chain
        .into_iter()
        .map(|certificate| CertificateDer::from(certificate.der.clone()))
        .collect();
    let der = context.material.key.as_ref()?.pkcs8()?;
    let key = PrivateKeyDer::Pkcs8(der.expose().clone().into());
    let certified = CertifiedKey::from_der(chain, key, &default_provider()).ok()?;
    Some(Arc::new(certified))
}
