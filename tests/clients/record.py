#!/usr/bin/env python3
"""Records what clients of the API that others wrote send, and how the simulator answers.

    record.py BINARY OUTPUT [RUST_CLIENT]

Needs PyPI `timsdk` 1.1.12, `tencentcloud-sdk-python-im` 0.9.4 and `tls-sig-api-v2` 1.1 in the
environment, `node` with npm `tls-sig-api-v2` 1.0.2 below the working directory, and for the crate
`tencent_im_rs` 1.0.4 a program that makes its calls (`record.rs`, beside this file).

The clients run unchanged. Their requests pass a recorder on this machine that hands them on to the
simulator: of the Python clients one takes the address of the service as a parameter, of the other
the transport replaces it; the Rust client takes it as a parameter and speaks https only.
"""
import http.server, json, os, socket, ssl, subprocess, sys, tempfile, threading, time, urllib.request

BINARY, OUTPUT = sys.argv[1], sys.argv[2]
RUST = sys.argv[3] if len(sys.argv) > 3 else None
APP, KEY = 1400000009, "a-key-of-recordings"
T = int(time.time())
WORLD = {
    "accounts": ["eve"],
    "groups": [
        {"group_id": k, "type": k, "message_count": 10, "created_at": T - 5000,
         "members": [{"account": "ann", "role": "Owner", "unread": 3}, {"account": "bob"}]}
        for k in ["Private", "Public", "ChatRoom", "AVChatRoom"]
    ] + [{"group_id": "@TGS#_town", "type": "Community", "message_count": 10, "created_at": T - 5000,
          "members": [{"account": "ann"}, {"account": "bob"}]}],
    "c2c": [{"account": "ann", "peer": "bob", "messages": [{"time": T - 90}, {"time": T - 80}]}],
}
LOG, CLIENT, CALL = [], [""], [""]


