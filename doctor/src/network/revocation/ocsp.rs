//! Requests and responses of OCSP (RFC 6960). Requests keep to the profile of RFC 5019, which hashes names with SHA-1:
//! the issuers' responders support it.

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

use super::status::RevocationStatus;
use crate::language::Bilingual;
use crate::material::LoadedCertificate;

const SHA1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.14.3.2.26");

/// Builds a request for the status of `leaf`, in DER.
pub(super) fn request(leaf: &LoadedCertificate, issuer: &LoadedCertificate) -> Option<Vec<u8>> {
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

/// Returns the identifier of the certificate in requests and responses.
fn identifier(leaf: &LoadedCertificate, issuer: &LoadedCertificate) -> Option<CertId> {
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

/// Reads the status of `leaf` from a response in DER.
pub(super) fn read(
    der: &[u8],
    leaf: &LoadedCertificate,
    issuer: &LoadedCertificate,
    now: OffsetDateTime,
) -> RevocationStatus {
    let Ok(response) = OcspResponse::from_der(der) else {
        return RevocationStatus::unreadable();
    };
    let Some(bytes) = response.response_bytes else {
        return error_status(response.response_status);
    };
    let bytes = bytes.response.as_bytes();
    let (Ok(basic), Some(wanted)) = (BasicOcspResponse::from_der(bytes), identifier(leaf, issuer))
    else {
        return RevocationStatus::unreadable();
    };
    if is_signed(&basic, bytes, issuer, now) != Some(true) {
        return RevocationStatus::false_signature();
    }
    let mut responses = basic.tbs_response_data.responses.iter();
    let Some(single) = responses.find(|single| {
        let id = &single.cert_id;
        id.serial_number == wanted.serial_number
            && id.issuer_key_hash == wanted.issuer_key_hash
            && id.issuer_name_hash == wanted.issuer_name_hash
    }) else {
        return RevocationStatus::Unusable(Bilingual::new(
            "det er om et annet sertifikat",
            "it is about another certificate",
        ));
    };
    let next = single.next_update.as_ref().and_then(moment);
    match (&single.cert_status, moment(&single.this_update)) {
        (CertStatus::Revoked(revoked), _) => match moment(&revoked.revocation_time) {
            Some(at) => RevocationStatus::Revoked(at),
            None => RevocationStatus::unreadable(),
        },
        (CertStatus::Unknown(_), _) => RevocationStatus::Unusable(Bilingual::new(
            "det kjenner ikke sertifikatet",
            "it does not know the certificate",
        )),
        (CertStatus::Good(_), Some(this)) => RevocationStatus::good_if_current(this, next, now),
        (CertStatus::Good(_), None) => RevocationStatus::unreadable(),
    }
}

fn error_status(status: OcspResponseStatus) -> RevocationStatus {
    let status = format!("{status:?}");
    RevocationStatus::Unusable(status.as_str().into())
}

/// Returns whether the signature is the issuer's, or that of a responder with a certificate from the issuer
/// (RFC 6960 §4.2.2.2).
fn is_signed(
    basic: &BasicOcspResponse,
    bytes: &[u8],
    issuer: &LoadedCertificate,
    now: OffsetDateTime,
) -> Option<bool> {
    let signed = first_element(bytes)?;
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

/// Returns whether the issuer has certified `responder` for OCSP.
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

/// Returns the encoding of the first element of a sequence, which the signature covers.
fn first_element(sequence: &[u8]) -> Option<&[u8]> {
    let inside = AnyRef::from_der(sequence).ok()?.value();
    SliceReader::new(inside).ok()?.tlv_bytes().ok()
}

/// Converts a time.
fn moment(time: &OcspGeneralizedTime) -> Option<OffsetDateTime> {
    let seconds = time.0.to_unix_duration().as_secs();
    OffsetDateTime::from_unix_timestamp(seconds.try_into().ok()?).ok()
}
