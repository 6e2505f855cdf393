"""Sends frames as they are, and says what comes back.

    frames.py INTERFACE SECONDS KEEP

Standard input: for each frame its length, 32 bits big-endian, and its bytes. Prints `sent N`, then, once nothing is to be sent, what has come within
so many seconds: the first KEEP frames as hexadecimal digits, a line each, and `heard N` of all.
"""

import select
import socket
import struct
import sys
import time


def frames(data):
    at = 0
    while at < len(data):
        (length,) = struct.unpack_from("!I", data, at)
        yield data[at + 4 : at + 4 + length]
        at += 4 + length


def main():
    interface, seconds, keep = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))  # ETH_P_ALL
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
    link.bind((interface, 3))
    link.setblocking(False)
    heard = []
    count = 0

    def listen():
        nonlocal count
        while True:
            try:
                frame, (_, _, kind, _, _) = link.recvfrom(65600)
            except BlockingIOError:
                return
            if kind == socket.PACKET_OUTGOING:
                continue
            count += 1
            if len(heard) < keep:
                heard.append(frame.hex())

    sent = 0
    for frame in frames(sys.stdin.buffer.read()):
        while True:
            try:
                link.send(frame)
                sent += 1
                break
            except BlockingIOError:
                select.select([], [link], [])
            except OSError:  # the queue of the interface is full
                time.sleep(0.0005)
        if sent % 64 == 0:
            listen()
    print(f"sent {sent}")
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        select.select([link], [], [], left)
        listen()
    print("\n".join([*heard, f"heard {count}"]))


main()
