//! One case, as its folder has it.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// A folder, and what is expected of it.
pub(crate) struct Case {
    /// The folder's name.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) expected: Expected,
}

/// What `expected.toml` says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// What becomes of it on Spin.
    pub(crate) spin: Outcome,
    /// And on our host.
    pub(crate) host: Outcome,
    /// The rule that it is a case of, as Spin has it.
    pub(crate) reason: String,
    /// Why our host does otherwise.
    pub(crate) why: Option<String>,
    /// What our host's refusal has in it.
    pub(crate) host_says: Option<String>,
    /// And Spin's.
    pub(crate) spin_says: Option<String>,
    /// Where in Spin's source the rule stands.
    pub(crate) source: String,
    /// Whether it is tried on the Spin that `SPIN` names. The others need what a machine seldom has, and are read in the source alone.
    pub(crate) tried: bool,
    /// The values of variables: in the environment of Spin; our host is given them.
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
    /// The same, which Spin is given too, with `--variable`.
    #[serde(default)]
    pub(crate) given: BTreeMap<String, String>,
    /// What is asked of an app that starts.
    #[serde(default)]
    request: Vec<Asked>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outcome {
    Accepted,
    Refused,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Runner {
    Spin,
    Host,
}

/// A request to the probe, and what comes of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    status: u16,
    /// What the body has in it.
    #[serde(default)]
    body: String,
    /// Asked of one of the two alone.
    on: Option<Runner>,
}

impl Case {
    /// Every folder, by name.
    pub(crate) fn all() -> Vec<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/cases");
        let entries = fs::read_dir(folder).expect("the cases");
        let mut cases: Vec<_> = entries
            .map(|entry| Self::read(entry.expect("an entry").path()))
            .collect();
        cases.sort_by(|one, other| one.name.cmp(&other.name));
        cases
    }

    fn read(folder: PathBuf) -> Self {
        let name = folder.file_name().and_then(|name| name.to_str());
        let name = name.expect("a name").to_owned();
        let text = fs::read_to_string(folder.join("expected.toml"));
        let text = text.unwrap_or_else(|error| panic!("{name}: {error}"));
        let expected = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self {
            name,
            folder,
            expected,
        }
    }

    /// Whether what a runner said, if it refused, is what is expected.
    pub(crate) fn compare(&self, runner: Runner, said: Option<&str>) -> Result<(), String> {
        let expected = &self.expected;
        let (outcome, words) = match runner {
            Runner::Spin => (expected.spin, &expected.spin_says),
            Runner::Host => (expected.host, &expected.host_says),
        };
        match (outcome, said) {
            (Outcome::Accepted, None) => Ok(()),
            (Outcome::Accepted, Some(said)) => Err(format!("refused: {said}")),
            (Outcome::Refused, None) => Err("accepted".to_owned()),
            (Outcome::Refused, Some(said)) => {
                let words = words.as_deref().unwrap_or_default();
                let has_them = said.contains(words);
                has_them
                    .then_some(())
                    .ok_or_else(|| format!("refused without `{words}`: {said}"))
            }
        }
    }

    /// Asks the app at `address`.
    pub(crate) async fn ask(&self, runner: Runner, address: SocketAddr) -> Result<(), String> {
        let http = reqwest::Client::new();
        let asked = self.expected.request.iter();
        for asked in asked.filter(|asked| asked.on.is_none_or(|on| on == runner)) {
            let mut request = http.get(format!("http://{address}{}", asked.path));
            for (name, value) in &asked.headers {
                request = request.header(name, value);
            }
            let answer = request.send().await.expect("an answer");
            let status = answer.status().as_u16();
            let body = answer.text().await.expect("a body");
            if status != asked.status || !body.contains(&asked.body) {
                return Err(format!("{} answers {status}: {body}", asked.path));
            }
        }
        Ok(())
    }
}
