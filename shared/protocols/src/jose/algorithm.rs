//! Signature algorithms of tokens (RFC 7518 §3.1, RFC 8037, RFC 9864).

use jwt_simple::prelude::{
    ECDSAP256PublicKeyLike as _, ECDSAP384PublicKeyLike as _, ES256PublicKey, ES384PublicKey,
    Ed25519PublicKey, EdDSAPublicKeyLike as _, VerificationOptions,
};
use wasm_rsa::Hash;

use super::claims::Claims;
use super::jwk::{Curve, Jwk, Type};
use super::rsa::{self, Padding, Scheme};

/// Asymmetric signature algorithm. `none` and symmetric algorithms cannot be represented.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// Ed25519: `EdDSA`, and its fully specified name `Ed25519`.
    EdDsa,
}

impl Algorithm {
    /// Parses the `alg` of a token.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rs256,
            "RS384" => Self::Rs384,
            "RS512" => Self::Rs512,
            "PS256" => Self::Ps256,
            "PS384" => Self::Ps384,
            "PS512" => Self::Ps512,
            "ES256" => Self::Es256,
            "ES384" => Self::Es384,
            "EdDSA" | "Ed25519" => Self::EdDsa,
            _ => return None,
        })
    }

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::EdDsa => "EdDSA",
        }
    }

    /// Returns whether `key` has the algorithm's type and curve, and is not restricted to another
    /// algorithm.
    pub(super) fn suits(self, key: &Jwk) -> bool {
        let key_type = match self {
            Self::Rs256 | Self::Rs384 | Self::Rs512 | Self::Ps256 | Self::Ps384 | Self::Ps512 => {
                Type::Rsa
            }
            Self::Es256 => Type::Ec(Curve::P256),
            Self::Es384 => Type::Ec(Curve::P384),
            Self::EdDsa => Type::Ed25519,
        };
        let restriction = key.algorithm().map(Self::from_name);
        key.key_type() == key_type && restriction.is_none_or(|only| only == Some(self))
    }

    /// Verifies the token's signature with `key`, and then its claims. Returns `None` if the
    /// numbers of `key` do not form a valid key.
    pub(super) fn verify(
        self,
        key: &Jwk,
        token: &str,
        options: &VerificationOptions,
    ) -> Option<Result<Claims, jwt_simple::Error>> {
        if let Some(scheme) = self.rsa() {
            return Some(rsa::verify(key.rsa()?, scheme, token, options));
        }
        let (jwk, options) = (key.bare(), Some(options.clone()));
        macro_rules! with {
            ($key:ty) => {
                <$key>::from_jwk(&jwk).ok()?.verify_token(token, options)
            };
        }
        Some(match self {
            Self::Es256 => with!(ES256PublicKey),
            Self::Es384 => with!(ES384PublicKey),
            Self::EdDsa => with!(Ed25519PublicKey),
            _ => return None,
        })
    }

    /// Returns the scheme of an RSA algorithm.
    const fn rsa(self) -> Option<Scheme> {
        let (padding, hash) = match self {
            Self::Rs256 => (Padding::Pkcs1, Hash::Sha256),
            Self::Rs384 => (Padding::Pkcs1, Hash::Sha384),
            Self::Rs512 => (Padding::Pkcs1, Hash::Sha512),
            Self::Ps256 => (Padding::Pss, Hash::Sha256),
            Self::Ps384 => (Padding::Pss, Hash::Sha384),
            Self::Ps512 => (Padding::Pss, Hash::Sha512),
            Self::Es256 | Self::Es384 | Self::EdDsa => return None,
        };
        Some(Scheme { padding, hash })
    }
}