class Recorder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    target = ""

    def go(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        request = urllib.request.Request(self.target + self.path, data=body or None, method=self.command)
        kind = self.headers.get("content-type")
        request.add_header("content-type", kind or "")
        with urllib.request.urlopen(request) as answer:
            text = answer.read()
        LOG.append({"client": CLIENT[0], "call": CALL[0], "method": self.command, "path": self.path,
                    "content_type": kind, "body": body.decode(), "answer": json.loads(text)})
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = go

    def log_message(self, *_):
        pass


def serve(certificate=None):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server.server_address[1]


def note(call, work):
    """Makes a call, and notes what the client made of the answer."""
    CALL[0] = call
    before = len(LOG)
    try:
        result = work()
        result = result.json() if hasattr(result, "json") else result
        told = "answered" if isinstance(result, dict) else repr(result)
    except Exception as error:
        told = f"{type(error).__name__}: {error}"
    for entry in LOG[before:]:
        entry["client_says"] = told


def timsdk(port):
    CLIENT[0] = "PyPI timsdk 1.1.12"
    import requests.adapters
    send = requests.adapters.HTTPAdapter.send

    def redirected(self, request, **options):
        request.url = request.url.replace("https://console.tim.qq.com", f"http://127.0.0.1:{port}")
        return send(self, request, **options)

    requests.adapters.HTTPAdapter.send = redirected
    from timsdk.tim_client import TimClient
    client = TimClient(APP, KEY)
    g, a, m = client.group_open_http_svc, client.im_open_login_svc, client.open_im
    note("account_import", lambda: a.account_import("zoe", "Zoe", "http://f"))
    note("account_import, an id that is too long", lambda: a.account_import("z" * 33))
    note("multiaccount_import", lambda: a.im_open_login_svc(["yan", "z" * 33]))
    note("account_check, with GET", lambda: a.account_check(["ann", "nobody"]))
    note("get_appid_group_list, with GET", lambda: g.get_app_id_group_list())
    note("import_group", lambda: g.import_group("team", "ann", group_id="tim", create_time=T - 900))
    note("import_group, an id that is taken", lambda: g.import_group("team", "ann", group_id="tim", create_time=T - 900))
    note("import_group_msg", lambda: g.import_group_msg("tim", [{"From_Account": "ann", "SendTime": T - 800, "Random": 5, "MsgBody": [{"MsgType": "TIMTextElem", "MsgContent": {"Text": "hello"}}]}]))
    note("import_group_member", lambda: g.import_group_member("tim", [{"Member_Account": "bob", "Role": "Admin", "JoinTime": T - 700, "UnreadMsgNum": 9}, {"Member_Account": "nobody"}]))
    note("set_unread_msg_num", lambda: g.set_unread_msg_num("Public", "bob", 4))
    note("set_unread_msg_num, no such group", lambda: g.set_unread_msg_num("nowhere", "bob", 4))
    note("set_unread_msg_num, no member", lambda: g.set_unread_msg_num("Public", "eve", 4))
    note("set_unread_msg_num, no number", lambda: g.set_unread_msg_num("Public", "bob", "4"))
    note("get_group_info", lambda: g.get_group_info(["Public", "nowhere"]))
    note("get_group_info, a filter", lambda: g.get_group_info(["Public"], {"GroupBaseInfoFilter": ["Type", "NextMsgSeq"]}))
    note("get_group_member_info", lambda: g.get_group_member_info("Public", 1, 1, ["MsgSeq"]))
    note("get_group_member_info, AVChatRoom", lambda: g.get_group_member_info("AVChatRoom"))
    note("get_joined_group_list", lambda: g.get_joined_group_list("bob", limit=5, offset=0))
    note("get_role_in_group", lambda: g.get_role_in_group("Public", ["ann", "eve"]))
    note("importmsg, the live value of older editions", lambda: m.import_text_msg("ann", "bob", "hello", 11))
    note("importmsg", lambda: m.import_text_msg("ann", "bob", "hello", 12, 5))
    note("importmsg, no such account", lambda: m.import_text_msg("nobody", "bob", "hello", 13, 5))
    requests.adapters.HTTPAdapter.send = send


def tencentcloud(port):
    CLIENT[0] = "PyPI tencentcloud-sdk-python-im 0.9.4"
    from tencentcloud_im.tcim_client import TCIMClient, MessageObj, MessageText, GroupMemObj
    c = TCIMClient(APP, KEY, "administrator", tencent_url=f"http://127.0.0.1:{port}/v4")
    note("account_import", lambda: c.add_single_user("xia", "Xia", "http://f"))
    note("multiaccount_import", lambda: c.batch_add_users(["wim", "vic"]))
    note("account_check", lambda: c.search_user(["ann", "nobody"]))
    note("set_unread_msg_num", lambda: c.set_group_unread_msg_num("Private", "bob", 2))
    note("set_unread_msg_num, clamped", lambda: c.set_group_unread_msg_num("Private", "bob", 4000000000))
    note("set_unread_msg_num, an id that cannot be", lambda: c.set_group_unread_msg_num("x" * 49, "bob", 2))
    note("import_group_member", lambda: c.import_group_members("Public", [GroupMemObj("xia", "Admin", T - 60, 3)]))
    note("import_group_member, AVChatRoom", lambda: c.import_group_members("AVChatRoom", [GroupMemObj("xia")]))
    note("importmsg", lambda: c.import_message_to_im(MessageObj("bob", "ann", [MessageText("hi")]), T - 50, 5))
    note("importmsg, history", lambda: c.import_message_to_im(MessageObj("bob", "ann", [MessageText("hi")]), T - 40, 2))
    note("importmsg, the live value of older editions", lambda: c.import_message_to_im(MessageObj("bob", "ann", [MessageText("hi")]), T - 30))
    note("get_c2c_unread_msg_num", lambda: c.get_unread_num("ann"))
    note("get_c2c_unread_msg_num, peers", lambda: c.get_unread_num("ann", ["bob", "nobody"]))
    note("get_c2c_unread_msg_num, too many peers", lambda: c.get_unread_num("ann", ["bob"] * 11))
    note("admin_getroammsg", lambda: c.get_message_list("ann", "bob", 2, T - 99, T + 99))
    note("admin_set_msg_read", lambda: c.set_user_message_read("ann", "bob", T - 85))
    note("get_c2c_unread_msg_num, after the mark", lambda: c.get_unread_num("ann", ["bob"]))
    note("admin_set_msg_read, no such account", lambda: c.set_user_message_read("nobody", "bob"))
    note("get_appid_group_list", lambda: c.get_group(2, 0, "Public"))
    note("get_group_info", lambda: c.get_group_detail(["Private"], ["Type", "NextMsgSeq"], ["Role", "MsgSeq"]))
    note("get_group_member_info", lambda: c.get_group_mem_info_detail("Private", 2, 0, ["MsgSeq"], ["Member"]))
    note("get_group_member_info, a community", lambda: c.get_group_mem_info_detail("@TGS#_town", 1, 0, ["MsgSeq"]))
    note("get_joined_group_list", lambda: c.get_joined_groups("bob", 3, 0, "", ["Type", "NextMsgSeq"], ["MsgSeq"]))
    note("get_role_in_group", lambda: c.get_mem_role_in_group("Private", ["ann", "nobody"]))
    note("get_role_in_group, AVChatRoom", lambda: c.get_mem_role_in_group("AVChatRoom", ["ann"]))


def rust(directory):
    CLIENT[0] = "crate tencent_im_rs 1.0.4"
    key, certificate = f"{directory}/key.pem", f"{directory}/cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
                    "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    port = serve((certificate, key))
    child = subprocess.Popen([RUST, f"localhost:{port}", str(APP), KEY, str(T)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             text=True, env={**os.environ, "SSL_CERT_FILE": certificate})
    # The program says what it is about to call, waits, and says what came of it.
    for line in child.stdout:
        CALL[0] = line.strip()
        before = len(LOG)
        child.stdin.write("\n")
        child.stdin.flush()
        told = child.stdout.readline().strip()
        for entry in LOG[before:]:
            entry["client_says"] = told


def signatures():
    """UserSigs of both libraries, as `(library, identifier, signature)`."""
    from TLSSigAPIv2 import TLSSigAPIv2
    api = TLSSigAPIv2(APP, KEY)
    year = 365 * 86400
    found = [{"library": "PyPI tls-sig-api-v2 1.1", "lifetime": e, "usersig": api.gen_sig("administrator", e)} for e in (86400, 180 * 86400, 50 * year, 51 * year)]
    found.append({"library": "PyPI tls-sig-api-v2 1.1, with userbuf", "lifetime": 86400, "usersig": api.gen_sig_with_userbuf("administrator", 86400, b"abc")})
    script = "const {Api}=require('tls-sig-api-v2');const a=new Api(%d,'%s');for(const e of [86400,15552000,%d,%d])console.log(a.genSig('administrator',e))" % (APP, KEY, 50 * year, 51 * year)
    lines = subprocess.run(["node", "-e", script], check=True, capture_output=True, text=True).stdout.split()
    found += [{"library": "npm tls-sig-api-v2 1.0.2", "lifetime": e, "usersig": s} for e, s in zip((86400, 15552000, 50 * year, 51 * year), lines)]
    return found


with tempfile.TemporaryDirectory() as directory:
    json.dump(WORLD, open(f"{directory}/world.json", "w"))
    simulator = subprocess.Popen([BINARY, "simulate", "--sdk-app-id", str(APP), "--world", f"{directory}/world.json"],
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                 env={**os.environ, "IM_UNREAD_SECRET_KEY": KEY})
    Recorder.target = simulator.stdout.readline().strip()
    port = serve()
    timsdk(port)
    tencentcloud(port)
    if RUST:
        rust(directory)
    header = {"about": "what clients that others wrote send, and how the simulator answers; made by record.py",
              "app": APP, "key": KEY, "now": int(time.time()), "usersigs": signatures(), "world": WORLD}
    simulator.kill()
with open(OUTPUT, "w") as output:
    for entry in [header] + LOG:
        output.write(json.dumps(entry) + "\n")
print(len(LOG), "exchanges")
