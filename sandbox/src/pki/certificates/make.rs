//! Makes the authorities and, under them, what was ordered.

use anyhow::bail;
use rcgen::{KeyPair, RsaKeySize};
use time::{Duration, OffsetDateTime};

use super::change::change;
use super::defect::Defect;
use super::key::LeafKey;
use super::legacy;
use super::order::{Authority, Certificate, Order, Package};
use crate::pki::{
    CaProfile, Environment, Hierarchy, Keys, Leaf, NOWHERE, Profile, Purpose, Vendor, rsa_key_named,
};

/// Keys of the trusted authorities.
const GENUINE: Keys<'_> = Keys::Real("genuine");
/// Keys of authorities that are not trusted.
const STRANGER: Keys<'_> = Keys::Real("stranger");

pub(super) fn make(order: &Order, now: OffsetDateTime) -> anyhow::Result<Package> {
    let ca_profile = CaProfile::soft(order.vendor, order.profile, Environment::Test);
    make_under(
        order,
        &Hierarchy::generate(ca_profile, GENUINE, NOWHERE, now)?,
        now,
    )
}

/// Makes the order under the authority `trusted`, which all services trust.
pub(super) fn make_under(
    order: &Order,
    trusted: &Hierarchy,
    now: OffsetDateTime,
) -> anyhow::Result<Package> {
    let ca_profile = trusted.ca_profile();
    let other = other_issuer(order, trusted, now)?;
    let issuer = other.as_ref().unwrap_or(trusted);
    let other_profile = issuer.ca_profile();
    let prefix = match other_profile {
        CaProfile { environment, .. } if environment != ca_profile.environment => {
            Some("production-")
        }
        CaProfile { hard_token, .. } => hard_token.then_some("hard-token-"),
    };
    let mut purposes = order.purposes.clone();
    if order.has(Defect::SeveralKeys) {
        purposes = order.vendor.delivers(order.profile).to_vec();
    }
    let made = purposes
        .into_iter()
        .map(|purpose| certificate(order, issuer, purpose, now));
    let certificates = made.collect::<anyhow::Result<_>>()?;
    // After the certificates: one of them may be on a list.
    let mut authorities = vec![authority("", trusted, now)?];
    if let Some(prefix) = prefix {
        authorities.push(authority(prefix, issuer, now)?);
    }
    Ok(Package {
        certificates,
        authorities,
        defects: order.defects.clone(),
    })
}

/// Returns the authority that signs in place of the trusted one, if the order requires one.
fn other_issuer(
    order: &Order,
    trusted: &Hierarchy,
    now: OffsetDateTime,
) -> anyhow::Result<Option<Hierarchy>> {
    let (ca_profile, base) = (trusted.ca_profile(), trusted.base());
    let environment = Environment::Production;
    let called = |names: [&str; 2]| {
        let names = names.map(|name| format!("SIMULERT {name}"));
        Hierarchy::called(ca_profile, names, STRANGER, base, now)
    };
    for defect in &order.defects {
        return Ok(Some(match defect {
            Defect::UnknownIssuer => called(["Ukjent Root CA", "Ukjent CA Business"])?,
            Defect::Person => called(["Person Root CA", "Person CA"])?,
            Defect::Website => called(["Web Root CA", "Web CA"])?,
            Defect::LookAlike => Hierarchy::generate(ca_profile, STRANGER, base, now)?,
            Defect::ProductionTwin => {
                let twin = CaProfile {
                    environment,
                    ..ca_profile
                };
                Hierarchy::generate(twin, GENUINE, base, now)?
            }
            Defect::Seid1OfProduction => {
                let ca_profile = CaProfile::soft(order.vendor, Profile::Seid1, environment);
                Hierarchy::generate(ca_profile, GENUINE, base, now)?
            }
            Defect::HardToken => {
                let ca_profile = CaProfile {
                    hard_token: true,
                    ..ca_profile
                };
                Hierarchy::generate(ca_profile, GENUINE, base, now)?
            }
            _ => continue,
        }));
    }
    Ok(None)
}

fn certificate(
    order: &Order,
    issuer: &Hierarchy,
    purpose: Purpose,
    now: OffsetDateTime,
) -> anyhow::Result<Certificate> {
    let ca_profile = issuer.ca_profile();
    let mut leaf = Leaf::new(ca_profile, purpose, &order.organisation, &order.name, now);
    for defect in &order.defects {
        change(
            &mut leaf,
            *defect,
            ca_profile,
            purpose,
            &order.organisation,
            now,
        );
    }
    let key = LeafKey::new(order, ca_profile.profile, purpose)?;
    let mut der = signed(order, &leaf, &key, issuer)?;
    if order.has(Defect::Revoked) {
        issuer.revoke(&der, now.saturating_sub(Duration::HOUR))?;
    }
    if order.has(Defect::BrokenSignature)
        && let Some(last) = der.last_mut()
    {
        *last ^= 1;
    }
    if order.has(Defect::AuthorityCertificate) {
        der = issuer.issuing().to_vec();
    }
    let key = if order.has(Defect::NoKey) {
        None
    } else if order.has(Defect::KeyOfAnother) {
        Some(rsa_key_named("another", RsaKeySize::_3072)?.serialize_pem())
    } else {
        Some(key.pem())
    };
    Ok(Certificate {
        purpose,
        chain: chain(order, &der, issuer, now)?,
        der,
        key,
    })
}

fn signed(
    order: &Order,
    leaf: &Leaf,
    key: &LeafKey,
    issuer: &Hierarchy,
) -> anyhow::Result<Vec<u8>> {
    let signing: &KeyPair;
    let der = if order.has(Defect::SelfSigned) {
        let LeafKey::Ordinary(own) = key else {
            bail!("this key cannot sign its own certificate")
        };
        signing = own;
        leaf.parameters(own, issuer.base())?
            .self_signed(own)?
            .der()
            .to_vec()
    } else {
        signing = issuer.key();
        issuer.issue(leaf, key)?.to_vec()
    };
    if order.has(Defect::Sha1) {
        return legacy::with_sha1(&der, &signing.serialize_pem());
    }
    Ok(der)
}

/// Returns the certificate with the chain that the issuer delivers: the authority that signed it,
/// not the root.
fn chain(
    order: &Order,
    der: &[u8],
    issuer: &Hierarchy,
    now: OffsetDateTime,
) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut chain = vec![der.to_vec()];
    if order.has(Defect::ChainOrder) {
        chain.push(issuer.root().to_vec());
    }
    let alone = [
        Defect::IntermediateMissing,
        Defect::SelfSigned,
        Defect::AuthorityCertificate,
    ];
    if !alone.iter().any(|defect| order.has(*defect)) {
        chain.push(issuer.issuing().to_vec());
    }
    if order.has(Defect::UnrelatedCertificates) {
        let vendor = match order.vendor {
            Vendor::Buypass => Vendor::Commfides,
            Vendor::Commfides => Vendor::Buypass,
        };
        let unrelated = CaProfile::soft(vendor, order.profile, Environment::Test);
        let unrelated = Hierarchy::generate(unrelated, Keys::Quick, NOWHERE, now)?;
        chain.push(unrelated.issuing().to_vec());
    }
    Ok(chain)
}

fn authority(
    prefix: &'static str,
    hierarchy: &Hierarchy,
    now: OffsetDateTime,
) -> anyhow::Result<Authority> {
    Ok(Authority {
        prefix,
        issuing: hierarchy.issuing().to_vec(),
        root: hierarchy.root().to_vec(),
        list: hierarchy.list(now)?,
    })
}
