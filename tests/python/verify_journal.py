"""A second verifier of audit journals, written from docs/audit.md and from nothing else.

    verify_journal.py FOLDER [--public-key FILE] [--kms-public-key FILE] [--anchor SHA256]
                                prints what it found as JSON, exits 1 where the journal is broken
    verify_journal.py --serve   reads {"folder": ..., "public_keys": [...], "kms_public_keys": [...], "anchors": [...]} a
                                line, answers a line each

A KMS public key is the base64 that KMS prints. Only Ed25519 and ECDSA come from a package (cryptography); the rest is the
standard library.
"""

import argparse
import base64
import hashlib
import itertools
import json
import re
import sys
import zlib
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

NAME = re.compile(r"journal-(\d{20})-(\d{6})-[0-9TZ]+\.jsonl(\.gz)?$")
DIGEST_NAME = re.compile(r"digest-(\d{12})-[0-9TZ]+\.json$")
SIGNED = b"iam-mcp-gateway journal record 1\n"
SIGNED_DIGEST = b"iam-mcp-gateway journal digest 1\n"
START = (0, "0" * 64)
HEX = re.compile(r"[0-9a-f]{64}$")
TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?Z$")


class Bad(Exception):
    """The record at hand is not as it was written."""


def number(value: float) -> str:
    """A number as ECMAScript spells it, which RFC 8785 asks for."""
    if isinstance(value, int) and abs(value) < 2**53:
        return str(value)
    value = float(value)
    if value == 0:
        return "0"
    # The shortest digits that read back as the same double.
    shortest = repr(value)
    mantissa, _, power = shortest.partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    place = len(whole) + int(power or 0) - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0") or "0"
    if 0 < place <= 21:
        if len(digits) <= place:
            return sign + digits.ljust(place, "0")
        return sign + digits[:place] + "." + digits[place:]
    if -6 < place <= 0:
        return sign + "0." + "0" * -place + digits
    tail = "." + digits[1:] if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if place > 0 else '-'}{abs(place - 1)}"


def canonical(value: Any) -> str:
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be", "surrogatepass"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(inner)}" for name, inner in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(inner) for inner in value) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return number(value)


