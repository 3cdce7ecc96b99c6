//! Registered persons. Member names and codes follow the published schema of the person document;
//! the persons are invented, and few entities are filled in.

use super::package::Selection;
use crate::kit::document::Node;

/// Person in the register.
struct Person {
    number: &'static str,
    given: &'static str,
    family: &'static str,
    /// Family name before the present one.
    former: Option<&'static str>,
    born: &'static str,
    gender: &'static str,
    /// Street, number, postal code and town; none for a person with a confidential address.
    home: Option<(&'static str, &'static str, &'static str, &'static str)>,
    child: Option<&'static str>,
    grading: Option<&'static str>,
}

const PERSONS: [Person; 4] = [
    Person {
        number: "04827896468",
        given: "RAGNA",
        family: "FJORDVIK",
        former: Some("NESSE"),
        born: "1978-02-04",
        gender: "kvinne",
        home: Some(("Naustveien", "12", "6856", "SOGNDAL")),
        child: Some("02839211360"),
        grading: None,
    },
    Person {
        number: "02829090123",
        given: "ODD",
        family: "MYRVANG",
        former: None,
        born: "1990-02-02",
        gender: "mann",
        home: Some(("Myrgata", "3", "8006", "BODØ")),
        child: None,
        grading: None,
    },
    Person {
        number: "14858512450",
        given: "SOLVEIG",
        family: "BREKKE",
        former: None,
        born: "1985-05-14",
        gender: "kvinne",
        home: None,
        child: None,
        grading: Some("strengtFortrolig"),
    },
    Person {
        number: "02839211360",
        given: "EIRIK",
        family: "TANGEN",
        former: None,
        born: "1992-03-02",
        gender: "mann",
        home: Some(("Tangenveien", "7", "2618", "LILLEHAMMER")),
        child: None,
        grading: None,
    },
];

/// Returns the selected entities of the person with this number, if registered.
pub(super) fn document(number: &str, selection: &Selection) -> Option<Node> {
    let mut persons = PERSONS.iter();
    let person = persons.find(|person| person.number == number)?;
    let entities = person.entities(selection.history);
    let selected = entities
        .into_iter()
        .filter(|(name, values)| !values.is_empty() && selection.entities.contains(name));
    let members = selected.map(|(name, values)| (name, Node::List(values)));
    Some(Node::Object(members.collect()))
}

impl Person {
    fn entities(&self, history: bool) -> Vec<(&'static str, Vec<Node>)> {
        let name = |family: &str, current| {
            let members = vec![
                ("fornavn", Node::text(self.given)),
                ("etternavn", Node::text(family)),
            ];
            entry(current, members)
        };
        let mut names = vec![name(self.family, true)];
        names.extend(
            self.former
                .filter(|_| history)
                .map(|former| name(former, false)),
        );
        let year = self.born.split('-').next().unwrap_or_default();
        let one = |members| vec![entry(true, members)];
        vec![
            (
                "identifikasjonsnummer",
                one(vec![
                    ("status", Node::text("iBruk")),
                    ("foedselsEllerDNummer", Node::text(self.number)),
                    ("identifikatortype", Node::text("foedselsnummer")),
                ]),
            ),
            ("status", one(vec![("status", Node::text("bosatt"))])),
            (
                "familierelasjon",
                self.child.map_or_else(Vec::new, |child| {
                    one(vec![
                        ("relatertPerson", Node::text(child)),
                        ("relatertPersonsRolle", Node::text("barn")),
                        ("minRolleForPerson", Node::text("mor")),
                    ])
                }),
            ),
            ("bostedsadresse", self.home().map_or_else(Vec::new, one)),
            ("postadresse", self.hidden_post().map_or_else(Vec::new, one)),
            (
                "adressebeskyttelse",
                self.grading.map_or_else(Vec::new, |grading| {
                    one(vec![("graderingsnivaa", Node::text(grading))])
                }),
            ),
            ("kjoenn", one(vec![("kjoenn", Node::text(self.gender))])),
            (
                "foedsel",
                one(vec![
                    ("foedselsdato", Node::text(self.born)),
                    ("foedselsaar", Node::text(year)),
                ]),
            ),
            ("navn", names),
        ]
    }

    fn home(&self) -> Option<Vec<(&'static str, Node)>> {
        let (street, number, code, town) = self.home?;
        let address = vec![
            ("adressenavn", Node::text(street)),
            (
                "adressenummer",
                Node::Object(vec![("husnummer", Node::text(number))]),
            ),
            (
                "poststed",
                Node::Object(vec![
                    ("poststedsnavn", Node::text(town)),
                    ("postnummer", Node::text(code)),
                ]),
            ),
        ];
        Some(vec![
            ("vegadresse", Node::Object(address)),
            ("adressegradering", Node::text("ugradert")),
        ])
    }

    /// Returns the open postal address, visible to all, of a person whose own address is strictly
    /// confidential.
    fn hidden_post(&self) -> Option<Vec<(&'static str, Node)>> {
        (self.grading == Some("strengtFortrolig")).then(|| {
            let lines = Node::List(vec![Node::text("Postboks 1"), Node::text("0001 OSLO")]);
            vec![
                ("adressegradering", Node::text("ugradert")),
                (
                    "postadresseIFrittFormat",
                    Node::Object(vec![("adresselinje", lines)]),
                ),
            ]
        })
    }
}

/// Builds an entry with the register's metadata.
fn entry(current: bool, members: Vec<(&'static str, Node)>) -> Node {
    let mut all = vec![
        (
            "ajourholdstidspunkt",
            Node::text("2023-11-20T14:00:18+01:00"),
        ),
        ("erGjeldende", Node::Flag(current)),
        ("kilde", Node::text("Synutopia")),
    ];
    all.extend(members);
    Node::Object(all)
}
