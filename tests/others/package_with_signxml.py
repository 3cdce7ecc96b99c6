"""Judges a package for Posten signering as its profile says, with zipfile, lxml and signxml: nothing of ours.

Arguments: the package, the sealing certificate in PEM, and messages to validate. With POSTEN_XSD, the folder `schema/xsd` of
Posten's signature-api-specification, everything is validated against the schemas too. Writes JSON.
"""

import json
import os
import sys
import zipfile
from urllib.parse import unquote_plus

from cryptography import x509
from lxml import etree
from signxml import DigestAlgorithm, SignatureConfiguration, SignatureMethod
from signxml.xades import XAdESVerifier

DS = "{http://www.w3.org/2000/09/xmldsig#}"
XADES = "{http://uri.etsi.org/01903/v1.3.2#}"
POSTEN = "{http://signering.posten.no/schema/v1}"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"

DRIVER = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
<xs:import namespace="http://www.w3.org/2000/09/xmldsig#" schemaLocation="thirdparty/xmldsig-core-schema.xsd"/>
<xs:import namespace="http://uri.etsi.org/01903/v1.3.2#" schemaLocation="thirdparty/XAdES.xsd"/>
<xs:import namespace="http://uri.etsi.org/2918/v1.2.1#" schemaLocation="thirdparty/ts_102918v010201.xsd"/>
<xs:import namespace="http://signering.posten.no/schema/v1" schemaLocation="direct-and-portal.xsd"/>
</xs:schema>"""


class Verifier(XAdESVerifier):
    """With signxml's own remedy for lxml, which writes xmlns="" into the canonical form of an element whose default namespace
    is declared above it. The signature itself has no such declaration."""

    excise_empty_xmlns_declarations = True


def unpacked(path):
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        assert len(set(names)) == len(names), names
        for entry in entries:
            assert entry.compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
            assert entry.date_time == (1980, 1, 1, 0, 0, 0), entry.date_time
            assert not entry.flag_bits & 1, "encrypted"
        return {name: archive.read(name) for name in names}


def verified(files, certificate):
    """What stands in the signature, which must hold for each file outside META-INF and for no other."""
    signatures = files["META-INF/signatures.xml"]
    root = etree.fromstring(signatures)
    assert root.tag == "{http://uri.etsi.org/2918/v1.2.1#}XAdESSignatures"
    [signature] = root
    references = signature.findall(f"{DS}SignedInfo/{DS}Reference")
    outside = [name for name in files if not name.startswith("META-INF/")]
    uris = [reference.get("URI") for reference in references]
    assert [unquote_plus(uri) for uri in uris[:-1]] == outside, uris
    assert uris[-1] == "#SignedProperties"
    assert references[-1].get("Type") == "http://uri.etsi.org/01903#SignedProperties"
    assert all(reference.find(f"{DS}Transforms") is None for reference in references[:-1])
    transforms = references[-1].findall(f"{DS}Transforms/{DS}Transform")
    assert [transform.get("Algorithm") for transform in transforms] == [C14N]
    assert signature.find(f"{DS}SignedInfo/{DS}CanonicalizationMethod").get("Algorithm") == C14N

    assert b'xmlns=""' not in signatures

    resolved = []

    def resolve(uri):
        resolved.append(uri)
        return files[uri]

    results = Verifier().verify(
        signatures,
        x509_cert=certificate,
        uri_resolver=resolve,
        id_attribute="Id",
        expect_config=SignatureConfiguration(
            location="./",
            expect_references=len(references),
            signature_methods=frozenset({SignatureMethod.RSA_SHA256}),
            digest_algorithms=frozenset({DigestAlgorithm.SHA256}),
        ),
    )
    assert resolved == outside, resolved
    [properties] = [result.signed_xml for result in results if result.signed_xml is not None
                    and result.signed_xml.tag == f"{XADES}SignedProperties"]

    [cert] = properties.iter(f"{XADES}Cert")
    assert cert.find(f"{XADES}CertDigest/{DS}DigestMethod").get("Algorithm") == f"{DS[1:-1]}sha1"
    serial = int(cert.findtext(f"{XADES}IssuerSerial/{DS}X509SerialNumber"))
    assert serial == certificate.serial_number
    formats = {item.get("ObjectReference"): item.findtext(f"{XADES}MimeType")
               for item in properties.iter(f"{XADES}DataObjectFormat")}
    types = {reference.get("URI"): formats.pop(f"#{reference.get('Id')}") for reference in references[:-1]}
    assert not formats, formats
    return {
        "types": types,
        "signing_time": properties.findtext(f".//{XADES}SigningTime"),
        "issuer": cert.findtext(f"{XADES}IssuerSerial/{DS}X509IssuerName"),
        "certificates": len(signature.findall(f"{DS}KeyInfo/{DS}X509Data/{DS}X509Certificate")),
    }


def manifest(files, types):
    root = etree.fromstring(files["manifest.xml"])
    documents = {document.get("href"): document.get("mime") for document in root.iter(f"{POSTEN}document")}
    assert {**documents, "manifest.xml": "application/xml"} == types, documents
    return etree.QName(root).localname


def validated(contents):
    folder = os.environ.get("POSTEN_XSD")
    if not folder:
        return None
    # Nothing is fetched: the schemas name a document type on the web.
    parser = etree.XMLParser(no_network=True, load_dtd=False)
    driver = etree.fromstring(DRIVER, parser, base_url=os.path.join(folder, "driver.xsd"))
    schema = etree.XMLSchema(driver)
    for content in contents:
        schema.assertValid(etree.fromstring(content))
    return len(contents)


def main(package, certificate, *messages):
    files = unpacked(package)
    assert set(files) >= {"manifest.xml", "META-INF/signatures.xml"}
    assert [name for name in files if name.startswith("META-INF/")] == ["META-INF/signatures.xml"]
    assert "mimetype" not in files
    with open(certificate, "rb") as file:
        leaf = x509.load_pem_x509_certificates(file.read())[0]
    told = verified(files, leaf)
    told["manifest"] = manifest(files, told["types"])
    contents = [files["manifest.xml"], files["META-INF/signatures.xml"]]
    for message in messages:
        with open(message, "rb") as file:
            contents.append(file.read())
    told["validated"] = validated(contents)
    print(json.dumps(told))


main(*sys.argv[1:])
