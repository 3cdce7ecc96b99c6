//! Checks of the documents.

use super::{Persons, check_text, invalid};
use crate::posten::job::{
    Document, InvalidJob, Job, MOST_BYTES, MOST_DOCUMENTS, MediaType, Violation, pdf,
};

impl Job {
    /// Checks the number of the documents, and their titles.
    pub(super) fn check_titles(&self) -> Result<(), InvalidJob> {
        if !(1..=MOST_DOCUMENTS).contains(&self.documents.len()) {
            return invalid("documents", Violation::Count(1, MOST_DOCUMENTS));
        }
        for (place, document) in self.documents.iter().enumerate() {
            let title = format!("documents[{place}].title");
            check_text(&title, &document.title, 1, 80, Persons::Forbidden)?;
        }
        Ok(())
    }

    pub(super) fn check_documents(&self) -> Result<(), InvalidJob> {
        self.check_titles()?;
        let sizes = self.documents.iter().map(|document| document.content.len());
        if sizes.fold(0, usize::saturating_add) > MOST_BYTES {
            return invalid("documents", Violation::TooLarge);
        }
        for (place, document) in self.documents.iter().enumerate() {
            if let Err(violation) = check_content(document) {
                return invalid(&format!("documents[{place}].content"), violation);
            }
        }
        Ok(())
    }
}

fn check_content(document: &Document) -> Result<(), Violation> {
    if document.content.is_empty() {
        return Err(Violation::Empty);
    }
    match document.media_type {
        MediaType::Pdf => pdf::check(&document.content),
        MediaType::Text => std::str::from_utf8(&document.content)
            .map(drop)
            .map_err(|_| Violation::NotText),
    }
}
