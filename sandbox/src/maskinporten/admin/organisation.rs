//! Organisations: in reality those of Enhetsregisteret.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::problem::{JsonBody, Problem};
use crate::maskinporten::Register;
use crate::maskinporten::state::Maskinporten;
use crate::population::is_organisation;

pub(super) fn routes() -> Router<Arc<Maskinporten>> {
    Router::new().route("/organisations", get(list).post(add))
}

/// Organisation in the admin API.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Organisation {
    orgno: String,
    name: String,
}

/// Checks that `number`, in the member `name`, is an organisation's.
pub(super) fn known(register: &Register, name: &'static str, number: &str) -> Result<(), Problem> {
    if register.organisations().contains_key(number) {
        Ok(())
    } else {
        let text = format!("there is no organisation {number}; POST /maskinporten/organisations");
        Err(Problem::member(name, text))
    }
}

async fn list(State(maskinporten): State<Arc<Maskinporten>>) -> Json<Vec<Organisation>> {
    let register = maskinporten.registered();
    let organisations = register.organisations().iter();
    let told = organisations.map(|(orgno, name)| Organisation {
        orgno: orgno.clone(),
        name: name.clone(),
    });
    Json(told.collect())
}

async fn add(
    State(maskinporten): State<Arc<Maskinporten>>,
    JsonBody(new): JsonBody<Organisation>,
) -> Result<(StatusCode, Json<Organisation>), Problem> {
    if !is_organisation(&new.orgno) {
        let text = "nine digits, the last of which is a check digit";
        return Err(Problem::member("orgno", text));
    }
    maskinporten.administer(maskinporten.clock.now(), |register| {
        if register.organisations().contains_key(&new.orgno) {
            return Err(Problem::taken("there is such an organisation already"));
        }
        register.add_organisation(&new.orgno, &new.name);
        Ok(())
    })?;
    Ok((StatusCode::CREATED, Json(new)))
}
