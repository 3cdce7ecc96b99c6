//! XML responses of Posten.

use bytes::Bytes;
use http::StatusCode;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::{Job, ORIGIN, PAGES};
use innsyn_core::platform::Response;

const NS: &str = "xmlns=\"http://signering.posten.no/schema/v1\"";

/// Returns the response to an order, with the signers in another order than in the request.
pub(super) fn created(job: &Job) -> String {
    let Job {
        id,
        flow,
        reference,
        ..
    } = job;
    let head = format!(
        "<{flow}-signature-job-response {NS}><reference>{reference}</reference><signature-job-id>{id}</signature-job-id>"
    );
    if *flow == "portal" {
        return format!(
            "{head}<cancellation-url>{ORIGIN}/api/cancel/{id}</cancellation-url></portal-signature-job-response>"
        );
    }
    let signers = job.signers.iter().enumerate().rev().map(|(place, (who, ..))| {
        format!(
            "<signer href=\"{ORIGIN}/api/signers/{id}-{place}\">{}<redirect-url>{PAGES}/#/-/page-{id}-{place}</redirect-url></signer>",
            named(who)
        )
    });
    let signers: Vec<String> = signers.collect();
    format!(
        "{head}<redirect-url>{PAGES}/#/-/old</redirect-url><status-url>{ORIGIN}/api/status/{id}</status-url>{}</direct-signature-job-response>",
        signers.concat()
    )
}

/// Returns the response with a new redirect URL for a signer.
pub(super) fn redirected(signer: &str, who: &str) -> String {
    format!(
        "<direct-signer-response {NS} href=\"{ORIGIN}/api/signers/{signer}\">{}<redirect-url>{PAGES}/#/-/new</redirect-url></direct-signer-response>",
        named(who)
    )
}

fn named(who: &str) -> String {
    let name = match who.len() {
        11 => "personal-identification-number",
        _ => "signer-identifier",
    };
    format!("<{name}>{who}</{name}>")
}

pub(super) fn changed(job: &Job, number: usize) -> String {
    let Job {
        id,
        flow,
        reference,
        signers,
        ..
    } = job;
    let is = |wanted: &'static str| {
        move |(_, status, _): &(String, &str, OffsetDateTime)| *status == wanted
    };
    let status = if signers.iter().all(is("SIGNED")) {
        "COMPLETED_SUCCESSFULLY"
    } else if signers
        .iter()
        .any(|(_, status, _)| !matches!(*status, "SIGNED" | "WAITING"))
    {
        "FAILED"
    } else {
        "IN_PROGRESS"
    };
    let pades = format!("<pades-url>{ORIGIN}/api/pades/{id}</pades-url>");
    let head =
        format!("<reference>{reference}</reference><signature-job-id>{id}</signature-job-id>");
    let confirmation =
        format!("<confirmation-url>{ORIGIN}/api/confirm/{number}</confirmation-url>");
    let since = |time: &OffsetDateTime| time.format(&Rfc3339).expect("a time");
    if *flow == "direct" {
        let statuses: Vec<String> = signers
            .iter()
            .map(|(who, status, time)| {
                format!(
                    "<status signer=\"{who}\" since=\"{}\">{status}</status>",
                    since(time)
                )
            })
            .collect();
        let signed = signers.iter().filter(|signer| is("SIGNED")(signer));
        let xades: Vec<String> = signed
            .map(|(who, ..)| {
                format!("<xades-url signer=\"{who}\">{ORIGIN}/api/xades/{id}</xades-url>")
            })
            .collect();
        return format!(
            "<direct-signature-job-status-response {NS}>{head}<signature-job-status>{status}</signature-job-status>{}{confirmation}{}{pades}</direct-signature-job-status-response>",
            statuses.concat(),
            xades.concat()
        );
    }
    let cancellation = match status {
        "IN_PROGRESS" => format!("<cancellation-url>{ORIGIN}/api/cancel/{id}</cancellation-url>"),
        _ => format!("<delete-documents-url>{ORIGIN}/api/documents/{id}</delete-documents-url>"),
    };
    let signatures: Vec<String> = signers
        .iter()
        .map(|(who, status, time)| {
            format!(
                "<signature><status since=\"{}\">{status}</status>{}</signature>",
                since(time),
                named(who)
            )
        })
        .collect();
    format!(
        "<portal-signature-job-status-change-response {NS}>{head}<status>{status}</status>{confirmation}{cancellation}<signatures>{}{pades}</signatures></portal-signature-job-status-change-response>",
        signatures.concat()
    )
}

pub(in crate::signature) fn answered(status: u16, body: &str) -> Response {
    let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
    *response.status_mut() = StatusCode::from_u16(status).expect("a status");
    response
}

pub(in crate::signature) fn refused(status: u16, code: &str) -> Response {
    let xml = format!(
        "<error {NS}><error-code>{code}</error-code><error-message>about 02829090123</error-message><error-type>CLIENT</error-type></error>"
    );
    answered(status, &xml)
}

/// Returns the rate limiter's response: no body, and a header that identifies it.
pub(in crate::signature) fn shut_out() -> Response {
    let mut response = answered(429, "");
    response
        .headers_mut()
        .insert("dosfilter", "delayed".parse().expect("a value"));
    response
}

pub(super) fn between(text: &str, start: &str, end: &str) -> Vec<String> {
    let found = text.split(start).skip(1);
    found
        .filter_map(|rest| Some(rest.split_once(end)?.0.to_owned()))
        .collect()
}
