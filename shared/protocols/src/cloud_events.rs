//! `CloudEvents` 1.0: in structured mode, JSON format, and in binary mode, for files.
//!
//! Sources: CNCF, `CloudEvents` 1.0.2, its JSON event format and its HTTP protocol binding.

use http::header::{HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue};
use serde::Serialize;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Media type of an event in structured mode.
pub const MEDIA_TYPE: &str = "application/cloudevents+json";

/// Event.
#[derive(Clone, Copy, Debug)]
pub struct CloudEvent<'a> {
    /// Id, unique for the source.
    pub id: &'a str,
    /// Address of the source.
    pub source: &'a str,
    /// Type, such as `innsyn.consent.revoked`.
    pub kind: &'a str,
    /// Subject in the source, such as the id of a consent.
    pub subject: &'a str,
    /// Time of the event.
    pub time: OffsetDateTime,
    /// Contents.
    pub data: &'a Value,
}

impl CloudEvent<'_> {
    /// Returns the event as JSON.
    pub fn to_json(&self) -> Vec<u8> {
        let written = SerializedEvent {
            specversion: "1.0",
            id: self.id,
            source: self.source,
            kind: self.kind,
            subject: self.subject,
            // Only years after 9999 cannot be written.
            time: self.time.format(&Rfc3339).unwrap_or_default(),
            datacontenttype: "application/json",
            data: self.data,
        };
        // Serialising texts and JSON cannot fail.
        serde_json::to_vec(&written).unwrap_or_default()
    }
}

/// Attributes of an event in binary mode: the body of the request is the data, such as a PDF file.
#[derive(Clone, Copy, Debug)]
pub struct BinaryEvent<'a> {
    /// Id, unique for the source.
    pub id: &'a str,
    /// Address of the source.
    pub source: &'a str,
    /// Type, such as `innsyn.evidence.pades`.
    pub kind: &'a str,
    /// Subject in the source, such as the id of a job.
    pub subject: &'a str,
    /// Extension attribute `reference`: the receiver's own reference.
    pub reference: Option<&'a str>,
}

impl BinaryEvent<'_> {
    /// Writes the attributes as headers. They must be printable ASCII, which is not encoded.
    ///
    /// # Errors
    /// [`InvalidHeaderValue`] for a character that no header can hold.
    pub fn write(&self, headers: &mut HeaderMap) -> Result<(), InvalidHeaderValue> {
        let attributes = [
            ("ce-specversion", Some("1.0")),
            ("ce-id", Some(self.id)),
            ("ce-source", Some(self.source)),
            ("ce-type", Some(self.kind)),
            ("ce-subject", Some(self.subject)),
            ("ce-reference", self.reference),
        ];
        for (name, value) in attributes {
            if let Some(value) = value {
                let value = HeaderValue::from_str(value)?;
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        Ok(())
    }
}

#[derive(Serialize)]
struct SerializedEvent<'a> {
    specversion: &'static str,
    id: &'a str,
    source: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    subject: &'a str,
    time: String,
    datacontenttype: &'static str,
    data: &'a Value,
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_event_has_the_members_of_the_json_format() {
        let event = CloudEvent {
            id: "a-1",
            source: "https://app.example/consent",
            kind: "innsyn.consent.revoked",
            subject: "a",
            time: datetime!(2026-01-01 12:00 UTC),
            data: &json!({"number": 1}),
        };
        let read: Value = serde_json::from_slice(&event.to_json()).expect("JSON");
        assert_eq!(
            read,
            json!({
                "specversion": "1.0", "id": "a-1", "source": "https://app.example/consent",
                "type": "innsyn.consent.revoked", "subject": "a", "time": "2026-01-01T12:00:00Z",
                "datacontenttype": "application/json", "data": {"number": 1},
            })
        );
    }

    #[test]
    fn a_file_has_its_attributes_in_headers() {
        let event = BinaryEvent {
            id: "evidence-a-completed-pades",
            source: "https://app.example/signatures",
            kind: "innsyn.evidence.pades",
            subject: "a",
            reference: Some("loan-7"),
        };
        let mut headers = HeaderMap::new();
        event.write(&mut headers).expect("headers");
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.to_str().expect("text")))
            .collect();
        assert_eq!(
            headers,
            [
                ("ce-specversion", "1.0"),
                ("ce-id", "evidence-a-completed-pades"),
                ("ce-source", "https://app.example/signatures"),
                ("ce-type", "innsyn.evidence.pades"),
                ("ce-subject", "a"),
                ("ce-reference", "loan-7"),
            ]
        );
        let broken = BinaryEvent {
            reference: Some("a\nb"),
            ..event
        };
        assert!(broken.write(&mut HeaderMap::new()).is_err());
    }
}
