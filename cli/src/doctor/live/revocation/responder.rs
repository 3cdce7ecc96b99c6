//! A question to a responder, and its answer. The question is of the kind that RFC 5019 keeps to, with SHA-1 for names:
//! the issuers' responders know it.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use time::OffsetDateTime;
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse,
    OcspResponseStatus, Request, TbsRequest,
};
use x509_ocsp_cert::serial_number::SerialNumber;
use x509_ocsp_cert::spki::AlgorithmIdentifierOwned;
use x509_ocsp_der::asn1::{AnyRef, Null, ObjectIdentifier, OctetString};
use x509_ocsp_der::{Decode, Encode, Reader, SliceReader};
use x509_parser::asn1_rs::BitString;
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;
use x509_parser::verify::verify_signature;
use x509_parser::x509::{AlgorithmIdentifier, SubjectPublicKeyInfo};

use super::super::super::language::Both;
use super::super::super::material::Held;
use super::{Standing, false_signature, holds, unreadable};

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");

pub(super) fn request(leaf: &Held, issuer: &Held) -> Option<Vec<u8>> {
    let request = Request {
        req_cert: identifier(leaf, issuer)?,
        single_request_extensions: None,
    };
    let request = OcspRequest {
        tbs_request: TbsRequest {
            request_list: vec![request],
            ..TbsRequest::default()
        },
        optional_signature: None,
    };
    request.to_der().ok()
}

/// The certificate, as questions and answers name it.
fn identifier(leaf: &Held, issuer: &Held) -> Option<CertId> {
    let (leaf, issuer) = (leaf.parsed()?, issuer.parsed()?);
    let hash =
        |bytes: &[u8]| OctetString::new(digest(&SHA1_FOR_LEGACY_USE_ONLY, bytes).as_ref()).ok();
    Some(CertId {
        hash_algorithm: AlgorithmIdentifierOwned {
            oid: SHA1,
            parameters: Some(Null.into()),
        },
        issuer_name_hash: hash(leaf.issuer().as_raw())?,
        issuer_key_hash: hash(&issuer.public_key().subject_public_key.data)?,
        serial_number: SerialNumber::new(leaf.raw_serial()).ok()?,
    })
}

pub(super) fn read(der: &[u8], leaf: &Held, issuer: &Held, now: OffsetDateTime) -> Standing {
    let Ok(answer) = OcspResponse::from_der(der) else {
        return unreadable();
    };
    let Some(bytes) = answer.response_bytes else {
        return refused(answer.response_status);
    };
    let bytes = bytes.response.as_bytes();
    let (Ok(basic), Some(wanted)) = (BasicOcspResponse::from_der(bytes), identifier(leaf, issuer))
    else {
        return unreadable();
    };
    if is_signed(&basic, bytes, issuer, now) != Some(true) {
        return false_signature();
    }
    let mut answers = basic.tbs_response_data.responses.iter();
    let Some(single) = answers.find(|single| {
        let id = &single.cert_id;
        id.serial_number == wanted.serial_number
            && id.issuer_key_hash == wanted.issuer_key_hash
            && id.issuer_name_hash == wanted.issuer_name_hash
    }) else {
        return Standing::Useless(Both::new(
            "det er om et annet sertifikat",
            "it is about another certificate",
        ));
    };
    let next = single.next_update.as_ref().and_then(moment);
    match (&single.cert_status, moment(&single.this_update)) {
        (CertStatus::Revoked(revoked), _) => match moment(&revoked.revocation_time) {
            Some(at) => Standing::Revoked(at),
            None => unreadable(),
        },
        (CertStatus::Unknown(_), _) => Standing::Useless(Both::new(
            "det kjenner ikke sertifikatet",
            "it does not know the certificate",
        )),
        (CertStatus::Good(_), Some(this)) => match holds(this, next, now) {
            Some(why) => Standing::Useless(why),
            None => Standing::Good,
        },
        (CertStatus::Good(_), None) => unreadable(),
    }
}

fn refused(status: OcspResponseStatus) -> Standing {
    let status = format!("{status:?}");
    Standing::Useless(status.as_str().into())
}

/// Whether the issuer has signed it, or one whom the issuer has certified to answer (RFC 6960 §4.2.2.2).
fn is_signed(
    basic: &BasicOcspResponse,
    bytes: &[u8],
    issuer: &Held,
    now: OffsetDateTime,
) -> Option<bool> {
    let signed = first_inside(bytes)?;
    let algorithm = basic.signature_algorithm.to_der().ok()?;
    let (_, algorithm) = AlgorithmIdentifier::from_der(&algorithm).ok()?;
    let signature = basic.signature.as_bytes()?;
    let signature = BitString::new(0, signature);
    let is_by = |key: &SubjectPublicKeyInfo<'_>| {
        verify_signature(key, &algorithm, &signature, signed).is_ok()
    };
    let issuer = issuer.parsed()?;
    if is_by(issuer.public_key()) {
        return Some(true);
    }
    let certified = basic.certs.iter().flatten().any(|responder| {
        let Ok(der) = responder.to_der() else {
            return false;
        };
        let Ok((_, responder)) = X509Certificate::from_der(&der) else {
            return false;
        };
        may_answer(&responder, &issuer, now) && is_by(responder.public_key())
    });
    Some(certified)
}

fn may_answer(
    responder: &X509Certificate<'_>,
    issuer: &X509Certificate<'_>,
    now: OffsetDateTime,
) -> bool {
    let usage = responder.extended_key_usage().ok().flatten();
    let validity = responder.validity();
    responder
        .verify_signature(Some(issuer.public_key()))
        .is_ok()
        && usage.is_some_and(|usage| usage.value.ocsp_signing)
        && validity.not_before.to_datetime() <= now
        && now <= validity.not_after.to_datetime()
}

/// The first part of a sequence, as it stands: that is what is signed.
fn first_inside(sequence: &[u8]) -> Option<&[u8]> {
    let inside = AnyRef::from_der(sequence).ok()?.value();
    SliceReader::new(inside).ok()?.tlv_bytes().ok()
}

fn moment(time: &OcspGeneralizedTime) -> Option<OffsetDateTime> {
    let seconds = time.0.to_unix_duration().as_secs();
    OffsetDateTime::from_unix_timestamp(seconds.try_into().ok()?).ok()
}
