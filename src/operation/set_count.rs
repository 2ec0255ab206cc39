//! `set_unread_msg_num`: sets one member's count in one group.

use super::{Answer, RowToSend, RowVerdict};
use crate::tencent::{Client, DepartureNotice, Transport};

/// Sends the one row of a call.
pub(super) async fn send<T: Transport>(
    client: &Client<T>,
    rows: &[RowToSend],
    notice: DepartureNotice,
) -> Answer {
    let mut notice = Some(notice);
    let mut verdicts = Vec::with_capacity(rows.len());
    for row in rows {
        let verdict = client
            .set_unread_msg_num(
                &row.group_id,
                &row.member_account,
                row.unread_num,
                notice.take(),
            )
            .await;
        match verdict.into_error() {
            None => verdicts.push(RowVerdict::Succeeded),
            Some(error) => return Err(error),
        }
    }
    Ok(verdicts)
}
