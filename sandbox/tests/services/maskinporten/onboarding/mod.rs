//! Onboarding of a supplier: it registers a system, asks a customer for a system user, is approved
//! on the page, gets tokens, asks for a change and is revoked.

mod journey;
mod refusals;
mod register;

use reqwest::redirect::Policy;
use sandbox::interfaces::SystemUserRights;
use sandbox::population::FJORDBANKEN;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::maskinporten::support::{SCOPE, TestBed};

const CUSTOMER: &str = "313367002";
const SYSTEM: &str = "310000205_onboarded";
const BACK: &str = "https://supplier.example/done";
const CLAIMS: &str = "ske-krav-og-betalinger";
const ACCOUNTS: &str = "app_brg_aarsregnskap-vanlig-202406";
const REGISTER: &str = "/authentication/api/v1/systemregister/vendor";
const REQUEST: &str = "/authentication/api/v1/systemuser/request/vendor";
const CHANGE: &str = "/authentication/api/v1/systemuser/changerequest/vendor";
const USERS: &str = "/authentication/api/v1/systemuser/vendor";
const ADMINISTRATION: &str = "altinn:authentication/systemregister.write \
     altinn:authentication/systemuser.request.read altinn:authentication/systemuser.request.write";

/// A supplier with an administrator's token, and its customer's browser.
struct Supplier {
    bed: TestBed,
    token: String,
    browser: reqwest::Client,
}

/// Status, `Location` and body.
type Answer = (u16, String, Value);

fn rights(resources: &[&str]) -> Value {
    let right = |resource: &&str| json!({ "resource": [{ "id": "urn:altinn:resource", "value": resource }] });
    resources.iter().map(right).collect()
}

impl Supplier {
    async fn start() -> Self {
        let bed = TestBed::start().await;
        let grant = bed.grant().with("scope", ADMINISTRATION);
        let token = bed.ask(&grant).await.token().to_owned();
        let browser = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(Policy::none())
            .build()
            .unwrap();
        Self {
            bed,
            token,
            browser,
        }
    }

    fn client_id(&self) -> String {
        self.bed.grant().claims["iss"].as_str().unwrap().to_owned()
    }

    async fn call(&self, call: &str, body: &Value) -> Answer {
        self.call_with(&self.token, call, body).await
    }

    async fn call_with(&self, token: &str, call: &str, body: &Value) -> Answer {
        let (method, path) = call.split_once(' ').unwrap();
        let address = format!("{}{path}", self.bed.sandbox.addresses().altinn);
        let request = self.bed.http.request(method.parse().unwrap(), address);
        let request = request.bearer_auth(token);
        let request = match body {
            Value::Null => request,
            body => request.json(body),
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let location = response.headers().get("location");
        let location = location
            .map_or("", |value| value.to_str().unwrap())
            .to_owned();
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        (status, location, body)
    }

    fn system() -> Value {
        json!({
            "id": SYSTEM,
            "vendor": { "authority": "iso6523-actorid-upis", "ID": format!("0192:{FJORDBANKEN}") },
            "name": { "nb": "Regnskap", "nn": "Rekneskap", "en": "Accounts" },
            "description": { "nb": "Et system", "nn": "Eit system", "en": "A system" },
            "clientId": ["a-client-of-its-own"],
            "rights": rights(&[CLAIMS, ACCOUNTS]),
            "allowedRedirectUrls": [BACK],
        })
    }

    async fn registers(&self) {
        let (status, _, id) = self
            .call(&format!("POST {REGISTER}"), &Self::system())
            .await;
        assert_eq!(status, 200, "{id}");
        assert!(Uuid::parse_str(id.as_str().unwrap()).is_ok());
    }

    fn wish() -> Value {
        json!({
            "systemId": SYSTEM,
            "partyOrgNo": CUSTOMER,
            "externalRef": "tenant-42",
            "integrationTitle": "Regnskapet",
            "rights": rights(&[CLAIMS]),
            "redirectUrl": format!("{BACK}?case=7"),
        })
    }

    /// Requests a system user, and returns the request.
    async fn asks(&self) -> Value {
        let (status, location, made) = self.call(&format!("POST {REQUEST}"), &Self::wish()).await;
        assert_eq!(status, 201, "{made}");
        let id = made["id"].as_str().unwrap();
        assert!(location.ends_with(&format!("/authentication/api/v1/systemuser/request/{id}")));
        made
    }

    /// Fetches the status of a request, as the vendor sees it.
    async fn status(&self, path: &str, id: &str) -> String {
        let (status, _, found) = self.call(&format!("GET {path}/{id}"), &Value::Null).await;
        assert_eq!(status, 200, "{found}");
        found["status"].as_str().unwrap().to_owned()
    }

    /// Answers on the page at `address` as `person`, and returns the final address.
    async fn answers(&self, address: &str, person: &str, answer: &str) -> (u16, String) {
        let page = &self.bed.sandbox.addresses().altinn_page;
        let form = [("person", person), ("answer", answer)];
        let request = self
            .browser
            .post(address)
            .header("origin", page)
            .form(&form);
        let mut response = request.send().await.unwrap();
        loop {
            let status = response.status().as_u16();
            let next = response.headers().get("location");
            let next = next.map_or("", |value| value.to_str().unwrap()).to_owned();
            if !next.starts_with('/') || next == "/" {
                return (status, next);
            }
            let next = format!("{page}{next}");
            response = self.browser.get(next).send().await.unwrap();
        }
    }

    /// Requests a token for the customer's system user.
    async fn grant(&self) -> crate::maskinporten::support::Answer {
        let detail = json!({
            "type": "urn:altinn:systemuser",
            "systemuser_org": { "authority": "iso6523-actorid-upis", "ID": format!("0192:{CUSTOMER}") },
            "externalRef": "tenant-42",
        });
        let grant = self.bed.grant().with("scope", SCOPE);
        self.bed
            .ask(&grant.with("authorization_details", json!([detail])))
            .await
    }

    fn may(&self, resource: &str) -> bool {
        let users = self.bed.sandbox.services().altinn.system_users();
        let user = users.iter().find(|user| user.system_id == SYSTEM);
        let altinn = &self.bed.sandbox.services().altinn;
        user.is_some_and(|user| altinn.system_user_may(user.id, CUSTOMER, resource))
    }
}

fn code(answer: &Answer) -> (u16, String) {
    let faults = answer.2["validationErrors"].as_array();
    let faults = faults.into_iter().flatten().map(|fault| &fault["code"]);
    let codes = std::iter::once(&answer.2["code"]).chain(faults);
    let codes: Vec<_> = codes.filter_map(Value::as_str).collect();
    (answer.0, codes.join(" "))
}
