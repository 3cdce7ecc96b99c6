//! What is to be signed.

use super::{Persons, check_text, unfit};
use crate::posten::job::{Document, Job, MOST_BYTES, MOST_DOCUMENTS, MediaType, Rule, Unfit, pdf};

impl Job {
    pub(super) fn check_documents(&self) -> Result<(), Unfit> {
        if !(1..=MOST_DOCUMENTS).contains(&self.documents.len()) {
            return unfit("documents", Rule::Count(1, MOST_DOCUMENTS));
        }
        let sizes = self.documents.iter().map(|document| document.content.len());
        if sizes.fold(0, usize::saturating_add) > MOST_BYTES {
            return unfit("documents", Rule::TooLarge);
        }
        for (place, document) in self.documents.iter().enumerate() {
            let title = format!("documents[{place}].title");
            check_text(&title, &document.title, 1, 80, Persons::Forbidden)?;
            if let Err(rule) = check_content(document) {
                return unfit(&format!("documents[{place}].content"), rule);
            }
        }
        Ok(())
    }
}

fn check_content(document: &Document) -> Result<(), Rule> {
    if document.content.is_empty() {
        return Err(Rule::Empty);
    }
    match document.media_type {
        MediaType::Pdf => pdf::check(&document.content),
        MediaType::Text => std::str::from_utf8(&document.content)
            .map(drop)
            .map_err(|_| Rule::NotText),
    }
}
