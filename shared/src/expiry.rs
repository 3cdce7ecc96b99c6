//! An enterprise certificate that comes to its end is told in time: to order a new one takes weeks.

use std::cell::Cell;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::certificate::{Certificate, Validity};
use crate::context::Context;
use crate::log::{Event, Level};
use crate::party::OrganisationNumber;
use crate::platform::Platform;

/// From how many days before its end a certificate is told.
const AHEAD: i64 = 60;

/// Enterprise certificates in use. Lives as long as the instance, which tells each thing once.
#[derive(Debug)]
pub(crate) struct Expiry(Vec<Expiring>);

#[derive(Debug)]
struct Expiring {
    organisation: OrganisationNumber,
    validity: Validity,
    told: Cell<Stage>,
}

/// How near the end is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Stage {
    Far,
    Near,
    Past,
}

impl Expiry {
    /// Of organisations, each with its certificate in the base64 of its DER: whatever cannot be read as one has no end.
    pub(crate) fn new<'a>(
        certificates: impl Iterator<Item = (&'a OrganisationNumber, &'a str)>,
    ) -> Self {
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

    /// Writes to the log which certificates end soon, and which have ended.
    pub(crate) fn tell<P: Platform>(&self, context: &Context<'_, P>) {
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
