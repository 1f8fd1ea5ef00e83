//! Tests of STS, through the endpoint.

mod fixture;
mod sdk;
mod table;
mod trust;
