#![no_main]
libfuzzer_sys::fuzz_target!(|input: &[u8]| everbus_fuzz::segment::check(input));
