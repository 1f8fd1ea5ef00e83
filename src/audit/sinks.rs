//! The sinks there are.

mod layout;
mod replicas;
mod s3;
mod s3_shelf;
mod shelf;
mod stdout;

pub use self::layout::{Layout, Replica};
pub use self::replicas::{Replicas, TellFailure, TellReplicas};
pub use self::s3::{BucketSettings, ObjectLock, S3Sink};
pub use self::s3_shelf::S3Shelf;
pub use self::shelf::{Listed, Page, Shelf};
pub use self::stdout::StdoutSink;
