//! What one decision of the policy engine costs: `cargo bench --bench policy`.
//!
//! Everything is measured in one process, in turns. The aims are those of docs/performance.md; nothing here asserts on
//! speed, and each decision is checked to be the expected one.

use std::hint::black_box;

use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use iam_mcp_gateway::policy::{
    Context, Decision, Document, Doubt, Policy, PolicyKind, PolicySet, Principal, Request, Target,
};
use serde_json::{Value, json};

const USER: &str = "arn:aws:iam::123456789012:user/people/grace.kim";

fn set(statements: &[Value]) -> PolicySet {
    let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
    Policy::new("bench.json", Document::parse(PolicyKind::Endpoint, &document).expect("a good document")).into()
}

/// A guardrail as one writes it: a few actions, a path, two conditions.
fn guardrail(effect: &str, actions: &[&str], path: &str) -> Value {
    json!({
        "Effect": effect, "Action": actions, "Resource": format!("arn:aws:iam::123456789012:user/{path}/*"),
        "Condition": {
            "Bool": {"aws:ViaAWSMCPService": "true"},
            "StringEquals": {"aws:PrincipalTag/Team": ["platform", "security"]},
        },
    })
}

/// What the gateway stamps on a call.
fn context(caller: usize) -> Context {
    Context::from_iter([
        ("aws:ViaAWSMCPService", "true".to_owned()),
        ("aws:CalledViaAWSMCP", "iam-mcp.example.internal".to_owned()),
        ("aws:PrincipalArn", "arn:aws:iam::123456789012:role/agents/platform".to_owned()),
        ("aws:PrincipalAccount", "123456789012".to_owned()),
        ("aws:PrincipalTag/Team", "platform".to_owned()),
        ("aws:PrincipalTag/McpCaller", format!("caller-{caller}")),
        ("aws:SourceIdentity", format!("person-{caller}@example.com")),
        ("aws:SourceIp", "10.1.2.3".to_owned()),
        ("aws:SecureTransport", "true".to_owned()),
        ("aws:CurrentTime", "2026-11-26T12:00:00Z".to_owned()),
        ("mcp:ToolName", "delete_user".to_owned()),
        ("mcp:ToolEffect", "destructive".to_owned()),
        ("mcp:Environment", "dev".to_owned()),
    ])
}

fn principal(caller: usize) -> Principal {
    let role = "arn:aws:iam::123456789012:role/agents/platform".parse().expect("a role");
    Principal::role_session(&role, &format!("caller-{caller}"))
}

fn one() -> PolicySet {
    set(&[guardrail("Allow", &["iam:Get*", "iam:DeleteUser"], "people")])
}

/// Twenty statements that are all about the action: nothing for an index to leave out.
fn twenty() -> PolicySet {
    let mut statements: Vec<Value> =
        (0..19).map(|number| guardrail("Deny", &["iam:*User"], &format!("team-{number}"))).collect();
    statements.push(guardrail("Allow", &["iam:Get*", "iam:Delete*"], "people"));
    set(&statements)
}

/// A thousand statements with distinct actions.
fn thousand() -> PolicySet {
    let mut statements: Vec<Value> =
        (0..999).map(|number| guardrail("Allow", &[format!("iam:Operation{number}").as_str()], "people")).collect();
    statements.push(guardrail("Allow", &["iam:DeleteUser"], "people"));
    set(&statements)
}

fn decisions(criterion: &mut Criterion) {
    let (principal, context) = (principal(0), context(0));
    let mut group = criterion.benchmark_group("decision");
    for (statements, set) in [(1, one()), (20, twenty()), (1000, thousand())] {
        let decide = || set.evaluate(&Request::new("iam:DeleteUser", USER, &principal, &context));
        assert!(matches!(decide(), Decision::Allow(_)), "{statements}");
        group.bench_function(BenchmarkId::new("statements", statements), |bencher| {
            bencher.iter(|| {
                let request =
                    Request::new(black_box("iam:DeleteUser"), black_box(USER), &principal, black_box(&context));
                black_box(set.evaluate(&request))
            });
        });
    }
    group.finish();
}

/// The same decisions, asked by ever more callers in turns: nothing is kept by caller. As in the gateway, the context of a
/// call is made right before it, so that its memory is not what is measured.
fn callers(criterion: &mut Criterion) {
    let set = twenty();
    let mut group = criterion.benchmark_group("callers");
    for number in [1, 100, 10_000] {
        let mut next = (0..number).cycle();
        let mut caller = || next.next().map(|caller| (principal(caller), context(caller))).expect("a cycle has no end");
        group.bench_function(BenchmarkId::from_parameter(number), |bencher| {
            bencher.iter_batched_ref(
                &mut caller,
                |(principal, context)| {
                    let request = Request::new(black_box("iam:DeleteUser"), black_box(USER), principal, context);
                    black_box(set.evaluate(&request).is_allow())
                },
                BatchSize::NumIterations(32),
            );
        });
    }
    group.finish();
}

/// The first judgement of a call in the gateway: of a user named without its path, as all that it could be. What is asked is
/// whether it could be allowed at best: so no deny that may apply ends it.
fn named(criterion: &mut Criterion) {
    let (principal, context) = (principal(0), context(0));
    let mut group = criterion.benchmark_group("named");
    for (statements, set) in [(1, one()), (20, twenty()), (1000, thousand())] {
        let decide = |name: &str| {
            let target = Target::Named { prefix: "arn:aws:iam::123456789012:user/", name };
            let request = Request::new("iam:DeleteUser", target, &principal, &context);
            set.evaluate_in_doubt(&request, Doubt::Allows).is_allow()
        };
        assert!(decide("grace.kim"), "the user may live where it is allowed");
        group.bench_function(BenchmarkId::new("statements", statements), |bencher| {
            bencher.iter(|| black_box(decide(black_box("grace.kim"))));
        });
    }
    group.finish();
}

criterion_group!(benches, decisions, callers, named);
criterion_main!(benches);
