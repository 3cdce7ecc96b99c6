//! Reports to a sender about a job, in the order of the schemas (direct.xsd, portal.xsd).

use time::format_description::BorrowedFormatItem;
use time::macros::{format_description, offset};
use time::{OffsetDateTime, UtcOffset};

use super::address::BaseAddresses;
use super::answer::{Element, Style};
use super::job::{Change, Job, JobStatus, Signer, SignerStatus, State};
use super::order::{Notifications, Signer as Ordered, SignerIdentifier};

/// UTC offset of Norway in winter, used all year.
const HERE: UtcOffset = offset!(+1);
const MOMENT: &[BorrowedFormatItem<'_>] = format_description!(
    "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:3][offset_hour sign:mandatory]:[offset_minute]"
);

/// Formats the moment with milliseconds and an offset, as in recorded answers and in
/// `X-Next-permitted-poll-time`.
pub(super) fn moment(at: OffsetDateTime) -> String {
    at.to_offset(HERE).format(MOMENT).unwrap_or_default()
}

/// Answers about a job.
#[derive(Clone, Copy, Debug)]
pub(super) struct Report<'a> {
    pub(super) places: &'a BaseAddresses,
    pub(super) job: &'a Job,
    pub(super) now: OffsetDateTime,
    /// Adds unknown elements occasionally.
    pub(super) unknown_elements: bool,
}

