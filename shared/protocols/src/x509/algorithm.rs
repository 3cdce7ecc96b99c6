//! Algorithms of keys and signatures.

use x509_cert::der::asn1::UintRef;
use x509_cert::der::oid::ObjectIdentifier;
use x509_cert::der::{Decode as _, Reader as _, SliceReader};
use x509_cert::spki::SubjectPublicKeyInfoOwned;

/// Type of a certificate's key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum PublicKey {
    /// RSA, with the size of the modulus in bits. Maskinporten accepts no other type.
    Rsa(usize),
    /// Elliptic-curve key, with the usual name of the curve.
    Elliptic(&'static str),
    /// Ed25519.
    Ed25519,
    /// Other type, by object identifier.
    Other(String),
}

impl PublicKey {
    /// Reads the type of a key. Returns `None` for a malformed RSA key.
    pub(super) fn read(info: &SubjectPublicKeyInfoOwned) -> Option<Self> {
        let kind = info.algorithm.oid.to_string();
        Some(match kind.as_str() {
            "1.2.840.113549.1.1.1" => Self::Rsa(modulus_bits(info.subject_public_key.raw_bytes())?),
            "1.2.840.10045.2.1" => {
                let parameters = info.algorithm.parameters.as_ref();
                let curve = parameters.and_then(|value| value.decode_as::<ObjectIdentifier>().ok());
                Self::Elliptic(curve.map_or("an unnamed curve", |curve| name(&curve)))
            }
            "1.3.101.112" => Self::Ed25519,
            _ => Self::Other(kind),
        })
    }
}

fn name(curve: &ObjectIdentifier) -> &'static str {
    match curve.to_string().as_str() {
        "1.2.840.10045.3.1.7" => "P-256",
        "1.3.132.0.34" => "P-384",
        "1.3.132.0.35" => "P-521",
        _ => "an uncommon curve",
    }
}

/// Returns the length of `n` in `SEQUENCE { n, e }`, in bits (RFC 8017, appendix A.1.1).
fn modulus_bits(key: &[u8]) -> Option<usize> {
    let mut reader = SliceReader::new(key).ok()?;
    let modulus = reader.sequence(|reader| {
        let modulus = UintRef::decode(reader)?.as_bytes();
        UintRef::decode(reader)?;
        x509_cert::der::Result::Ok(modulus)
    });
    let modulus = modulus.ok()?;
    let unused = modulus.first()?.leading_zeros();
    modulus
        .len()
        .checked_mul(8)?
        .checked_sub(usize::try_from(unused).ok()?)
}

/// Signature algorithm of a certificate.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum SignatureAlgorithm {
    /// RSA with MD5.
    RsaMd5,
    /// RSA with SHA-1.
    RsaSha1,
    /// RSA with SHA-256, used by every leaf of Buypass and Commfides.
    RsaSha256,
    /// RSA with SHA-384.
    RsaSha384,
    /// RSA with SHA-512, used by the authorities of Buypass and Commfides.
    RsaSha512,
    /// RSA-PSS.
    RsaPss,
    /// ECDSA with SHA-1.
    EcdsaSha1,
    /// ECDSA with SHA-256.
    EcdsaSha256,
    /// ECDSA with SHA-384.
    EcdsaSha384,
    /// ECDSA with SHA-512.
    EcdsaSha512,
    /// Ed25519.
    Ed25519,
    /// Other algorithm, by object identifier.
    Other(String),
}

impl SignatureAlgorithm {
    /// Returns whether the algorithm is broken: its signatures can be forged, and validators reject
    /// them.
    pub const fn is_broken(&self) -> bool {
        matches!(self, Self::RsaMd5 | Self::RsaSha1 | Self::EcdsaSha1)
    }

    pub(super) fn read(oid: &ObjectIdentifier) -> Self {
        match oid.to_string().as_str() {
            // The second identifier is OIW's, of 1991, which some programs still write.
            "1.2.840.113549.1.1.4" | "1.3.14.3.2.3" => Self::RsaMd5,
            "1.2.840.113549.1.1.5" | "1.3.14.3.2.29" => Self::RsaSha1,
            "1.2.840.113549.1.1.10" => Self::RsaPss,
            "1.2.840.113549.1.1.11" => Self::RsaSha256,
            "1.2.840.113549.1.1.12" => Self::RsaSha384,
            "1.2.840.113549.1.1.13" => Self::RsaSha512,
            "1.2.840.10045.4.1" => Self::EcdsaSha1,
            "1.2.840.10045.4.3.2" => Self::EcdsaSha256,
            "1.2.840.10045.4.3.3" => Self::EcdsaSha384,
            "1.2.840.10045.4.3.4" => Self::EcdsaSha512,
            "1.3.101.112" => Self::Ed25519,
            other => Self::Other(other.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_identifiers_are_the_same_algorithms() {
        for (oid, expected) in [
            ("1.2.840.113549.1.1.5", SignatureAlgorithm::RsaSha1),
            ("1.3.14.3.2.29", SignatureAlgorithm::RsaSha1),
            ("1.3.14.3.2.3", SignatureAlgorithm::RsaMd5),
            ("1.2.840.113549.1.1.11", SignatureAlgorithm::RsaSha256),
            ("1.2.3", SignatureAlgorithm::Other("1.2.3".to_owned())),
        ] {
            let read = SignatureAlgorithm::read(&ObjectIdentifier::new_unwrap(oid));
            assert_eq!(read, expected);
            assert_eq!(
                read.is_broken(),
                oid.contains("1.1.5") || oid.starts_with("1.3")
            );
        }
    }
}
