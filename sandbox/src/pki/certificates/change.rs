//! Changes that defects make in a certificate before it is signed.

use time::{Duration, OffsetDateTime};

use super::defect::Defect;
use crate::pki::{
    CLIENT_AUTHENTICATION, CaProfile, EMAIL_PROTECTION, Environment, KeyUsage, Leaf, Purpose,
    SERVER_AUTHENTICATION,
};

const THREE_YEARS: Duration = Duration::days(3 * 365);
/// The number of an organisation that has nothing to do with the one in the order.
const ANOTHER: &str = "310000523";
/// Policy of website certificates for validated organisations (CA/Browser Forum).
const WEBSITE: [u64; 6] = [2, 23, 140, 1, 2, 2];

/// Applies `defect` to `leaf`, which is of `organisation`; some defects are elsewhere.
pub(super) fn change(
    leaf: &mut Leaf,
    defect: Defect,
    ca_profile: CaProfile,
    purpose: Purpose,
    organisation: &str,
    now: OffsetDateTime,
) {
    match defect {
        Defect::Expired => ends(leaf, now.saturating_sub(Duration::DAY)),
        Defect::NotYetValid => ends(
            leaf,
            now.saturating_add(Duration::WEEK)
                .saturating_add(THREE_YEARS),
        ),
        Defect::ExpiresSoon => ends(leaf, now.saturating_add(Duration::days(20))),

        Defect::Person => {
            leaf.name = None;
            leaf.unit = None;
            leaf.common_name = "Kari Simulert".into();
            numbered(leaf, None, Some("UN:NO-9578-4050-100200300"));
        }
        Defect::Website => {
            leaf.unit = None;
            leaf.common_name = "www.innsyn.example".into();
            leaf.host_names = vec![leaf.common_name.clone()];
            leaf.extended_key_usage = vec![SERVER_AUTHENTICATION, CLIENT_AUTHENTICATION];
            leaf.policies = vec![WEBSITE.to_vec()];
            numbered(leaf, None, None);
        }
        Defect::NoNumber => numbered(leaf, None, None),
        Defect::BadCheckDigit => renumbered(leaf, "987654321"),
        Defect::TestNumber => renumbered(leaf, "100101688"),
        Defect::TwoNumbers => {
            let identifier = format!("NTRNO-{organisation}");
            numbered(leaf, Some(identifier), Some(ANOTHER));
        }
        Defect::Psd2Identifier => {
            numbered(leaf, Some(format!("PSDNO-FSA-{organisation}")), None);
        }
        Defect::OtherPrefix => numbered(leaf, Some(format!("VATNO-{organisation}")), None),
        Defect::SubUnit => leaf.unit = Some("AVDELING INNLANDET-310000531".to_owned()),

        Defect::NoKeyUsage => leaf.key_usage = None,
        Defect::KeyUsageNotCritical => {
            if let Some(usage) = &mut leaf.key_usage {
                usage.critical = false;
            }
        }
        Defect::SigningOnly => used(leaf, KeyUsage::NON_REPUDIATION),
        Defect::EncryptionOnly => used(
            leaf,
            KeyUsage::KEY_ENCIPHERMENT | KeyUsage::DATA_ENCIPHERMENT,
        ),
        Defect::NoClientAuthentication => {
            leaf.extended_key_usage = vec![SERVER_AUTHENTICATION, EMAIL_PROTECTION];
        }
        Defect::UnknownCriticalExtension => leaf.unknown_critical = true,
        Defect::NoPolicy => leaf.policies = Vec::new(),
        Defect::Lcp => {
            leaf.policies.pop();
            leaf.policies
                .push(ca_profile.commfides_policy(300, purpose));
        }
        Defect::PolicyOfOtherEnvironment => {
            let environment = Environment::Production;
            leaf.policies = CaProfile {
                environment,
                ..ca_profile
            }
            .policies(purpose);
        }
        Defect::MarkedAsAuthority => leaf.is_authority = true,
        _ => {}
    }
}

fn ends(leaf: &mut Leaf, at: OffsetDateTime) {
    leaf.not_before = at.saturating_sub(THREE_YEARS);
    leaf.not_after = at;
}

fn used(leaf: &mut Leaf, bits: u8) {
    let critical = true;
    leaf.key_usage = Some(KeyUsage { bits, critical });
}

fn numbered(leaf: &mut Leaf, identifier: Option<String>, serial_number: Option<&str>) {
    leaf.identifier = identifier;
    leaf.serial_number = serial_number.map(str::to_owned);
}

/// Replaces the organisation number with `number` in all places.
fn renumbered(leaf: &mut Leaf, number: &str) {
    if leaf.identifier.is_some() {
        leaf.identifier = Some(format!("NTRNO-{number}"));
    }
    if leaf.serial_number.is_some() {
        leaf.serial_number = Some(number.to_owned());
    }
}
