//! Authorities of the issuers: their names, and the contents of their certificates.

use rcgen::{DistinguishedName, DnType, DnValue};

/// X.520 `organizationIdentifier`, which rcgen has no name for.
pub(super) const ORGANISATION_IDENTIFIER: [u64; 4] = [2, 5, 4, 97];

/// Origin in the certificates of authorities that publish nothing. It is plain HTTP, as in real
/// certificates.
pub(crate) const NOWHERE: &str = "http://localhost:1088";

/// Vendor to imitate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// Buypass, which delivers two certificates: one for authentication and encryption, one for
    /// signing.
    Buypass,
    /// Commfides, which delivers three certificates.
    Commfides,
}

/// The two generations of the Norwegian profile for enterprise certificates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// SEID 1: the organisation number is the subject's `serialNumber`.
    Seid1,
    /// SEID 2: it is the subject's `organizationIdentifier`, after `NTRNO-`.
    Seid2,
}

/// Environment of an authority: test or production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// Test environment, which the sandbox trusts.
    Test,
    /// Twin that looks like production; nothing in the sandbox trusts it.
    Production,
}

/// Purpose of a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Signing grants, and TLS client authentication.
    Authentication,
    /// Sealing documents.
    Signing,
    /// Encryption for the organisation.
    Encryption,
}

/// A root with the authority under it, as one issuer has them for one use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaProfile {
    /// Vendor that issues the certificates.
    pub vendor: Vendor,
    /// Certificate profile (generation).
    pub profile: Profile,
    /// Environment: test or production.
    pub environment: Environment,
    /// True if keys are on cards or in modules (Buypass' HT); otherwise in files (ST).
    pub hard_token: bool,
}

impl Vendor {
    /// Returns the certificates that an organisation gets.
    pub fn delivers(self, profile: Profile) -> &'static [Purpose] {
        match (self, profile) {
            (Self::Buypass, Profile::Seid2) => &[Purpose::Authentication, Purpose::Signing],
            _ => &[
                Purpose::Authentication,
                Purpose::Signing,
                Purpose::Encryption,
            ],
        }
    }
}

impl CaProfile {
    /// Returns the profile for soft tokens.
    pub fn soft(vendor: Vendor, profile: Profile, environment: Environment) -> Self {
        Self {
            vendor,
            profile,
            environment,
            hard_token: false,
        }
    }

    /// Returns the common names of the root and of the authority under it.
    pub(super) fn names(self) -> [String; 2] {
        let is_test = self.environment == Environment::Test;
        let test = if is_test { "Test4 " } else { "" };
        let suffix = if is_test { " - TEST" } else { "" };
        let token = if self.hard_token { "HT" } else { "ST" };
        let names = match (self.vendor, self.profile) {
            (Vendor::Buypass, Profile::Seid1) => [
                format!("Buypass Class 3 {test}Root CA"),
                format!("Buypass Class 3 {test}CA 3"),
            ],
            (Vendor::Buypass, Profile::Seid2) => [
                format!("Buypass Class 3 {test}Root CA G2 {token}"),
                format!("Buypass Class 3 {test}CA G2 {token} Business"),
            ],
            (Vendor::Commfides, Profile::Seid1) => [
                format!("CPN Root SHA256 CA{suffix}"),
                format!("CPN Enterprise SHA256 CLASS 3{suffix}"),
            ],
            (Vendor::Commfides, Profile::Seid2) => [
                format!("Commfides Root CA - G3{suffix}"),
                format!("Commfides Legal Person - G3{suffix}"),
            ],
        };
        names.map(|name| format!("SIMULERT {name}"))
    }

