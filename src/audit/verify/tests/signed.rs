//! What signatures show that a chain cannot: that somebody without the key computed it anew.

use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};

use super::*;

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

/// Three segments, each with a signature in its last record: 4, 8 and 12.
fn three_segments_signed_by(key: SigningKey) -> Files {
    let mut builder = Builder { key: Some(key), ..Builder::default() };
    let first = builder.segment(Reason::Start, ChainHead::START, 3);
    let second = builder.segment(Reason::Rotation, first[3], 3);
    builder.segment(Reason::Start, second[3], 3);
    builder.files
}

fn verified_by(files: &Files, keys: &[&SigningKey]) -> VerifyReport {
    let public_keys = keys.iter().map(|key| key.public()).collect();
    verify(write(files).path(), &Witness { public_keys, ..Witness::default() }).unwrap()
}

/// Computes the chain anew from line `from` of file `index` on, as somebody without the key can. What is signed keeps its
/// signature, or loses it.
fn rehashed(index: usize, from: usize, keep_signatures: bool, edit: impl Fn(&mut Map<String, Value>)) -> Files {
    let mut files = three_segments_signed_by(key());
    let mut all = lines(&files[index].1);
    let mut head: Option<ChainHead> = None;
    for (number, line) in all.iter_mut().enumerate().skip(from) {
        let mut fields: Map<String, Value> = serde_json::from_slice(line).unwrap();
        let mut integrity: crate::audit::chain::Integrity =
            serde_json::from_value(fields.remove("integrity").unwrap()).unwrap();
        if number == from {
            edit(&mut fields);
        }
        if let Some(head) = head {
            integrity.previous_hash = head.hash;
        }
        line.clear();
        let sealed = seal(line, &fields, integrity.follows().unwrap());
        if let Some(signature) = integrity.signature.filter(|_| keep_signatures) {
            sealed.sign(line, &signature);
        }
        head = Some(sealed.head);
    }
    files[index].1 = all.concat();
    files
}

#[test]
fn a_signed_journal_says_by_whom_and_how_far() {
    let files = three_segments_signed_by(key());
    for (keys, trusted) in [(vec![], false), (vec![&key()], true)] {
        let report = verified_by(&files, &keys);
        assert_eq!((report.verdict, &report.first_bad), (Verdict::Verified, &None));
        let expected = Signatures { keys: vec![key().public()], trusted, through: Some(12), exposed: 0 };
        assert_eq!(report.signatures, expected);
    }
    assert_eq!(verified(&three_segments()).signatures, Signatures::default());
}

#[test]
fn a_chain_that_somebody_without_the_key_computed_anew_is_found_at_its_first_signature() {
    let forged = rehashed(2, 1, true, |fields| drop(fields.insert("n".to_owned(), json!(7))));
    assert_eq!(first_bad(&forged), (2, 4, Fault::SignatureDiffers));
    let in_the_middle = rehashed(1, 2, false, |fields| drop(fields.insert("n".to_owned(), json!(7))));
    assert_eq!(first_bad(&in_the_middle), (2, 1, Fault::PreviousHashDiffers), "the next segment does not follow it");
}

#[test]
fn records_after_the_last_signature_are_said_to_be_exposed() {
    let forged = rehashed(2, 1, false, |fields| drop(fields.insert("n".to_owned(), json!(7))));
    let report = verified_by(&forged, &[&key()]);
    assert_eq!((report.verdict, report.signatures.through, report.signatures.exposed), (Verdict::Verified, Some(8), 4));
}

#[test]
fn another_key_is_not_taken_for_the_one_that_was_given() {
    let other = SigningKey::from_seed(&[8; 32]);
    let files = three_segments_signed_by(SigningKey::from_seed(&[8; 32]));
    assert_eq!(verified_by(&files, &[]).verdict, Verdict::Verified, "by what the journal says of itself");
    assert_eq!(verified_by(&files, &[&key()]).first_bad.unwrap().fault, Fault::KeyDiffers);
    assert_eq!(verified_by(&files, &[&key(), &other]).verdict, Verdict::Verified, "keys may be rolled");
    assert_eq!(verified_by(&three_segments(), &[&key()]).first_bad.unwrap().fault, Fault::KeyDiffers, "nor none");
}

