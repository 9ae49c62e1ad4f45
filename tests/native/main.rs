//! The host's tests: one binary, one module a subject.
#![cfg(not(target_arch = "wasm32"))]

mod bus;
mod conformance;
mod driving;
mod fuzz;
mod handover;
mod hooked;
mod notices;
mod parting;
mod randomness;
mod segments;
mod stores;
mod times;
mod wire;
