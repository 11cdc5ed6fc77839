"""Verifies AWS Signature Version 4 of key AKIDEXAMPLE with secret t0ken, on 127.0.0.1: python3 aws.py PORT. 200, or 403 and why."""
import datetime
import hashlib
import hmac
import re
import sys
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def mac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def wrong(self, body):
        given = re.match(r"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/(\d{8})/([^/]+)/([^/]+)/aws4_request, "
                         r"SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$", self.headers.get("Authorization", ""))
        if not given:
            return "no signature"
        day, region, service, names, signature = given.groups()
        date = self.headers["X-Amz-Date"]
        sent = datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
        if abs((datetime.datetime.now(datetime.timezone.utc) - sent).total_seconds()) > 30:
            return "its time is not now"
        url = urllib.parse.urlsplit(self.path)
        query = "&".join(sorted(url.query.split("&"))) if url.query else ""
        headers = "".join(f"{name}:{self.headers[name].strip()}\n" for name in names.split(";"))
        payload = hashlib.sha256(body).hexdigest()
        if service == "s3" and self.headers["X-Amz-Content-Sha256"] not in (payload, "UNSIGNED-PAYLOAD"):
            return "another body"
        payload = self.headers.get("X-Amz-Content-Sha256", payload)
        canonical = "\n".join([self.command, url.path, query, headers, names, payload])
        text = "\n".join(["AWS4-HMAC-SHA256", date, f"{day}/{region}/{service}/aws4_request", hashlib.sha256(canonical.encode()).hexdigest()])
        key = mac(mac(mac(mac(b"AWS4t0ken", day), region), service), "aws4_request")
        return None if hmac.compare_digest(mac(key, text).hex(), signature) else "another signature"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        why = self.wrong(body)
        data = (why or "good").encode()
        self.send_response(403 if why else 200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.daemon_threads = True
server.serve_forever()
