//! The sandbox's own certificate authorities: one for its TLS servers, one for enterprise
//! certificates (virksomhetssertifikat). Both are made anew at each start and trusted by nobody else.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose,
    PKCS_RSA_SHA256, PublicKeyData, RsaKeySize,
};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use time::{Duration, OffsetDateTime};

/// The names that the servers' certificate is for.
const SERVER_NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// X.520 `organizationIdentifier`, which rcgen has no name for.
const ORGANISATION_IDENTIFIER: [u64; 4] = [2, 5, 4, 97];
/// X.520 `serialNumber`.
const SERIAL_NUMBER: [u64; 4] = [2, 5, 4, 5];

/// Issues the certificate of the sandbox's TLS servers.
#[derive(Debug)]
pub struct WebAuthority(CertifiedIssuer<'static, KeyPair>);

impl WebAuthority {
    /// A new one.
    pub fn generate(now: OffsetDateTime) -> anyhow::Result<Self> {
        let parameters = authority("Innsyn sandbox TLS root", now);
        Ok(Self(CertifiedIssuer::self_signed(
            parameters,
            KeyPair::generate()?,
        )?))
    }

    /// Its certificate: what clients of the sandbox must trust.
    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// What a server on the loopback needs: HTTP/2 and HTTP/1.1 by ALPN.
    pub fn server(&self, now: OffsetDateTime) -> anyhow::Result<Arc<ServerConfig>> {
        let key = KeyPair::generate()?;
        let mut parameters = CertificateParams::new(SERVER_NAMES.map(String::from))?;
        parameters.distinguished_name = rcgen::DistinguishedName::new();
        parameters
            .distinguished_name
            .push(DnType::CommonName, "Innsyn sandbox");
        parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        parameters.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        valid(&mut parameters, now, Duration::days(365));
        let certificate = parameters.signed_by(&key, &self.0)?;

        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let private_key =
            PrivateKeyDer::try_from(key.serialize_der()).map_err(anyhow::Error::msg)?;
        let mut server = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private_key)
            .context("the sandbox's own server certificate")?;
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(server))
    }
}

/// Issues enterprise certificates: a root and, under it, the authority that signs them.
#[derive(Debug)]
pub struct EnterpriseAuthority {
    root: CertificateDer<'static>,
    issuing: CertifiedIssuer<'static, KeyPair>,
}

/// The two generations of the Norwegian profile for enterprise certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// SEID 1: the organisation number is the subject's `serialNumber`.
    Seid1,
    /// SEID 2: it is the subject's `organizationIdentifier`, after `NTRNO-`.
    Seid2,
}

impl EnterpriseAuthority {
    /// A new one. Assumption: the real authorities' RSA keys make no difference to those who rely on
    /// them; P-256 is quicker to make.
    pub fn generate(now: OffsetDateTime) -> anyhow::Result<Self> {
        let parameters = authority("SIMULERT Class 3 Root CA", now);
        let root = CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)?;
        let parameters = authority("SIMULERT Class 3 CA Business", now);
        let issuing = CertifiedIssuer::signed_by(parameters, KeyPair::generate()?, &root)?;
        Ok(Self {
            root: root.der().clone(),
            issuing,
        })
    }

    /// The root's certificate.
    pub fn root(&self) -> &CertificateDer<'static> {
        &self.root
    }

    /// The certificate of the authority that signs.
    pub fn issuing(&self) -> &CertificateDer<'static> {
        self.issuing.der()
    }

    /// A certificate for authentication (`KeyUsage` critical: digitalSignature and keyEncipherment,
    /// no extended usage), valid for three years from the day before `from`.
    pub fn issue(
        &self,
        profile: Profile,
        organisation: &str,
        name: &str,
        key: &impl PublicKeyData,
        from: OffsetDateTime,
    ) -> anyhow::Result<CertificateDer<'static>> {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name = subject(profile, organisation, name);
        parameters.is_ca = IsCa::ExplicitNoCa;
        parameters.use_authority_key_identifier_extension = true;
        parameters.key_usages = vec![
            KeyUsagePurpose::DigitalSignature,
            KeyUsagePurpose::KeyEncipherment,
        ];
        valid(&mut parameters, from, Duration::days(3 * 365));
        Ok(parameters.signed_by(key, &self.issuing)?.der().clone())
    }
}

/// A new RSA key, as Maskinporten wants keys to be. Takes part of a second.
pub fn rsa_key(size: RsaKeySize) -> anyhow::Result<KeyPair> {
    Ok(KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, size)?)
}

/// The RSA key that this process calls `name`: made the first time, the same ever after, so that the
/// second sandbox of a process starts at once.
pub(crate) fn rsa_key_named(name: &'static str, size: RsaKeySize) -> anyhow::Result<KeyPair> {
    type Made = Arc<Mutex<Option<String>>>;
    static ALL: Mutex<BTreeMap<&'static str, Made>> = Mutex::new(BTreeMap::new());

    // The lock on all is let go before a key is made, so that two can be made at once.
    let made = ALL
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .entry(name)
        .or_default()
        .clone();
    let mut made = made.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pem) = &*made {
        return Ok(KeyPair::from_pem(pem)?);
    }
    let key = rsa_key(size)?;
    *made = Some(key.serialize_pem());
    Ok(key)
}

fn subject(profile: Profile, organisation: &str, name: &str) -> rcgen::DistinguishedName {
    let mut subject = rcgen::DistinguishedName::new();
    subject.push(DnType::CountryName, "NO");
    subject.push(DnType::OrganizationName, name);
    subject.push(DnType::CommonName, name);
    match profile {
        Profile::Seid1 => subject.push(DnType::CustomDnType(SERIAL_NUMBER.to_vec()), organisation),
        Profile::Seid2 => subject.push(
            DnType::CustomDnType(ORGANISATION_IDENTIFIER.to_vec()),
            format!("NTRNO-{organisation}"),
        ),
    }
    subject
}

fn authority(name: &str, now: OffsetDateTime) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    parameters
        .distinguished_name
        .push(DnType::CountryName, "NO");
    parameters
        .distinguished_name
        .push(DnType::OrganizationName, "Innsyn sandbox");
    parameters.distinguished_name.push(DnType::CommonName, name);
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    valid(&mut parameters, now, Duration::days(10 * 365));
    parameters
}

fn valid(parameters: &mut CertificateParams, from: OffsetDateTime, length: Duration) {
    parameters.not_before = from - Duration::DAY;
    parameters.not_after = from + length;
}
