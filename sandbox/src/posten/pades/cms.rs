//! The signature itself: CMS (RFC 5652), detached, with the attributes of CAdES baseline B.

use aws_lc_rs::digest::{Context, SHA256, digest};
use cms::cert::{CertificateChoices, IssuerAndSerialNumber};
use cms::content_info::{CmsVersion, ContentInfo};
use cms::signed_data::{
    CertificateSet, EncapsulatedContentInfo, SignedData, SignerIdentifier, SignerInfo, SignerInfos,
};
use der::asn1::{Any, ObjectIdentifier, OctetString, SetOfVec};
use der::{Decode, Encode, Sequence};
use x509_cert::Certificate;
use x509_cert::attr::Attribute;
use x509_cert::spki::AlgorithmIdentifierOwned;

use crate::posten::end_user::EndUser;

const DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.1");
const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier =
    ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const SHA_256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");

/// `SigningCertificateV2` of RFC 5035 §3, with the default digest and nothing that may be left out.
#[derive(Sequence)]
struct SigningCertificate {
    certificates: Vec<CertificateId>,
}

/// `ESSCertIDv2` (RFC 5035): the digest that identifies the signer's certificate.
#[derive(Sequence)]
struct CertificateId {
    digest: OctetString,
}

/// The signature of `signer` on `parts`, one after the other: `ContentInfo` in DER.
pub(super) fn sign(parts: &[&[u8]], signer: &EndUser) -> anyhow::Result<Vec<u8>> {
    let certificates: Vec<Certificate> = signer
        .chain
        .iter()
        .map(|der| Certificate::from_der(der))
        .collect::<Result<_, _>>()?;
    let [leaf, ..] = &signer.chain;
    let parsed = Certificate::from_der(leaf)?;
    let attributes = attributes(parts, leaf)?;
    let sha256 = AlgorithmIdentifierOwned {
        oid: SHA_256,
        parameters: None,
    };
    let information = SignerInfo {
        version: CmsVersion::V1,
        sid: SignerIdentifier::IssuerAndSerialNumber(IssuerAndSerialNumber {
            issuer: parsed.tbs_certificate().issuer().clone(),
            serial_number: parsed.tbs_certificate().serial_number().clone(),
        }),
        digest_alg: sha256.clone(),
        // RFC 5652 §5.4: what is signed is the DER of the set, with its own tag.
        signature: OctetString::new(signer.sign(&attributes.to_der()?)?)?,
        signed_attrs: Some(attributes),
        signature_algorithm: AlgorithmIdentifierOwned {
            oid: RSA,
            parameters: Some(Any::null()),
        },
        unsigned_attrs: None,
    };
    let certificates = certificates
        .into_iter()
        .map(CertificateChoices::Certificate);
    let content = SignedData {
        version: CmsVersion::V1,
        digest_algorithms: SetOfVec::try_from(vec![sha256])?,
        encap_content_info: EncapsulatedContentInfo {
            econtent_type: DATA,
            econtent: None,
        },
        certificates: Some(CertificateSet(SetOfVec::try_from(
            certificates.collect::<Vec<_>>(),
        )?)),
        crls: None,
        signer_infos: SignerInfos(SetOfVec::try_from(vec![information])?),
    };
    let information = ContentInfo {
        content_type: SIGNED_DATA,
        content: Any::encode_from(&content)?,
    };
    Ok(information.to_der()?)
}

fn attributes(parts: &[&[u8]], leaf: &[u8]) -> anyhow::Result<SetOfVec<Attribute>> {
    let mut content = Context::new(&SHA256);
    for part in parts {
        content.update(part);
    }
    let certificate = SigningCertificate {
        certificates: vec![CertificateId {
            digest: OctetString::new(digest(&SHA256, leaf).as_ref())?,
        }],
    };
    let values = [
        (CONTENT_TYPE, Any::encode_from(&DATA)?),
        (
            MESSAGE_DIGEST,
            Any::encode_from(&OctetString::new(content.finish().as_ref())?)?,
        ),
        (SIGNING_CERTIFICATE, Any::encode_from(&certificate)?),
    ];
    let attributes = values.into_iter().map(|(oid, value)| {
        Ok(Attribute {
            oid,
            values: SetOfVec::try_from(vec![value])?,
        })
    });
    Ok(SetOfVec::try_from(
        attributes.collect::<Result<Vec<_>, der::Error>>()?,
    )?)
}
