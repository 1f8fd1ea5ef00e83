//! Signed requests, changed at random: what is accepted must be the request that was signed.
//!
//! `SIGV4_MUTATIONS=1000000` makes more of them; `SIGV4_MUTATION_SEED=n` makes others, or again the one that failed.

use std::collections::BTreeMap;

use super::request::{Request, Signer, sha256_hex};
use super::{EXPIRED_ID, INACTIVE_ID, OTHER_ID, call, gateway};

/// `SplitMix64`: small, seeded, and good enough to choose with.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// Inserts, removes, replaces or doubles at a random place.
    fn edit(&mut self, text: &mut Vec<u8>, bytes: &[u8]) {
        let byte = bytes[self.below(bytes.len())];
        let at = self.below(text.len() + 1);
        match self.below(5) {
            _ if text.is_empty() || at == text.len() => text.push(byte),
            0 => text.insert(at, byte),
            1 => drop(text.remove(at)),
            2 => text[at] = byte,
            3 => text[at] ^= 1 << self.below(7),
            _ => text.insert(at, text[at]),
        }
    }
}

/// What the signature is meant to pin down, worked out by the tests' own canonicalizer.
fn meaning(request: &Request) -> Option<(Vec<u8>, Vec<String>)> {
    let authorization = request.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    let text = String::from_utf8(authorization.1.clone()).ok()?;
    let field = |name: &str| {
        let (_, rest) = text.split_once(name)?;
        Some(rest.split(',').next()?.trim().to_owned())
    };
    let signed: Vec<String> = field("SignedHeaders=")?.split(';').map(str::to_owned).collect();
    // No server sees a fragment: it is cut off while the target is parsed.
    let target = request.target.split('#').next()?;
    let canonical = request.clone().retarget(target).canonical(&signed, &sha256_hex(&request.body));
    Some((canonical, vec![field("Credential=")?, field("Signature=")?]))
}

fn mutate(request: &mut Request, dice: &mut Dice) {
    let header = dice.below(request.headers.len());
    match dice.below(16) {
        0 => dice.edit(&mut request.body, b" {}\"\0\xff"),
        1 => request.body.truncate(dice.below(request.body.len() + 1)),
        2 => {
            let (path, query) = request.target.split_once('?').map_or((&*request.target, None), |(p, q)| (p, Some(q)));
            let mut path = path.as_bytes().to_vec();
            dice.edit(&mut path, b"/.%2fmcpMCP-~;:@\\");
            let path = String::from_utf8_lossy(&path).into_owned();
            request.target = query.map_or(path.clone(), |query| format!("{path}?{query}"));
        }
        3 => {
            let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
            let mut query = query.as_bytes().to_vec();
            dice.edit(&mut query, b"&=+%20aAbB#?;\xc3");
            request.target = format!("{path}?{}", String::from_utf8_lossy(&query));
        }
        4 => {
            let (path, query) = request.target.split_once('?').unwrap_or((&request.target, ""));
            let mut pairs: Vec<&str> = query.split('&').collect();
            match dice.below(4) {
                0 => pairs.reverse(),
                1 => pairs.push(pairs[0]),
                2 => drop(pairs.pop()),
                _ => pairs.push(dice.pick(&["X-Amz-Date=1", "a=1", "a", "", "%61=x%20y", "b=%32"])),
            }
            // Other spellings that a lenient decoder takes for the same.
            let query = pairs.join("&");
            let query = match dice.below(4) {
                0 => query.replace("%20", "+"),
                1 => query.replace("%EF%BF%BD", "%FF"),
                2 => query.replace("%25zz", "%zz"),
                _ => query,
            };
            request.target = format!("{path}?{query}");
        }
        5 | 6 => dice.edit(&mut request.headers[header].1, b"  ,;=/aA0\t\xfc"),
        7 => drop(request.headers.remove(header)),
        8 => {
            let copy = request.headers[header].clone();
            request.headers.push(copy);
        }
        9 => {
            let (name, mut value) = request.headers[header].clone();
            dice.edit(&mut value, b"aA0 ");
            request.headers.insert(dice.below(request.headers.len()), (name, value));
        }
        10 => {
            let other = dice.below(request.headers.len());
            request.headers.swap(header, other);
        }
        11 => {
            let names =
                ["x-amz-target", "mcp-name", "x-forwarded-for", "accept", "content-type", "authorization", "host"];
            let value = dice.pick(&["", "value", "gateway.example.internal"]);
            *request = request.clone().with(dice.pick(&names), value);
        }
        12 => {
            let name = &mut request.headers[header].0;
            *name = if dice.below(2) == 0 { name.to_uppercase() } else { dice.pick(&["x-a", "host", "accept"]).into() };
        }
        13 => request.method = dice.pick(&["GET", "POST", "post", "PUT", "DELETE"]).into(),
        _ => mutate_authentication(request, dice),
    }
}

