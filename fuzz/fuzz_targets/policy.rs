//! What must hold for any document and request, held to inputs that the fuzzer finds.

#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    iam_mcp_gateway::policy::fuzzing::check(bytes);
});
