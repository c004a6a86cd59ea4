//! `client`, `http` and `url`: the request that was served. Query strings are left out.

use serde::Serialize;

use super::shown::{Scissors, Text};
use crate::capture::Context;

#[derive(Serialize)]
pub(super) struct Client<'a> {
    address: Text<'a>,
}

impl<'a> Client<'a> {
    pub(super) fn of(context: &'a Context, scissors: &'a Scissors) -> Option<Self> {
        let address = scissors.foreign(context.client.as_ref())?;
        Some(Self { address })
    }
}

#[derive(Serialize)]
pub(super) struct Http<'a> {
    request: Request<'a>,
}

#[derive(Serialize)]
struct Request<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Text<'a>>,
}

impl<'a> Http<'a> {
    pub(super) fn of(context: &'a Context, scissors: &'a Scissors) -> Option<Self> {
        let request = Request {
            method: scissors.foreign(context.method.as_ref()),
            id: scissors.foreign(context.request_id.as_ref()),
        };
        (request.method.is_some() || request.id.is_some()).then_some(Self { request })
    }
}

#[derive(Serialize)]
pub(super) struct Url<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    domain: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scheme: Option<&'a str>,
}

impl<'a> Url<'a> {
    pub(super) fn of(context: &'a Context, scissors: &'a Scissors) -> Option<Self> {
        let scheme = context.scheme.as_deref();
        let url = Self {
            domain: scissors.foreign(context.host.as_ref()),
            path: scissors.foreign(context.path.as_ref()),
            scheme: scheme.filter(|scheme| ["http", "https"].contains(scheme)),
        };
        (url.domain.is_some() || url.path.is_some() || url.scheme.is_some()).then_some(url)
    }
}