fn mutate_authentication(request: &mut Request, dice: &mut Dice) {
    let name = if dice.below(5) == 0 { "x-amz-date" } else { "authorization" };
    let Some((_, value)) = request.headers.iter_mut().find(|(header, _)| header == name) else { return };
    let Ok(text) = String::from_utf8(value.clone()) else { return };
    let (from, to) = *dice.pick(&[
        &("20260301", "20260302"),
        &("T120000Z", "T120001Z"),
        &("us-east-1", "eu-west-1"),
        &("iam-mcp", "iam"),
        &("aws4_request", "aws4_reques"),
        &("aws4_request", "aws4_request/aws4_request"),
        &(", ", ","),
        &(", ", ",  "),
        &(";host", ""),
        &(";host", ";Host"),
        &(";host", ";host;host"),
        &(";mcp-session-id", ""),
        &("content-type;", ""),
        &("accept;content-type", "content-type;accept"),
        &(";x-amz-date", ";user-agent;x-amz-date"),
        &("SHA256", "SHA512"),
        &("Signature=", "Signature=0"),
        &("Credential=", "credential="),
        &("IMGKACTIVEACTIVEACTI", OTHER_ID),
        &("IMGKACTIVEACTIVEACTI", INACTIVE_ID),
        &("IMGKACTIVEACTIVEACTI", EXPIRED_ID),
        &("IMGKACTIVEACTIVEACTI", "IMGKUNKNOWNUNKNOWNUN"),
        &("a", "b"),
        &("0", "1"),
    ]);
    *value = text.replacen(from, to, 1 + dice.below(2)).into_bytes();
    if dice.below(3) == 0 {
        dice.edit(value, b"0123456789abcdefABCDEF/,;= ");
    }
}

#[expect(clippy::disallowed_methods, reason = "how many to make is for the developer's shell to say")]
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect("a number"))
}

#[test]
fn no_mutation_of_a_signed_request_is_accepted_unless_its_canonical_request_is_equal() {
    let signer = Signer::default();
    let body_hash = sha256_hex(&call().body);
    let originals = [
        signer.sign(call()),
        signer.sign(call().retarget("/mcp?b=2&a=x%20y&a=&c=%EF%BF%BD&d=%25zz")),
        signer.sign(call().with("x-amz-content-sha256", &body_hash).with("accept-language", "de,  en")),
        signer.sign(Request { method: "GET".into(), body: Vec::new(), ..call().without("content-type") }),
    ];
    let (count, first) = (setting("SIGV4_MUTATIONS", 100_000), setting("SIGV4_MUTATION_SEED", 20_260_301));
    let verifier = gateway();
    let mut outcomes: BTreeMap<&'static str, u64> = BTreeMap::new();
    for seed in first..first + count {
        let mut dice = Dice(seed);
        let original = &originals[dice.below(originals.len())];
        let mut request = original.clone();
        for _ in 0..=dice.below(3) {
            if !request.headers.is_empty() {
                mutate(&mut request, &mut dice);
            }
        }
        let Some(head) = request.parts() else {
            *outcomes.entry("not HTTP").or_default() += 1;
            continue;
        };
        match verifier.verify(&head, &request.body) {
            Ok(_) => {
                assert!(
                    meaning(&request) == meaning(original),
                    "accepted though it is another request; SIGV4_MUTATIONS=1 SIGV4_MUTATION_SEED={seed}: {:?} {head:?}",
                    request.target
                );
                *outcomes.entry("accepted").or_default() += 1;
            }
            Err(refusal) => *outcomes.entry(refusal.code()).or_default() += 1,
        }
    }
    if count >= 100_000 {
        // The changes must reach every check, and some of them must be harmless, or nothing was tested.
        for outcome in ["accepted", "signature_mismatch", "unknown_key", "header_not_signed", "payload_hash_mismatch"] {
            assert!(outcomes.get(outcome).copied().unwrap_or(0) > 100, "{outcomes:?}");
        }
        assert!(outcomes.len() > 15, "{outcomes:?}");
    }
}
