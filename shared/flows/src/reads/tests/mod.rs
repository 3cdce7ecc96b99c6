mod consent;
mod generation2;
mod settings;
mod source;
mod system_user;
mod windows;
mod without_consent;

use serde_json::{Value, json};

use super::*;
use crate::consent::Services;
use crate::consent::fake::{
    ALTINN, Bank, ExternalServices, ORGANISATION, OTHER_PERSON, SOURCE, TOKEN, answer, context, raw,
};
use innsyn_core::platform::memory::{Delay, Memory};
use innsyn_core::platform::{Response, SendError};
use innsyn_protocols::read_api::examples;
use innsyn_runtime::config::{Raw, Resolver};

const DATA: &str = r#"{ "partIdentifikator":"313367002", "skjermet":false, "saldo": 30620.50, "nytt":[0.1, 12345678901234.55] }"#;

/// Deployment whose customer has consented, unless a test changes that.
struct Journey {
    platform: Memory,
    services: ExternalServices,
    reader: Reader,
    bank: Bank,
}

impl Journey {
    fn asked() -> Self {
        let platform = Memory::new();
        let services = ExternalServices::install(&platform);
        let bank = Bank::new(ORGANISATION);
        platform.run(bank.start(&platform)).expect("started");
        let consents = Bank::new(ORGANISATION).consents;
        let access_basis = AccessBasis::Consent(Box::new(consents), template());
        let reader = reader(examples::claims(), access_basis);
        Self {
            platform,
            services,
            reader,
            bank,
        }
    }

    fn consented() -> Self {
        let journey = Self::asked();
        journey.answer("Accepted");
        journey.services.serve([raw(200, DATA)]);
        journey
    }

    fn answer(&self, status: &str) {
        self.services
            .respond(&self.services.ids()[0], status, OTHER_PERSON);
    }

    /// Uses the consent as an earlier read would have, so that the row says "granted".
    fn use_consent(&self) {
        let context = context(&self.platform);
        let AccessBasis::Consent(consents, _) = &self.reader.access_basis else {
            panic!("there is a consent")
        };
        let required = consents.require(
            &context,
            self.bank.about(),
            self.reader.token_request.clone(),
        );
        self.platform.run(required).expect("in force");
    }

    async fn read_as(&self, name: &str, values: &[(&str, &str)]) -> Result<String, Problem> {
        read_as(&self.platform, &self.reader, &self.bank, name, values).await
    }

    fn read(&self) -> Result<String, Problem> {
        self.platform.run(self.read_as("aapnekrav", &[]))
    }

    fn read_period(&self, from: &str, to: &str) -> Result<String, Problem> {
        let period = [("fraOgMed", from), ("tilOgMed", to)];
        self.platform.run(self.read_as("krav", &period))
    }

    fn kind(&self) -> Kind {
        self.read().expect_err("a problem").kind
    }

    fn calls(&self, host: &str) -> Vec<innsyn_core::platform::Request> {
        let requests = self.platform.requests().into_iter();
        requests
            .filter(|request| request.uri().host() == Some(host))
            .collect()
    }
}

async fn read_as(
    platform: &Memory,
    reader: &Reader,
    bank: &Bank,
    name: &str,
    values: &[(&str, &str)],
) -> Result<String, Problem> {
    let values = values.iter();
    let values: Values = values
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let (consumer, party) = (&bank.consumers.default, &bank.party);
    let dataset = examples::dataset(reader.api, name);
    let context = context(platform);
    let data = reader.read(&context, consumer, party, dataset, &values);
    let data = data.await?;
    Ok(String::from_utf8(data.to_vec()).expect("UTF-8"))
}

/// Returns the service to which the deployment's consents refer.
fn template() -> ServiceTemplate {
    template_of("ske-samtykke-krav-og-betalinger")
}

fn template_of(resource: &str) -> ServiceTemplate {
    let service =
        json!({ "resource": resource, "valid_days": 90, "metadata": { "inntektsaar": "2025" } });
    let json = json!({ "krav-og-betalinger": service }).to_string();
    let raw = Raw::from_pairs([("services", json.as_str())]);
    let services = Services::resolve(&mut Resolver::new(&raw), None).expect("services");
    services.find(None).expect("the only one").clone()
}

fn reader(api: Api, access_basis: AccessBasis) -> Reader {
    let api: &Api = Box::leak(Box::new(api));
    Reader {
        api,
        endpoint: Endpoint {
            counterparty: &api.counterparty,
            timeout: Duration::from_secs(10),
            max_body: 4 * 1024 * 1024,
            retry: retry_policy(api.retry_after),
        },
        origin: Origin::parse("https://kob.example").expect("an origin"),
        package: "finans".to_owned(),
        token_request: TokenRequest::new("skatteetaten:kravogbetalinger").expect("a scope"),
        access_basis,
        open: Some(Semaphore::new(OPEN_CALLS)),
    }
}

fn failure(status: u16, code: &str) -> Response {
    let id = "6f1ed002-ab1c-4e0a-9c3e-1d7d2f1c0a55";
    answer(
        status,
        &json!({ "kode": code, "melding": "Noe gikk galt", "korrelasjonsid": id }),
    )
}

/// Returns the token component's response when Maskinporten refuses the consent.
fn refused_consent() -> Response {
    answer(
        400,
        &json!({
            "error": "invalid_grant",
            "error_description": "The party's consent is required",
            "problem": "consent-required",
            "code": "MP-303",
        }),
    )
}