impl Report<'_> {
    /// Builds the answer to the request that created the job.
    pub(super) fn created(&self) -> String {
        let Self { places, job, .. } = *self;
        if !job.is_direct() {
            let url = Element::text("cancellation-url", places.cancellation(job));
            return self.document("portal-signature-job-response", [url]);
        }
        let redirects = self.signers().map(|(ordered, signer)| {
            let url = self.redirect(signer);
            url.attribute("signer", ordered.who.identifier())
        });
        let status = Element::text("status-url", places.status(job));
        // Signers are returned in another order than in the request.
        let mut signers: Vec<_> = self
            .signers()
            .map(|(ordered, signer)| self.signer("signer", ordered, signer))
            .collect();
        signers.reverse();
        self.document(
            "direct-signature-job-response",
            redirects.chain([status]).chain(signers),
        )
    }

    /// Builds a signer with a new redirect address.
    pub(super) fn renewed(&self, position: usize) -> Option<String> {
        let (ordered, signer) = self.signers().nth(position)?;
        let element = self.signer("direct-signer-response", ordered, signer);
        Some(element.document(self.style()))
    }

    /// Builds the status of a job as of `change`.
    pub(super) fn status(&self, change: &Change) -> String {
        if self.job.is_direct() {
            self.direct(change)
        } else {
            self.portal(change)
        }
    }

    fn direct(&self, change: &Change) -> String {
        let Self { places, job, .. } = *self;
        let mut children = vec![Element::text("signature-job-status", change.status.name())];
        children.extend(self.states(change).map(|(ordered, _, state)| {
            Element::text("status", state.status.name())
                .attribute("signer", ordered.who.identifier())
                .attribute("since", moment(state.since))
        }));
        let confirmation = places.confirmation(job);
        children.push(Element::text("confirmation-url", confirmation));
        children.extend(self.delete());
        let signed = self.states(change).filter(|(_, _, state)| self.has(*state));
        children.extend(signed.map(|(ordered, signer, _)| {
            Element::text("xades-url", places.xades(job, signer))
                .attribute("signer", ordered.who.identifier())
        }));
        let complete = change.status == JobStatus::CompletedSuccessfully;
        if complete && job.has_documents(self.now) {
            children.push(Element::text("pades-url", places.pades(job)));
        }
        self.document("direct-signature-job-status-response", children)
    }

    fn portal(&self, change: &Change) -> String {
        let Self { places, job, .. } = *self;
        let mut children = vec![
            Element::text("status", change.status.name()),
            Element::text("confirmation-url", places.confirmation(job)),
        ];
        if change.status == JobStatus::InProgress {
            let url = places.cancellation(job);
            children.push(Element::text("cancellation-url", url));
        }
        children.extend(self.delete());
        let signatures = self.states(change).map(|(ordered, signer, state)| {
            let status = Element::text("status", state.status.name())
                .attribute("since", moment(state.since));
            let xades = self
                .has(state)
                .then(|| Element::text("xades-url", places.xades(job, signer)));
            let children = [status, portal_identifier(ordered)];
            Element::new("signature").with(children.into_iter().chain(xades))
        });
        let mut signatures: Vec<_> = signatures.collect();
        if self.states(change).any(|(_, _, state)| self.has(state)) {
            signatures.push(Element::text("pades-url", places.pades(job)));
        }
        children.push(Element::new("signatures").with(signatures));
        self.document("portal-signature-job-status-change-response", children)
    }

    fn signer(&self, name: &'static str, ordered: &Ordered, signer: &Signer) -> Element {
        let identifier = match &ordered.who {
            SignerIdentifier::Number(number) => {
                Element::text("personal-identification-number", number)
            }
            who => Element::text("signer-identifier", who.identifier()),
        };
        Element::new(name)
            .attribute("href", self.places.signer(self.job, signer))
            .with([identifier, self.redirect(signer)])
    }

    /// Builds the element with the redirect address. The address may be on a line of its own, as in
    /// the documentation's examples and in recorded answers.
    fn redirect(&self, signer: &Signer) -> Element {
        let token = signer.redirect.as_ref().map(|redirect| &redirect.token);
        let url = self.places.redirect(token.map_or("", String::as_str));
        let text = match self.style() {
            Style::Default => url,
            Style::Prefixed => format!("\n        {url}\n    "),
        };
        Element::text("redirect-url", text)
    }

    fn delete(&self) -> Option<Element> {
        let url = || {
            Element::text(
                "delete-documents-url",
                self.places.delete_documents(self.job),
            )
        };
        self.job.is_deletable(self.now).then(url)
    }

    fn has(&self, state: State) -> bool {
        state.status == SignerStatus::Signed && self.job.has_documents(self.now)
    }

    fn signers(&self) -> impl Iterator<Item = (&Ordered, &Signer)> {
        self.job.order.signers.iter().zip(&self.job.signers)
    }

    fn states(&self, change: &Change) -> impl Iterator<Item = (&Ordered, &Signer, State)> {
        let states = change.signers.clone();
        self.signers()
            .zip(states)
            .map(|((ordered, signer), state)| (ordered, signer, state))
    }

    fn style(&self) -> Style {
        Style::alternating(self.job.id)
    }

    /// Builds a document: the elements that all answers begin with, then `children`.
    fn document(&self, name: &'static str, children: impl IntoIterator<Item = Element>) -> String {
        let reference = self.job.order.reference.as_ref();
        let reference = reference.map(|reference| Element::text("reference", reference));
        let id = Element::text("signature-job-id", self.job.id.to_string());
        let extended = self.unknown_elements && self.job.id % 3 == 0;
        let unknown = || Element::text("not-in-the-schema", "of a later version");
        Element::new(name)
            .with(extended.then(unknown))
            .with(reference)
            .with([id])
            .with(children)
            .with(extended.then(unknown))
            .document(self.style())
    }
}

impl SignerIdentifier {
    /// Returns the signer's identifier, in the direct flow.
    fn identifier(&self) -> &str {
        match self {
            Self::Number(identifier) | Self::Own(identifier) => identifier,
            Self::Contact { .. } => "",
        }
    }
}

fn portal_identifier(ordered: &Ordered) -> Element {
    let (email, sms) = match (&ordered.who, &ordered.notifications) {
        (SignerIdentifier::Number(number), _) => {
            return Element::text("personal-identification-number", number);
        }
        (SignerIdentifier::Contact { email, sms }, _)
        | (SignerIdentifier::Own(_), Some(Notifications::Given { email, sms })) => (email, sms),
        (SignerIdentifier::Own(_), _) => (&None, &None),
    };
    let email = email
        .iter()
        .map(|to| Element::new("email").attribute("address", to));
    let sms = sms
        .iter()
        .map(|to| Element::new("sms").attribute("number", to));
    Element::new("identifier").with(email.chain(sms))
}
