//! The WebAssembly module of the npm package: the core with its private bindings, which nobody else's module gets, and an
//! allocator that is half as large as the standard library's.
#![cfg(target_arch = "wasm32")]

use everbus as _;

#[global_allocator]
static ALLOCATOR: rlsf::SmallGlobalTlsf = rlsf::SmallGlobalTlsf::new();
