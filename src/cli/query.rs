//! `query`: one look at single counts.

use std::io::Write;
use std::process::ExitCode;

use tokio::time::Instant;

use super::args::{self, OutputForm};
use super::asking::{pace, with_client};
use super::failure::{Failure, stopped};
use super::print::print;
use super::quickblox::{resolve, with_quickblox};
use super::resolve::Secrets;
use super::sending::timeouts;
use super::target::Destination;
use crate::reads::Api;
use crate::reads::Refused;
use crate::report::{CountPart, QueryResult};
use crate::tencent::Command;
use crate::verify::{Expected, by_group};

/// Runs the command.
pub(super) fn run(
    args: &args::Query,
    secrets: &Secrets,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    match args {
        args::Query::C2c(args) => c2c(args, secrets, out),
        args::Query::Group(args) => group(args, secrets, out),
        args::Query::Quickblox(args) => quickblox(args, secrets, out),
    }
}

fn c2c(args: &args::QueryC2c, secrets: &Secrets, out: &mut dyn Write) -> Result<ExitCode, Failure> {
    let reached = Destination::resolve(&args.target, secrets)?.reach_alone()?;
    let (pace, timeouts) = (pace(&args.asking), timeouts(args.asking.timeout));
    let parts = with_client(&reached, timeouts, async |client| {
        let api = Api::new(client, pace, Instant::now());
        c2c_parts(&api, &args.account, &args.peers).await
    })?;
    let result = QueryResult {
        command: "query c2c",
        account: Some(&args.account),
        group_id: None,
        counts: parts,
        title: "peer",
    };
    tell(&result, args.result.output, out)
}

async fn c2c_parts<T: crate::tencent::Transport>(
    api: &Api<'_, T>,
    account: &str,
    peers: &[String],
) -> Result<Vec<CountPart>, Failure> {
    if peers.is_empty() {
        let total = api
            .c2c_total(account)
            .await
            .map_err(|stop| stopped(&stop))?;
        return Ok(vec![CountPart::all_conversations(total)]);
    }
    let mut parts = Vec::new();
    for batch in peers.chunks(Command::GetC2cUnreadMsgNum.batch()) {
        let ids: Vec<&str> = batch.iter().map(String::as_str).collect();
        let answer = api
            .c2c(account, &ids)
            .await
            .map_err(|stop| stopped(&stop))?;
        for peer in batch {
            let result = match &answer {
                Err(refused) => Some(Err(refused.clone())),
                Ok(each) => {
                    let found = each.iter().find(|(id, _)| id == peer);
                    found.map(|(_, result)| result.clone().map_err(Refused::from))
                }
            };
            parts.push(CountPart::conversation(peer, result));
        }
    }
    Ok(parts)
}

fn group(
    args: &args::QueryGroup,
    secrets: &Secrets,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let reached = Destination::resolve(&args.target, secrets)?.reach_alone()?;
    let (pace, timeouts) = (pace(&args.asking), timeouts(args.asking.timeout));
    let rows: Vec<Expected> = args
        .members
        .iter()
        .map(|member| Expected {
            group: args.group.as_str().into(),
            member: member.as_str().into(),
            unread: 0,
            row: 0,
        })
        .collect();
    let observed = with_client(&reached, timeouts, async |client| {
        let api = Api::new(client, pace, Instant::now());
        by_group(&api, &rows).await.map_err(|stop| stopped(&stop))
    })?;
    let parts: Vec<CountPart> = args
        .members
        .iter()
        .zip(&observed)
        .map(|(member, observed)| CountPart::member(member, observed))
        .collect();
    let result = QueryResult {
        command: "query group",
        account: None,
        group_id: Some(&args.group),
        counts: parts,
        title: "member",
    };
    tell(&result, args.result.output, out)
}

fn quickblox(
    args: &args::QueryQuickblox,
    secrets: &Secrets,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    let dialogs: Vec<&str> = args.dialogs.iter().map(String::as_str).collect();
    let parts = with_quickblox(resolve(&args.quickblox, secrets)?, false, async |api| {
        let mut parts = Vec::new();
        let none: &[&str] = &[];
        let batches = if dialogs.is_empty() {
            vec![none]
        } else {
            api.client.batches(&dialogs)
        };
        for batch in batches {
            let answer = api
                .calls
                .call(crate::delivery::GroupKey(args.user), |_departure| {
                    api.client.unread(args.user, batch)
                })
                .await;
            match answer.map_err(|stop| super::quickblox::stopped(&stop))? {
                Ok(unread) if batch.is_empty() => {
                    parts.push(CountPart::all_dialogs(unread.total));
                }
                Ok(unread) => {
                    let counts = batch.iter().zip(unread.counts);
                    parts.extend(counts.map(|(id, count)| CountPart::dialog(id, count)));
                }
                Err(why) if batch.is_empty() => {
                    parts.push(CountPart::refused_dialog(None, &why));
                }
                Err(why) => {
                    let refused = |id: &&str| CountPart::refused_dialog(Some(id), &why);
                    parts.extend(batch.iter().map(refused));
                }
            }
        }
        Ok(parts)
    })?;
    let user = args.user.to_string();
    let result = QueryResult {
        command: "query quickblox",
        account: Some(&user),
        group_id: None,
        counts: parts,
        title: "dialog",
    };
    tell(&result, args.result.output, out)
}

fn tell(
    result: &QueryResult<'_>,
    form: OutputForm,
    out: &mut dyn Write,
) -> Result<ExitCode, Failure> {
    print(result, form, out)?;
    Ok(ExitCode::from(u8::from(!result.is_complete())))
}
