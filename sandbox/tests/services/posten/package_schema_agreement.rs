//! Agreement of the service with the vendor's own schemas: both accept and refuse the same small
//! changes of messages that have all elements. `POSTEN_XSD` names the folder of the schemas.

use sandbox::population::FJORDBANKEN;
use sandbox::posten::Switches;
use uppsala::{Document, NodeId};

use crate::posten::package_schema::{driver, schemas, validated};
use crate::posten::package_writer::{Draft, KARI, OLA};
use crate::posten::support::{Reply, TestBed};

#[tokio::test]
async fn both_take_and_refuse_the_same() {
    let Some(schemas) = schemas() else { return };
    let bed = TestBed::in_a_hurry().await;
    let posten = &bed.sandbox.services().posten;
    posten.set_switches(Switches {
        calls_per_second: 100_000,
        signing_time_tolerance_seconds: 60,
        ..posten.switches()
    });
    let folder = bed.new_folder();
    let driver = driver(&schemas, &folder);
    let given = bed.given();
    // One connection for all: there are many.
    let http = bed.client(&given);
    let create = async |draft: &Draft| {
        let (kind, body) = draft.body(&draft.package(&given, bed.clock.now()));
        let address = format!("{}/{}/signature-jobs", bed.root(FJORDBANKEN), draft.flow);
        let request = http.post(address).header("content-type", kind).body(body);
        Reply::receive(request.send().await.unwrap()).await
    };
    let (mut taken, mut refused, mut differences) = (0, 0, Vec::new());
    for draft in [direct(), legacy(direct()), portal(), legacy(portal())] {
        for of_manifest in [true, false] {
            let messages = changed(if of_manifest {
                &draft.manifest
            } else {
                &draft.request
            });
            let (verdicts, _) = validated(&driver, &folder, &messages);
            for (message, valid) in messages.into_iter().zip(verdicts) {
                let mut draft = draft.clone();
                *(if of_manifest {
                    &mut draft.manifest
                } else {
                    &mut draft.request
                }) = message.clone();
                let told = create(&draft).await;
                let told = told.text("error-message").unwrap_or_default();
                if told.contains("cvc-") == valid {
                    let verdict = if valid { "valid" } else { "not valid" };
                    differences.push(format!("{verdict}: {message}: {told}"));
                }
                *(if valid { &mut taken } else { &mut refused }) += 1;
            }
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(
        taken > 100 && refused > 500,
        "{taken} taken, {refused} refused"
    );
}

/// The message with each element left out, doubled, emptied, overfull, with a blank, with other
/// text, with a stranger before, in it and after, with another attribute, and with each attribute
/// left out and emptied.
fn changed(message: &str) -> Vec<String> {
    let tree = uppsala::parse(message).unwrap();
    let root = tree.document_element().unwrap();
    let elements = tree.descendants(root).into_iter();
    let elements: Vec<_> = elements.filter(|id| tree.element(*id).is_some()).collect();
    let mut all = Vec::new();
    for id in elements {
        let old = tree.node_source(id).unwrap();
        let place = tree.node_range(id).unwrap();
        let (before, after) = (
            message.get(..place.start).unwrap(),
            message.get(place.end..).unwrap(),
        );
        all.extend(
            versions(&tree, id, old)
                .into_iter()
                .map(|new| format!("{before}{new}{after}")),
        );
    }
    all
}

fn versions(tree: &Document<'_>, id: NodeId, old: &str) -> Vec<String> {
    let stranger = "<stranger/>";
    let element = tree.element(id).unwrap();
    let name = element.name.local_name.as_ref();
    let start = old.find('>').unwrap();
    let head = old.get(..start).unwrap().trim_end_matches('/');
    let filled = |text: &str| format!("{head}>{text}</{name}>");
    let mut new = vec![
        String::new(),
        format!("{old}{old}"),
        format!("{stranger}{old}"),
        format!("{old}{stranger}"),
        format!("{old} and text"),
        format!("<!-- a comment -->{old}"),
        filled(""),
        filled(" "),
        filled(stranger),
        filled("<![CDATA[A]]>"),
        filled("0"),
        filled(&"å".repeat(51)),
        filled(&"å".repeat(501)),
        old.replacen(name, &format!("{name} zz=\"\""), 1),
        old.replacen(name, &format!("{name} xmlns:q=\"urn:q\" q:zz=\"\""), 1),
    ];
    for attribute in &element.attributes {
        let name = attribute.name.local_name.as_ref();
        let written = format!("{name}=\"{}\"", attribute.value);
        for value in ["", "+3", "10", "x"] {
            new.push(old.replacen(&written, &format!("{name}=\"{value}\""), 1));
        }
        new.push(old.replacen(&written, "", 1));
    }
    new
}

/// A direct manifest with all that it may have.
fn direct() -> Draft {
    Draft::direct()
        .manifest(
            "</signer>",
            "<signature-type>ADVANCED_ELECTRONIC_SIGNATURE</signature-type><on-behalf-of>SELF</on-behalf-of>\
             </signer><signer><signer-identifier>part-2</signer-identifier></signer>",
        )
        .manifest(
            "</documents>",
            "</documents><required-authentication>4</required-authentication>\
             <identifier-in-signed-documents>DATE_OF_BIRTH_AND_NAME</identifier-in-signed-documents>",
        )
}

/// Creates a draft for the portal.
fn portal() -> Draft {
    let more = format!(
        "<on-behalf-of>SELF</on-behalf-of></signer>\
         <signer order=\"3\"><personal-identification-number>{OLA}</personal-identification-number>\
         <signature-type>ADVANCED_ELECTRONIC_SIGNATURE</signature-type>\
         <notifications><email address=\"a@example.no\"/><sms number=\"40000001\"/></notifications></signer>\
         <signer><identified-by-contact-information/><notifications><sms number=\"40000002\"/></notifications></signer>\
         <signer><personal-identification-number>{KARI}</personal-identification-number>\
         <notifications-using-lookup><email/><sms/></notifications-using-lookup></signer>"
    );
    Draft::portal()
        .manifest("</signer>", &more)
        .manifest("<description>", "<nonsensitive-title>Avtale</nonsensitive-title><description>")
        .manifest(
            "<availability/>",
            "<required-authentication>4</required-authentication><availability>\
             <activation-time>2026-11-23T08:00:00+01:00</activation-time><available-seconds>60</available-seconds>\
             </availability><identifier-in-signed-documents>NAME</identifier-in-signed-documents>",
        )
}

/// Replaces one document with its deprecated form.
fn legacy(draft: Draft) -> Draft {
    let nonsensitive = "<nonsensitive-title>Avtale</nonsensitive-title>";
    let inside = if draft.flow == "portal" {
        nonsensitive
    } else {
        ""
    };
    let draft = if draft.flow == "portal" {
        draft.manifest(nonsensitive, "")
    } else {
        draft
    };
    draft
        .manifest(
            "<title>Avtale om lån</title><description>Les nøye.</description><documents>",
            "",
        )
        .manifest("</documents>", "")
        .manifest(
            "<title>Avtale</title>",
            &format!("<title>Avtale</title>{inside}<description>Les.</description>"),
        )
}
