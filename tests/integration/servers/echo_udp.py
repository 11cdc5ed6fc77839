"""Sends datagrams back, one after the other. Argument: port."""
import socket
import sys

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
    own.bind(("127.0.0.1", int(sys.argv[1])))
    while True:
        own.sendto(*own.recvfrom(1 << 16))