def read_record(line: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """The record of a line, without `integrity`, and that."""
    try:
        record = json.loads(line.decode())
    except (ValueError, RecursionError) as error:
        raise Bad("the line is not JSON") from error
    if not isinstance(record, dict) or not isinstance(record.get("integrity"), dict):
        raise Bad("the line is no record")
    text = canonical(record)
    integrity = record.pop("integrity")
    known = {"sequence", "previousHash", "hash"}
    if not known <= integrity.keys() <= known | {"signature"}:
        raise Bad("integrity has other members than it should")
    sequence = integrity["sequence"]
    if not isinstance(sequence, int) or isinstance(sequence, bool) or not 1 <= sequence < 2**53:
        raise Bad("sequence is no number of a record")
    if not all(isinstance(integrity[name], str) and HEX.match(integrity[name]) for name in ("hash", "previousHash")):
        raise Bad("a hash is no hash")
    if "signature" in integrity and not is_signature(integrity["signature"]):
        raise Bad("a signature is no signature")
    if text.encode() + b"\n" != line:
        raise Bad("the line is not canonical")
    hashed = canonical(record | {"integrity": {name: integrity[name] for name in ("sequence", "previousHash")}})
    if hashlib.sha256(hashed.encode()).hexdigest() != integrity["hash"]:
        raise Bad("the hash differs")
    return record, integrity


def header_of(record: dict[str, Any], integrity: dict[str, Any]) -> dict[str, Any]:
    header = record.get("segment")
    if record.get("stage") != "segment" or not isinstance(header, dict):
        raise Bad("the file does not begin with a header")
    if header.get("reason") not in ("start", "rotation", "recovery") or "lastDurable" not in header:
        raise Bad("the header has no reason or no place")
    if not isinstance(header.get("previousSegment"), str | None) or not is_key(header.get("signingKey")):
        raise Bad("the header has members of another kind")
    if header.get("lastDurable") != {"sequence": integrity["sequence"] - 1, "hash": integrity["previousHash"]}:
        raise Bad("the header contradicts its place")
    return header


def base64_bytes(text: str) -> bytes:
    """The bytes of base64 in its one right spelling: the decoder alone ignores the last character's spare bits."""
    decoded = base64.b64decode(text, validate=True)
    if base64.b64encode(decoded).decode() != text:
        raise ValueError("another spelling of the same bytes")
    return decoded


def is_key(key: Any) -> bool:
    """Whether it is a public key of the journal, or none."""
    try:
        return key is None or len(base64_bytes(key)) == 32
    except (ValueError, TypeError):
        return False


def has_signed(key: str, signature: str, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(base64_bytes(key)).verify(base64_bytes(signature), message)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def kms_has_signed(key: str, kms: dict[str, str], message: bytes) -> bool:
    """Whether `kms` of a digest file is a signature of `message` by the KMS key with this public half."""
    try:
        public_key = load_der_public_key(base64_bytes(key))
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SystemExit("a KMS public key is none") from error
    if not isinstance(public_key, EllipticCurvePublicKey) or not isinstance(public_key.curve, SECP256R1):
        raise SystemExit("a KMS public key is not on P-256")
    if kms["algorithm"] != "ECDSA_SHA_256":
        return False
    try:
        public_key.verify(base64_bytes(kms["signature"]), message, ECDSA(SHA256()))
    except (ValueError, InvalidSignature):
        return False
    return True


def check_signature(integrity: dict[str, Any], key: str | None) -> bool:
    if "signature" not in integrity:
        return False
    if key is None:
        raise Bad("the record is signed, but the file names no key")
    if not has_signed(key, integrity["signature"], SIGNED + bytes.fromhex(integrity["hash"])):
        raise Bad("the signature differs")
    return True


def decompressed(content: bytes) -> bytes:
    """What gzip made of it, RFC 1952: one member or several, and nothing else behind them."""
    whole = b""
    while content:
        member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        whole += member.decompress(content)
        if not member.eof:
            raise EOFError
        content = member.unused_data
    return whole


def content_of(path: Path) -> bytes:
    content = path.read_bytes()
    if path.name.endswith(".gz"):
        try:
            content = decompressed(content)
        except (EOFError, zlib.error):
            # No record of it can be believed: one line that is none.
            content = b"the compressed data is broken"
    return content


def lines_of(content: bytes) -> list[bytes]:
    lines = content.split(b"\n")
    whole = [line + b"\n" for line in lines[:-1]]
    return whole + [lines[-1]] if lines[-1] else whole


def first_header(lines: list[bytes]) -> dict[str, Any] | None:
    try:
        return header_of(*read_record(lines[0])) if lines else None
    except Bad:
        return None


def is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def is_hash(value: Any) -> bool:
    return isinstance(value, str) and HEX.match(value) is not None


def is_time(value: Any) -> bool:
    matched = TIME.match(value) if isinstance(value, str) else None
    try:
        return matched is not None and datetime.strptime(matched[1], "%Y-%m-%dT%H:%M:%S") is not None
    except ValueError:
        return False


def is_signature(value: Any) -> bool:
    try:
        return len(base64_bytes(value)) == 64
    except (ValueError, TypeError):
        return False


def is_text(value: Any) -> bool:
    return isinstance(value, str)


def has_members(value: Any, members: dict[str, Any], optional: dict[str, Any] | None = None) -> bool:
    """Whether it is an object with these members, each as its predicate wants it, and no others."""
    optional = optional or {}
    return (
        isinstance(value, dict)
        and members.keys() <= value.keys() <= members.keys() | optional.keys()
        and all((members | optional)[name](inner) for name, inner in value.items())
    )


def is_head(value: Any) -> bool:
    return has_members(value, {"sequence": is_number, "hash": is_hash})


def is_digested_file(value: Any) -> bool:
    members = {
        "file": is_text,
        "sha256": is_hash,
        "bytes": is_number,
        "firstSequence": lambda first: first is None or is_number(first),
        "last": lambda last: last is None or is_head(last),
    }
    return has_members(value, members)


def is_digest(value: Any) -> bool:
    members = {
        "number": is_number,
        "time": is_time,
        "madeBy": lambda made_by: isinstance(made_by, dict),
        "files": lambda files: isinstance(files, list) and all(map(is_digested_file, files)),
        "head": is_head,
    }
    previous = {"file": is_text, "sha256": is_hash}
    optional = {
        "previous": lambda named: has_members(named, previous, {"signature": is_signature}),
        "through": is_text,
        "signingKey": lambda key: key is not None and is_key(key),
    }
    return has_members(value, members, optional)


def retention_of(record: dict[str, Any]) -> dict[str, Any] | None:
    """What a record says was removed; none when it says nothing that counts."""
    data = record.get("additionalEventData")
    retention = data.get("retention") if record.get("stage") == "retention" and isinstance(data, dict) else None
    if not isinstance(retention, dict) or not is_time(retention.get("olderThan")):
        return None
    files, digests = retention.get("files"), retention.get("digests")
    if not isinstance(files, list) or not all(map(is_digested_file, files)) or not isinstance(digests, list):
        return None
    if not all(has_members(entry, {"file": is_text, "sha256": is_hash}) for entry in digests):
        return None
    known = [file for file in files if file["firstSequence"] is not None and file["last"] is not None]
    ranges = [(file["firstSequence"], file["last"]["sequence"]) for file in known]
    follow = all(first == end + 1 and end < last for (_, end), (first, last) in itertools.pairwise(ranges))
    return retention if follow else None


class Digests:
    """The digest files of a folder, and what is seen of them while its records are read."""

    def __init__(self, folder: Path, public_keys: list[str], anchors: list[str], kms_keys: list[str]) -> None:
        self.bad: list[tuple[str, str]] = []
        self.by_kms = bool(kms_keys)
        self.anchors, self.anchored = set(anchors), 0
        self.read: list[tuple[str, dict[str, Any], str]] = []
        self.hashes: dict[int, tuple[str, str]] = {}
        self.retentions: list[tuple[int, dict[str, Any]]] = []
        for name in sorted(path.name for path in folder.iterdir() if DIGEST_NAME.match(path.name)):
            content = (folder / name).read_bytes()
            try:
                digest, signature, kms = self.check(name, content)
            except Bad as bad:
                self.bad.append((name, str(bad)))
                continue
            if public_keys and digest.get("signingKey") not in public_keys:
                self.bad.append((name, "it is not signed by a key that was given"))
            message = SIGNED_DIGEST + hashlib.sha256(canonical(digest).encode()).digest()
            if kms_keys and not (kms and any(kms_has_signed(key, kms, message) for key in kms_keys)):
                self.bad.append((name, "it is not signed by a KMS key that was given"))
            self.reach(hashlib.sha256(content).hexdigest(), digest["head"]["sequence"])
            for head in [file["last"] for file in digest["files"] if file["last"]] + [digest["head"]]:
                self.hashes.setdefault(head["sequence"], (head["hash"], name))
            self.read.append((name, digest | {"itsSignature": signature}, hashlib.sha256(content).hexdigest()))

    @staticmethod
    def check(name: str, content: bytes) -> tuple[dict[str, Any], str | None, dict[str, str] | None]:
        try:
            signed = json.loads(content.decode())
            is_whole = canonical(signed).encode() + b"\n" == content
        except (ValueError, RecursionError) as error:
            raise Bad("it is no digest") from error
        if not is_whole:
            raise Bad("it is not canonical")
        members = {"keyId": is_text, "algorithm": is_text, "signature": is_text}
        optional = {"signature": is_signature, "kms": lambda kms: has_members(kms, members)}
        if not has_members(signed, {"digest": is_digest}, optional):
            raise Bad("it has other members than a digest has")
        digest, signature, kms = signed["digest"], signed.get("signature"), signed.get("kms")
        matched = DIGEST_NAME.match(name)
        if not matched or digest["number"] != int(matched[1]):
            raise Bad("it has another number than its name")
        key = digest.get("signingKey")
        if key is None and signature is None:
            return digest, None, kms
        message = SIGNED_DIGEST + hashlib.sha256(canonical(digest).encode()).digest()
        if key is None or signature is None or not has_signed(key, signature, message):
            raise Bad("its signature does not match")
        return digest, signature, kms

    def reach(self, anchor: str, sequence: int) -> None:
        if anchor in self.anchors:
            self.anchors.remove(anchor)
            self.anchored = max(self.anchored, sequence)

    def see(self, record: dict[str, Any], integrity: dict[str, Any]) -> None:
        sequence, hash_ = integrity["sequence"], integrity["hash"]
        known, name = self.hashes.get(sequence, (hash_, ""))
        if known != hash_:
            self.bad.append((name, "a record is another than when it was made"))
        self.reach(hash_, sequence)
        retention = retention_of(record)
        if retention is not None:
            self.retentions.append((sequence, retention))

    def retained(self, signed: int | None) -> list[dict[str, Any]]:
        vouched = (self.read[-1][1]["head"]["sequence"] if self.read else 0) if self.by_kms else None
        limits = [limit for limit in (signed, vouched) if limit is not None]
        return [retention for sequence, retention in self.retentions if all(sequence <= limit for limit in limits)]

    def end(self, contents: dict[str, bytes], last: int, signed: int | None) -> None:
        retained = self.retained(signed)
        before: tuple[str, dict[str, Any], str] | None = None
        if self.by_kms and not self.read:
            self.bad.append(("", "there is no digest that a KMS key could have signed"))
        for name, digest, sha256 in self.read:
            previous = digest.get("previous")
            if before is None:
                removed = [entry for retention in retained for entry in retention["digests"]]
                named = previous and {"file": previous["file"], "sha256": previous["sha256"]}
                follows = digest["number"] == 1 if previous is None else named in removed
            else:
                expected = {"file": before[0], "sha256": before[2]}
                if before[1]["itsSignature"] is not None:
                    expected["signature"] = before[1]["itsSignature"]
                follows = previous == expected and digest["number"] == before[1]["number"] + 1
            if not follows:
                self.bad.append((name, "the digest before it is missing or another"))
            for file in digest["files"]:
                content = contents.get(file["file"])
                if content is None:
                    if not any(file in retention["files"] for retention in retained):
                        self.bad.append((name, f"{file['file']} is missing"))
                elif (hashlib.sha256(content).hexdigest(), len(content)) != (file["sha256"], file["bytes"]):
                    self.bad.append((name, f"{file['file']} is not as it was"))
            if last < digest["head"]["sequence"]:
                self.bad.append((name, "records were cut off"))
            before = (name, digest, sha256)


def verify(folder: Path, public_keys: list[str], anchors: list[str], kms_keys: list[str]) -> dict[str, Any]:
    names = sorted(path.name for path in folder.iterdir() if path.name.endswith((".jsonl", ".jsonl.gz")))
    names = [name for name in names if not (name.endswith(".gz") and name.removesuffix(".gz") in names)]
    contents = {name.removesuffix(".gz"): content_of(folder / name) for name in names}
    files = [(name, lines_of(contents[name.removesuffix(".gz")])) for name in names]
    headers = [first_header(lines) for _, lines in files]
    digests = Digests(folder, public_keys, anchors, kms_keys)
    # Files that were old enough may have been removed from the beginning on; whether a record says so is known at the end.
    begins = headers[0]["lastDurable"] if headers and headers[0] else {"sequence": START[0], "hash": START[1]}
    head: tuple[int, str] | None = (begins["sequence"], begins["hash"])
    first_bad, records, signed, last = None, 0, None, 0
    before: str | None = None
    first_key: str | None = None
    for index, (name, lines) in enumerate(files):
        following = next((header for header in headers[index + 1 :] if header), None)
        confirmed, signed_here, already, records_before = None, 0, len(digests.retentions), records
        if following and following["reason"] == "recovery" and head and following["lastDurable"]["sequence"] >= head[0]:
            confirmed = following["lastDurable"]["sequence"]
        key, first_of_file, named = None, None, NAME.match(name)
        number_of_line = 0
        try:
            for number_of_line, line in enumerate(lines, 1):
                if confirmed is not None and head and head[0] >= confirmed:
                    break
                if not line.endswith(b"\n"):
                    raise Bad("the line is torn")
                record, integrity = read_record(line)
                sequence = integrity["sequence"]
                if number_of_line == 1:
                    header = header_of(record, integrity)
                    key = header.get("signingKey")
                    first_key = first_key or key
                    if public_keys and key not in public_keys:
                        raise Bad("the file is not signed by a key that was given")
                    if head is None:
                        head = (sequence - 1, integrity["previousHash"])
                if head and (sequence, integrity["previousHash"]) != (head[0] + 1, head[1]):
                    raise Bad("the record does not follow the one before")
                # Without keys from elsewhere only the first that the journal names is taken at its word.
                if check_signature(integrity, key) and (public_keys or key == first_key):
                    signed = signed_here = sequence
                digests.see(record, integrity)
                head = (sequence, integrity["hash"])
                last = sequence
                records += 1
                first_of_file = sequence if number_of_line == 1 else first_of_file
            # What follows no hash covers: the records of the file are what they are.
            nothing_confirmed = confirmed is not None and head and head[0] >= confirmed
            number_of_line = 1
            if not lines and not nothing_confirmed:
                raise Bad("the file is empty")
            if not named or first_of_file not in (None, int(named[1])):
                raise Bad("the file has another name than it should")
            if first_of_file is not None and before not in (None, header.get("previousSegment")):
                raise Bad("the file before it is another than it names")
            before = name.removesuffix(".gz") if records > records_before else before
        except Bad as bad:
            first_bad = first_bad or {"file": name, "line": number_of_line, "why": str(bad)}
            head = before = None
        if key is not None:
            # A line that somebody put at the end is covered by the first signature of the next file only.
            digests.retentions[already:] = [entry for entry in digests.retentions[already:] if entry[0] <= signed_here]
    boundaries = [file["last"] for retention in digests.retained(signed) for file in retention["files"]]
    if begins["sequence"] > 0 and begins not in boundaries:
        first_bad = {"file": names[0], "line": 1, "why": "the chain begins too late"}
    digests.end(contents, last, signed)
    # What is wrong with a digest file comes before what is wrong without one.
    bad_digest = min((name for name, _ in digests.bad if name), default=None)
    return {
        "verdict": "broken" if first_bad or digests.bad or digests.anchors else "verified",
        "firstBad": first_bad,
        "firstBadDigest": bad_digest,
        "anchorsMissing": sorted(digests.anchors),
        "anchored": digests.anchored or None,
        "records": records,
        "signedThrough": signed,
        "exposed": last - signed if signed is not None else 0,
    }


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--public-key", action="append", default=[], type=Path)
    parser.add_argument("--kms-public-key", action="append", default=[], type=Path)
    parser.add_argument("--anchor", action="append", default=[])
    parser.add_argument("--serve", action="store_true")
    arguments = parser.parse_args()
    if arguments.serve:
        for line in sys.stdin:
            asked = json.loads(line)
            anchors, kms_keys = asked.get("anchors", []), asked.get("kms_public_keys", [])
            found = verify(Path(asked["folder"]), asked["public_keys"], anchors, kms_keys)
            print(json.dumps(found), flush=True)
        return 0
    public_keys = [file.read_text().strip() for file in arguments.public_key]
    kms_keys = [file.read_text().strip() for file in arguments.kms_public_key]
    found = verify(arguments.folder, public_keys, arguments.anchor, kms_keys)
    print(json.dumps(found))
    return 0 if found["verdict"] == "verified" else 1


if __name__ == "__main__":
    sys.exit(main())
