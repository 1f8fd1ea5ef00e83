//! Reading the audit journal's files while they are written.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

/// The part of a journal that was written since the demo began.
#[derive(Debug)]
pub(super) struct JournalReader {
    folder: PathBuf,
    /// Files of earlier demos.
    earlier: BTreeSet<OsString>,
}

/// How long a record may take: reads are recorded some milliseconds after their answer.
const PATIENCE: Duration = Duration::from_secs(5);

impl JournalReader {
    /// A reader of what will be written to the journal in `folder`; the journal begins a new file at each start.
    pub(super) fn begin(folder: &Path) -> Self {
        let names = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
        Self { folder: folder.to_owned(), earlier: names.collect() }
    }

    /// The records of the call with this JSON-RPC id, once the last of them is there; none when it does not come.
    pub(super) async fn records_of(&self, id: &str) -> Vec<Value> {
        let complete = async {
            loop {
                let records = self.written(id);
                if records.last().is_some_and(|last| last["stage"] != "intent") {
                    return records;
                }
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        tokio::time::timeout(PATIENCE, complete).await.unwrap_or_default()
    }

    fn written(&self, id: &str) -> Vec<Value> {
        let files = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let files = files.filter(|file| !self.earlier.contains(&file.file_name()));
        let files = files.filter(|file| file.path().extension().is_some_and(|extension| extension == "jsonl"));
        let mut records: Vec<Value> = files
            .filter_map(|file| fs::read_to_string(file.path()).ok())
            // A line that is just being written is no JSON yet.
            .flat_map(|text| text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect::<Vec<Value>>())
            .filter(|record: &Value| record["requestParameters"]["id"] == id)
            .collect();
        records.sort_by_key(|record| record["integrity"]["sequence"].as_u64());
        records
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn only_whole_records_of_this_demo_and_call_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let line = |sequence: u64, stage: &str| {
            format!(
                "{{\"stage\":\"{stage}\",\"requestParameters\":{{\"id\":\"a\"}},\"integrity\":{{\"sequence\":{sequence}}}}}\n"
            )
        };
        write("journal-1.jsonl", &line(1, "read"));
        let reader = JournalReader::begin(folder.path());
        assert_eq!(reader.records_of("a").await, Vec::<Value>::new(), "the record is an earlier demo's");
        write("journal-2.jsonl", &format!("{}{}{{\"stage\":", line(2, "intent"), line(3, "outcome")));
        let stages: Vec<Value> =
            reader.records_of("a").await.into_iter().map(|record| record["stage"].clone()).collect();
        assert_eq!(stages, ["intent", "outcome"]);
        assert_eq!(reader.records_of("b").await, Vec::<Value>::new());
    }
}
