//! Pins that our host needs to reach Posten.

use std::path::Path;

use toml::Table;

use crate::posten::support::TestBed;

#[tokio::test]
async fn the_pin_names_the_address_the_number_and_files_that_are_there() {
    let bed = TestBed::start().await;
    for components in [&[][..], &["signature"]] {
        let pins: Table = bed.sandbox.pins(components).parse().unwrap();
        let pin = pins["pin"][0].as_table().unwrap();
        let origin = bed.sandbox.addresses().posten.as_str();
        assert_eq!(pin["origin"].as_str(), Some(origin));
        assert_eq!(pin.contains_key("component_ids"), !components.is_empty());
        let subject = pin["subject"].as_array().unwrap();
        assert_eq!(subject[0]["value"].as_str(), Some("NTRNO-984661185"));
        assert_eq!(subject[1]["value"].as_str(), Some("984661185"));
        for (file, label) in [
            ("roots_file", "CERTIFICATE"),
            ("client_cert_file", "CERTIFICATE"),
            ("client_private_key_file", "PRIVATE KEY"),
        ] {
            let path = Path::new(pin[file].as_str().unwrap());
            let text = std::fs::read_to_string(path).unwrap();
            assert!(
                text.starts_with(&format!("-----BEGIN {label}-----")),
                "{file}"
            );
        }
    }
}
