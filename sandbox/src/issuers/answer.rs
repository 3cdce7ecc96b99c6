//! Answer about one certificate (RFC 6960 §4.2), signed by the authority that issued it.

use aws_lc_rs::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use rcgen::PKCS_RSA_SHA256;
use time::{Duration, OffsetDateTime};
use x509_ocsp::{
    BasicOcspResponse, CertId, CertStatus, OcspGeneralizedTime, OcspRequest, OcspResponse,
    ResponderId, ResponseData, RevokedInfo, SingleResponse, Version,
};
use x509_ocsp_cert::spki::AlgorithmIdentifierOwned;
use x509_ocsp_der::asn1::{BitString, GeneralizedTime, Null, ObjectIdentifier, OctetString};
use x509_ocsp_der::{Decode, Encode};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use crate::pki::Hierarchy;

/// Validity of an OCSP answer. Assumption: as long as a revocation list's.
const HOLDS: Duration = Duration::DAY;

const HASHES: [(&str, &Algorithm); 2] = [
    ("1.3.14.3.2.26", &SHA1_FOR_LEGACY_USE_ONLY),
    ("2.16.840.1.101.3.4.2.1", &SHA256),
];
const SHA256_WITH_RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const SHA256_WITH_ECDSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");

/// Builds the answer to `request`, in DER.
pub(super) fn to(
    request: &[u8],
    authority: &Hierarchy,
    now: OffsetDateTime,
) -> anyhow::Result<Vec<u8>> {
    let Ok(request) = OcspRequest::from_der(request) else {
        return Ok(OcspResponse::malformed_request().to_der()?);
    };
    let (_, issuing) = X509Certificate::from_der(authority.issuing())?;
    let [single] = request.tbs_request.request_list.as_slice() else {
        return Ok(OcspResponse::unauthorized().to_der()?);
    };
    if !is_of(&single.req_cert, &issuing) {
        return Ok(OcspResponse::unauthorized().to_der()?);
    }
    let key = digest(&SHA1_FOR_LEGACY_USE_ONLY, public_key(&issuing));
    let nonces = request.tbs_request.request_extensions;
    let data = ResponseData {
        version: Version::V1,
        responder_id: ResponderId::ByKey(OctetString::new(key.as_ref())?),
        produced_at: moment(now)?,
        responses: vec![SingleResponse {
            cert_status: standing(&single.req_cert, authority)?,
            cert_id: single.req_cert.clone(),
            this_update: moment(now)?,
            next_update: Some(moment(now.saturating_add(HOLDS))?),
            single_extensions: None,
        }],
        // A nonce is repeated; clients send no other extension.
        response_extensions: nonces,
    };
    let signature = authority.sign(&data.to_der()?)?;
    let basic = BasicOcspResponse {
        tbs_response_data: data,
        signature_algorithm: algorithm(authority),
        signature: BitString::from_bytes(&signature)?,
        certs: None,
    };
    Ok(OcspResponse::successful(basic)?.to_der()?)
}

/// Returns whether the question is about a certificate of this authority.
fn is_of(asked: &CertId, issuing: &X509Certificate<'_>) -> bool {
    let oid = asked.hash_algorithm.oid.to_string();
    let Some((_, algorithm)) = HASHES.into_iter().find(|(known, _)| *known == oid) else {
        return false;
    };
    let name = digest(algorithm, issuing.subject().as_raw());
    let key = digest(algorithm, public_key(issuing));
    asked.issuer_name_hash.as_bytes() == name.as_ref()
        && asked.issuer_key_hash.as_bytes() == key.as_ref()
}

fn public_key<'a>(certificate: &'a X509Certificate<'_>) -> &'a [u8] {
    &certificate.public_key().subject_public_key.data
}

fn standing(asked: &CertId, authority: &Hierarchy) -> anyhow::Result<CertStatus> {
    let since = authority.revoked().since(asked.serial_number.as_bytes());
    Ok(match since {
        Some(at) => CertStatus::Revoked(RevokedInfo {
            revocation_time: moment(at)?,
            revocation_reason: None,
        }),
        None => CertStatus::good(),
    })
}

fn algorithm(authority: &Hierarchy) -> AlgorithmIdentifierOwned {
    if authority.key().algorithm() == &PKCS_RSA_SHA256 {
        AlgorithmIdentifierOwned {
            oid: SHA256_WITH_RSA,
            parameters: Some(Null.into()),
        }
    } else {
        AlgorithmIdentifierOwned {
            oid: SHA256_WITH_ECDSA,
            parameters: None,
        }
    }
}

fn moment(time: OffsetDateTime) -> anyhow::Result<OcspGeneralizedTime> {
    let seconds = u64::try_from(time.unix_timestamp())?;
    let time = GeneralizedTime::from_unix_duration(std::time::Duration::from_secs(seconds))?;
    Ok(OcspGeneralizedTime(time))
}
