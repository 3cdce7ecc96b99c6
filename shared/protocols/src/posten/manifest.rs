//! `manifest.xml`: the documents, the signers and the terms of signing. The two flows have the same
//! elements in different places (direct.xsd, portal.xsd).

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::job::{
    AuthenticationLevel, IdentifierInDocument, Job, MediaType, Notifications, Plan, SignatureType,
    Signer, SignerIdentifier,
};
use super::xml::Xml;

impl Job {
    /// Returns the SHA-256 of the manifest and the documents. The reference, the queue and the exit
    /// addresses are not included.
    pub fn content_hash(&self) -> [u8; 32] {
        let mut hash = hmac_sha256::Hash::new();
        hash.update(manifest(self));
        for document in &self.documents {
            hash.update(hmac_sha256::Hash::hash(&document.content));
        }
        hash.finalize()
    }
}

pub(super) fn manifest(job: &Job) -> String {
    match &job.plan {
        Plan::Direct { .. } => Xml::message("direct-signature-job-manifest", |xml| {
            for signer in &job.signers {
                xml.element("signer", &[], |xml| direct_signer(xml, signer));
            }
            subject(xml, job);
            ending(xml, job, |_| {});
        }),
        Plan::Portal {
            activation,
            available,
        } => Xml::message("portal-signature-job-manifest", |xml| {
            xml.element("signers", &[], |xml| {
                for signer in &job.signers {
                    let order = signer.order.to_string();
                    xml.element("signer", &[("order", &order)], |xml| {
                        portal_signer(xml, signer);
                    });
                }
            });
            subject(xml, job);
            let activation = activation.and_then(date_time);
            let seconds = available.map(|available| available.whole_seconds().to_string());
            ending(xml, job, |xml| {
                if activation.is_some() || seconds.is_some() {
                    xml.element("availability", &[], |xml| {
                        xml.optional("activation-time", activation.as_deref());
                        xml.optional("available-seconds", seconds.as_deref());
                    });
                }
            });
        }),
    }
}

fn direct_signer(xml: &mut Xml, signer: &Signer) {
    who(xml, &signer.who);
    signature_type(xml, signer);
    xml.text("on-behalf-of", signer.on_behalf_of.as_str());
}

fn portal_signer(xml: &mut Xml, signer: &Signer) {
    who(xml, &signer.who);
    signature_type(xml, signer);
    match &signer.notifications {
        Some(Notifications::Lookup { sms }) => {
            xml.element("notifications-using-lookup", &[], |xml| {
                xml.empty("email", &[]);
                if *sms {
                    xml.empty("sms", &[]);
                }
            });
        }
        Some(Notifications::Addresses { email, sms }) => {
            xml.element("notifications", &[], |xml| {
                if let Some(address) = email {
                    xml.empty("email", &[("address", address)]);
                }
                if let Some(number) = sms {
                    xml.empty("sms", &[("number", number)]);
                }
            });
        }
        None => {}
    }
    xml.text("on-behalf-of", signer.on_behalf_of.as_str());
}

fn who(xml: &mut Xml, who: &SignerIdentifier) {
    match who {
        SignerIdentifier::Person(number) => {
            xml.text("personal-identification-number", number.expose());
        }
        SignerIdentifier::Own(identifier) => xml.text("signer-identifier", identifier),
        SignerIdentifier::Contact => xml.empty("identified-by-contact-information", &[]),
    }
}

fn signature_type(xml: &mut Xml, signer: &Signer) {
    let signature_type = signer.signature_type.map(SignatureType::as_str);
    xml.optional("signature-type", signature_type);
}

/// Writes the sender and the texts.
fn subject(xml: &mut Xml, job: &Job) {
    xml.element("sender", &[], |xml| {
        xml.text("organization-number", job.sender.as_str());
    });
    xml.text("title", &job.title);
    xml.optional("nonsensitive-title", job.nonsensitive_title.as_deref());
    xml.optional("description", job.description.as_deref());
    xml.element("documents", &[], |xml| {
        for (place, document) in job.documents.iter().enumerate() {
            let name = document_name(place, document.media_type);
            let attributes = [
                ("href", name.as_str()),
                ("mime", document.media_type.as_str()),
            ];
            xml.element("document", &attributes, |xml| {
                xml.text("title", &document.title);
            });
        }
    });
}

/// Writes the authentication level and the identification of signers, with the portal's times in
/// between.
fn ending(xml: &mut Xml, job: &Job, between: impl FnOnce(&mut Xml)) {
    let level = job.authentication.map(AuthenticationLevel::as_str);
    xml.optional("required-authentication", level);
    between(xml);
    let identifier = job.identifier.map(IdentifierInDocument::as_str);
    xml.optional("identifier-in-signed-documents", identifier);
}

/// Formats a time for XML Schema, with its offset.
fn date_time(time: OffsetDateTime) -> Option<String> {
    time.format(&Rfc3339).ok()
}

/// Returns a document's name in the package, such as `0000_document.pdf`. The name is identical in
/// the archive, the manifest and the signature, where Posten's own code compares it after decoding.
pub(super) fn document_name(place: usize, media_type: MediaType) -> String {
    format!("{place:04}_document.{}", media_type.extension())
}
