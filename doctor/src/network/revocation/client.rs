//! Client of the services that the certificate names, over plain HTTP as the issuers offer them. A response counts if the
//! issuer has signed it and it is valid now.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};

use super::status::{RevocationStatus, minutes};
use super::{crl, ocsp};
use crate::catalogue::revocation::{L14, N01, N02, N03};
use crate::checks::{CertificateContext, CheckContext, CheckResults, Outcome};
use crate::finding::{Entry, Finding, Purpose};
use crate::language::Bilingual;
use crate::material::LoadedCertificate;

/// Time limit of one response.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Largest response in bytes: far more than the issuers' lists.
const MAX_SIZE: usize = 32 * 1024 * 1024;

/// Catalogue entries that the check looks for.
static ENTRIES: &[&Entry] = &[&L14, &N01, &N02, &N03];

/// HTTP client for OCSP responders, revocation lists and issuers' certificates.
pub(crate) struct RevocationClient(Client);

impl RevocationClient {
    /// Creates a client that uses no proxy and follows no redirect: it asks only servers that the certificate names.
    ///
    /// # Errors
    ///
    /// If the HTTP client cannot be built.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let client = Client::builder()
            .no_proxy()
            .redirect(Policy::none())
            .timeout(TIMEOUT);
        Ok(Self(client.build()?))
    }

    /// Adds the check to `results`. A registered key needs no certificate, so for it only findings are added.
    pub(crate) async fn add_to(&self, context: &CheckContext<'_>, results: &mut CheckResults) {
        let is_key = context.purpose == Purpose::Key;
        let outcome = match context.certificate() {
            Some(certificate) => self.check(&certificate).await,
            None => Outcome::Skipped(Bilingual::new(
                "sertifikatet mangler",
                "there is no certificate",
            )),
        };
        match outcome {
            Outcome::Skipped(_) if is_key => {}
            Outcome::Partly(found, _) if is_key => results.add_findings(found),
            outcome => results.add("revocation", ENTRIES, outcome),
        }
    }

    /// Asks every server that the certificate names. One usable response is enough.
    async fn check(&self, context: &CertificateContext<'_>) -> Outcome {
        let leaf = context.leaf;
        let (responders, lists) = (leaf.ocsp_addresses(), leaf.crl_addresses());
        let Some(first) = responders.first().or(lists.first()) else {
            return Outcome::Skipped(Bilingual::new(
                "sertifikatet har ingen adresse til CRL eller OCSP",
                "the certificate has no address of a CRL or a responder",
            ));
        };
        let unanswered = || {
            Bilingual::new(
                "ingen svarte slik at det kan brukes",
                "nobody gave an answer that can be used",
            )
        };
        let issuer = match self.issuer(context).await {
            Ok(issuer) => issuer,
            Err(reason) => {
                let found = N02.finding([first.as_str().into(), reason]);
                return Outcome::Partly(vec![found], unanswered());
            }
        };
        let mut found = Vec::new();
        let mut is_known = false;
        for address in &responders {
            let status = match ocsp::request(leaf, &issuer) {
                Some(body) => {
                    let request = self.0.post(address).body(body);
                    let request = request.header("content-type", "application/ocsp-request");
                    let response = fetch(request).await;
                    response.map(|response| ocsp::read(&response, leaf, &issuer, context.now))
                }
                None => Err("the request cannot be made".to_owned()),
            };
            is_known |= is_answer(&status);
            found.push(finding(address, status));
        }
        for address in &lists {
            let response = fetch(self.0.get(address)).await;
            let status = response.map(|list| crl::read(&list, leaf, &issuer, context.now));
            is_known |= is_answer(&status);
            found.push(finding(address, status));
        }
        if is_known {
            Outcome::Completed(found)
        } else {
            Outcome::Partly(found, unanswered())
        }
    }

    /// Returns the certificate that signed this one: from the files, or else from the address in the certificate.
    async fn issuer(
        &self,
        context: &CertificateContext<'_>,
    ) -> Result<LoadedCertificate, Bilingual> {
        let material = context.material;
        let mut at_hand = material.others.iter().chain(&material.trusted);
        let is_issuer = |other: &LoadedCertificate| {
            other.could_have_issued(context.leaf) && other.has_signed(context.leaf)
        };
        if let Some(issuer) = at_hand.find(|other| is_issuer(other)) {
            return Ok(issuer.clone());
        }
        let missing = || {
            Bilingual::new(
                "utstederens sertifikat mangler",
                "the issuer's certificate is missing",
            )
        };
        let address = context.leaf.issuer_address().ok_or_else(missing)?;
        let der = fetch(self.0.get(&address)).await?;
        let issuer = LoadedCertificate::read(&der).ok().filter(is_issuer);
        issuer.ok_or_else(missing)
    }
}

const fn is_answer(status: &Result<RevocationStatus, String>) -> bool {
    matches!(
        status,
        Ok(RevocationStatus::Good | RevocationStatus::Revoked(_))
    )
}

fn finding(address: &str, status: Result<RevocationStatus, String>) -> Finding {
    let address = || address.into();
    match status {
        Err(reason) => N02.finding([address(), reason.into()]),
        Ok(RevocationStatus::Good) => L14.finding([address()]),
        Ok(RevocationStatus::Revoked(at)) => N01.finding([minutes(at).into(), address()]),
        Ok(RevocationStatus::Unusable(why)) => N03.finding([address(), why]),
    }
}

/// Sends a request and returns the body of a successful response, or the reason why there is none.
async fn fetch(request: RequestBuilder) -> Result<Vec<u8>, String> {
    let reason = |error: reqwest::Error| {
        let word = if error.is_timeout() {
            "no answer within 5 s"
        } else {
            "no connection"
        };
        word.to_owned()
    };
    let mut response = request.send().await.map_err(reason)?;
    if !response.status().is_success() {
        return Err(format!("status {}", response.status().as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(reason)? {
        body.extend(chunk);
        if body.len() > MAX_SIZE {
            return Err("it is too large".to_owned());
        }
    }
    Ok(body)
}
