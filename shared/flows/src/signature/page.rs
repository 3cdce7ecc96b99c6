//! HTML pages for a browser that cannot be redirected to the app.

use http::StatusCode;

use innsyn_runtime::page::{Page, Text};

/// Page for an address that belongs to no job.
pub(super) const UNKNOWN_LINK: Page = Page {
    status: StatusCode::NOT_FOUND,
    bokmaal: Text {
        title: "Lenken virker ikke",
        body: "Lenken er allerede brukt, ufullstendig eller for gammel. Gå tilbake til appen eller nettbanken du kom fra. Der ser du hvordan det gikk med signeringen.",
    },
    nynorsk: Text {
        title: "Lenkja verkar ikkje",
        body: "Lenkja er allereie brukt, ufullstendig eller for gammal. Gå tilbake til appen eller nettbanken du kom frå. Der ser du korleis det gjekk med signeringa.",
    },
    english: Text {
        title: "This link does not work",
        body: "The link has already been used, is incomplete or has expired. Go back to the app or online bank that you came from. There you can see how the signing went.",
    },
};

/// Page for a failed lookup.
pub(super) const TROUBLE: Page = Page {
    status: StatusCode::SERVICE_UNAVAILABLE,
    bokmaal: Text {
        title: "Noe gikk galt hos oss",
        body: "Det du gjorde hos Posten, har ikke gått tapt. Vent litt, og gå tilbake til appen eller nettbanken du kom fra. Der ser du hvordan det gikk.",
    },
    nynorsk: Text {
        title: "Noko gjekk gale hos oss",
        body: "Det du gjorde hos Posten, har ikkje gått tapt. Vent litt, og gå tilbake til appen eller nettbanken du kom frå. Der ser du korleis det gjekk.",
    },
    english: Text {
        title: "Something went wrong on our side",
        body: "What you did at Posten is not lost. Wait a little, and go back to the app or online bank that you came from. There you can see how it went.",
    },
};
