"""Talks HTTP to 10.0.0.2 as no ordinary client would. The argument is the name of a function below; it prints what came of it."""

import os
import random
import socket
import struct
import sys
import threading
import time

SERVER = ("10.0.0.2", 80)


def connect(receive_buffer=None):
    connection = socket.socket()
    connection.settimeout(20)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.connect(SERVER)
    return connection


def read_all(connection):
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def read_answer(stream):
    """Status and body of one answer."""
    status = int(stream.readline().split()[1])
    length = 0
    while (line := stream.readline()) != b"\r\n":
        name, value = line.split(b":", 1)
        if name.lower() == b"content-length":
            length = int(value)
    return status, stream.read(length)


def pipelined():
    """Twenty requests in one piece, the last of which closes; then the same byte by byte."""
    request = b"GET /count HTTP/1.1\r\nHost: x\r\n\r\n" * 19 + b"GET /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    for pieces in ([request], [request[i : i + 1] for i in range(len(request))]):
        connection = connect()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        stream = connection.makefile("rb")
        print(*(int(read_answer(stream)[1]) for _ in range(20)), stream.read() == b"")


def many():
    """So many requests on one connection that the server's buffer is gone round several times, each after the answer to the one before it."""
    connection = connect()
    stream = connection.makefile("rb")
    start = time.monotonic()
    for i in range(3000):
        connection.sendall(b"GET /count HTTP/1.1\r\nHost: x\r\nA: " + b"a" * (i % 97) + b"\r\n\r\n")
        last = read_answer(stream)[1]
    print(last.decode().strip(), time.monotonic() - start < 20)


def bodies():
    """A body that looks like a request is none, and what follows it is one."""
    inner = b"GET /quit HTTP/1.1\r\nHost: x\r\n\r\n"
    head = b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(inner)
    connection = connect()
    connection.sendall(head + inner + b"HEAD /big HTTP/1.1\r\nHost: x\r\n\r\nGET /count HTTP/1.0\r\n\r\n")
    stream = connection.makefile("rb")
    print(read_answer(stream)[1].decode().split()[0], stream.readline().decode().strip())
    print(stream.read().decode().count("Content-Length: 1048576"))


BAD = {
    "nothing that is HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "another version": b"GET / HTTP/2.0\r\nHost: x\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "two lengths": b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "a length that is none": b"POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a blank in front of a colon": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "a header that goes on": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\nHost: x\r\n: b\r\n\r\n",
    "a NUL": b"GET / HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n",
    "a control in a path": b"GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n",
    "no path": b"GET big HTTP/1.1\r\nHost: x\r\n\r\n",
    "chunks": b"POST /upload HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a head that is too long": b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 700 + b"\r\n",
    "a line that never ends": b"GET /" + b"a" * 5000,
    "a method that is not done": b"DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "a page that is not there": b"GET /bytes/-1 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    "the name of a proxy": b"GET http://x/count HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
}


def bad():
    for why, request in BAD.items():
        connection = connect()
        connection.sendall(request)
        print(f"{why}: {read_all(connection).split()[1].decode()}")


def crowd():
    """Four times as many clients as the server has connections for, all at once: each is served in the end."""
    served = []

    def client():
        connection = connect()
        connection.sendall(b"GET /bytes/100000 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        served.append(len(read_all(connection)) > 100000)

    threads = [threading.Thread(target=client) for _ in range(256)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{sum(served)} served")


def idle():
    """Clients that keep their connections without a use for them, or have never asked anything: they do not keep others out."""
    start = time.monotonic()
    kept = [connect() for _ in range(10)]
    for _ in range(100):
        kept.append(connect())
        kept[-1].sendall(b"GET /count HTTP/1.1\r\nHost: x\r\n\r\n")
        last = read_answer(kept[-1].makefile("rb"))[1]
    print(last.decode().strip(), time.monotonic() - start < 10)


def counts(path, protocol):
    """What this kernel has counted, as far as it does."""
    with open(path) as file:
        names, values = [line.split() for line in file if line.startswith(f"{protocol}:")]
    return {name: int(value) for name, value in zip(names[1:], values[1:], strict=True)}


def fragments():
    print(counts("/proc/net/snmp", "Ip")["ReasmReqds"], "fragments")


def slow():
    """A client that takes nothing for a while, so that its window closes, and then all."""
    connection = connect(receive_buffer=4096)
    connection.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    time.sleep(1.5)
    print(len(read_all(connection).split(b"\r\n\r\n", 1)[1]))
    seen = counts("/proc/net/netstat", "TcpExt")
    print(seen.get("TCPZeroWindowDrop", 0) + seen.get("BeyondWindow", 0), "sent in spite of a window")


def half_open():
    """Connections that are begun from stations that do not exist; then an ordinary client."""
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    for i in range(1000):
        source = socket.inet_aton(f"10.0.0.{20 + i % 200}")
        target = socket.inet_aton(SERVER[0])
        tcp = struct.pack("!HHIIBBHHH", 1024 + i, SERVER[1], i, 0, 0x50, 2, 8192, 0, 0)
        pseudo = source + target + struct.pack("!BBH", 0, 6, len(tcp)) + tcp
        total = sum(struct.unpack(f"!{len(pseudo) // 2}H", pseudo))
        total = (total & 0xFFFF) + (total >> 16)
        total = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
        tcp = tcp[:16] + struct.pack("!H", total) + tcp[18:]
        raw.sendto(struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40, i, 0, 64, 6, 0, source, target) + tcp, (SERVER[0], 0))
    start = time.monotonic()
    connection = connect()
    connection.sendall(b"GET /count HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    print("served" if b"200 OK" in read_all(connection) else "not served", time.monotonic() - start < 10)


def rude():
    """Clients that reset their connections in the midst of an answer."""
    for _ in range(200):
        connection = connect()
        connection.sendall(b"GET /big HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    print("done")


def garbage():
    """Segments to the open port whose headers are noise, with a sum that is right half of the time."""
    chance = random.Random(int(os.environ.get("SEED", "1")))
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_TCP)
    source, target = socket.inet_aton("10.0.0.1"), socket.inet_aton(SERVER[0])
    for _ in range(20000):
        tcp = bytearray(chance.randbytes(chance.randrange(0, 80)))
        if len(tcp) >= 20:
            tcp[2:4] = struct.pack("!H", SERVER[1])
            if chance.random() < 0.5:
                tcp[12] = 0x50 | tcp[12] & 15
            tcp[16:18] = b"\0\0"
            pseudo = source + target + struct.pack("!BBH", 0, 6, len(tcp)) + tcp + b"\0" * (len(tcp) % 2)
            total = sum(struct.unpack(f"!{len(pseudo) // 2}H", pseudo))
            total = (total & 0xFFFF) + (total >> 16)
            total = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
            if chance.random() < 0.9:
                tcp[16:18] = struct.pack("!H", total)
        raw.sendto(tcp, (SERVER[0], 0))
    print("done")


globals()[sys.argv[1]]()
