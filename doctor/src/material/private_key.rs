//! Private keys.

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPairComponents, PublicKeyComponents};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1,
    ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1, ECDSA_P521_SHA512_ASN1_SIGNING,
    ED25519, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    RsaKeyPair, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use innsyn_core::secret::Secret;
use innsyn_protocols::maskinporten::{self, Algorithm, Key, KeyIdentifier};
use keyfile::KeyForm;
use x509_parser::public_key::PublicKey;

use super::ber::Value;
use super::certificate::LoadedCertificate;

/// Message of the trial signature, without meaning.
const TRIAL: &[u8] = b"innsyn doctor";

/// Private key, with its name in a PKCS#12 file.
pub(crate) struct PrivateKey {
    /// Friendly name in a PKCS#12 file.
    pub(crate) alias: Option<String>,
    der: Secret<Vec<u8>>,
    signer: Signer,
}

/// Algorithm of a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum KeyAlgorithm {
    /// RSA, with its length in bits.
    Rsa(usize),
    /// Any other, by name or object identifier.
    Other(String),
}

enum Signer {
    Rsa(RsaKeyPair),
    Elliptic(EcdsaKeyPair, &'static dyn VerificationAlgorithm),
    Ed25519(Ed25519KeyPair),
    /// A key that cannot sign: too short, damaged, or of another kind.
    Unusable,
}

impl PrivateKey {
    /// Reads PKCS#8, PKCS#1 or SEC1.
    pub(crate) fn read(der: &[u8], alias: Option<String>) -> Option<Self> {
        let signer = signer(der);
        if matches!(signer, Signer::Unusable) && KeyForm::detect(der).is_none() {
            return None;
        }
        Some(Self {
            alias,
            der: Secret::new(der.to_vec()),
            signer,
        })
    }

    /// Reads an RSA key as a JWK (RFC 7518 §6.3).
    pub(crate) fn from_jwk(jwk: &serde_json::Value) -> Option<Self> {
        let part = |name: &str| {
            let text = jwk.get(name)?.as_str()?;
            URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok()
        };
        let pair = RsaKeyPair::from_components(&KeyPairComponents {
            public_key: PublicKeyComponents {
                n: part("n")?,
                e: part("e")?,
            },
            d: part("d")?,
            p: part("p")?,
            q: part("q")?,
            dP: part("dp")?,
            dQ: part("dq")?,
            qInv: part("qi")?,
        });
        let pair = pair.ok()?;
        let der: Pkcs8V1Der = pair.as_der().ok()?;
        Self::read(der.as_ref(), None)
    }

    /// Returns the algorithm and the length, also of a key that cannot sign.
    pub(crate) fn algorithm(&self) -> KeyAlgorithm {
        key_algorithm(self.der.expose()).unwrap_or_else(|| KeyAlgorithm::Other("?".to_owned()))
    }

    /// Returns whether it is the key of `certificate`.
    pub(crate) fn belongs_to(&self, certificate: &LoadedCertificate) -> bool {
        let Some(parsed) = certificate.parsed() else {
            return false;
        };
        let info = parsed.public_key();
        let wanted = info.subject_public_key.data.as_ref();
        match &self.signer {
            Signer::Rsa(pair) => pair.public_key().as_ref() == wanted,
            Signer::Elliptic(pair, _) => pair.public_key().as_ref() == wanted,
            Signer::Ed25519(pair) => pair.public_key().as_ref() == wanted,
            // An RSA key contains the modulus.
            Signer::Unusable => match info.parsed() {
                Ok(PublicKey::RSA(key)) => {
                    let windows = self.der.expose().windows(key.modulus.len());
                    windows.into_iter().any(|window| window == key.modulus)
                }
                _ => false,
            },
        }
    }

    /// Returns whether a signature by the key verifies with the public key of `certificate`.
    pub(crate) fn signs_for(&self, certificate: &LoadedCertificate) -> bool {
        certificate.parsed().is_some_and(|parsed| {
            self.verifies_with(parsed.public_key().subject_public_key.data.as_ref())
        })
    }

    /// Returns whether a signature by the key verifies with its own public key.
    pub(crate) fn signs(&self) -> bool {
        match &self.signer {
            Signer::Rsa(pair) => self.verifies_with(pair.public_key().as_ref()),
            Signer::Elliptic(pair, _) => self.verifies_with(pair.public_key().as_ref()),
            Signer::Ed25519(pair) => self.verifies_with(pair.public_key().as_ref()),
            Signer::Unusable => false,
        }
    }

    /// Returns whether the app's code reads the key and signs with it.
    pub(crate) fn is_usable_by_app(&self) -> bool {
        let kid = KeyIdentifier::Kid("trial".to_owned());
        let key = Key::of_pkcs8(kid, self.der.expose());
        let Some(maskinporten::Signer::Here(own)) = key.map(|key| key.signer) else {
            return false;
        };
        let (Some(signature), Signer::Rsa(pair)) =
            (own.sign(Algorithm::default(), TRIAL), &self.signer)
        else {
            return false;
        };
        let public = pair.public_key().as_ref();
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public);
        public.verify(TRIAL, &signature).is_ok()
    }

