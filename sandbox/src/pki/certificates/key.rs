//! The key that is certified.

use rcgen::{KeyPair, PublicKeyData, RsaKeySize, SignatureAlgorithm};

use super::defect::Defect;
use super::legacy::ShortKey;
use super::order::Order;
use crate::pki::{Profile, Purpose, rsa_key_named};

pub(super) enum LeafKey {
    Ordinary(KeyPair),
    Short(ShortKey),
}

impl LeafKey {
    /// Makes the key of the certificate for `purpose`: RSA with 3072 bits, in SEID 1 with 2048.
    pub(super) fn new(order: &Order, profile: Profile, purpose: Purpose) -> anyhow::Result<Self> {
        if order.has(Defect::Rsa1024) {
            return Ok(Self::Short(ShortKey::generate()?));
        }
        if order.has(Defect::EcKey) {
            return Ok(Self::Ordinary(KeyPair::generate()?));
        }
        let size = if order.has(Defect::Rsa2048) || profile == Profile::Seid1 {
            RsaKeySize::_2048
        } else {
            RsaKeySize::_3072
        };
        let name = format!("leaf {purpose:?} {size:?}");
        Ok(Self::Ordinary(rsa_key_named(&name, size)?))
    }

    /// Returns the key in PKCS#8 PEM.
    pub(super) fn pem(&self) -> String {
        match self {
            Self::Ordinary(key) => key.serialize_pem(),
            Self::Short(key) => key.pem().to_owned(),
        }
    }
}

impl PublicKeyData for LeafKey {
    fn der_bytes(&self) -> &[u8] {
        match self {
            Self::Ordinary(key) => key.der_bytes(),
            Self::Short(key) => key.der_bytes(),
        }
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        match self {
            Self::Ordinary(key) => key.algorithm(),
            Self::Short(key) => key.algorithm(),
        }
    }
}
