//! Tests of reads on the basis of a party's system user: the package `regnskapssystem`.

use super::*;
use innsyn_core::credential::SigningKey;

const SYSTEM_USER: &str = "urn:altinn:systemuser";

struct Accounts {
    platform: Memory,
    services: ExternalServices,
    reader: Reader,
}

impl Accounts {
    fn new(reference: &str) -> Self {
        let platform = Memory::new();
        let services = ExternalServices::install(&platform);
        services.serve([raw(200, DATA)]);
        let key = SigningKey::from_seed(&[5; 32]).expect("a key");
        let reference = Reference::parse(reference).expect("a reference");
        let tokens = Box::new(Client::new("accounting", key));
        let mut reader = reader(
            examples::claims(),
            AccessBasis::SystemUser(tokens, reference),
        );
        "regnskapssystem".clone_into(&mut reader.package);
        Self {
            platform,
            services,
            reader,
        }
    }

    fn read(&self, party: &str) -> Result<String, Problem> {
        let bank = Bank::new(party);
        let read = read_as(&self.platform, &self.reader, &bank, "aapnekrav", &[]);
        self.platform.run(read)
    }

    fn hosts(&self) -> Vec<String> {
        let requests = self.platform.requests();
        let hosts = requests.iter().map(|request| request.uri().host());
        hosts.map(|host| host.expect("a host").to_owned()).collect()
    }

    /// Returns the `authorization_details` of the request to `token`.
    fn details(&self) -> Value {
        let asked = &self.platform.requests()[0];
        let mut form = url::form_urlencoded::parse(asked.body());
        let details = form.find(|(name, _)| name == "authorization_details");
        serde_json::from_str(&details.expect("details").1).expect("JSON")
    }
}

fn refused_system_user() -> Response {
    let advice = "Invalid authorization details values. What to do: check the system's client_id.";
    answer(
        400,
        &json!({
            "error": "invalid_altinn_customer_configuration",
            "error_description": advice,
            "problem": "system-user-refused",
            "code": "MP-303",
        }),
    )
}

#[test]
fn the_token_is_asked_for_as_the_partys_system_user_and_nobody_is_asked_to_consent() {
    let accounts = Accounts::new("{party}");
    assert_eq!(accounts.read(ORGANISATION).as_deref(), Ok(DATA));
    assert_eq!(accounts.hosts(), [TOKEN, SOURCE]);
    let owner = json!({ "authority": "iso6523-actorid-upis", "ID": "0192:313367002" });
    let expected = json!([{ "type": SYSTEM_USER, "systemuser_org": owner }]);
    assert_eq!(accounts.details(), expected);
    let path = accounts.platform.requests()[1].uri().path().to_owned();
    assert_eq!(path, "/v1/regnskapssystem/313367002/aapnekrav");
    // Another organisation has another token.
    accounts.read("314055403").expect("data");
    assert_eq!(accounts.hosts(), [TOKEN, SOURCE, TOKEN, SOURCE]);
}

#[test]
fn the_reference_says_which_system_user() {
    for (reference, sent) in [("kunde-{party}", "kunde-313367002"), ("innsyn", "innsyn")] {
        let accounts = Accounts::new(reference);
        accounts.read(ORGANISATION).expect("data");
        assert_eq!(accounts.details()[0]["externalRef"], sent);
    }
    for wrong in ["a b", "{part}", "{party}.1", &"a".repeat(256)] {
        assert_eq!(Reference::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn persons_have_none_and_nobody_is_asked() {
    let accounts = Accounts::new("{party}");
    let problem = accounts.read(OTHER_PERSON).expect_err("refused");
    assert_eq!(problem.kind, Kind::PartyInvalid);
    assert!(accounts.hosts().is_empty());
}

#[test]
fn what_the_party_has_to_do_is_told_and_what_the_operator_has_to_do_is_logged() {
    let accounts = Accounts::new("{party}");
    accounts.services.fail(TOKEN, Ok(refused_system_user()));
    let problem = accounts.read(ORGANISATION).expect_err("refused");
    let told = (problem.kind, problem.source_code.as_deref());
    assert_eq!(told, (Kind::SystemUserRequired, Some("MP-303")));
    let detail = problem.detail.expect("what to do");
    assert!(detail.contains("approves the app") && !detail.contains("client_id"));
    assert!(problem.cause.expect("a cause").contains("client_id"));

    for (end, kind) in [
        (failure(403, "KB-005"), Kind::SystemUserRequired),
        (failure(403, "DAS-008"), Kind::SourceRefused),
        (failure(401, "KB-004"), Kind::SourceRefused),
        (failure(404, "KB-007"), Kind::NothingFound),
        (failure(404, "KB-009"), Kind::PartyUnknown),
    ] {
        let accounts = Accounts::new("{party}");
        accounts.services.serve([end]);
        let problem = accounts.read(ORGANISATION).expect_err("refused");
        assert_eq!(problem.kind, kind);
        assert!(!accounts.hosts().iter().any(|host| host == ALTINN));
    }
    // Maskinporten's errors never turn it into a matter of consent.
    let accounts = Accounts::new("{party}");
    accounts.services.fail(TOKEN, Ok(refused_consent()));
    let problem = accounts.read(ORGANISATION).expect_err("refused");
    assert_eq!(problem.kind, Kind::SourceRefused);
}
