//! Packages of rights, and the parts of a person that each opens ("Endepunkter", "Dataminimering",
//! "Taushetsbelagte opplysninger").

use super::refusal::Refusal;

/// Package. Its name is a part of the address, and its scope has the same name in another spelling.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Package {
    name: &'static str,
    pub(super) scope: &'static str,
    /// Package with *hent person* among its services ("Ytelse og responstider").
    pub(super) looks_up: bool,
    opens: ConfidentialAccess,
}

/// Confidential data that a package gives access to.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum ConfidentialAccess {
    /// No confidential data.
    Open,
    /// Family and parental responsibility.
    Relations,
    /// All confidential data.
    All,
}

const fn package(
    name: &'static str,
    scope: &'static str,
    looks_up: bool,
    opens: ConfidentialAccess,
) -> Package {
    Package {
        name,
        scope,
        looks_up,
        opens,
    }
}

const PACKAGES: [Package; 9] = [
    package(
        "offentlig-med-hjemmel",
        "folkeregister:deling/offentligmedhjemmel",
        true,
        ConfidentialAccess::All,
    ),
    package(
        "finans",
        "folkeregister:deling/finans",
        true,
        ConfidentialAccess::Relations,
    ),
    package(
        "offentligutenhjemmel",
        "folkeregister:deling/offentligutenhjemmel",
        true,
        ConfidentialAccess::Open,
    ),
    package(
        "privatutenhjemmel",
        "folkeregister:deling/privatutenhjemmel",
        true,
        ConfidentialAccess::Open,
    ),
    package(
        "privat",
        "folkeregister:deling/privat",
        false,
        ConfidentialAccess::Open,
    ),
    package(
        "privatutenfolkeregisteridentifikator",
        "folkeregister:deling/privatutenfolkeregisteridentifikator",
        false,
        ConfidentialAccess::Open,
    ),
    package(
        "presse",
        "folkeregister:deling/presse",
        false,
        ConfidentialAccess::Open,
    ),
    package(
        "presseutenfolkeregisteridentifikator",
        "folkeregister:deling/presseutenfolkeregisteridentifikator",
        false,
        ConfidentialAccess::Open,
    ),
    package(
        "eid",
        "folkeregister:deling/utstedereid",
        false,
        ConfidentialAccess::Open,
    ),
];

/// Selection of the parts of an answer.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Selection {
    pub(super) entities: Vec<&'static str>,
    /// Includes former values.
    pub(super) history: bool,
}

/// Parts of an answer if none is requested.
const BASIS: [&str; 16] = [
    "identifikasjonsnummer",
    "identitetsgrunnlag",
    "status",
    "doedsfall",
    "sivilstand",
    "foedsel",
    "statsborgerskap",
    "kjoenn",
    "navn",
    "bostedsadresse",
    "oppholdsadresse",
    "deltBosted",
    "postadresse",
    "postadresseIUtlandet",
    "adressebeskyttelse",
    "kontaktinformasjonForDoedsbo",
];

/// Other entities of the register, and the access that each requires.
const OTHERS: [(&str, ConfidentialAccess); 16] = [
    ("preferertKontaktadresse", ConfidentialAccess::Open),
    ("innflytting", ConfidentialAccess::Open),
    ("utflytting", ConfidentialAccess::Open),
    ("foedselINorge", ConfidentialAccess::Open),
    ("rettsligHandleevne", ConfidentialAccess::Open),
    ("vergemaalEllerFremtidsfullmakt", ConfidentialAccess::Open),
    ("familierelasjon", ConfidentialAccess::Relations),
    ("foreldreansvar", ConfidentialAccess::Relations),
    ("falskIdentitet", ConfidentialAccess::All),
    ("legitimasjonsdokument", ConfidentialAccess::All),
    ("utenlandskPersonidentifikasjon", ConfidentialAccess::All),
    (
        "utlendingsmyndighetenesIdentifikasjonsnummer",
        ConfidentialAccess::All,
    ),
    ("opphold", ConfidentialAccess::All),
    ("bibehold", ConfidentialAccess::All),
    ("brukAvSamiskSpraak", ConfidentialAccess::All),
    ("forholdTilSametingetsValgmanntall", ConfidentialAccess::All),
];

