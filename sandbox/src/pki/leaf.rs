//! Content of an organisation's certificate, to be changed before it is signed.

use rcgen::{
    CertificateParams, CrlDistributionPoint, DistinguishedName, DnType, IsCa, PublicKeyData,
    SanType, SerialNumber,
};
use time::{Duration, OffsetDateTime, Time};

use super::ca_profile::ORGANISATION_IDENTIFIER;
use super::{CaProfile, Profile, Purpose, Vendor, extension};
use crate::kit::random;

/// Object identifier of X.520 `serialNumber`.
const SERIAL_NUMBER: [u64; 4] = [2, 5, 4, 5];

pub(crate) const SERVER_AUTHENTICATION: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 1];
pub(crate) const CLIENT_AUTHENTICATION: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 2];
pub(crate) const EMAIL_PROTECTION: &[u64] = &[1, 3, 6, 1, 5, 5, 7, 3, 4];
const SMART_CARD: &[u64] = &[1, 3, 6, 1, 4, 1, 311, 20, 2, 2];

/// Key usage, the bits as they are written: the first is the highest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyUsage {
    pub(crate) bits: u8,
    pub(crate) critical: bool,
}

impl KeyUsage {
    pub(crate) const DIGITAL_SIGNATURE: u8 = 0x80;
    pub(crate) const NON_REPUDIATION: u8 = 0x40;
    pub(crate) const KEY_ENCIPHERMENT: u8 = 0x20;
    pub(crate) const DATA_ENCIPHERMENT: u8 = 0x10;
    const KEY_AGREEMENT: u8 = 0x08;

    fn new(ca_profile: CaProfile, purpose: Purpose) -> Self {
        let bits = match (purpose, ca_profile.vendor, ca_profile.profile) {
            (Purpose::Authentication, Vendor::Buypass, Profile::Seid2) => {
                Self::DIGITAL_SIGNATURE | Self::KEY_ENCIPHERMENT
            }
            (Purpose::Authentication, Vendor::Buypass, Profile::Seid1) => {
                Self::DIGITAL_SIGNATURE | Self::KEY_ENCIPHERMENT | Self::DATA_ENCIPHERMENT
            }
            (Purpose::Authentication, Vendor::Commfides, _) => Self::DIGITAL_SIGNATURE,
            (Purpose::Signing, _, _) => Self::NON_REPUDIATION,
            (Purpose::Encryption, Vendor::Commfides, Profile::Seid2) => {
                Self::KEY_ENCIPHERMENT | Self::DATA_ENCIPHERMENT | Self::KEY_AGREEMENT
            }
            (Purpose::Encryption, _, _) => Self::KEY_ENCIPHERMENT | Self::DATA_ENCIPHERMENT,
        };
        Self {
            bits,
            critical: true,
        }
    }
}

/// Contents of an organisation's certificate before it is signed.
#[derive(Clone, Debug)]
pub(crate) struct Leaf {
    ca_profile: CaProfile,
    /// Name of the organisation; `None` for a person.
    pub(crate) name: Option<String>,
    pub(crate) common_name: String,
    pub(crate) unit: Option<String>,
    /// Whole value of `organizationIdentifier`.
    pub(crate) identifier: Option<String>,
    /// Subject's `serialNumber`.
    pub(crate) serial_number: Option<String>,
    pub(crate) not_before: OffsetDateTime,
    pub(crate) not_after: OffsetDateTime,
    pub(crate) key_usage: Option<KeyUsage>,
    pub(crate) extended_key_usage: Vec<&'static [u64]>,
    pub(crate) policies: Vec<Vec<u64>>,
    pub(crate) host_names: Vec<String>,
    pub(crate) is_authority: bool,
    pub(crate) unknown_critical: bool,
}

impl Leaf {
    /// Creates a certificate's fields as the issuer of this profile does at `now`: valid for three
    /// years from the day before.
    pub(crate) fn new(
        ca_profile: CaProfile,
        purpose: Purpose,
        organisation: &str,
        name: &str,
        now: OffsetDateTime,
    ) -> Self {
        let is_seid2 = ca_profile.profile == Profile::Seid2;
        let is_commfides = ca_profile.vendor == Vendor::Commfides;
        let unit = "Seksjon for innsyn, utvikling og forvaltning (krav, betalinger og samtykker)";
        let days = if is_commfides { 3 * 365 + 14 } else { 3 * 365 };
        let last_day = now.saturating_add(Duration::days(days));
        Self {
            ca_profile,
            name: Some(name.to_owned()),
            common_name: name.to_owned(),
            unit: is_commfides.then(|| unit.to_owned()),
            identifier: is_seid2.then(|| format!("NTRNO-{organisation}")),
            serial_number: (is_commfides || !is_seid2).then(|| organisation.to_owned()),
            not_before: now.saturating_sub(Duration::DAY),
            // The end of the day in Norway, in summer.
            not_after: match Time::from_hms(21, 59, 0) {
                Ok(time) if !is_commfides => last_day.replace_time(time),
                _ => last_day,
            },
            key_usage: Some(KeyUsage::new(ca_profile, purpose)),
            extended_key_usage: extended_key_usage(ca_profile),
            policies: ca_profile.policies(purpose),
            host_names: Vec::new(),
            is_authority: false,
            unknown_critical: false,
        }
    }