    fn verifies_with(&self, public: &[u8]) -> bool {
        let verifies = |algorithm: &'static dyn VerificationAlgorithm, signature: &[u8]| {
            let key = UnparsedPublicKey::new(algorithm, public);
            key.verify(TRIAL, signature).is_ok()
        };
        let random = SystemRandom::new();
        match &self.signer {
            Signer::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                let signed = pair.sign(&RSA_PKCS1_SHA256, &random, TRIAL, &mut signature);
                signed.is_ok() && verifies(&RSA_PKCS1_2048_8192_SHA256, &signature)
            }
            Signer::Elliptic(pair, algorithm) => pair
                .sign(&random, TRIAL)
                .is_ok_and(|signature| verifies(*algorithm, signature.as_ref())),
            Signer::Ed25519(pair) => verifies(&ED25519, pair.sign(TRIAL).as_ref()),
            Signer::Unusable => false,
        }
    }

    /// Returns the key in PKCS#8, or `None` if it cannot sign.
    pub(crate) fn pkcs8(&self) -> Option<Secret<Vec<u8>>> {
        let der = match &self.signer {
            Signer::Rsa(pair) => {
                let der: Pkcs8V1Der = pair.as_der().ok()?;
                der.as_ref().to_vec()
            }
            Signer::Elliptic(pair, _) => pair.to_pkcs8v1().ok()?.as_ref().to_vec(),
            Signer::Ed25519(pair) => pair.to_pkcs8v1().ok()?.as_ref().to_vec(),
            Signer::Unusable => return None,
        };
        Some(Secret::new(der))
    }
}

fn signer(der: &[u8]) -> Signer {
    if let Ok(pair) = RsaKeyPair::from_pkcs8(der).or_else(|_| RsaKeyPair::from_der(der)) {
        return Signer::Rsa(pair);
    }
    let curves: [(_, &'static dyn VerificationAlgorithm); 3] = [
        (&ECDSA_P256_SHA256_ASN1_SIGNING, &ECDSA_P256_SHA256_ASN1),
        (&ECDSA_P384_SHA384_ASN1_SIGNING, &ECDSA_P384_SHA384_ASN1),
        (&ECDSA_P521_SHA512_ASN1_SIGNING, &ECDSA_P521_SHA512_ASN1),
    ];
    for (signing, verifying) in curves {
        if let Ok(pair) = EcdsaKeyPair::from_private_key_der(signing, der) {
            return Signer::Elliptic(pair, verifying);
        }
    }
    Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_or(Signer::Unusable, Signer::Ed25519)
}

/// Returns the algorithm of a key in PKCS#8, PKCS#1 or SEC1.
fn key_algorithm(der: &[u8]) -> Option<KeyAlgorithm> {
    let (whole, _) = Value::first(der)?;
    let parts = whole.sequence()?;
    match (KeyForm::detect(der)?, parts.as_slice()) {
        (KeyForm::Pkcs1, [_, modulus, ..]) => Some(KeyAlgorithm::Rsa(bits(modulus.content))),
        (KeyForm::Sec1, [_, _, more @ ..]) => {
            let curve = more.iter().find_map(|part| part.explicit(0)?.oid());
            Some(KeyAlgorithm::Other(
                curve.map_or("EC", |oid| curve_name(&oid)).to_owned(),
            ))
        }
        (KeyForm::Pkcs8, [_, algorithm, secret, ..]) => {
            let algorithm = algorithm.sequence()?;
            let oid = algorithm.first()?.oid()?;
            Some(match oid.as_str() {
                "1.2.840.113549.1.1.1" => return key_algorithm(&secret.octet_string()?),
                "1.2.840.113549.1.1.10" => KeyAlgorithm::Other("RSA-PSS".to_owned()),
                "1.2.840.10045.2.1" => {
                    let curve = algorithm.get(1).and_then(Value::oid);
                    KeyAlgorithm::Other(curve.map_or("EC", |oid| curve_name(&oid)).to_owned())
                }
                "1.3.101.112" => KeyAlgorithm::Other("Ed25519".to_owned()),
                _ => KeyAlgorithm::Other(oid),
            })
        }
        _ => None,
    }
}

fn bits(modulus: &[u8]) -> usize {
    let modulus: Vec<u8> = modulus
        .iter()
        .copied()
        .skip_while(|byte| *byte == 0)
        .collect();
    let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
    modulus
        .len()
        .saturating_mul(8)
        .saturating_sub(unused.try_into().unwrap_or_default())
}

fn curve_name(oid: &str) -> &'static str {
    match oid {
        "1.2.840.10045.3.1.7" => "P-256",
        "1.3.132.0.34" => "P-384",
        "1.3.132.0.35" => "P-521",
        _ => "an uncommon curve",
    }
}
