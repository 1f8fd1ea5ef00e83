//! The sinks there are.

mod layout;
mod s3;
mod stdout;

pub use self::layout::{Layout, Replica};
pub use self::s3::{BucketSettings, ObjectLock, S3Sink};
pub use self::stdout::StdoutSink;
