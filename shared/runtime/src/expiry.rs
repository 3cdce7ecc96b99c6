//! Early warning of the expiry of enterprise certificates: ordering a new one takes weeks.

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use time::OffsetDateTime;

use innsyn_core::context::Context;
use innsyn_core::log::{Event, Level};
use innsyn_core::party::OrganisationNumber;
use innsyn_core::platform::Platform;
use innsyn_protocols::x509::{Certificate, Validity};

/// Number of days before expiry from which a certificate is reported.
const AHEAD: i64 = 60;

/// Enterprise certificates in use. Lives as long as the instance, which reports each stage once.
#[derive(Debug)]
pub struct Expiry(Vec<Expiring>);

#[derive(Debug)]
struct Expiring {
    organisation: OrganisationNumber,
    validity: Validity,
    told: Cell<Stage>,
}

/// Stage of a certificate's expiry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Far,
    Near,
    Past,
}

impl Expiry {
    /// Creates the watch for organisations, each with its certificate as base64 of the DER. A
    /// certificate that cannot be parsed is not watched.
    pub fn new<'a>(certificates: impl Iterator<Item = (&'a OrganisationNumber, &'a str)>) -> Self {
        let expiring = certificates.filter_map(|(organisation, certificate)| {
            let der = STANDARD.decode(certificate).ok()?;
            Some(Expiring {
                organisation: organisation.clone(),
                validity: Certificate::read(&der).ok()?.validity,
                told: Cell::new(Stage::Far),
            })
        });
        Self(expiring.collect())
    }

    /// Returns the times at which the certificates of an organisation expire, of those that expire
    /// soon.
    pub fn ending_soon(
        &self,
        organisation: &OrganisationNumber,
        now: OffsetDateTime,
    ) -> impl Iterator<Item = OffsetDateTime> {
        let own = self.0.iter();
        own.filter(move |expiring| {
            expiring.organisation == *organisation
                && (0..=AHEAD).contains(&expiring.validity.days_left(now))
        })
        .map(|expiring| expiring.validity.until)
    }

    /// Logs the certificates that expire soon or have expired.
    pub fn tell<P: Platform>(&self, context: &Context<'_, P>) {
        for expiring in &self.0 {
            let days = expiring.validity.days_left(context.now());
            let stage = match days {
                ..0 => Stage::Past,
                0..=AHEAD => Stage::Near,
                _ => Stage::Far,
            };
            if expiring.told.replace(stage) != stage && stage != Stage::Far {
                context.log(&expiring.event(stage, days));
            }
        }
    }
}

impl Expiring {
    fn event(&self, stage: Stage, days: i64) -> Event {
        let Self {
            organisation,
            validity,
            ..
        } = self;
        let date = validity.until.date();
        if stage == Stage::Past {
            return Event::new(Level::Error, "certificate", "ended").cause(format_args!(
                "the enterprise certificate of {organisation} ended on {date}"
            ));
        }
        Event::new(Level::Warn, "certificate", "ends-soon").cause(format_args!(
            "the enterprise certificate of {organisation} ends on {date}, in {days} days: order a new one"
        ))
    }
}
