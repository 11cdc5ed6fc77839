"""Answers that no server should give, on 127.0.0.1: python3 hostile.py PORT. The path says which."""
import gzip
import socket
import sys
import threading

MEGABYTE = b"x" * (1 << 20)


def head(lines="", status="200 OK"):
    return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode()


def bomb():
    """300 MB of one byte, in 300 KB."""
    packed = gzip.compress(b"\0" * (300 << 20), 9)
    return head(f"Content-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n") + packed


def endless_chunks(peer):
    peer.sendall(head("Transfer-Encoding: chunked\r\n"))
    while True:
        peer.sendall(b"10000\r\n" + MEGABYTE[:0x10000] + b"\r\n")


def endless_extension(peer):
    peer.sendall(head("Transfer-Encoding: chunked\r\n") + b"1;")
    while True:
        peer.sendall(MEGABYTE)


def endless_trailers(peer):
    peer.sendall(head("Transfer-Encoding: chunked\r\n") + b"0\r\n")
    while True:
        peer.sendall(b"X-Trailer: yes\r\n" * 1000)


def header_flood(peer):
    peer.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        peer.sendall(b"X-Header: yes\r\n" * 1000)


def endless_status(peer):
    while True:
        peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


def large(peer):
    peer.sendall(head(f"Content-Length: {100 << 20}\r\n"))
    for _ in range(100):
        peer.sendall(MEGABYTE)


def cookies(peer):
    lines = "".join(f"Set-Cookie: n{i}={'v' * 100}\r\n" for i in range(400))
    peer.sendall(head(lines + "Content-Length: 0\r\n"))


def loop(peer):
    peer.sendall(head("Location: /loop\r\nContent-Length: 0\r\n", "302 Found"))


def growing(peer, path):
    """Each hop leads to a longer place."""
    peer.sendall(head(f"Location: {path}{'x' * 5000}\r\nContent-Length: 0\r\n", "302 Found"))


def coded(name):
    """A body that is not what its coding says."""
    return head(f"Content-Encoding: {name}\r\nContent-Length: 7\r\n") + b"rubbish"


FIXED = {
    "/empty": head("Content-Length: 0\r\n"), "/none": b"", "/half": head("Content-Length: 10\r\n") + b"12345",
    "/lengths": head("Content-Length: 3\r\nContent-Length: 4\r\n") + b"abcd", "/negative": head("Content-Length: -1\r\n"),
    "/huge": head("Content-Length: 99999999999999999999\r\n"), "/chunk": head("Transfer-Encoding: chunked\r\n") + b"zz\r\n",
    "/overflow": head("Transfer-Encoding: chunked\r\n") + b"ffffffffffffffffff\r\n", "/rubbish": b"\0\xff rubbish\r\n\r\n",
    "/nolocation": head("Content-Length: 0\r\n", "302 Found"), "/bomb": bomb(),
    **{f"/coded/{name}": coded(name) for name in ("gzip", "deflate", "br", "zstd", "nosuch", "")},
}
ENDLESS = {"/chunks": endless_chunks, "/extension": endless_extension, "/trailers": endless_trailers, "/flood": header_flood,
           "/continue": endless_status, "/large": large, "/cookies": cookies, "/loop": loop}


def serve(peer):
    with peer:
        rest = b""
        try:
            while True:
                while b"\r\n\r\n" not in rest:
                    piece = peer.recv(65536)
                    if not piece:
                        return
                    rest += piece
                request, rest = rest.split(b"\r\n\r\n", 1)
                path = request.split(b" ")[1].decode()
                if path in ENDLESS:
                    ENDLESS[path](peer)
                elif path.startswith("/grow"):
                    growing(peer, path)
                else:
                    peer.sendall(FIXED.get(path, head("Content-Length: 2\r\n") + b"ok"))
                    if path not in ("/empty", "/bomb", "/nolocation", "/ok") and not path.startswith("/coded/"):
                        return
        except OSError:
            pass


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