    /// Returns an authority's name, with its attributes in the issuer's order.
    pub(super) fn authority(self, common_name: &str) -> DistinguishedName {
        let (holder, number) = match self.vendor {
            Vendor::Buypass => ("Simulert Buypass", "310000507"),
            Vendor::Commfides => ("Simulert Commfides", "310000515"),
        };
        let identifier = || DnType::CustomDnType(ORGANISATION_IDENTIFIER.to_vec());
        let mut attributes = vec![(DnType::CountryName, "NO".to_owned())];
        match (self.profile, self.vendor) {
            (Profile::Seid1, Vendor::Buypass) => {
                attributes.push((DnType::OrganizationName, format!("{holder}-{number}")));
            }
            (Profile::Seid1, Vendor::Commfides) => {
                let in_threes = "310 000 515";
                attributes.push((DnType::OrganizationName, format!("{holder} - {in_threes}")));
            }
            (Profile::Seid2, Vendor::Buypass) => {
                attributes.push((identifier(), format!("NTRNO-{number}")));
                attributes.push((DnType::OrganizationName, holder.to_owned()));
            }
            (Profile::Seid2, Vendor::Commfides) => {
                attributes.push((DnType::OrganizationName, holder.to_owned()));
                attributes.push((identifier(), format!("NTRNO-{number}")));
            }
        }
        attributes.push((DnType::CommonName, common_name.to_owned()));
        self.named(attributes)
    }

    /// Encodes a name as the issuer does: Commfides writes `PrintableString` where the characters
    /// allow it, Buypass always UTF-8. A country is printable by its definition.
    pub(super) fn named(self, attributes: Vec<(DnType, String)>) -> DistinguishedName {
        let mut name = DistinguishedName::new();
        for (kind, text) in attributes {
            let printable = kind == DnType::CountryName || self.vendor == Vendor::Commfides;
            let value = match text.as_str().try_into() {
                Ok(text) if printable => DnValue::PrintableString(text),
                _ => DnValue::Utf8String(text),
            };
            name.push(kind, value);
        }
        name
    }

    /// Returns the policies of a certificate for `purpose`.
    pub(crate) fn policies(self, purpose: Purpose) -> Vec<Vec<u64>> {
        let is_test = self.environment == Environment::Test;
        let token = if self.hard_token { 5 } else { 2 };
        let commfides = if is_test { 913 } else { 13 };
        match (self.vendor, self.profile) {
            // The same in both environments.
            (Vendor::Buypass, Profile::Seid2) => vec![
                vec![2, 16, 578, 1, 26, 1, 3, token],
                vec![0, 4, 0, 2042, 1, 1],
            ],
            (Vendor::Buypass, Profile::Seid1) if is_test => {
                vec![vec![2, 16, 578, 1, 26, 1, 0, 3, token]]
            }
            (Vendor::Buypass, Profile::Seid1) => vec![vec![2, 16, 578, 1, 26, 1, 3, token]],
            (Vendor::Commfides, Profile::Seid2) => vec![
                vec![0, 4, 0, 194_112, 1, 1],
                self.commfides_policy(200, purpose),
            ],
            (Vendor::Commfides, Profile::Seid1) => {
                vec![vec![2, 16, 578, 1, 29, commfides, 1, 1, 0]]
            }
        }
    }

    /// Commfides' own policy in the `level`: 200 is the ordinary one (NCP), 300 the weaker (LCP).
    pub(crate) fn commfides_policy(self, level: u64, purpose: Purpose) -> Vec<u64> {
        let (environment, version) = match self.environment {
            Environment::Test => (913, 0),
            Environment::Production => (13, 2),
        };
        let purpose = match purpose {
            Purpose::Signing => 0,
            Purpose::Authentication => 10,
            Purpose::Encryption => 20,
        };
        vec![
            2,
            16,
            578,
            1,
            29,
            environment,
            level.saturating_add(purpose),
            1,
            version,
        ]
    }

    /// Returns the address of `file`, if the profile's authorities publish at the origin `base`.
    pub(crate) fn address(self, base: &str, file: &str) -> String {
        let vendor = match self.vendor {
            Vendor::Buypass => "buypass",
            Vendor::Commfides => "commfides",
        };
        let profile = match self.profile {
            Profile::Seid1 => "seid1",
            Profile::Seid2 => "seid2",
        };
        let environment = match self.environment {
            Environment::Test => "test",
            Environment::Production => "production",
        };
        format!("{base}/{vendor}/{profile}/{environment}/{file}")
    }
}
