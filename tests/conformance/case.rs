//! Conformance case, read from its folder.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// Folder with its expected outcome.
pub(crate) struct Case {
    /// Name of the folder.
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) expected: Expected,
}

/// Contents of `expected.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expected {
    /// Outcome on Spin.
    pub(crate) spin: Outcome,
    /// Outcome on our host.
    pub(crate) host: Outcome,
    /// Rule of Spin that the case covers.
    pub(crate) reason: String,
    /// Reason for a deviation of our host.
    pub(crate) why: Option<String>,
    /// Text that our host's refusal contains.
    pub(crate) host_says: Option<String>,
    /// Text that Spin's refusal contains.
    pub(crate) spin_says: Option<String>,
    /// Location of the rule in Spin's source.
    pub(crate) source: String,
    /// Requires a run on the Spin binary that `SPIN` names. Other cases need equipment that few
    /// machines have, and rest on Spin's source alone.
    pub(crate) tried: bool,
    /// Values of variables: environment variables of Spin, options of our host.
    #[serde(default)]
    pub(crate) variables: BTreeMap<String, String>,
    /// Values of variables that Spin gets with `--variable` as well.
    #[serde(default)]
    pub(crate) given: BTreeMap<String, String>,
    /// Requests to an app that starts.
    #[serde(default)]
    request: Vec<ProbeRequest>,
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

/// Request to the probe, with the expected response.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ProbeRequest {
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    status: u16,
    /// Text that the response body contains.
    #[serde(default)]
    body: String,
    /// Runner that alone gets the request. The default is both.
    on: Option<Runner>,
}

impl Case {
    /// Reads all case folders, sorted by name.
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

    /// Compares a runner's outcome with the expected one. `said` is its error message, if it
    /// refused.
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

    /// Sends the requests to the app at `address`, and checks the responses.
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
