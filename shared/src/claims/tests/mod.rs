mod consent;
mod generation2;
mod source;
mod windows;

use serde_json::{Value, json};

use super::*;
use crate::config::Origin;
use crate::consent::fake::{
    ALTINN, Bank, ORGANISATION, OTHER_PERSON, SOURCE, TOKEN, World, answer, context, raw,
};
use crate::platform::memory::{Delay, Memory};
use crate::platform::{Response, SendError};

const DATA: &str = r#"{ "partIdentifikator":"313367002", "skjermet":false, "saldo": 30620.50, "nytt":[0.1, 12345678901234.55] }"#;

/// A bank whose customer has consented, unless a test says otherwise.
struct Journey {
    platform: Memory,
    world: World,
    claims: Claims,
    bank: Bank,
}

impl Journey {
    fn asked() -> Self {
        let platform = Memory::new();
        let world = World::install(&platform);
        let bank = Bank::new(ORGANISATION);
        platform.run(bank.start(&platform)).expect("started");
        let claims = Claims {
            consents: Bank::new(ORGANISATION).consents,
            source: Origin::parse("https://kob.example").expect("an origin"),
            package: "finans".to_owned(),
            service: bank.service.clone(),
            scope: "skatteetaten:kravogbetalinger".to_owned(),
            open: Semaphore::new(OPEN_CALLS),
        };
        Self {
            platform,
            world,
            claims,
            bank,
        }
    }

    fn consented() -> Self {
        let journey = Self::asked();
        journey.answer("Accepted");
        journey.world.serve([raw(200, DATA)]);
        journey
    }

    fn answer(&self, status: &str) {
        self.world
            .respond(&self.world.ids()[0], status, OTHER_PERSON);
    }

    /// As an earlier read would have, so that the row says "granted".
    fn use_consent(&self) {
        let context = context(&self.platform);
        let required = self.claims.consents.require(&context, self.bank.about());
        self.platform.run(required).expect("in force");
    }

    async fn read_as(&self, dataset: Dataset, period: Option<Period>) -> Result<String, Problem> {
        let read = Read {
            consumer: &self.bank.consumers.default,
            party: &self.bank.party,
            dataset,
            period,
        };
        let data = self.claims.read(&context(&self.platform), read).await?;
        Ok(String::from_utf8(data.to_vec()).expect("UTF-8"))
    }

    fn read(&self) -> Result<String, Problem> {
        self.platform.run(self.read_as(Dataset::Aapnekrav, None))
    }

    fn read_period(&self, from: &str, to: &str) -> Result<String, Problem> {
        let period = Period::parse(from, to).expect("a period");
        self.platform.run(self.read_as(Dataset::Krav, Some(period)))
    }

    fn kind(&self) -> Kind {
        self.read().expect_err("a problem").kind
    }

    fn calls(&self, host: &str) -> Vec<crate::platform::Request> {
        let requests = self.platform.requests().into_iter();
        requests
            .filter(|request| request.uri().host() == Some(host))
            .collect()
    }
}

fn failure(status: u16, code: &str) -> Response {
    let id = "6f1ed002-ab1c-4e0a-9c3e-1d7d2f1c0a55";
    answer(
        status,
        &json!({ "kode": code, "melding": "Noe gikk galt", "korrelasjonsid": id }),
    )
}

/// What the token component says when Maskinporten refuses the consent.
fn refused_consent() -> Response {
    answer(
        400,
        &json!({
            "error": "invalid_grant",
            "error_description": "The party's consent is needed",
            "problem": "consent-required",
            "code": "MP-303",
        }),
    )
}
