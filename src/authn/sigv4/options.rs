//! What a client has to sign for, and how far its clock may be off.

use jiff::SignedDuration;

/// AWS's own limit: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html> has five
/// minutes for most services, fifteen for S3.
const LARGEST_SKEW: SignedDuration = SignedDuration::from_mins(15);

/// The scope that signatures must have.
#[derive(Debug, Clone)]
pub struct SigV4Options {
    pub(super) service: String,
    pub(super) regions: Vec<String>,
    pub(super) max_skew: SignedDuration,
}

/// Options that would let nobody in, or keep a signature good for too long.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SigV4OptionsError {
    /// The service or a region is not of letters, digits and hyphens.
    #[error("`{0}` cannot be a service or region: write 1 to 64 letters, digits and hyphens")]
    BadName(String),
    /// There is no region.
    #[error("at least one region must be named")]
    NoRegion,
    /// The skew is not between one second and fifteen minutes.
    #[error("the largest clock skew must be between 1 second and 15 minutes")]
    BadSkew,
}

impl SigV4Options {
    /// Signatures must be for `service` in one of `regions`, and their date at most `max_skew` (1 second to 15 minutes)
    /// before or after the server's time.
    ///
    /// # Errors
    /// When a name is not one, there is no region, or the skew is out of its bounds.
    pub fn new(
        service: impl Into<String>,
        regions: Vec<String>,
        max_skew: SignedDuration,
    ) -> Result<Self, SigV4OptionsError> {
        let service = service.into();
        let sound =
            |name: &str| (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        if let Some(bad) = std::iter::once(&service).chain(&regions).find(|name| !sound(name)) {
            return Err(SigV4OptionsError::BadName(bad.clone()));
        }
        if regions.is_empty() {
            return Err(SigV4OptionsError::NoRegion);
        }
        if max_skew < SignedDuration::from_secs(1) || max_skew > LARGEST_SKEW {
            return Err(SigV4OptionsError::BadSkew);
        }
        Ok(Self { service, regions, max_skew })
    }

    /// How far a signature's date may be from the server's time.
    #[must_use]
    pub fn max_skew(&self) -> SignedDuration {
        self.max_skew
    }

    /// The options with which `mcp-proxy-for-aws` signs for this gateway.
    pub(super) fn client_options(&self) -> String {
        format!("--service {} --region {}", self.service, self.regions[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_cannot_work_are_refused() {
        let new = |service: &str, regions: &[&str], seconds| {
            let regions = regions.iter().map(|region| (*region).to_owned()).collect();
            SigV4Options::new(service, regions, SignedDuration::from_secs(seconds)).map(drop)
        };
        assert_eq!(new("iam-mcp", &["us-east-1"], 300), Ok(()));
        assert_eq!(new("", &["us-east-1"], 300), Err(SigV4OptionsError::BadName(String::new())));
        assert_eq!(new("iam/mcp", &["us-east-1"], 300), Err(SigV4OptionsError::BadName("iam/mcp".into())));
        assert_eq!(new("iam-mcp", &["us-east-1", "*"], 300), Err(SigV4OptionsError::BadName("*".into())));
        assert_eq!(new("iam-mcp", &[], 300), Err(SigV4OptionsError::NoRegion));
        for seconds in [-1, 0, 901] {
            assert_eq!(new("iam-mcp", &["us-east-1"], seconds), Err(SigV4OptionsError::BadSkew));
        }
    }
}
