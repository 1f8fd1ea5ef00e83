//! AWS's own test suite, read from the source of the `aws-sigv4` package.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use data_encoding::HEXLOWER;
use serde_json::Value;

use super::request::Request;
use crate::authn::keyring::identity;
use crate::authn::sigv4::authorization::Authorization;
use crate::authn::sigv4::{date, payload, signature};
use crate::secret::Secret;

/// Its request lines hold a raw space, which no HTTP message can.
const NOT_HTTP: [&str; 2] = ["get-space-normalized", "get-space-unnormalized"];

fn suite() -> PathBuf {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    // For this platform only: of packages for others nothing may have been downloaded.
    let about = Command::new(cargo).arg("-vV").output().expect("cargo runs");
    let about = String::from_utf8_lossy(&about.stdout).into_owned();
    let host = about.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo tells its host");
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--offline", "--filter-platform", host])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let package = packages.iter().find(|package| package["name"] == "aws-sigv4").expect("aws-sigv4 is a dependency");
    let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
    manifest.with_file_name("aws-signing-test-suite").join("v4")
}

fn parse(text: &str) -> Request {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut lines = head.lines();
    let line = lines.next().expect("a request line");
    let (method, rest) = line.split_once(' ').expect("a method");
    let mut request = Request::new(method, rest.trim_end_matches(" HTTP/1.1"), body.as_bytes());
    for line in lines.filter(|line| !line.is_empty()) {
        if line.starts_with(' ') {
            // A folded line: a server that takes it at all puts spaces in place of the fold (RFC 9112, section 5.2).
            request.headers.last_mut().expect("a header to go on with").1.extend(line.bytes());
        } else {
            let (name, value) = line.split_once(':').expect("a header");
            request = request.with(name, value.trim());
        }
    }
    request
}

#[test]
fn the_36_header_cases_of_the_aws_suite_have_their_signatures() {
    let mut passed = 0;
    for folder in fs::read_dir(suite()).expect("the suite is in the package").map(|folder| folder.unwrap().path()) {
        let name = folder.file_name().unwrap().to_str().unwrap();
        // Two folders are for aws-sigv4's other tests and have no context.
        let Ok(context) = fs::read(folder.join("context.json")) else { continue };
        if NOT_HTTP.contains(&name) {
            continue;
        }
        let context: Value = serde_json::from_slice(&context).unwrap();
        let read = |file: &str| fs::read_to_string(folder.join(file)).unwrap();
        let request = parse(&read("header-signed-request.txt"));
        let head = request.parts().unwrap_or_else(|| panic!("{name} is HTTP"));
        let authorization = Authorization::of(&head.headers).unwrap();
        let (_, signed_at) = date::signed_at(&head.headers).unwrap();
        let credentials = &context["credentials"];
        let secret = Secret::new(credentials["secret_access_key"].as_str().unwrap().to_owned());
        let identity = identity(credentials["access_key_id"].as_str().unwrap(), &secret);
        let scope = signature::Scope {
            identity: &identity,
            signed_at,
            region: authorization.region,
            service: authorization.service,
        };
        let mut settings = signature::settings();
        settings.uri_path_normalization_mode = context["normalize"].as_bool().unwrap().into();
        let body_sha256 = payload::hash(&head.headers, &request.body).unwrap();
        let computed =
            signature::compute(&head, None, &authorization.signed_headers, body_sha256, &scope, settings).unwrap();
        assert_eq!(HEXLOWER.encode(&computed), read("header-signature.txt").trim(), "{name}");
        assert_eq!(computed, authorization.signature, "{name}");
        passed += 1;
    }
    assert_eq!(passed, 36);
}
