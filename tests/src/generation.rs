//! Generation of Altinn that a journey uses. All differences between the two that the bank and its
//! customers see are here.

use std::collections::BTreeMap;

use sandbox::kit::ExternalService;
use sandbox::{Sandbox, population};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

/// Altinn that keeps the consents.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Generation {
    /// Altinn 2, in use before June 2026. The product's first source texts describe it.
    Two,
    /// Altinn 3, in use today.
    #[default]
    Three,
}

impl Generation {
    /// Generations that journeys run over.
    pub const BOTH: [Self; 2] = [Self::Three, Self::Two];

    /// Returns the external service of its API.
    pub fn counterparty(self) -> ExternalService {
        match self {
            Self::Two => ExternalService::Altinn2,
            Self::Three => ExternalService::Altinn,
        }
    }

    /// Returns the address of its page.
    pub fn page(self, sandbox: &Sandbox) -> &str {
        match self {
            Self::Two => &sandbox.addresses().altinn2_page,
            Self::Three => &sandbox.addresses().altinn_page,
        }
    }

    pub(crate) fn variables(self, sandbox: &Sandbox, app: &str) -> BTreeMap<String, String> {
        match self {
            Self::Two => sandbox.variables_of_altinn2(app),
            Self::Three => sandbox.variables(app),
        }
    }

    /// Builds the bank's request for the consent of `party`. Altinn 2 compares the party's name.
    pub(crate) fn question(self, party: &str, return_address: &str) -> Value {
        let mut question = json!({ "party": party, "return_address": return_address });
        if self == Self::Two {
            question["party_name"] = json!(registered_name(party));
        }
        question
    }

    /// Returns the ids of all requests.
    pub fn requests(self, sandbox: &Sandbox) -> Vec<Uuid> {
        match self {
            Self::Two => sandbox.services().altinn2.codes(),
            Self::Three => sandbox.services().altinn.ids(),
        }
    }

    pub(crate) fn callback(self, sandbox: &Sandbox, id: Uuid) -> Option<String> {
        match self {
            Self::Two => sandbox.services().altinn2.redirect_address(id),
            Self::Three => sandbox.services().altinn.redirect_address(id),
        }
    }

    /// Returns the query of the redirect after the page at `address` is approved.
    pub fn success(self, address: &str) -> String {
        match self {
            Self::Two => format!("AuthorizationCode={}&Status=OK", id_in(address)),
            Self::Three => "Status=OK".to_owned(),
        }
    }

    /// Returns the query of the redirect after a refusal.
    pub fn failure(self, address: &str) -> String {
        match self {
            Self::Two => format!(
                "Status=Failed&ErrorMessage=User%2520did%2520not%2520give%2520consent&FailedAuthorizationCode={}",
                id_in(address)
            ),
            Self::Three => "Status=Failed&ErrorMessage=User+did+not+give+consent".to_owned(),
        }
    }

    /// Returns the page for the login, and the one for the withdrawal of the consent `id`.
    pub(crate) fn withdrawal(self, sandbox: &Sandbox, id: Uuid) -> (String, String) {
        let page = self.page(sandbox);
        match self {
            Self::Two => (
                format!("{page}/ui/login"),
                format!("{page}/ui/profile/consents/{id}/withdraw"),
            ),
            Self::Three => (
                format!("{page}/accessmanagement/ui/login"),
                format!("{page}/accessmanagement/ui/consents/{id}/revoke"),
            ),
        }
    }
}

/// Returns the id of the request on the page at `address`.
pub(crate) fn id_in(address: &str) -> Uuid {
    let url = Url::parse(address).expect("an address");
    let (_, id) = url
        .query_pairs()
        .find(|(name, _)| name == "id")
        .expect("an id");
    Uuid::parse_str(&id).expect("a uuid")
}

/// Returns a person's surname, or an organisation's name.
fn registered_name(party: &str) -> &'static str {
    let surname =
        |person: &'static population::Person| person.name.rsplit(' ').next().expect("a name");
    let person = population::person(party).map(surname);
    let organisation = || population::organisation(party).map(|organisation| organisation.name);
    person.or_else(organisation).expect("somebody at Altinn")
}
