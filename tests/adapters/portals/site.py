"""A small site with the traps of real ones, for the executors alone; it keeps every field it was sent."""

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

FORM = """<html><head><meta charset="utf-8"><title>依申请公开</title></head><body>
<form name="f" action="/done" method="post" {target}>
<input type="hidden" name="token" value="t-42"><input name="homepage" style="display:none">
<table><tr><td><label for="xm">姓名</label></td><td><input id="xm" name="xm" value="请输入姓名" onfocus="this.value=''"></td></tr>
<tr><td>类别</td><td><input type="radio" name="lb" value="1" id="lb1"><label for="lb1">公民</label>
<input type="radio" name="lb" value="2" id="lb2" checked><label for="lb2">法人</label></td></tr>
<tr><td>单位</td><td><select name="dw" id="dw"><option>请选择</option><option value="07">市教育局</option></select></td></tr>
<tr><td>内容</td><td><textarea name="nr" placeholder="内容描述"></textarea></td></tr>
<tr><td><input type="checkbox" name="cn" id="cn" value="y"><label for="cn">我承诺</label></td></tr></table>
<input type="button" name="back" value="返回"><button name="go" value="1"><span>提 交</span></button></form>{frame}</body></html>"""
XHR = """<html><head><meta charset="utf-8"></head><body><input id="xm"><textarea id="nr"></textarea>
<a href="javascript:void(0)" id="send" onclick="send()">提交</a><div id="layer"></div><script>
function send(){fetch('/api/apply',{method:'POST',headers:{'Content-Type':'application/json'},
body:JSON.stringify({xm:document.getElementById('xm').value,nr:document.getElementById('nr').value})})
.then(r=>r.json()).then(d=>{document.getElementById('layer').innerHTML='<b>'+d.data.xh+'</b>'})}</script></body></html>"""
ALERT = """<script>function later(){alert('以后')}
alert('提交成功！\\n您的编号为：\\u0041-17');location.href='/form';</script>"""
WAF = "<html><title>405</title><body>很抱歉，由于您访问的URL有可能对网站造成安全威胁，您的访问被阻断。</body></html>"


class Site:
    """`received`: what each POST held; `asked`: (method, path, Referer) of every request."""

    def __init__(self) -> None:
        self.received: list[list[tuple[str, str]]] = []
        self.asked: list[tuple[str, str, str]] = []
        self.address = ""


class _Visit(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        self._note()
        path = urlsplit(self.path).path
        if path == "/slow":
            time.sleep(3)
        pages = {
            "/form": FORM.format(target="", frame=""),
            "/framed": FORM.format(target='target="hidden"', frame='<iframe name="hidden"></iframe>'),
            "/alerting": FORM.format(target="", frame="").replace("/done", "/alert"),
            "/failing": FORM.format(target="", frame="").replace("/done", "/500"),
            "/parts": FORM.format(target='enctype="multipart/form-data"', frame="").replace(
                "<table>", "<input type=file name=scan id=scan><table>"
            ),
            "/xhr": XHR,
            "/waf": WAF,
            "/slow": "<p>slow</p>",
        }
        if path in pages:
            self._answer(200, pages[path].encode("gbk"), "text/html; charset=gbk")
        elif path == "/loop":
            self._answer(302, b"", location="/loop")
        elif path == "/big":
            self._answer(200, b"<p>" + b"x" * 50_000_000, "text/html")
        else:
            self._answer({"/500": 500, "/412": 412}.get(path, 404), b"<p>no</p>", "text/html")

    def do_POST(self) -> None:
        self._note()
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, kind = urlsplit(self.path).path, self.headers.get("Content-Type", "")
        if path == "/api/apply":
            self.site.received.append(list(json.loads(body).items()))
            answer = json.dumps({"code": 0, "data": {"xh": "X-9"}}).encode()
            return self._answer(200, answer, "application/json")
        self.site.received.append(_fields(kind, body))
        if path == "/500":
            return self._answer(500, b"<p>no</p>", "text/html")
        page = ALERT if path == "/alert" else "<p>受理编号：<b id=no>B-2020-1</b> 查询码：<i>7788</i></p>"
        return self._answer(200, page.encode("gbk"), "text/html; charset=gbk")

    def _note(self) -> None:
        self.site.asked.append((self.command, self.path, self.headers.get("Referer", "")))

    def _answer(self, status: int, body: bytes, kind: str = "text/html", location: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def _fields(kind: str, body: bytes) -> list[tuple[str, str]]:
    if kind.startswith("multipart/"):
        parts = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
        return [
            (
                part.get_param("name", header="content-disposition"),
                part.get_filename() or part.get_payload(decode=True).decode("gbk"),
            )
            for part in parts.iter_parts()
        ]
    return parse_qsl(body.decode("ascii"), keep_blank_values=True, encoding="gbk")


@contextmanager
def running_site() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Visit", (_Visit,), {"site": site}))
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def self_signed_site(folder: Path) -> Iterator[str]:
    """A site whose certificate it has signed itself; its address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "unit.test")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(today)
        .not_valid_after(today + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    (folder / "site.pem").write_bytes(pem + certificate.public_bytes(serialization.Encoding.PEM))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(folder / "site.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Visit", (_Visit,), {"site": Site()}))
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield f"https://127.0.0.1:{server.server_port}/form"
    finally:
        server.shutdown()
        server.server_close()
