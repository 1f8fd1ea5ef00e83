//! Tests of STS, through the endpoint.

mod believable;
mod fixture;
mod sdk;
mod table;
mod trust;
mod web_identity;