#[test]
fn a_signature_where_no_key_is_named_or_in_another_spelling_is_found() {
    let mut files = three_segments();
    let signed = three_segments_signed_by(key());
    files[2].1 = [lines(&files[2].1)[..3].concat(), lines(&signed[2].1)[3].clone()].concat();
    assert!(verified(&files).first_bad.is_some());
    let edited = |from: &str, to: &str| {
        let mut files = three_segments_signed_by(key());
        files[2].1 = String::from_utf8(files[2].1.clone()).unwrap().replace(from, to).into_bytes();
        files
    };
    assert_eq!(first_bad(&edited("\"signature\":\"", "\"signature\":\"A")), (2, 4, Fault::NoIntegrity));
    assert_eq!(first_bad(&edited("\"signature\":", "\"signature\": ")), (2, 4, Fault::NotCanonical));
}

#[test]
fn a_file_that_somebody_without_the_key_put_behind_the_others_is_exposed_and_with_the_key_found() {
    let mut builder = Builder { key: Some(key()), ..Builder::default() };
    let first = builder.segment(Reason::Start, ChainHead::START, 3);
    builder.key = None;
    builder.segment(Reason::Start, first[3], 3);
    let report = verified(&builder.files);
    assert_eq!((report.verdict, report.signatures.through, report.signatures.exposed), (Verdict::Verified, Some(4), 4));
    let bad = verified_by(&builder.files, &[&key()]).first_bad.unwrap();
    assert_eq!((bad.file, bad.fault), (builder.files[1].0.clone(), Fault::KeyDiffers));
}

#[test]
fn a_file_that_somebody_put_behind_the_others_and_signed_himself_is_exposed_too() {
    let mut builder = Builder { key: Some(key()), ..Builder::default() };
    let first = builder.segment(Reason::Start, ChainHead::START, 3);
    let other = SigningKey::from_seed(&[8; 32]);
    builder.key = Some(SigningKey::from_seed(&[8; 32]));
    builder.segment(Reason::Start, first[3], 3);
    let signatures = verified(&builder.files).signatures;
    assert_eq!((signatures.through, signatures.exposed), (Some(4), 4), "nobody gave that key");
    assert_eq!(signatures.keys, [key().public(), other.public()]);
    let signatures = verified_by(&builder.files, &[&key(), &other]).signatures;
    assert_eq!((signatures.through, signatures.exposed), (Some(8), 0), "the key was rolled");
}

#[test]
fn without_a_digest_no_kms_key_vouches_for_anything() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let der = AsDer::<PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    let witness = Witness { kms_keys: vec![KmsPublicKey::from_der(der.as_ref()).unwrap()], ..Witness::default() };
    let report = verify(write(&three_segments_signed_by(key())).path(), &witness).unwrap();
    let bad = report.digests.first_bad.unwrap();
    assert_eq!((report.verdict, bad.file, bad.fault), (Verdict::Broken, None, DigestFault::NoDigest));
}

#[test]
fn files_that_a_second_key_let_go_are_said_to_be_so_where_no_key_is_given() {
    let mut builder = Builder { key: Some(key()), ..Builder::default() };
    let first = builder.segment(Reason::Start, ChainHead::START, 3);
    let second = builder.segment(Reason::Rotation, first[3], 3);
    let rolled = SigningKey::from_seed(&[8; 32]);
    builder.key = Some(SigningKey::from_seed(&[8; 32]));
    let retention = retention_of(&builder.files);
    builder.segment_of(Reason::Start, second[3], &[retention]);
    let files = builder.files.split_off(1);
    let (key_of_the_record, counting) = (rolled.public(), key().public());
    assert_eq!(first_bad(&files), (0, 1, Fault::RemovedUnderAnotherKey { key: key_of_the_record, counting }));
    let bad = verified(&files).first_bad.unwrap();
    for told in [key_of_the_record.to_string(), counting.to_string(), "give both with --public-key".to_owned()] {
        assert!(bad.explanation.contains(&told), "{}", bad.explanation);
    }
    let report = json!(verified(&files));
    assert_eq!(report["verdict"], "broken");
    let fault = json!({"code": "removedUnderAnotherKey", "key": key_of_the_record, "counting": counting});
    assert_eq!(report["firstBad"]["fault"], fault);
    assert_eq!(verified_by(&files, &[&key(), &rolled]).verdict, Verdict::Verified);
    let by_a_stranger = verified_by(&files, &[&key()]);
    assert_eq!(by_a_stranger.first_bad.unwrap().fault, Fault::MissingSegment { name: builder.files[0].0.clone() });
}
