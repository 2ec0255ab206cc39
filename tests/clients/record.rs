//! Makes the calls of the crate `tencent_im_rs` 1.0.4 for `record.py`.
use std::io::{stdin, stdout, BufRead, Write};
use tencent_im_rs::api::v4::common::*;
use tencent_im_rs::api::v4::group_open_http_svc::*;
use tencent_im_rs::api::v4::im_open_login_svc::*;
use tencent_im_rs::api::v4::open_im::*;
use tencent_im_rs::api::v4::TencentHelper;
use tencent_im_rs::user_sig::hmac_sha256::TencentSig;

macro_rules! call {
    ($name:expr, $work:expr) => {{
        println!("{}", $name);
        stdout().flush().unwrap();
        stdin().lock().read_line(&mut String::new()).unwrap();
        match $work.await {
            Ok(_) => println!("answered"),
            Err(error) => println!("{error}"),
        }
        stdout().flush().unwrap();
    }};
}

fn body() -> Vec<MsgBody> {
    vec![MsgBody::new(MsgContent::str_text(), MsgContent::content_text("hi"))]
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let args: Vec<String> = std::env::args().collect();
    let app: u32 = args[2].parse().unwrap();
    let t: u32 = args[4].parse().unwrap();
    let sig = TencentSig::new(app, args[3].clone()).generate_user_sig("administrator".into(), 86400).unwrap();
    let mut h = TencentHelper::new(args[1].clone(), app, "administrator".into(), sig);
    let h = &mut h;
    use account_check::*; use account_import::*; use multi_account_import::*;
    call!("account_import", api_account_import(h, AccountImportRequest::new("uma")));
    call!("multiaccount_import", api_multiaccount_import(h, MultiAccountImportRequest::new(vec!["tom", "sam"])));
    call!("account_check", api_account_check(h, AccountCheckRequest::new(vec![CheckItem::new("ann"), CheckItem::new("nobody")])));
    use set_unread_msg_num::*;
    call!("set_unread_msg_num", api_set_unread_msg_num(h, SetUnreadMsgNumRequest::new("Public", "ann", 3)));
    call!("set_unread_msg_num, no such group", api_set_unread_msg_num(h, SetUnreadMsgNumRequest::new("nowhere", "ann", 3)));
    call!("set_unread_msg_num, AVChatRoom", api_set_unread_msg_num(h, SetUnreadMsgNumRequest::new("AVChatRoom", "ann", 3)));
    use get_group_info::*; use get_group_member_info::*; use get_role_in_group::*;
    call!("get_group_info", api_get_group_info(h, GetGroupInfoRequest::new(vec!["Public", "ChatRoom"])));
    call!("get_group_info, no such group", api_get_group_info(h, GetGroupInfoRequest::new(vec!["nowhere"])));
    call!("get_group_member_info", api_get_group_member(h, GetGroupMemberInfoRequest::new("Public")));
    call!("get_role_in_group", api_get_role_in_group(h, GetRoleInGroupRequest::new("Public", vec!["ann", "eve"])));
    call!("get_role_in_group, AVChatRoom", api_get_role_in_group(h, GetRoleInGroupRequest::new("AVChatRoom", vec!["ann"])));
    use get_joined_group_list::*; use get_appid_group_list::*;
    call!("get_joined_group_list", api_get_joined_group_list(h, GetJoinedGroupListRequest::new("ann")));
    call!("get_appid_group_list", { let mut r = GetAppIdGroupListRequest::new(); r.set_limit(Some(2)); r.set_next(Some(0)); api_get_appid_group_list(h, r) });
    call!("get_appid_group_list, the place of the vendor's sample", { let mut r = GetAppIdGroupListRequest::new(); r.set_limit(Some(2)); r.set_next(Some(4454685361)); api_get_appid_group_list(h, r) });
    use import_group_member::*; use import_group_msg::*;
    call!("import_group_member", { let mut m = ImportGroupMember::new("uma"); m.set_join_time(Some(t - 60)); m.set_unread_msg_num(Some(4)); api_import_group_member(h, ImportGroupMemberRequest::new("Public", vec![m, ImportGroupMember::new("nobody")])) });
    call!("import_group_msg", api_import_group_msg(h, ImportGroupMsgRequest::new("Public", vec![Msg::new("ann", t - 50, body()), Msg::new("ann", t - 50, body())])));
    call!("import_group_msg, AVChatRoom", api_import_group_msg(h, ImportGroupMsgRequest::new("AVChatRoom", vec![Msg::new("ann", t - 50, body())])));
    use admin_getroammsg::*; use admin_set_msg_read::*; use get_c2c_unread_msg_num::*;
    call!("get_c2c_unread_msg_num", { let mut r = GetC2CUnreadMsgNumRequest::new("ann"); r.set_peer_account(Some(vec!["eve", "nobody"])); api_get_c2c_unread_msg_num(h, r) });
    call!("get_c2c_unread_msg_num, the total", api_get_c2c_unread_msg_num(h, GetC2CUnreadMsgNumRequest::new("ann")));
    call!("admin_getroammsg", api_admin_getroammsg(h, AdminGetRoamMsgRequest::new("ann", "eve", 9, t - 99, t)));
    call!("admin_set_msg_read", { let mut r = AdminSetMsgReadRequest::new("ann", "eve"); r.set_msg_readed_time((t - 10).to_string()); api_admin_set_msg_read(h, r) });
    call!("admin_set_msg_read, no such account", api_admin_set_msg_read(h, AdminSetMsgReadRequest::new("nobody", "eve")));
}
