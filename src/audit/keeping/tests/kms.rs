//! Digests that are signed from elsewhere.

use std::sync::atomic::AtomicUsize;

use aws_lc_rs::rand::SystemRandom as LcRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use data_encoding::BASE64;

use super::*;
use crate::audit::{DigestFault, KmsPublicKey};

#[derive(Debug)]
struct Kms {
    pair: EcdsaKeyPair,
    /// How many more digests it signs.
    signs: AtomicUsize,
}

const MANY: usize = 1000;

impl DigestSigner for Kms {
    fn sign(&self, message: Vec<u8>) -> SigningFuture<'_> {
        Box::pin(async move {
            if self.signs.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |signs| signs.checked_sub(1)).is_err() {
                return Err("KMS is not reached".into());
            }
            let signature = self.pair.sign(&LcRandom::new(), &message).unwrap();
            Ok(KmsSignature {
                key_id: "arn:aws:kms:us-east-1:111122223333:key/k".to_owned(),
                algorithm: KmsSignature::ALGORITHM.to_owned(),
                signature: BASE64.encode(signature.as_ref()),
            })
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_digest_waits_for_the_key_that_this_process_cannot_read() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let public =
        aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    let kms_key: KmsPublicKey = BASE64.encode(public.as_ref()).parse().unwrap();
    let signer = Arc::new(Kms { pair, signs: AtomicUsize::new(0) });
    let options = KeepingOptions { signer: Some(signer.clone()), ..KeepingOptions::default() };
    let mut kept = Kept::begin(options).await;
    kept.an_hour_with("a").await;
    let told = kept.told();
    assert!(!told.is_empty() && told.iter().all(|told| told == "the digest could not be signed: KMS is not reached"));
    assert_eq!(kept.digests().len(), 0);
    signer.signs.store(MANY, Ordering::SeqCst);
    kept.minutes(2).await;
    assert_eq!(kept.digests().len(), 1);
    kept.end().await;
    let with = |kms_key| verify(kept.path(), &Witness { kms_keys: vec![kms_key], ..Witness::default() }).unwrap();
    assert!(is_whole(&with(kms_key)));
    let other = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let other =
        aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(other.public_key()).unwrap();
    let report = with(BASE64.encode(other.as_ref()).parse().unwrap());
    assert_eq!(report.digests.first_bad.unwrap().fault, DigestFault::KmsDiffers);
}

#[tokio::test(start_paused = true)]
async fn where_kms_signs_it_vouches_for_the_record_of_what_goes() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let public =
        aws_lc_rs::encoding::AsDer::<aws_lc_rs::encoding::PublicKeyX509Der<'_>>::as_der(pair.public_key()).unwrap();
    let witness = Witness { kms_keys: vec![BASE64.encode(public.as_ref()).parse().unwrap()], ..Witness::default() };
    let signer = Arc::new(Kms { pair, signs: AtomicUsize::new(MANY) });
    let keep = Some(SignedDuration::from_hours(2));
    let mut kept = Kept::begin(KeepingOptions { keep, signer: Some(signer), ..KeepingOptions::default() }).await;
    let first = kept.name("journal", ".jsonl");
    for name in ["a", "b", "c", "d"] {
        kept.an_hour_with(name).await;
    }
    assert!(!kept.names().contains(&first), "{:?}", kept.names());
    kept.end().await;
    assert!(is_whole(&verify(kept.path(), &witness).unwrap()));
    // Without the digests behind the record, the journal's key alone has let the files go.
    let report = verify(kept.path(), &Witness::default()).unwrap();
    assert!(is_whole(&report));
    for name in digests_of(&kept.names()).iter().skip(1) {
        std::fs::remove_file(kept.path().join(name.as_str())).unwrap();
    }
    assert_eq!(verify(kept.path(), &witness).unwrap().verdict, Verdict::Broken);
}

#[tokio::test(start_paused = true)]
async fn while_kms_does_not_sign_what_goes_is_recorded_once() {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
    let signer = Arc::new(Kms { pair, signs: AtomicUsize::new(MANY) });
    let keep = Some(SignedDuration::from_mins(90));
    let options = KeepingOptions { keep, signer: Some(signer.clone()), ..KeepingOptions::default() };
    let mut kept = Kept::begin(options).await;
    let first = kept.name("journal", ".jsonl");
    kept.an_hour_with("a").await;
    kept.minutes(60).await;
    // The hour's digest is signed, and the one that is to vouch for the record is not.
    signer.signs.store(1, Ordering::SeqCst);
    kept.minutes(65).await;
    assert!(kept.told().len() > 3, "it was tried again and again");
    assert_eq!(kept.records("retention").len(), 1);
    assert!(kept.names().contains(&first), "nothing goes before a digest vouches for it");
    signer.signs.store(MANY, Ordering::SeqCst);
    kept.minutes(2).await;
    assert!(!kept.names().contains(&first));
    let records = kept.records("retention");
    assert_eq!(records.len(), 1);
    let sequence = records[0]["integrity"]["sequence"].as_u64().unwrap();
    assert!(kept.digests().last().unwrap().digest.head.sequence >= sequence);
    kept.end().await;
    assert!(is_whole(&kept.verify(vec![])));
}

/// A KMS that has been asked, and never answers.
#[derive(Debug, Default)]
struct Stalled(Arc<Notify>);

impl DigestSigner for Stalled {
    fn sign(&self, _message: Vec<u8>) -> SigningFuture<'_> {
        self.0.notify_one();
        Box::pin(std::future::pending())
    }
}

#[tokio::test(start_paused = true)]
async fn the_end_of_the_process_does_not_wait_for_a_signature() {
    let signer = Stalled::default();
    let asked = Arc::clone(&signer.0);
    let options = KeepingOptions { signer: Some(Arc::new(signer)), ..KeepingOptions::default() };
    let mut kept = Kept::begin(options).await;
    kept.an_hour_with("a").await;
    asked.notified().await;
    kept.end().await;
    assert_eq!((kept.digests(), kept.told()), (vec![], vec![]));
}
