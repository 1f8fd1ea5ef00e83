//! IAM and STS with fixed answers: a hundred users, one who was just created, and a session for everybody. As cheap as
//! it can be, since both sides of a comparison wait for it.

use std::sync::Arc;

use bytes::Bytes;
use iam_mcp_gateway::clock::{Clock, SystemClock};
use jiff::ToSpan;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::account::Account;
use crate::{Outcome, report, wire};

/// How many users there are.
pub(crate) const USERS: usize = 100;

#[derive(Debug)]
struct Answers {
    list_users: Bytes,
    create_user: Bytes,
    assume_role: Bytes,
    /// The gateway asks who it is itself before the first change.
    caller_identity: Bytes,
    unknown: Bytes,
    /// An account that is read whole.
    account: Account,
}

impl Answers {
    fn new(users: usize, roles: usize) -> Outcome<Self> {
        let account = Account::of(users, roles);
        let users: String = (0..USERS)
            .map(|number| {
                format!(
                    "<member><Path>/division_abc/subdivision_xyz/</Path><UserName>user-{number:03}</UserName>\
                     <Arn>arn:aws:iam::123456789012:user/division_abc/subdivision_xyz/user-{number:03}</Arn>\
                     <UserId>AIDACKCEVSQ6C2EXA{number:03}</UserId>\
                     <CreateDate>2026-01-02T03:04:05Z</CreateDate>\
                     <PasswordLastUsed>2026-11-01T03:04:05Z</PasswordLastUsed></member>"
                )
            })
            .collect();
        let metadata =
            "<ResponseMetadata><RequestId>7a62c49f-347e-4fc4-9331-6e8eexample1</RequestId></ResponseMetadata>";
        let list_users = format!(
            "<ListUsersResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ListUsersResult>\
             <IsTruncated>false</IsTruncated><Users>{users}</Users></ListUsersResult>{metadata}</ListUsersResponse>"
        );
        let create_user = format!(
            "<CreateUserResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><CreateUserResult><User>\
             <Path>/</Path><UserName>user</UserName><UserId>AIDACKCEVSQ6C2EXAMPLE</UserId>\
             <Arn>arn:aws:iam::123456789012:user/user</Arn><CreateDate>2026-01-02T03:04:05Z</CreateDate>\
             </User></CreateUserResult>{metadata}</CreateUserResponse>"
        );
        let expires = SystemClock.now().checked_add(1.hour())?;
        // A real session token is about this long.
        let token = "made-up-session-token-".repeat(36);
        let assume_role = format!(
            "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
             <AssumedRoleUser><AssumedRoleId>AROACLKWSDQRAOEXAMPLE:session</AssumedRoleId>\
             <Arn>arn:aws:sts::123456789012:assumed-role/agent/session</Arn></AssumedRoleUser>\
             <Credentials><AccessKeyId>AKIDOFTHESESSION0001</AccessKeyId>\
             <SecretAccessKey>made-up-secret-of-an-assumed-session-001</SecretAccessKey>\
             <SessionToken>{token}</SessionToken><Expiration>{expires:.0}</Expiration></Credentials>\
             </AssumeRoleResult>{metadata}</AssumeRoleResponse>"
        );
        let caller_identity = format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
             <Arn>arn:aws:iam::123456789012:user/gateway</Arn><UserId>AIDACKCEVSQ6C2GATEWAY</UserId>\
             <Account>123456789012</Account></GetCallerIdentityResult>{metadata}</GetCallerIdentityResponse>"
        );
        Ok(Self {
            account,
            list_users: message("200 OK", &list_users),
            create_user: message("200 OK", &create_user),
            assume_role: message("200 OK", &assume_role),
            caller_identity: message("200 OK", &caller_identity),
            unknown: message(
                "400 Bad Request",
                "<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>",
            ),
        })
    }

    fn to(&self, body: &[u8]) -> &Bytes {
        if body.starts_with(b"Action=ListUsers&") {
            &self.list_users
        } else if body.starts_with(b"Action=CreateUser&") {
            &self.create_user
        } else if body.starts_with(b"Action=AssumeRole&") {
            &self.assume_role
        } else if body.starts_with(b"Action=GetCallerIdentity&") {
            &self.caller_identity
        } else {
            self.account.to(body).unwrap_or(&self.unknown)
        }
    }
}

pub(crate) fn message(status: &str, body: &str) -> Bytes {
    format!("HTTP/1.1 {status}\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n{body}", body.len()).into()
}

/// Serves until it is killed.
pub(crate) fn serve(users: usize, roles: usize) -> Outcome<()> {
    let answers = Arc::new(Answers::new(users, roles)?);
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        report::print(&listener.local_addr()?.to_string())?;
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(answer(stream, Arc::clone(&answers)));
        }
    })
}

/// Answers one connection's requests until the client hangs up.
async fn answer(mut stream: TcpStream, answers: Arc<Answers>) -> Outcome<()> {
    stream.set_nodelay(true)?;
    let mut received = Vec::with_capacity(16 * 1024);
    while stream.read_buf(&mut received).await? > 0 {
        if let Some((start, length)) = wire::framing(&received)?
            && received.len() >= start + length
        {
            stream.write_all(answers.to(&received[start..start + length])).await?;
            received.clear();
        }
    }
    Ok(())
}
