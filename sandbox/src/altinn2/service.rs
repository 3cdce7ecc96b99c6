//! Services with consents, by code and edition, with their template, their parameters and, if the
//! owner has one, the register of consumers (SRR).
//!
//! Sources: Skatteetaten, "Samtykke" and "Krav og betalinger"; Altinn, "Opprette tjeneste",
//! "Autorisere datakonsument". Assumption: templates other than those of loan applications; the
//! registered consumer is the demo's.

use crate::population::FJORDBANKEN;

/// Service (code and edition) for which consents are given.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Service {
    pub(super) code: &'static str,
    pub(super) edition: u32,
    pub(super) template: Template,
    /// Parameters of the text: each must be given.
    pub(super) metadata: &'static [&'static str],
    /// True if a consent ends with its first use.
    pub(super) one_time: bool,
    /// Register of the owner. Without one, any holder of an API key may request consents.
    pub(super) register: Option<&'static [Registered]>,
    pub(super) title: Text,
    /// Text of the page about what the consumer will see.
    pub(super) text: Text,
}

/// Template of the consent page around the text of the service.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Template {
    /// Text with the consumer's message, which is required; the only template for links.
    Standard,
    /// Template for loan applications, without a message.
    LoanApplication,
    /// Claims and payments, without a message, since the owner allows none.
    SharingData,
}

/// Consumer that the owner of the service has registered.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Registered {
    pub(super) consumer: &'static str,
    /// Supplier that may fetch tokens for it with no more than its own API key.
    pub(super) handled_by: Option<&'static str>,
    /// `AllowedRedirectDomain`; empty if any domain is allowed.
    pub(super) redirect: &'static str,
    /// Keeps the person logged in after the answer. The default logs them out.
    pub(super) keep_session_alive: bool,
}

/// Text in the languages of the pages.
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
    // The rest are the sandbox's own: one of an owner with a register, one for a single use.
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

/// Finds the service of this code and edition.
pub(super) fn find(code: &str, edition: u32) -> Option<&'static Service> {
    SERVICES
        .iter()
        .find(|service| service.code == code && service.edition == edition)
}

/// Finds the service by its name in links and tokens: code, underscore, edition.
pub(super) fn named(name: &str) -> Option<&'static Service> {
    SERVICES.iter().find(|service| service.name() == name)
}

impl Service {
    /// Returns code and edition, such as `5928_202301`.
    pub(super) fn name(&self) -> String {
        format!("{}_{}", self.code, self.edition)
    }

    /// Returns the owner's registration of the consumer.
    pub(super) fn registered(&self, consumer: &str) -> Option<&'static Registered> {
        self.register?
            .iter()
            .find(|registered| registered.consumer == consumer)
    }
}
