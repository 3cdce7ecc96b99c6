//! A root and the authority under it, which signs enterprise certificates.

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CrlDistributionPoint,
    IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_RSA_SHA256, PKCS_RSA_SHA512, PublicKeyData,
    RevocationReason, RevokedCertParams, RsaKeySize, SerialNumber, SignatureAlgorithm,
};
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use time::{Duration, OffsetDateTime};
use x509_parser::certificate::X509Certificate;
use x509_parser::prelude::FromDer;

use super::leaf::Leaf;
use super::revoked::{Entry, Revoked};
use super::signer::Signer;
use super::{CaProfile, Profile, extension, rsa_key_named};

const ANY_POLICY: [u64; 5] = [2, 5, 29, 32, 0];

/// Validity of a revocation list. Assumption: a day.
const LIST_HOLDS: Duration = Duration::DAY;

/// A root and, under it, the authority that signs.
#[derive(Debug)]
pub struct Hierarchy {
    ca_profile: CaProfile,
    /// Origin at which the authorities publish.
    base: String,
    root: Signer,
    issuing: Signer,
    revoked: Revoked,
}

/// Kind of the authorities' keys.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Keys<'a> {
    /// P-256, which is quick to generate. Assumption: relying parties do not depend on the key type
    /// of the authorities.
    Quick,
    /// RSA as the issuers have it: 4096 bits, of the first generation 2048. Under this name they
    /// are the same as long as the process runs.
    Real(&'a str),
}

/// The two authorities as they were made before: the root first.
pub(super) struct StoredAuthorities {
    pub(super) certificates: [CertificateDer<'static>; 2],
    pub(super) keys: [PrivatePkcs8KeyDer<'static>; 2],
}

impl Hierarchy {
    /// Generates a hierarchy of `line`, which publishes at `base`.
    pub(crate) fn generate(
        ca_profile: CaProfile,
        keys: Keys<'_>,
        base: &str,
        now: OffsetDateTime,
    ) -> anyhow::Result<Self> {
        Self::called(ca_profile, ca_profile.names(), keys, base, now)
    }

    /// Generates a hierarchy of `line` under other names: the root's and that of the authority
    /// below.
    pub(crate) fn called(
        ca_profile: CaProfile,
        [root_name, issuing_name]: [String; 2],
        keys: Keys<'_>,
        base: &str,
        now: OffsetDateTime,
    ) -> anyhow::Result<Self> {
        let root = Signer::root(
            authority(ca_profile, &root_name, now),
            keys.generate(ca_profile, Role::Root)?,
        )?;

        let mut parameters = authority(ca_profile, &issuing_name, now);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        parameters.not_after = parameters.not_after.saturating_sub(Duration::days(5 * 365));
        parameters.use_authority_key_identifier_extension = true;
        parameters.crl_distribution_points = vec![CrlDistributionPoint {
            uris: vec![ca_profile.address(base, "root.crl")],
        }];
        let policies = extension::policies(&[ANY_POLICY.to_vec()]);
        let access = extension::access(&ca_profile.address(base, "root.cer"), None);
        parameters.custom_extensions.extend([policies, access]);
        let key = keys.generate(ca_profile, Role::Issuing)?;
        Ok(Self {
            ca_profile,
            base: base.to_owned(),
            issuing: Signer::under(&root, parameters, key)?,
            root,
            revoked: Revoked::default(),
        })
    }

    /// Restores a hierarchy that was made before, with RSA keys.
    pub(super) fn again(
        ca_profile: CaProfile,
        base: &str,
        stored: StoredAuthorities,
        revoked: Revoked,
    ) -> anyhow::Result<Self> {
        let [root, issuing] = stored.certificates;
        let [root_key, issuing_key] = stored.keys;
        let again = |certificate, key: &PrivatePkcs8KeyDer<'_>, role| {
            let key = KeyPair::from_pkcs8_der_and_sign_algo(key, algorithm(ca_profile, role))?;
            Signer::again(certificate, key)
        };
        Ok(Self {
            ca_profile,
            base: base.to_owned(),
            root: again(root, &root_key, Role::Root)?,
            issuing: again(issuing, &issuing_key, Role::Issuing)?,
            revoked,
        })
    }

    /// Returns the profile of the hierarchy.
    pub fn ca_profile(&self) -> CaProfile {
        self.ca_profile
    }

    /// Returns the root certificate.
    pub fn root(&self) -> &CertificateDer<'static> {
        &self.root.certificate
    }

