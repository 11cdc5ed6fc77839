"""What Prometheus takes for the queries of promql.c over ten thousand series: promql_peer.py PROGRAM FOLDER. The same samples come by remote
write; CPU time of the whole process, a query's share of some tries."""
import os
import socket
import struct
import subprocess
import sys
import time
import urllib.parse
import urllib.request

BEGIN, SERIES, SAMPLES, TRIES = 1700000000, 10000, 360, 20


def varint(n):
    out = b""
    while n >= 0x80:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])


def field(key, data):
    return key + varint(len(data)) + data


def label(name, value):
    return field(b"\n", field(b"\n", name) + field(b"\x12", value))


def series(i, times):
    head = [(b"__name__", b"many_total"), (b"i", b"%d" % i), (b"instance", b"here"), (b"job", b"job%d" % (i % 10)),
            (b"origin", b"production"), (b"role", b"target"), (b"source", b"import")]
    samples = (field(b"\x12", b"\x09" + struct.pack("<d", t * (i % 17 + 1)) + b"\x10" + varint((BEGIN + 10 * t) * 1000)) for t in times)
    return field(b"\n", b"".join(label(*pair) for pair in head) + b"".join(samples))


def snappy(data):
    """Snappy's block form, of literals alone."""
    parts = (data[at : at + 65536] for at in range(0, len(data), 65536))
    return varint(len(data)) + b"".join(b"\xf4" + struct.pack("<H", len(part) - 1) + part for part in parts)


def fill(url):
    headers = {"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf", "X-Prometheus-Remote-Write-Version": "0.1.0"}
    for t in range(0, SAMPLES, 60):
        for i in range(0, SERIES, 1000):
            body = snappy(b"".join(series(n, range(t, t + 60)) for n in range(i, i + 1000)))
            urllib.request.urlopen(urllib.request.Request(url + "/api/v1/write", data=body, headers=headers)).read()


def cpu(pid):
    with open("/proc/%d/stat" % pid) as stat:
        fields = stat.read().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(url, pid, path, **query):
    began = cpu(pid)
    for _ in range(TRIES):
        urllib.request.urlopen(url + path + urllib.parse.urlencode(query)).read()
    print("%9.1f ms  %s: Prometheus" % ((cpu(pid) - began) / TRIES * 1e3, query["query"]))


def main(program, folder):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % probe.getsockname()[1]
    with open(folder + "/config.yml", "w") as config:
        config.write("global: {scrape_interval: 1h}\n")
    process = subprocess.Popen([program, "--config.file=" + folder + "/config.yml", "--web.listen-address=" + address, "--storage.tsdb.path=" + folder + "/data",
                                "--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=100y"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = "http://" + address
    try:
        for attempt in range(300):
            try:
                urllib.request.urlopen(url + "/-/ready").read()
                break
            except OSError:
                time.sleep(0.1)
        fill(url)
        measure(url, process.pid, "/api/v1/query_range?", query="sum by (job) (rate(many_total[1m]))", start=BEGIN, end=BEGIN + 3600, step=15)
        measure(url, process.pid, "/api/v1/query?", query="many_total", time=BEGIN + 3600)
    finally:
        process.terminate()
        process.wait()


main(*sys.argv[1:])
