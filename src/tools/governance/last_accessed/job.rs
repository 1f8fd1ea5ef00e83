//! The report of the services that an entity may call: AWS makes it in the background.

use aws_sdk_iam::types::{AccessAdvisorUsageGranularityType, JobStatusType, ServiceLastAccessed};
use aws_smithy_types::DateTime;

use super::{GENERATE, GET};
use crate::iam::{AwsFailure, DeclaredCall, Reader, Resource};
use crate::tools::ToolError;
use crate::tools::pages::PAGE;
use crate::tools::patience::Patience;

/// The code for a report that AWS has not made in time.
pub(super) const NOT_READY: &str = "LastAccessedNotReady";

/// The code for a report that AWS could not make.
pub(super) const FAILED: &str = "LastAccessedFailed";

/// A report as AWS made it.
#[derive(Debug)]
pub(super) struct Report {
    /// When.
    pub(super) completed: DateTime,
    /// Every service that the entity's policies allow something of.
    pub(super) services: Vec<ServiceLastAccessed>,
}

/// The calls that [`report`] makes about the entity of this ARN. IAM authorizes looking at a job on no resource.
/// Source: <https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html>.
pub(super) fn declared(arn: &str, entity: &Resource) -> [DeclaredCall; 2] {
    [
        DeclaredCall::new(GENERATE, entity.clone()).with("Arn", arn),
        DeclaredCall::new(GET, Resource::All).with_found("JobId"),
    ]
}

/// Has AWS make the report about `arn`, waits for it within bounds, and reads all its pages.
///
/// # Errors
/// `LastAccessedNotReady` and `LastAccessedFailed`, where AWS does not get there; its refusals.
pub(super) async fn report(reader: &Reader, arn: &str, entity: &Resource, kind: &str) -> Result<Report, ToolError> {
    let mut patience = Patience::begin();
    let request = reader
        .iam()
        .generate_service_last_accessed_details()
        .arn(arn)
        .granularity(AccessAdvisorUsageGranularityType::ServiceLevel);
    let job = reader.read(GENERATE, entity, Box::pin(request.send())).await;
    let job = job.map_err(|failure| failure.naming(kind, arn, reader.account()))?;
    let id = job.job_id().ok_or_else(|| AwsFailure::unreadable(GENERATE.as_str(), arn))?;
    let (mut services, mut marker) = (Vec::new(), None);
    loop {
        let request = reader
            .iam()
            .get_service_last_accessed_details()
            .job_id(id)
            .max_items(i32::try_from(PAGE).expect("a page is small"))
            .set_marker(marker.take());
        let page = reader.read(GET, &Resource::All, Box::pin(request.send())).await?;
        match page.job_status() {
            JobStatusType::Completed => {
                services.extend(page.services_last_accessed().iter().cloned());
                marker = page.marker().filter(|_| page.is_truncated()).map(ToOwned::to_owned);
                if marker.is_none() {
                    return Ok(Report { completed: *page.job_completion_date(), services });
                }
            }
            JobStatusType::Failed => {
                let said = page.error().map(|error| format!("{}: {}", error.code(), error.message()));
                return Err(failed(arn, &said.unwrap_or_else(|| "AWS does not say why".to_owned())));
            }
            _ if patience.wait().await => {}
            _ => return Err(not_ready(arn)),
        }
    }
}

fn failed(arn: &str, said: &str) -> ToolError {
    ToolError::gateway(FAILED, format!("AWS could not make the report of the services that it last accessed: {said}"))
        .on(GENERATE.as_str(), arn)
        .hint("call again; if it fails again, look at the entity in the IAM console")
        .retryable()
}

fn not_ready(arn: &str) -> ToolError {
    ToolError::gateway(NOT_READY, "AWS is still making the report of the services that it last accessed")
        .on(GENERATE.as_str(), arn)
        .hint("it takes AWS longer for an entity that many others share: call again in a minute")
        .retryable()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iam::testing::{Answer, Scripted};

    const ARN: &str = "arn:aws:iam::123456789012:user/team/bob";
    const DATES: &str = "<JobCreationDate>2026-03-01T12:00:00Z</JobCreationDate>\
                         <JobCompletionDate>2026-03-01T12:00:01Z</JobCompletionDate>";

    fn job() -> [Answer; 1] {
        [Ok("<JobId>98a765b4-3cde-2101-2345-example678f9</JobId>".to_owned())]
    }

    fn status(status: &str, rest: &str) -> Answer {
        Ok(format!("<JobStatus>{status}</JobStatus>{DATES}{rest}"))
    }

    fn services(namespaces: &[&str], marker: Option<&str>) -> Answer {
        let member = |namespace: &&str| {
            format!(
                "<member><ServiceName>{namespace}</ServiceName><ServiceNamespace>{namespace}</ServiceNamespace></member>"
            )
        };
        let members: String = namespaces.iter().map(member).collect();
        let next =
            marker.map_or(String::new(), |marker| format!("<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>"));
        status("COMPLETED", &format!("<ServicesLastAccessed>{members}</ServicesLastAccessed>{next}"))
    }

    async fn report_of(aws: &Scripted) -> Result<Report, ToolError> {
        let bob = Resource::user("bob");
        report(&aws.reader(declared(ARN, &bob).into()), ARN, &bob, "user").await
    }

    #[tokio::test(start_paused = true)]
    async fn it_is_waited_for_and_read_to_its_last_page() {
        let looks = [
            status("IN_PROGRESS", ""),
            status("IN_PROGRESS", ""),
            services(&["s3", "ec2"], Some("next")),
            services(&["sqs"], None),
        ];
        let aws = Scripted::default()
            .answering("GenerateServiceLastAccessedDetails", job())
            .answering("GetServiceLastAccessedDetails", looks);
        let report = report_of(&aws).await.unwrap();
        let namespaces: Vec<&str> = report.services.iter().map(|service| service.service_namespace()).collect();
        assert_eq!(namespaces, ["s3", "ec2", "sqs"]);
        assert_eq!(report.completed.secs(), 1_772_366_401);
        let asked = aws.asked();
        assert_eq!((asked[0]["Arn"].as_str(), asked[0]["Granularity"].as_str()), (ARN, "SERVICE_LEVEL"));
        let markers: Vec<Option<&String>> = asked[1..].iter().map(|form| form.get("Marker")).collect();
        assert_eq!(markers, [None, None, None, Some(&"next".to_owned())]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_that_aws_does_not_finish_can_be_asked_for_again() {
        let error = "<Error><Code>INTERNAL_ERROR</Code><Message>try again</Message></Error>";
        for (look, code) in [(status("IN_PROGRESS", ""), NOT_READY), (status("FAILED", error), FAILED)] {
            let aws = Scripted::default()
                .answering("GenerateServiceLastAccessedDetails", job())
                .answering("GetServiceLastAccessedDetails", [look]);
            let error = report_of(&aws).await.unwrap_err();
            assert_eq!((error.code.as_str(), error.retryable), (code, true));
            assert_eq!(error.message.contains("INTERNAL_ERROR: try again"), code == FAILED, "{}", error.message);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whom_iam_does_not_know_is_named() {
        let aws = Scripted::default().answering("GenerateServiceLastAccessedDetails", [Err("NoSuchEntity")]);
        let error = report_of(&aws).await.unwrap_err();
        assert_eq!(error.message, format!("there is no IAM user {ARN} in account 123456789012"));
    }
}