    /// Returns the certificate of the authority that signs.
    pub fn issuing(&self) -> &CertificateDer<'static> {
        &self.issuing.certificate
    }

    /// Returns the revoked certificates.
    pub(crate) fn revoked(&self) -> &Revoked {
        &self.revoked
    }

    /// Returns the origin where the authorities publish.
    pub(crate) fn base(&self) -> &str {
        &self.base
    }

    /// Issues the certificate of `leaf`, whose key is `key`.
    pub(crate) fn issue(
        &self,
        leaf: &Leaf,
        key: &impl PublicKeyData,
    ) -> anyhow::Result<CertificateDer<'static>> {
        let parameters = leaf.parameters(key, &self.base)?;
        Ok(parameters
            .signed_by(key, &self.issuing.issuer)?
            .der()
            .clone())
    }

    /// Revokes a certificate, as of `at`.
    pub(crate) fn revoke(&self, certificate: &[u8], at: OffsetDateTime) -> anyhow::Result<()> {
        let (_, parsed) = X509Certificate::from_der(certificate)?;
        let serial = parsed.raw_serial().to_vec();
        self.revoked.add(Entry { serial, at })
    }

    /// Builds the revocation list as of `now`, in DER.
    pub(crate) fn list(&self, now: OffsetDateTime) -> anyhow::Result<Vec<u8>> {
        list(&self.issuing, self.revoked.entries(), now)
    }

    /// Builds the root's revocation list, which is empty.
    pub(crate) fn roots_list(&self, now: OffsetDateTime) -> anyhow::Result<Vec<u8>> {
        list(&self.root, Vec::new(), now)
    }

    /// Signs `message` with the key of the authority that signs.
    pub(crate) fn sign(&self, message: &[u8]) -> anyhow::Result<Vec<u8>> {
        self.issuing.sign(message)
    }

    /// Returns the key that signs.
    pub(crate) fn key(&self) -> &KeyPair {
        self.issuing.issuer.key()
    }

    /// Returns both keys, PKCS#8 in PEM: the root's first.
    pub(super) fn keys_pem(&self) -> String {
        let keys = [&self.root, &self.issuing];
        keys.map(|signer| signer.issuer.key().serialize_pem())
            .concat()
    }
}

fn list(signer: &Signer, entries: Vec<Entry>, now: OffsetDateTime) -> anyhow::Result<Vec<u8>> {
    let revoked = entries.into_iter().map(|entry| RevokedCertParams {
        serial_number: SerialNumber::from(entry.serial),
        revocation_time: entry.at,
        reason_code: Some(RevocationReason::CessationOfOperation),
        invalidity_date: None,
    });
    let parameters = CertificateRevocationListParams {
        this_update: now,
        next_update: now.saturating_add(LIST_HOLDS),
        crl_number: SerialNumber::from(now.unix_timestamp().unsigned_abs()),
        issuing_distribution_point: None,
        revoked_certs: revoked.collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    };
    Ok(parameters.signed_by(&signer.issuer)?.der().to_vec())
}

#[derive(Clone, Copy, Debug)]
enum Role {
    Root,
    Issuing,
}

impl Keys<'_> {
    /// The root signs with SHA-512 in the second generation; leaves are signed with SHA-256 in
    /// both.
    fn generate(self, ca_profile: CaProfile, role: Role) -> anyhow::Result<KeyPair> {
        let Self::Real(name) = self else {
            return Ok(KeyPair::generate()?);
        };
        let size = match ca_profile.profile {
            Profile::Seid1 => RsaKeySize::_2048,
            Profile::Seid2 => RsaKeySize::_4096,
        };
        let key = rsa_key_named(&format!("{name} {ca_profile:?} {role:?}"), size)?;
        let pem = key.serialize_pem();
        Ok(KeyPair::from_pkcs8_pem_and_sign_algo(
            &pem,
            algorithm(ca_profile, role),
        )?)
    }
}

fn algorithm(ca_profile: CaProfile, role: Role) -> &'static SignatureAlgorithm {
    match (ca_profile.profile, role) {
        (Profile::Seid2, Role::Root) => &PKCS_RSA_SHA512,
        _ => &PKCS_RSA_SHA256,
    }
}

/// Valid for 25 years since six years ago: enough for certificates that expired long since.
fn authority(ca_profile: CaProfile, name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = ca_profile.authority(name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    parameters.not_before = now.saturating_sub(Duration::days(6 * 365));
    parameters.not_after = now.saturating_add(Duration::days(19 * 365));
    if ca_profile.profile == Profile::Seid2 {
        parameters.custom_extensions = vec![extension::statements(None)];
    }
    parameters
}
