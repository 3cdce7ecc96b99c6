//! A root and the authority under it, which signs enterprise certificates.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CrlDistributionPoint, IsCa, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA512, PublicKeyData, RsaKeySize,
};
use rustls_pki_types::CertificateDer;
use time::{Duration, OffsetDateTime};

use super::leaf::Leaf;
use super::{Line, Profile, extension, rsa_key_named};

const ANY_POLICY: [u64; 5] = [2, 5, 29, 32, 0];

/// A root and, under it, the authority that signs.
#[derive(Debug)]
pub struct Hierarchy {
    line: Line,
    root: CertificateDer<'static>,
    issuing: CertifiedIssuer<'static, KeyPair>,
}

/// What the authorities' keys are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys<'a> {
    /// P-256: made at once. Assumption: it makes no difference to those who rely on the authorities.
    Quick,
    /// RSA as the issuers have it: 4096 bits, of the first generation 2048. Under this name they are
    /// the same as long as the process runs.
    Real(&'a str),
}

impl Hierarchy {
    /// A new one of `line`.
    pub(crate) fn generate(
        line: Line,
        keys: Keys<'_>,
        now: OffsetDateTime,
    ) -> anyhow::Result<Self> {
        Self::called(line, line.names(), keys, now)
    }

    /// A new one of `line`, under other names: the root's and that of the authority below.
    pub(crate) fn called(
        line: Line,
        [root_name, issuing_name]: [String; 2],
        keys: Keys<'_>,
        now: OffsetDateTime,
    ) -> anyhow::Result<Self> {
        let parameters = authority(line, &root_name, now);
        let root = CertifiedIssuer::self_signed(parameters, keys.of(line, Role::Root)?)?;

        let mut parameters = authority(line, &issuing_name, now);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.not_after -= Duration::days(5 * 365);
        parameters.use_authority_key_identifier_extension = true;
        parameters.crl_distribution_points = vec![CrlDistributionPoint {
            uris: vec![line.address("root.crl")],
        }];
        let policies = extension::policies(&[ANY_POLICY.to_vec()]);
        let access = extension::access(&line.address("root.cer"), None);
        parameters.custom_extensions.extend([policies, access]);
        let key = keys.of(line, Role::Issuing)?;
        let issuing = CertifiedIssuer::signed_by(parameters, key, &root)?;
        Ok(Self {
            line,
            root: root.der().clone(),
            issuing,
        })
    }

    /// Which it is.
    pub fn line(&self) -> Line {
        self.line
    }

    /// The root's certificate.
    pub fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// The certificate of the authority that signs.
    pub fn issuing(&self) -> &CertificateDer<'static> {
        self.issuing.der()
    }

    /// The certificate of `leaf`, whose key is `key`.
    pub(crate) fn issue(
        &self,
        leaf: &Leaf,
        key: &impl PublicKeyData,
    ) -> anyhow::Result<CertificateDer<'static>> {
        let parameters = leaf.parameters(key)?;
        Ok(parameters.signed_by(key, &self.issuing)?.der().clone())
    }

    /// The key that signs.
    pub(crate) fn key(&self) -> &KeyPair {
        self.issuing.key()
    }
}

#[derive(Clone, Copy, Debug)]
enum Role {
    Root,
    Issuing,
}

impl Keys<'_> {
    /// The root signs with SHA-512 in the second generation; leaves are signed with SHA-256 in both.
    fn of(self, line: Line, role: Role) -> anyhow::Result<KeyPair> {
        let Self::Real(name) = self else {
            return Ok(KeyPair::generate()?);
        };
        let size = match line.profile {
            Profile::Seid1 => RsaKeySize::_2048,
            Profile::Seid2 => RsaKeySize::_4096,
        };
        let key = rsa_key_named(&format!("{name} {line:?} {role:?}"), size)?;
        match (line.profile, role) {
            (Profile::Seid2, Role::Root) => Ok(KeyPair::from_pkcs8_pem_and_sign_algo(
                &key.serialize_pem(),
                &PKCS_RSA_SHA512,
            )?),
            _ => Ok(key),
        }
    }
}

/// Valid for 25 years since six years ago: enough for certificates that expired long since.
fn authority(line: Line, name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = line.authority(name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.not_before = now - Duration::days(6 * 365);
    parameters.not_after = now + Duration::days(19 * 365);
    if line.profile == Profile::Seid2 {
        parameters.custom_extensions = vec![extension::statements(None)];
    }
    parameters
}
