//! The AWS identity of whoever runs a client: found as AWS's own tools find it.

mod recursion;

pub(crate) use recursion::runs_this;

use std::collections::HashMap;
use std::path::PathBuf;

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileSet};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_runtime::env_config::file::{EnvConfigFileKind, EnvConfigFiles};
use aws_types::os_shim_internal::{Env, Fs};

use super::keys::NoKeys;
use super::proof::told;
use crate::arn::{Partition, Region};
use crate::config::Environment;
use crate::iam::http::identity_connections;
use crate::tools::text::visible;

/// The profile of AWS's tools that is used where none is named.
const DEFAULT: &str = "default";

/// Which identity.
#[derive(Debug, Clone, Default)]
pub struct AwsIdentity {
    /// A profile: its credentials and no others. Without one, the usual chain's.
    pub profile: Option<String>,
    /// The file that profiles stand in, in place of AWS's own config file. A profile of it is the identity, then.
    pub config: Option<PathBuf>,
}

impl AwsIdentity {
    /// Its credentials.
    ///
    /// Without a profile or a file: environment variables, the profile of `AWS_PROFILE`, web identity, ECS and EKS, instance
    /// metadata. Over connections to AWS's own services only.
    pub async fn credentials(&self, region: &Region) -> SharedCredentialsProvider {
        let region = aws_types::region::Region::new(region.as_str().to_owned());
        let config =
            ProviderConfig::without_region().with_region(Some(region.clone())).with_http_client(identity_connections());
        if !self.is_of_a_profile() {
            let chain = DefaultCredentialsChain::builder().configure(config).region(region).build().await;
            return SharedCredentialsProvider::new(chain);
        }
        let mut profile = ProfileFileCredentialsProvider::builder().configure(&config).profile_files(self.files());
        if let Some(name) = &self.profile {
            profile = profile.profile_name(name);
        }
        SharedCredentialsProvider::new(profile.build())
    }

    /// Whether a profile alone decides, and not the whole chain.
    fn is_of_a_profile(&self) -> bool {
        self.profile.is_some() || self.config.is_some()
    }

    /// The profile that is looked at.
    #[must_use]
    pub fn profile_name(&self, environment: &dyn Environment) -> String {
        let named = self.profile.clone().or_else(|| set(environment, "AWS_PROFILE"));
        named.unwrap_or_else(|| DEFAULT.to_owned())
    }

    /// The region of `AWS_REGION` or of the profile; else the commercial partition's first.
    ///
    /// # Errors
    /// When that is no region's name, or the profiles cannot be read.
    pub async fn region(&self, environment: &dyn Environment) -> Result<Region, NoKeys> {
        let given = ["AWS_REGION", "AWS_DEFAULT_REGION"].iter().find_map(|name| set(environment, name));
        let given = match given {
            Some(given) => Some(given),
            None => {
                let profiles = self.profiles(environment).await?;
                let profile = profiles.get_profile(&self.profile_name(environment));
                profile.and_then(|profile| profile.get("region")).map(ToOwned::to_owned)
            }
        };
        let Some(given) = given else { return Ok(Partition::Aws.global_region()) };
        given.parse().map_err(|_| NoKeys {
            message: format!("{} is not the name of a region", visible(&given)),
            hint: Some("name STS's region with --sts-region".to_owned()),
        })
    }

    /// Refuses a profile whose credentials come from this very command, which would ask itself for ever.
    ///
    /// # Errors
    /// When they do, or the profiles cannot be read.
    pub async fn check_is_another(&self, environment: &dyn Environment) -> Result<(), NoKeys> {
        // Keys of the environment come before every profile that is not named.
        if !self.is_of_a_profile() && set(environment, "AWS_ACCESS_KEY_ID").is_some() {
            return Ok(());
        }
        let profiles = self.profiles(environment).await?;
        recursion::check(&profiles, &self.profile_name(environment))
    }

    async fn profiles(&self, environment: &dyn Environment) -> Result<ProfileSet, NoKeys> {
        let env = Env::from(environment.all().into_iter().collect::<HashMap<_, _>>());
        let loaded = aws_config::profile::load(&Fs::real(), &env, &self.files(), None).await;
        loaded.map_err(|error| NoKeys {
            message: format!("the profiles of AWS's tools cannot be read: {}", told(&error)),
            hint: None,
        })
    }

    fn files(&self) -> EnvConfigFiles {
        let files = EnvConfigFiles::builder().include_default_credentials_file(true);
        match &self.config {
            Some(file) => files.with_file(EnvConfigFileKind::Config, file),
            None => files.include_default_config_file(true),
        }
        .build()
    }
}

/// A variable that is set to something.
fn set(environment: &dyn Environment, name: &str) -> Option<String> {
    environment.get(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests;
