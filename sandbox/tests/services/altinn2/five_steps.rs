//! The five steps that Skatteetaten describes for krav og betalinger ("Tilgang til tjenesten"), in
//! their order and by their names, by a client written here: no token, grant or header is anybody
//! else's work.

use http::Method;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use sandbox::bank::{CUSTOMERS, Overrides};
use sandbox::population::Credential;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

use crate::altinn2::page::Browser;
use crate::altinn2::support::{Answer, BANK, CLAIMS, CODE_REFUSED, COMPANY, HAL, TestBed, WRITE};

/// Bank with the results of the five steps.
struct Nettbanken<'a> {
    bed: &'a TestBed,
    authorization_code: Option<String>,
}

#[tokio::test]
async fn from_log_in_to_claims_and_again_until_the_party_withdraws() {
    let bed = TestBed::start().await;
    let mut bank = Nettbanken {
        bed: &bed,
        authorization_code: None,
    };

    let parten = bank.parten_logger_seg_på_nettbanken_og_ber_om_å_få_tilgang();
    assert!(bank.authorization_code.is_none());
    bank.nettbanken_gjør_en_redirect_til_altinn(&parten).await;
    let samtykkebevis = bank.nettbanken_ber_altinn_om_samtykkebevis().await.unwrap();
    let tilgangsbevis = bank.nettbanken_ber_maskinporten_om_tilgangsbevis().await;
    let svar = bank
        .nettbanken_gjør_et_kall_med_begge(&tilgangsbevis, &samtykkebevis)
        .await;
    assert_eq!(svar.status.as_u16(), 200, "{svar:?}");
    assert_eq!(svar.json()["partIdentifikator"], COMPANY);

    // The second time there is a consent: both tokens are renewed without a question to the party.
    bed.advance(24 * 3600);
    let gammelt = samtykkebevis;
    let samtykkebevis = bank.nettbanken_ber_altinn_om_samtykkebevis().await.unwrap();
    let tilgangsbevis = bank.nettbanken_ber_maskinporten_om_tilgangsbevis().await;
    let svar = bank
        .nettbanken_gjør_et_kall_med_begge(&tilgangsbevis, &gammelt)
        .await;
    assert_eq!(
        (svar.status.as_u16(), &svar.json()["kode"]),
        (403, &json!("KB-005"))
    );
    let svar = bank
        .nettbanken_gjør_et_kall_med_begge(&tilgangsbevis, &samtykkebevis)
        .await;
    assert_eq!(svar.status.as_u16(), 200, "{svar:?}");

    // "Parten kan velge å trekke godkjenningen via Altinn Samtykke."
    bed.act(bank.authorization_code.as_ref().unwrap(), "withdraw")
        .await;
    let feil = bank
        .nettbanken_ber_altinn_om_samtykkebevis()
        .await
        .unwrap_err();
    feil.says(403, CODE_REFUSED);
}

impl Nettbanken<'_> {
    /// 1: the customer's login, with the organisations she may act for.
    fn parten_logger_seg_på_nettbanken_og_ber_om_å_få_tilgang(&self) -> String {
        let (bank, now) = (&self.bed.services().bank, self.bed.now());
        let login = bank
            .login_token(now, &CUSTOMERS[0], &Overrides::default())
            .unwrap();
        let organisations = crate::altinn2::support::claims(&login)["organisations"].clone();
        organisations[0].as_str().unwrap().to_owned()
    }

    /// 2: there is no consent yet, so that Altinn asks for it, for ninety days.
    async fn nettbanken_gjør_en_redirect_til_altinn(&mut self, parten: &str) {
        let bed = self.bed;
        let altinn = format!("{}/", bed.sandbox.addresses().altinn2);
        let token = self.maskinporten(WRITE, Some(&altinn)).await;
        let mut request = bed.request();
        request["OfferedBy"] = json!(parten);
        let call = bed.http.post(bed.address("/api/consentRequests"));
        let call = call.header("ApiKey", bed.key(BANK)).bearer_auth(token);
        let made = Answer::receive(call.header("Accept", HAL).json(&request)).await;
        assert_eq!(made.status.as_u16(), 201, "{made:?}");
        let made = made.json();
        let page = Url::parse(made["_links"]["gui"]["href"].as_str().unwrap()).unwrap();

        let browser = Browser::new(bed);
        let path = format!("{}?{}", page.path(), page.query().unwrap());
        assert!(
            browser
                .get(&path)
                .await
                .body
                .contains("Fjordbanken ber om ditt samtykke")
        );
        let answer = browser.answer(&path, "ragna", "accept").await;
        let back = Url::parse(answer.header("location")).unwrap();
        let told = |name: &str| {
            let mut pairs = back.query_pairs();
            pairs
                .find(|(found, _)| found == name)
                .map(|(_, value)| value.into_owned())
        };
        assert_eq!(told("Status").unwrap(), "OK");
        assert_eq!(
            told("AuthorizationCode").unwrap(),
            made["AuthorizationCode"].as_str().unwrap()
        );
        self.authorization_code = told("AuthorizationCode");
    }

    /// 3: a signed access token for the code, "eller en feil hvis det ikke finnes samtykke for
    /// denne parten".
    async fn nettbanken_ber_altinn_om_samtykkebevis(&self) -> Result<String, Answer> {
        let answer = self
            .bed
            .fetch(self.authorization_code.as_ref().unwrap())
            .await;
        if answer.status.is_success() {
            Ok(answer.json().as_str().unwrap().to_owned())
        } else {
            Err(answer)
        }
    }

    /// 4: an access token for the interface, by its scope.
    async fn nettbanken_ber_maskinporten_om_tilgangsbevis(&self) -> String {
        self.maskinporten(CLAIMS, None).await
    }

    /// 5: both, each in its header.
    async fn nettbanken_gjør_et_kall_med_begge(
        &self,
        tilgangsbevis: &str,
        samtykkebevis: &str,
    ) -> Answer {
        let origin = &self.bed.sandbox.addresses().skatteetaten;
        let url = format!("{origin}/v1/finans/{COMPANY}/aapnekrav");
        let call = self
            .bed
            .http
            .request(Method::GET, url)
            .bearer_auth(tilgangsbevis);
        Answer::receive(call.header("AltinnSamtykke", samtykkebevis)).await
    }

    /// Exchanges a grant, signed with the bank's own key, for an access token.
    async fn maskinporten(&self, scope: &str, resource: Option<&str>) -> String {
        let services = self.bed.services();
        let consumer = &services.consumers[0];
        let Credential::Registered { kid } = &consumer.credential else {
            unreachable!("the first consumer's key is registered");
        };
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some((*kid).to_owned());
        let now = self.bed.now().unix_timestamp();
        let mut grant = json!({
            "aud": services.maskinporten.issuer(), "iss": consumer.client_id, "scope": scope,
            "iat": now, "exp": now + 60, "jti": Uuid::new_v4(),
        });
        if let Some(resource) = resource {
            grant["resource"] = json!(resource);
        }
        let key = EncodingKey::from_rsa_pem(consumer.pem().unwrap().as_bytes()).unwrap();
        let assertion = jsonwebtoken::encode(&header, &grant, &key).unwrap();
        let form = [
            ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            ("assertion", &assertion),
        ];
        let url = format!("{}token", services.maskinporten.issuer());
        let answer = Answer::receive(self.bed.http.post(url).form(&form)).await;
        assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
        let token: Value = answer.json();
        token["access_token"].as_str().unwrap().to_owned()
    }
}