    /// Returns rcgen's parameters for the certificate, under an authority that publishes at `base`.
    pub(crate) fn parameters(
        &self,
        key: &impl PublicKeyData,
        base: &str,
    ) -> anyhow::Result<CertificateParams> {
        let mut parameters = CertificateParams::default();
        parameters.serial_number = Some(serial(self.ca_profile)?);
        parameters.distinguished_name = self.subject();
        parameters.not_before = self.not_before;
        parameters.not_after = self.not_after;
        // Extensions of rcgen's own are left out where it decides whether they are critical.
        parameters.is_ca = IsCa::NoCa;
        parameters.use_authority_key_identifier_extension = true;
        parameters.crl_distribution_points = vec![CrlDistributionPoint {
            uris: vec![self.ca_profile.address(base, "issuing.crl")],
        }];
        for host in &self.host_names {
            let host = SanType::DnsName(host.as_str().try_into()?);
            parameters.subject_alt_names.push(host);
        }
        if self.is_commfides_seid2() {
            let mail = SanType::Rfc822Name("post@innsyn.example".try_into()?);
            parameters.subject_alt_names.push(mail);
        }

        let identifier = parameters.key_identifier(key);
        let critical = self.is_commfides_seid2();
        let ocsp = self.ca_profile.address(base, "ocsp");
        let disclosure = self.ca_profile.address(base, "disclosure.pdf");
        let extensions = &mut parameters.custom_extensions;
        extensions.push(extension::subject_key_identifier(&identifier));
        extensions.push(extension::basic_constraints(self.is_authority, critical));
        if let Some(KeyUsage { bits, critical }) = self.key_usage {
            extensions.push(extension::key_usage(bits, critical));
        }
        if !self.extended_key_usage.is_empty() {
            extensions.push(extension::extended_key_usage(&self.extended_key_usage));
        }
        if !self.policies.is_empty() {
            extensions.push(extension::policies(&self.policies));
        }
        extensions.push(extension::access(
            &self.ca_profile.address(base, "issuing.cer"),
            Some(&ocsp),
        ));
        if self.ca_profile.profile == Profile::Seid2 {
            // Commfides' ordinary certificates are qualified seals by form.
            let disclosure = critical.then_some(disclosure.as_str());
            extensions.push(extension::statements(disclosure));
        }
        if self.unknown_critical {
            extensions.push(extension::unknown_critical());
        }
        Ok(parameters)
    }

    fn is_commfides_seid2(&self) -> bool {
        self.ca_profile.vendor == Vendor::Commfides && self.ca_profile.profile == Profile::Seid2
    }

    /// Returns the subject, with its attributes in the issuer's order.
    fn subject(&self) -> DistinguishedName {
        let custom = |oid: [u64; 4]| DnType::CustomDnType(oid.to_vec());
        let country = (DnType::CountryName, Some("NO".to_owned()));
        let name = (DnType::OrganizationName, self.name.clone());
        let unit = (DnType::OrganizationalUnitName, self.unit.clone());
        let common_name = (DnType::CommonName, Some(self.common_name.clone()));
        let identifier = (custom(ORGANISATION_IDENTIFIER), self.identifier.clone());
        let serial_number = (custom(SERIAL_NUMBER), self.serial_number.clone());
        let attributes = if self.is_commfides_seid2() {
            let locality = (DnType::LocalityName, Some("Oslo".to_owned()));
            vec![
                country,
                locality,
                name,
                identifier,
                unit,
                serial_number,
                common_name,
            ]
        } else {
            vec![country, name, unit, common_name, identifier, serial_number]
        };
        let present = attributes
            .into_iter()
            .filter_map(|(kind, text)| Some((kind, text?)));
        self.ca_profile.named(present.collect())
    }
}

fn extended_key_usage(ca_profile: CaProfile) -> Vec<&'static [u64]> {
    match (ca_profile.vendor, ca_profile.profile) {
        (Vendor::Buypass, _) => Vec::new(),
        (Vendor::Commfides, Profile::Seid1) => vec![
            SERVER_AUTHENTICATION,
            CLIENT_AUTHENTICATION,
            EMAIL_PROTECTION,
        ],
        (Vendor::Commfides, Profile::Seid2) => vec![
            CLIENT_AUTHENTICATION,
            EMAIL_PROTECTION,
            SMART_CARD,
            SERVER_AUTHENTICATION,
        ],
    }
}

/// Generates a random serial number of 81 bits, or of 154.
fn serial(ca_profile: CaProfile) -> anyhow::Result<SerialNumber> {
    let (first, length) = match ca_profile.vendor {
        Vendor::Buypass => (0x01, 10),
        Vendor::Commfides => (0x02, 19),
    };
    let mut serial = vec![first];
    serial.extend(random::bytes()?.into_iter().take(length));
    Ok(SerialNumber::from(serial))
}
