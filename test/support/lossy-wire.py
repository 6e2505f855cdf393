"""A bad wire between a TAP interface that it makes and another end, which passes frames both ways, but for some.

    lossy-wire.py [--loss P] [--reorder P] [--duplicate P] [--damage P] [--seed N] INTERFACE OTHER

OTHER is the path of a SOCK_SEQPACKET socket that it listens on for a guest, or an interface that is there: it takes all of its frames.

P is a probability for each frame, from 0 to 1. A frame that is reordered goes out behind the next few of its way, or after 5 ms; in one
that is damaged a byte behind the Ethernet header is another, but not in ARP, which has no sum to find it by. Prints READY when the path can be connected to,
and at the guest's end, or on SIGTERM, what it has done.
"""

import argparse
import fcntl
import os
import random
import select
import signal
import socket
import struct
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TAP_WITHOUT_HEADER = 0x1002
LARGEST = 65549
HELD = 0.005  # seconds
PATIENCE = 0.2  # seconds until it looks whether it is to end
ETHERNET_HEADER = 14
EVERY_PROTOCOL = 3  # ETH_P_ALL
SOL_PACKET, PACKET_IGNORE_OUTGOING = 263, 23
IPV4 = b"\x08\x00"


class Way:
    """One direction. Frames that a full buffer does not take are lost, as on any wire."""

    def __init__(self, send, options, chance, counts):
        self.send_frame = send
        self.options = options
        self.chance = chance
        self.counts = counts
        self.held = []  # (how many frames may still overtake it, until when, the frame)

    def happens(self, what):
        yes = self.chance.random() < getattr(self.options, what)
        self.counts[what] += yes
        return yes

    def send(self, frame):
        try:
            self.send_frame(frame)
        except BlockingIOError:
            self.counts["overrun"] += 1

    def take(self, frame):
        if self.happens("loss"):
            return
        if frame[12:14] == IPV4 and self.happens("damage"):
            at = self.chance.randrange(ETHERNET_HEADER, len(frame))
            frame = frame[:at] + bytes([frame[at] ^ self.chance.randrange(1, 256)]) + frame[at + 1 :]
        if self.happens("reorder"):
            self.held.append([self.chance.randrange(1, 6), time.monotonic() + HELD, frame])
            return
        self.send(frame)
        if self.happens("duplicate"):
            self.send(frame)
        for entry in self.held:
            entry[0] -= 1
        self.release()

    def release(self):
        now = time.monotonic()
        due = [entry for entry in self.held if entry[0] <= 0 or entry[1] <= now]
        self.held = [entry for entry in self.held if entry not in due]
        for _, _, frame in due:
            self.send(frame)


def open_tap(name):
    tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tap, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP_WITHOUT_HEADER))
    return tap


def open_link(name):
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL))
    link.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
    link.bind((name, EVERY_PROTOCOL))
    return link


def accept(path):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(1)
    print("READY", flush=True)
    return listener.accept()[0]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for what in ("loss", "reorder", "duplicate", "damage"):
        parser.add_argument(f"--{what}", type=float, default=0, metavar="P")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("interface")
    parser.add_argument("other")
    options = parser.parse_args()
    tap = open_tap(options.interface)
    if "/" in options.other:
        guest = accept(options.other)
    else:
        guest = open_link(options.other)
        print("READY", flush=True)
    guest.setblocking(False)
    guest.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    counts = dict.fromkeys(("loss", "reorder", "duplicate", "damage", "overrun"), 0)
    chance = random.Random(options.seed)
    to_guest = Way(guest.send, options, chance, counts)
    to_tap = Way(lambda frame: os.write(tap, frame), options, chance, counts)
    ends = []
    signal.signal(signal.SIGTERM, lambda *_: ends.append(True))
    while not ends:
        waits = to_guest.held or to_tap.held
        ready, _, _ = select.select([tap, guest], [], [], HELD if waits else PATIENCE)
        if tap in ready:
            to_guest.take(os.read(tap, LARGEST))
        if guest in ready:
            try:
                frame = guest.recv(LARGEST)
            except ConnectionResetError:
                frame = b""
            if not frame:
                break
            to_tap.take(frame)
        to_guest.release()
        to_tap.release()
    print(" ".join(f"{what} {count}" for what, count in counts.items()), flush=True)


sys.exit(main())
