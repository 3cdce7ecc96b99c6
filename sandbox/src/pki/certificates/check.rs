//! Checks of orders: impossible ones, and the reasons.

use anyhow::ensure;

use super::defect::Defect;
use super::order::Order;
use crate::pki::{Profile, Purpose, Vendor};

pub(super) fn check(order: &Order) -> anyhow::Result<()> {
    ensure!(
        is_organisation_number(&order.organisation),
        "{} is no organisation number; for a bad one order the defect bad-check-digit",
        order.organisation
    );
    ensure!(!order.name.is_empty(), "an organisation has a name");
    let delivered = order.vendor.delivers(order.profile);
    ensure!(
        order
            .purposes
            .iter()
            .all(|purpose| delivered.contains(purpose)),
        "Buypass delivers no certificate for encryption alone: its authentication certificate \
         serves. Choose that, or Commfides"
    );
    for (index, defect) in order.defects.iter().enumerate() {
        fits(*defect, order)?;
        for other in order.defects.iter().skip(index.saturating_add(1)) {
            ensure!(
                !defect
                    .parts()
                    .iter()
                    .any(|part| other.parts().contains(part)),
                "{} and {} cannot stand in one certificate",
                defect.name(),
                other.name()
            );
        }
    }
    ensure!(
        !(order.has(Defect::SelfSigned)
            && (order.has(Defect::Rsa1024) || order.has(Defect::Sha1) && order.has(Defect::EcKey))),
        "a certificate that is signed with its own key needs a key that can do it"
    );
    Ok(())
}

/// Checks that the defect differs from the usual certificates of this issuer.
fn fits(defect: Defect, order: &Order) -> anyhow::Result<()> {
    let name = defect.name();
    match (defect, order.vendor, order.profile) {
        (Defect::Lcp, vendor, profile) => ensure!(
            vendor == Vendor::Commfides && profile == Profile::Seid2,
            "{name} exists with Commfides in SEID 2 only"
        ),
        (Defect::HardToken, vendor, profile) => ensure!(
            vendor == Vendor::Buypass && profile == Profile::Seid2,
            "{name} exists with Buypass in SEID 2 only"
        ),
        (Defect::PolicyOfOtherEnvironment, Vendor::Buypass, Profile::Seid2) => {
            anyhow::bail!("{name}: Buypass has one policy for both in SEID 2; choose Commfides")
        }
        (Defect::Rsa2048, _, Profile::Seid1) => {
            anyhow::bail!("{name}: every SEID 1 certificate has such a key")
        }
        (Defect::SigningOnly | Defect::EncryptionOnly, _, _) => ensure!(
            order.purposes == [Purpose::Authentication],
            "{name} is to be ordered for the authentication certificate"
        ),
        _ => {}
    }
    Ok(())
}

/// Returns whether the text is an organisation number: nine digits, the last of which makes the
/// weighted sum divisible by eleven.
fn is_organisation_number(text: &str) -> bool {
    let digits = text.chars().map_while(|digit| digit.to_digit(10));
    let weights = [3, 2, 7, 6, 5, 4, 3, 2, 1];
    text.len() == weights.len()
        && digits.clone().count() == weights.len()
        && digits
            .zip(weights)
            .map(|(digit, weight)| digit.saturating_mul(weight))
            .fold(0, u32::saturating_add)
            .is_multiple_of(11)
}
