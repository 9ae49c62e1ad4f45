//! The host's tests: one binary, one module a subject.
#![cfg(not(target_arch = "wasm32"))]

mod bus;
mod conformance;
mod damage;
mod driving;
mod foreign;
mod fuzz;
mod handover;
mod hooked;
mod model;
mod notices;
mod parting;
mod randomness;
mod segments;
mod serde;
mod stores;
mod streams;
mod tables;
mod times;
mod values;
mod wire;
