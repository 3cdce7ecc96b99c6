//! What can be consented to: services by code and edition, with their template, their parameters and, where the
//! owner keeps one, the register of consumers (SRR).
//!
//! Sources: Skatteetaten, "Samtykke" and "Krav og betalinger"; Altinn, "Opprette tjeneste", "Autorisere datakonsument".
//! Assumption: templates other than those of loan applications; the registered consumer is the demo's.

use crate::consumer::FJORDBANKEN;

/// One service.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Service {
    pub(super) code: &'static str,
    pub(super) edition: u32,
    pub(super) template: Template,
    /// Parameters of the text: each must be given.
    pub(super) metadata: &'static [&'static str],
    /// Only consents that one use ends.
    pub(super) one_time: bool,
    /// The owner's register; where there is none, whoever has an API key may ask.
    pub(super) register: Option<&'static [Registered]>,
    pub(super) title: Text,
    /// What the page says that the consumer will see.
    pub(super) text: Text,
}

/// Which text stands around the service's own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Template {
    /// With the consumer's message, which must be there; the only one that links can use.
    Standard,
    /// For loan applications: without a message.
    LoanApplication,
    /// For claims and payments: without a message, since the owner allows none.
    SharingData,
}

/// A consumer that the owner has registered.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Registered {
    pub(super) consumer: &'static str,
    /// Who may fetch tokens for it with no more than an own API key.
    pub(super) handled_by: Option<&'static str>,
    /// `AllowedRedirectDomain`; empty: anywhere.
    pub(super) redirect: &'static str,
    /// Without it, whoever answers is logged out.
    pub(super) keep_session_alive: bool,
}

/// A text in the pages' languages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Text {
    pub(super) nb: &'static str,
    pub(super) nn: &'static str,
    pub(super) en: &'static str,
}

const SERVICES: &[Service] = &[
    Service {
        code: "5928",
        edition: 202_301,
        template: Template::SharingData,
        metadata: &[],
        one_time: false,
        register: None,
        title: Text {
            nb: "Krav og betalinger",
            nn: "Krav og betalingar",
            en: "Claims and payments",
        },
        text: Text {
            nb: "Skatte- og avgiftskrav, innbetalinger og utbetalinger som Skatteetaten har registrert.",
            nn: "Skatte- og avgiftskrav, innbetalingar og utbetalingar som Skatteetaten har registrert.",
            en: "Tax claims, payments and refunds that the Tax Administration has on record.",
        },
    },
    Service {
        code: "4628",
        edition: 210_607,
        template: Template::LoanApplication,
        metadata: &["inntektsaar"],
        one_time: false,
        register: None,
        title: TAX_BASIS,
        text: TAX_BASIS_TEXT,
    },
    Service {
        code: "4804",
        edition: 210_607,
        template: Template::LoanApplication,
        metadata: &["fraOgMed", "tilOgMed"],
        one_time: false,
        register: None,
        title: INCOME,
        text: INCOME_TEXT,
    },
    Service {
        code: "4629",
        edition: 2,
        template: Template::Standard,
        metadata: &["inntektsaar"],
        one_time: false,
        register: None,
        title: TAX_BASIS,
        text: TAX_BASIS_TEXT,
    },
    Service {
        code: "4630",
        edition: 2,
        template: Template::Standard,
        metadata: &["fraOgMed", "tilOgMed"],
        one_time: false,
        register: None,
        title: INCOME,
        text: INCOME_TEXT,
    },
    // The rest are the sandbox's own: one of an owner that keeps a register, one for one use.
    Service {
        code: "9001",
        edition: 1,
        template: Template::Standard,
        metadata: &[],
        one_time: false,
        register: Some(&[Registered {
            consumer: FJORDBANKEN,
            handled_by: Some("310000108"),
            redirect: "https://bank.example;*.bank.example;bank-app://consent;bank.*;*bank.test",
            keep_session_alive: true,
        }]),
        title: TAX_BASIS,
        text: TAX_BASIS_TEXT,
    },
    Service {
        code: "9002",
        edition: 1,
        template: Template::Standard,
        metadata: &[],
        one_time: true,
        register: None,
        title: INCOME,
        text: INCOME_TEXT,
    },
];

const TAX_BASIS: Text = Text {
    nb: "Skattegrunnlag",
    nn: "Skattegrunnlag",
    en: "Tax basis",
};
const TAX_BASIS_TEXT: Text = Text {
    nb: "Summerte tall fra skattemeldingen for inntektsåret.",
    nn: "Summerte tal frå skattemeldinga for inntektsåret.",
    en: "Summed figures from the tax return of the income year.",
};
const INCOME: Text = Text {
    nb: "Inntektsopplysninger",
    nn: "Inntektsopplysningar",
    en: "Income",
};
const INCOME_TEXT: Text = Text {
    nb: "Inntekt som arbeidsgivere har meldt inn i perioden.",
    nn: "Inntekt som arbeidsgivarar har meldt inn i perioden.",
    en: "Income that employers have reported in the period.",
};

/// The service of this code and edition.
pub(super) fn find(code: &str, edition: u32) -> Option<&'static Service> {
    SERVICES
        .iter()
        .find(|service| service.code == code && service.edition == edition)
}

/// The service that links and tokens name so: code, underscore, edition.
pub(super) fn named(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.name() == name)
}

impl Service {
    /// `5928_202301`.
    pub(super) fn name(&self) -> String {
        format!("{}_{}", self.code, self.edition)
    }

    /// What the owner has registered about the consumer.
    pub(super) fn registered(&self, consumer: &str) -> Option<&'static Registered> {
        self.register?
            .iter()
            .find(|registered| registered.consumer == consumer)
    }
}
