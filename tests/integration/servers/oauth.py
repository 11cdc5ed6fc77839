"""A token endpoint and what it guards, on 127.0.0.1: python3 oauth.py PORT.

POST /token      client credentials of shop / se same, by header or body; tokens live `life` seconds
GET  /guarded    200 with the newest or another token that still lives, else 401
POST /set?k=v    life=SECONDS, broken=TEXT (the endpoint answers 503 with it), revoke=1 (every token so far)
GET  /counts     {"issued": n, "good": n, "bad": n}
"""
import base64
import json
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

state = {"life": 60.0, "broken": "", "tokens": {}, "issued": 0, "good": 0, "bad": 0}
lock = threading.Lock()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def body(self):
        length = int(self.headers.get("Content-Length") or 0)
        return dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))

    def client(self, form):
        given = self.headers.get("Authorization", "")
        if given.startswith("Basic "):
            name, secret = base64.b64decode(given[6:]).decode().split(":", 1)
            return urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(secret)
        return form.get("client_id"), form.get("client_secret")

    def issue(self, form):
        if state["broken"]:
            return self.answer(503, {"error": state["broken"]})
        if form.get("grant_type") != "client_credentials":
            return self.answer(400, {"error": "unsupported_grant_type"})
        if self.client(form) != ("shop", "se same"):
            return self.answer(401, {"error": "invalid_client", "error_description": "no such client"})
        with lock:
            state["issued"] += 1
            token = f"token-{state['issued']}-{form.get('scope', '').replace(' ', '.')}"
            state["tokens"][token] = time.monotonic() + state["life"]
        return self.answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": state["life"]})

    def do_POST(self):
        form = self.body()
        if self.path == "/token":
            return self.issue(form)
        for name, value in urllib.parse.parse_qsl(urllib.parse.urlsplit(self.path).query):
            if name == "revoke":
                state["tokens"].clear()
            else:
                state[name] = type(state[name])(value)
        return self.answer(200, {})

    def do_GET(self):
        if self.path == "/counts":
            return self.answer(200, {k: state[k] for k in ("issued", "good", "bad")})
        token = self.headers.get("Authorization", "")[len("Bearer "):]
        good = state["tokens"].get(token, 0) > time.monotonic()
        with lock:
            state["good" if good else "bad"] += 1
        return self.answer(200 if good else 401, {"token": token})


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.daemon_threads = True
server.serve_forever()
