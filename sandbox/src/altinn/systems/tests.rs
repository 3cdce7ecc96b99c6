//! System users, as Maskinporten and Skatteetaten see them.

use uuid::Uuid;

use super::right::DEMO_RIGHT;
use super::{DEMO_SYSTEM, System, SystemUserError};
use crate::altinn::state::Altinn;
use crate::interfaces::{Authorisations, SystemUser, SystemUserRights};
use crate::population::FJORDBANKEN;

const CLIENT: &str = "7b1f4a52-0c1e-4f3a-9a55-2d8d7f6f9c10";
const CUSTOMER: &str = "313367002";

fn altinn() -> Altinn {
    let altinn = Altinn::for_tests();
    altinn.register_system(System {
        id: DEMO_SYSTEM.to_owned(),
        client_ids: [CLIENT.to_owned()].into(),
        rights: [DEMO_RIGHT.to_owned()].into(),
    });
    altinn
}

fn user(external_ref: &str) -> SystemUser {
    SystemUser {
        id: Uuid::new_v4(),
        system_id: DEMO_SYSTEM.to_owned(),
        owner_org: CUSTOMER.to_owned(),
        external_ref: external_ref.to_owned(),
    }
}

#[test]
fn the_reference_is_the_customers_number_unless_chosen() {
    let altinn = altinn();
    altinn.make_system_user(user("tenant-42")).unwrap();
    let find = |reference| altinn.system_user(CLIENT, FJORDBANKEN, CUSTOMER, reference);
    assert_eq!(find(None), None);
    assert!(find(Some("tenant-42")).is_some());
    altinn.make_system_user(user(CUSTOMER)).unwrap();
    assert_ne!(find(None), find(Some("tenant-42")));
    assert_eq!(find(None), find(Some("")));
    assert_eq!(find(None), find(Some(CUSTOMER)));
}

#[test]
fn client_vendor_and_customer_must_agree() {
    let altinn = altinn();
    altinn.make_system_user(user(CUSTOMER)).unwrap();
    for (client, vendor, owner) in [
        ("another", FJORDBANKEN, CUSTOMER),
        (CLIENT, "310000302", CUSTOMER),
        (CLIENT, FJORDBANKEN, "314055403"),
    ] {
        let reference = Some(CUSTOMER);
        assert_eq!(altinn.system_user(client, vendor, owner, reference), None);
    }
}

#[test]
fn it_may_what_it_was_given_while_it_is_there() {
    let altinn = altinn();
    let user = user(CUSTOMER);
    altinn.make_system_user(user.clone()).unwrap();
    assert!(altinn.system_user_may(user.id, CUSTOMER, DEMO_RIGHT));
    assert!(!altinn.system_user_may(user.id, "314055403", DEMO_RIGHT));
    assert!(!altinn.system_user_may(user.id, CUSTOMER, "ske-kontroll"));
    altinn.register_system(System {
        id: DEMO_SYSTEM.to_owned(),
        client_ids: [CLIENT.to_owned()].into(),
        rights: ["ske-kontroll".to_owned()].into(),
    });
    assert!(altinn.system_user_may(user.id, CUSTOMER, DEMO_RIGHT));
    assert!(altinn.set_system_user_rights(user.id, &["ske-kontroll"]));
    assert!(!altinn.system_user_may(user.id, CUSTOMER, DEMO_RIGHT));
    assert!(altinn.system_user_may(user.id, CUSTOMER, "ske-kontroll"));
    altinn.delete_system_user(user.id);
    assert!(!altinn.system_user_may(user.id, CUSTOMER, "ske-kontroll"));
}

#[test]
fn one_is_made_once_for_a_system_that_there_is() {
    let altinn = altinn();
    assert_eq!(altinn.make_system_user(user("a")), Ok(()));
    assert_eq!(
        altinn.make_system_user(user("a")),
        Err(SystemUserError::Taken)
    );
    let mut lost = user("b");
    lost.system_id = "310000205_other".to_owned();
    assert_eq!(
        altinn.make_system_user(lost),
        Err(SystemUserError::NoSystem)
    );
}
