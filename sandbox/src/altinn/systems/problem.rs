//! Problems of the system register and of system users.
//!
//! Source: the public code of Altinn's authentication (2026).

use http::StatusCode;

use crate::altinn::problem::{Fault, Problem, bad};

pub(super) const CUSTOMER_NOT_FOUND: Problem = bad(
    "AUTH-00000",
    "Can't resolve the Organisation Number from the logged in Reportee PartyId.",
);
pub(super) const RIGHTS_NOT_FOUND: Problem = bad(
    "AUTH-00001",
    "One or more Right not found or not delegable.",
);
pub(super) const USER_EXISTS: Problem = bad(
    "AUTH-00004",
    "Failed to create new SystemUser, existing SystemUser tied to the given System-Id.",
);
pub(super) const REQUEST_NOT_FOUND: Problem = Problem::new(
    "AUTH-00010",
    StatusCode::NOT_FOUND,
    "The Id does not refer to a Request in our system.",
);
pub(super) const SYSTEM_NOT_FOUND: Problem = Problem::new(
    "AUTH-00011",
    StatusCode::NOT_FOUND,
    "The Id does not refer to a Registered System.",
);
pub(super) const NOT_NEW: Problem = Problem::new(
    "AUTH-00013",
    StatusCode::CONFLICT,
    "The Status of the Request is not New.",
);
pub(super) const USER_NOT_FOUND: Problem = Problem::new(
    "AUTH-00015",
    StatusCode::NOT_FOUND,
    "The SystemUser was not found.",
);
pub(super) const REDIRECT_NOT_FOUND: Problem =
    bad("AUTH-00021", "The RedirectUri was not found or not valid.");
pub(super) const NO_REDIRECTS: Problem =
    bad("AUTH-00026", "No redirect uris are set for the system");
pub(super) const NOT_THEIRS: Problem = Problem::new(
    "AUTH-00024",
    StatusCode::FORBIDDEN,
    "you don't have rights to delete this systemuser",
);
pub(super) const NOTHING_ASKED_FOR: Problem = bad(
    "AUTH-00059",
    "No AccessPackages or Single Rights found, a SystemUser must have at least one",
);
pub(super) const PACKAGE_NOT_FOUND: Problem = bad(
    "AUTH-00063",
    "One or more accesspackage is not found in the referenced system in the System Register.",
);
pub(super) const PACKAGE_NOT_DELEGABLE: Problem = bad(
    "AUTH-00064",
    "One or more access packages cannot be delegated. Either they are intended for clients or they cannot be delegated further.",
);
pub(super) const NOT_MANAGER: Problem = Problem::new(
    "AUTH-00066",
    StatusCode::FORBIDDEN,
    "The request requires logged in user to have accessmanager write.",
);

/// Fields of a system, as faults name them.
const VENDOR_PATH: &str = "/registersystemrequest/vendor/id";
const ID_PATH: &str = "/registersystemrequest/systemid";
const REDIRECT_PATH: &str = "/registersystemrequest/allowedredirecturls";
const CLIENT_PATH: &str = "/registersystemrequest/clientid";
const PACKAGES_PATH: &str = "/registersystemrequest/accesspackages";
const RIGHTS_PATH: &str = "/registersystemrequest/rights/resource";

pub(super) fn vendor_invalid() -> Fault {
    let text = "the org number identifier is not valid ISO6523 identifier";
    Fault::at("AUTH.VLD-00000", text, VENDOR_PATH)
}

pub(super) fn id_form() -> Fault {
    let text = "The system id does not match the format orgnumber_xxxx...";
    Fault::at("AUTH.VLD-00001", text, ID_PATH)
}

/// Clients read this text to know that the system is to be updated.
pub(super) fn id_taken() -> Fault {
    Fault::at("AUTH.VLD-00002", "The system id already exists", ID_PATH)
}

pub(super) fn resources_unknown(resources: &[&str]) -> Fault {
    let text =
        "One or more resources specified in rights were not found in Altinn's resource register.";
    Fault::at("AUTH.VLD-00003", text, RIGHTS_PATH)
        .with("ResourceIds Not Found : ", &resources.join(" | "))
}

pub(super) fn client_taken() -> Fault {
    let text = "One of the client id is already tagged with an existing system";
    Fault::at("AUTH.VLD-00004", text, CLIENT_PATH)
}

pub(super) fn redirect_form() -> Fault {
    let text =
        "One or more of the redirect urls format is not valid. The valid format is https://xxx.xx";
    Fault::at("AUTH.VLD-00005", text, REDIRECT_PATH)
}

pub(super) fn rights_repeated() -> Fault {
    Fault::at(
        "AUTH.VLD-00006",
        "One or more duplicate rights found",
        RIGHTS_PATH,
    )
}

pub(super) fn packages_repeated() -> Fault {
    let text = "One or more duplicate access package(s) found";
    Fault::at("AUTH.VLD-00007", text, PACKAGES_PATH)
}

pub(super) fn packages_invalid(details: &str) -> Fault {
    let text = "One or all the accesspackage(s) is not found in altinn's access packages or is not delegable";
    Fault::at("AUTH.VLD-00008", text, PACKAGES_PATH).with("Invalid Urn Details : ", details)
}

pub(super) fn resources_form(resources: &[&str]) -> Fault {
    let text =
        "One or more resource id is in wrong format. The valid format is urn:altinn:resource";
    Fault::at("AUTH.VLD-00009", text, RIGHTS_PATH)
        .with("Invalid Resource Id Details : ", &resources.join(" | "))
}

pub(super) fn clients_repeated() -> Fault {
    let text = "Request contains duplicate client ids";
    Fault::at("AUTH.VLD-00011", text, CLIENT_PATH)
}

pub(super) fn id_differs() -> Fault {
    let text = "The system ID in the request body does not match the system ID in the URL";
    Fault::at("AUTH.VLD-00012", text, ID_PATH)
}

pub(super) fn id_blanks() -> Fault {
    let text = "System ID cannot have spaces in id (leading, trailing or in between the id)";
    Fault::at("AUTH.VLD-00013", text, ID_PATH)
}

pub(super) fn resources_not_delegable(resources: &[&str]) -> Fault {
    let text =
        "One or more resources specified in rights is of resource type which is not delegable.";
    Fault::at("AUTH.VLD-00017", text, RIGHTS_PATH)
        .with("ResourceIds Not Delegable : ", &resources.join(" | "))
}

pub(super) fn visible_with_client_package() -> Fault {
    let text = "Access packages meant for system user for client relations can't be used in combination with the flag isVisible: true";
    Fault::at("AUTH.VLD-00018", text, PACKAGES_PATH)
}
