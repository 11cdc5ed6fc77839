"""Sends StatsD over UDP and TCP, and Graphite's plaintext, to the ports that are given: as clients do, in packed datagrams and pieces."""
import socket
import sys

statsd, graphite = int(sys.argv[1]), int(sys.argv[2])

udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.sendto(b"shop.orders:1|c\nshop.orders:2|c|@0.5\nshop.queue:10|g", ("127.0.0.1", statsd))
udp.sendto(b"shop.queue:-3|g", ("127.0.0.1", statsd))
udp.sendto(b"shop.answer:250:750|ms|#route:cart\nshop.users:ann|s\nshop.users:bob|s\nshop.users:ann|s", ("127.0.0.1", statsd))
udp.sendto(b"this is no line", ("127.0.0.1", statsd))

with socket.create_connection(("127.0.0.1", statsd)) as tcp:
    tcp.sendall(b"shop.orders:5|c\nshop.or")
    tcp.sendall(b"ders:1|c\n")
with socket.create_connection(("127.0.0.1", graphite)) as tcp:
    tcp.sendall(b"rack.temp 21.5 1700000000\nrack.temp;row=b 22 1700000001\nrack.temp 1\n")
