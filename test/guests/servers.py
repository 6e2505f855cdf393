"""Servers for guests, on 10.0.0.1. The first argument is the name of a function below; prints READY when it serves.

    web FILE         HTTP on port 8000: /file has the file, /short less than it announces, /cut ends in its head, /slow comes byte by byte;
                     POST answers with the SHA-256 of the body
    leases WHAT...   DHCP: what to do with each message of the guest in turn, the last for ever. offer=ADDRESS[,SECONDS], ack=ADDRESS[,SECONDS], refuse,
                     nothing, garbage. Prints each message.
    pull PORT, push PORT BYTES   the other end of a tcp-stream: takes all, sends the pattern
"""

import hashlib
import http.server
import random
import socket
import struct
import sys
import time

ADDRESS = "10.0.0.1"


def web(path):
    with open(path, "rb") as file:
        content = file.read()

    class Handler(http.server.BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def answer(self, body, announced=None, status=200):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body) if announced is None else announced))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            if self.path == "/file":
                self.answer(content)
            elif self.path == "/short":
                self.answer(content, len(content) + 1)
            elif self.path == "/cut":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Le")
            elif self.path == "/slow":
                for byte in b"HTTP/1.0 200 Slow\r\n\r\n0123456789":
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.01)
            else:
                self.answer(b"not here", status=404)

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.answer(hashlib.sha256(body).hexdigest().encode())

    server = http.server.ThreadingHTTPServer((ADDRESS, 8000), Handler)
    print("READY", flush=True)
    server.serve_forever()


NAMES = {1: "discover", 3: "request", 2: "offer", 5: "ack", 6: "refuse"}


def options_of(message):
    options, at = {}, 240
    while message[at] != 255:
        options[message[at]] = message[at + 2 : at + 2 + message[at + 1]]
        at += 2 + message[at + 1]
    return options


def answer(message, kind, address="0.0.0.0", seconds="60"):
    code = next(code for code, name in NAMES.items() if name == kind)
    own = socket.inet_aton(ADDRESS)
    options = bytes([53, 1, code, 54, 4]) + own
    if kind != "refuse":
        options += b"\x33\x04" + struct.pack("!I", int(seconds)) + b"\x01\x04\xff\xff\xff\x00" + b"\x03\x04" + own + b"\x06\x04" + own
    head = struct.pack("!BBBB4sHH", 2, 1, 6, 0, message[4:8], 0, 0) + bytes(4) + socket.inet_aton(address) + bytes(8)
    return head + message[28:44] + bytes(192) + message[236:240] + options + b"\xff"


def leases(*plan):
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"tap100")
    server.bind(("", 67))
    chance = random.Random(1)
    print("READY", flush=True)
    for number in range(1000):
        message, (source, _) = server.recvfrom(2000)
        options = options_of(message)
        wanted = socket.inet_ntoa(options[50]) if 50 in options else "-"
        print(NAMES[options[53][0]], "from", source, "wants", wanted, "as", options[12].decode(), flush=True)
        what, _, detail = plan[min(number, len(plan) - 1)].partition("=")
        if what == "nothing":
            continue
        if what == "garbage":
            good = answer(message, "offer", "10.0.0.66")
            for _ in range(2000):
                bad = bytearray(good[: chance.randrange(len(good))])
                for _ in range(chance.randrange(4)):
                    if len(bad) > 240:
                        bad[chance.randrange(236, len(bad))] = chance.randrange(256)
                server.sendto(bad, ("255.255.255.255", 68))
            continue
        server.sendto(answer(message, what, *filter(None, detail.split(","))), ("255.255.255.255", 68))


def piece():
    return b"".join((i * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "little") for i in range(1 << 17))


def listen(port):
    listener = socket.create_server((ADDRESS, int(port)))
    print("READY", flush=True)
    return listener.accept()[0]


def pull(port):
    connection = listen(port)
    expected, count = piece() * 2, 0
    while part := connection.recv(1 << 20):
        at = count % (1 << 20)
        assert part == expected[at : at + len(part)], f"other bytes from {count} on"
        count += len(part)
    print(count, "bytes", flush=True)


def push(port, length):
    left = int(length)
    source = piece()
    connection = listen(port)
    while left > 0:
        connection.sendall(source[: min(left, len(source))])
        left -= min(left, len(source))
    connection.shutdown(socket.SHUT_WR)
    print("answer", connection.recv(1), flush=True)


globals()[sys.argv[1]](*sys.argv[2:])