const IDENTITY: [&str; 3] = [
    "falskIdentitet",
    "legitimasjonsdokument",
    "utenlandskPersonidentifikasjon",
];
const RELATIONS: [&str; 3] = [
    "familierelasjon",
    "foreldreansvar",
    "vergemaalEllerFremtidsfullmakt",
];

impl Package {
    pub(super) fn at(segment: &str) -> Option<&'static Self> {
        PACKAGES.iter().find(|package| package.name == segment)
    }

    /// Selects the entities for `parts`. A collection gives the entities that the package opens; an
    /// entity requested by name must be open. The person's numbers are always included.
    pub(super) fn select(&self, parts: &[String]) -> Result<Selection, Refusal> {
        let mut selection = Selection {
            entities: vec!["identifikasjonsnummer"],
            history: parts.iter().any(|part| part == "historikk"),
        };
        let named = parts.iter().map(String::as_str);
        let named: Vec<&str> = named.filter(|part| *part != "historikk").collect();
        if named.is_empty() {
            selection.entities.extend(BASIS);
        }
        for part in named {
            match part {
                "person-basis" => selection.entities.extend(BASIS),
                "identitetsgrunnlag-utvidet" if self.opens == ConfidentialAccess::All => {
                    selection.entities.extend(IDENTITY);
                }
                "identitetsgrunnlag-utvidet" => return Err(Refusal::NotAuthorised),
                "relasjon-utvidet" => {
                    let opened = RELATIONS.iter().filter(|name| self.opens(name));
                    selection.entities.extend(opened);
                }
                _ => selection.entities.push(self.entity(part)?),
            }
        }
        Ok(selection)
    }

    fn entity(&self, name: &str) -> Result<&'static str, Refusal> {
        let mut all = BASIS.iter().chain(OTHERS.iter().map(|(name, _)| name));
        let entity = all
            .find(|known| **known == name)
            .ok_or(Refusal::Input("Ukjent part"))?;
        if self.opens(entity) {
            Ok(entity)
        } else {
            Err(Refusal::NotAuthorised)
        }
    }

    fn opens(&self, entity: &str) -> bool {
        let mut others = OTHERS.iter();
        others
            .find(|(name, _)| *name == entity)
            .is_none_or(|(_, needed)| self.opens >= *needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(package: &str, parts: &[&str]) -> Result<Selection, Refusal> {
        let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        Package::at(package).unwrap().select(&parts)
    }

    #[test]
    fn each_package_opens_what_the_table_says() {
        let basis = select("finans", &[]).unwrap();
        assert_eq!(basis, select("finans", &["person-basis"]).unwrap());
        assert!(basis.entities.contains(&"navn") && !basis.history);
        let with_history = select("privatutenhjemmel", &["historikk", "navn"]).unwrap();
        assert_eq!(with_history.entities, ["identifikasjonsnummer", "navn"]);
        assert!(with_history.history);
        let relations = |package| {
            select(package, &["relasjon-utvidet"])
                .unwrap()
                .entities
                .len()
        };
        assert_eq!(
            [relations("finans"), relations("offentligutenhjemmel")],
            [4, 2]
        );
        for (package, part, refusal) in [
            ("finans", "legitimasjonsdokument", Refusal::NotAuthorised),
            (
                "finans",
                "identitetsgrunnlag-utvidet",
                Refusal::NotAuthorised,
            ),
            (
                "privatutenhjemmel",
                "familierelasjon",
                Refusal::NotAuthorised,
            ),
            ("finans", "fødsel", Refusal::Input("Ukjent part")),
            ("finans", "Navn", Refusal::Input("Ukjent part")),
        ] {
            assert_eq!(select(package, &[part]), Err(refusal), "{package} {part}");
        }
        assert!(select("finans", &["familierelasjon"]).is_ok());
        assert!(select("offentlig-med-hjemmel", &["identitetsgrunnlag-utvidet"]).is_ok());
        assert_eq!(Package::at("bank"), None);
    }
}
