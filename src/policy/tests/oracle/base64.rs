//! Base64, one digit after the other.

const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The bytes that padded base64 stands for.
pub(super) fn bytes(text: &str) -> Vec<u8> {
    let digits = text.trim_end_matches('=').chars().map(|digit| DIGITS.find(digit).expect("base64"));
    let bits: Vec<bool> = digits.flat_map(|digit| (0..6).rev().map(move |bit| digit >> bit & 1 == 1)).collect();
    // What is left behind the last whole byte fills up its digit.
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit))).collect()
}
