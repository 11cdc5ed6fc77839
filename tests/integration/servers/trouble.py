"""A server that other systems' servers have bad days like: slow in each phase, resetting, throttling, redirecting, paging, too large.
PATH?name=value says what happens; /seen tells of all requests, /ports of a port that takes connections and says nothing (mute) and of
one whose queue is full (full)."""
import collections
import email.utils
import gzip
import http.server
import json
import socket
import struct
import sys
import threading
import time
import urllib.parse

SEEN = []
COUNTS = collections.Counter()
PORTS = {}
KEPT = []


def quiet_ports():
    mute = socket.create_server(("127.0.0.1", 0), backlog=64)
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    for _ in range(4):
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(full.getsockname())
        KEPT.append(filler)
    KEPT.extend([mute, full])
    PORTS.update(mute=mute.getsockname()[1], full=full.getsockname()[1])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def handle_any(self):
        parts = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(parts.query))
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)) if parts.path != "/slow_read" else b""
        if parts.path not in ("/seen", "/ports"):
            SEEN.append({"method": self.command, "path": self.path, "host": self.headers["Host"], "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body.decode("latin-1")})
        getattr(self, "do" + parts.path.replace("/", "_"), self.do_unknown)(query)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = handle_any

    def do_unknown(self, _):
        self.answer(404, b'{"error":"no such place"}')

    def do_seen(self, _):
        self.answer(200, json.dumps(SEEN).encode())

    def do_ports(self, _):
        self.answer(200, json.dumps(PORTS).encode())

    def do_echo(self, _):
        self.answer(200, json.dumps(SEEN[-1]).encode(), Content_Type="application/json")

    def do_fails(self, query):
        """status, times, after (seconds, or date=1): fails so often, then works."""
        COUNTS[self.path] += 1
        if COUNTS[self.path] > int(query["times"]):
            return self.answer(200, b"at last")
        headers = {}
        if "after" in query:
            seconds = int(query["after"])
            headers["Retry_After"] = email.utils.formatdate(time.time() + seconds + 1, usegmt=True) if "date" in query else str(seconds)
        self.answer(int(query["status"]), b"not now", **headers)

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()
        raise ConnectionResetError

    def do_resets(self, query):
        """times: resets so often."""
        COUNTS[self.path] += 1
        if COUNTS[self.path] > int(query["times"]):
            return self.answer(200, b"at last")
        self.reset()

    def do_slow_head(self, query):
        time.sleep(float(query["seconds"]))
        self.answer(200, b"late")

    def do_slow_body(self, query):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(int(float(query["seconds"]) * 20)):
            self.wfile.write(b"x")
            time.sleep(0.05)
        self.close_connection = True

    def do_truncated(self, _):
        self.send_response(200)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        self.wfile.write(b"short")
        self.close_connection = True

    def do_garbage(self, _):
        self.wfile.write(b"\x00\x01 this is no HTTP\r\n\r\n")
        self.close_connection = True

    def do_redirect(self, query):
        self.answer(int(query.get("status", 302)), Location=query["to"])

    def do_big(self, query):
        left = int(query["bytes"])
        self.send_response(200)
        if "chunked" in query:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(left))
        self.end_headers()
        block = b"x" * (1 << 20)
        while left:
            piece = block[:left]
            left -= len(piece)
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece) if "chunked" in query else piece)
        if "chunked" in query:
            self.wfile.write(b"0\r\n\r\n")

    def do_bomb(self, query):
        """So many megabytes of zeros, in a thousandth of them."""
        self.answer(200, gzip.compress(bytes(int(query["megabytes"]) << 20)), Content_Encoding="gzip")

    def do_coded(self, _):
        self.answer(200, gzip.compress(b"plain text"), Content_Encoding="gzip")

    def do_broken_coding(self, _):
        self.answer(200, b"no gzip at all", Content_Encoding="gzip")

    def do_long_head(self, query):
        self.answer(200, b"", **{"X_%d" % i: "y" * 1000 for i in range(int(query["kilobytes"]))})

    def do_pages(self, query):
        """page, of, at: a list whose next page is at another base."""
        page, of = int(query["page"]), int(query["of"])
        base = query.get("at", "")
        headers = {}
        if page < of:
            headers["Link"] = '</first>; rel="first", <%s/pages?page=%d&of=%d>; title="a, b"; rel="next last"' % (base, page + 1, of)
        self.answer(200, json.dumps({"page": page, "next": page + 1 if page < of else None}).encode(), **headers)

    def do_leak(self, _):
        """Says what it was told, in its status line, too."""
        told = self.headers.get("Authorization", "")
        self.send_response(418, "I was told " + told)
        self.send_header("Content-Length", "0")
        self.end_headers()


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


if __name__ == "__main__":
    quiet_ports()
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
