"""The other end of a guest's network: a listener of SOCK_SEQPACKET sockets on which every packet is an Ethernet frame.

    ethernet-peer.py PATH...                            sends every frame back as it came
    ethernet-peer.py --ping ADDRESS... -- PATH...       asks ARP for the address at each path and pings it
    ethernet-peer.py --flood N --ping ADDRESS -- PATH   the same, after N pings whose answers it does not read
    ethernet-peer.py --again PATH                       serves one guest after the other, sending back, until it is ended

Prints READY when the paths can be connected to, a line for each path at the end, and ends with 1 if an answer is wrong or missing. It closes
its ends when all pings are answered (--stay: when the guest does).
"""

import argparse
import os
import select
import socket
import struct
import sys

WINDOW = 32  # echoes on their way at once: fewer than a socket's buffer holds
PATIENCE = 20  # seconds without an answer
MAC = bytes.fromhex("02feedc0ffee")
EVERYBODY = b"\xff" * 6
LARGEST = 65549


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


class Reflector:
    """Sends back what comes, until the guest closes."""

    def __init__(self, connection, _address, _options):
        self.connection = connection
        self.frames = 0

    def start(self):
        pass

    def receive(self, frame):
        self.frames += 1
        self.connection.send(frame)

    def done(self):
        return False

    def report(self):
        return f"{self.frames} frames sent back", True


class Pinger:
    """Finds out the guest's MAC, then keeps up to WINDOW echoes on their way until all have been answered."""

    def __init__(self, connection, address, options):
        self.connection = connection
        self.guest = socket.inet_aton(address)
        self.own = self.guest[:3] + b"\x01"
        self.name = address
        self.options = options
        self.mac = None
        self.sent = self.answered = 0
        self.wrong = None

    def start(self):
        arp = struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 1, MAC, self.own, b"\0" * 6, self.guest)
        self.connection.send(EVERYBODY + MAC + b"\x08\x06" + arp)

    def payload(self, number):
        # As ping does it: a time of 16 bytes, which nobody looks at here, and then the pattern again and again.
        pattern = bytes.fromhex(self.options.pattern)
        size = self.options.size
        return (struct.pack("!QQ", number, 0) + pattern * (size // len(pattern) + 1))[:size]

    def icmp(self, kind, number):
        fields = (kind, 0, 0, 0x5117, number & 0xFFFF)
        body = self.payload(number)
        total = checksum(struct.pack("!BBHHH", *fields) + body)
        return struct.pack("!BBHHH", *fields[:2], total, *fields[3:]) + body

    def datagram(self, source, destination, number, message):
        header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(message), number & 0xFFFF, 0, 64, 1, 0, source, destination)
        return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + message

    def ping(self, number):
        return self.mac + MAC + b"\x08\x00" + self.datagram(self.own, self.guest, number, self.icmp(8, number))

    def send_more(self):
        while self.sent < self.options.count and self.sent - self.answered < WINDOW:
            self.connection.send(self.ping(self.sent))
            self.sent += 1

    def receive(self, frame):
        if self.mac is None:
            self.receive_arp(frame)
        else:
            self.receive_echo(frame)
        if self.mac is not None:
            self.send_more()

    def receive_arp(self, frame):
        if frame[12:14] != b"\x08\x06":
            return  # what a guest says by itself
        mac = frame[6:12]
        if frame != MAC + mac + b"\x08\x06" + struct.pack("!HHBBH6s4s6s4s", 1, 0x0800, 6, 4, 2, mac, self.guest, MAC, self.own):
            self.wrong = "the answer to ARP is wrong"
        self.mac = mac

    def receive_echo(self, frame):
        number = self.answered
        if frame != MAC + self.mac + b"\x08\x00" + self.datagram(self.guest, self.own, number, self.icmp(0, number)):
            self.wrong = self.wrong or f"answer {number} is wrong: {frame.hex()}"
        self.answered += 1

    def done(self):
        return self.wrong is not None or (self.answered >= self.options.count and not self.options.stay)

    def report(self):
        text = self.wrong or f"{self.name}: {self.answered} of {self.options.count} answered"
        return text, self.wrong is None and self.answered == self.options.count


class Flooder(Pinger):
    """Sends many pings without reading an answer, forgets those that come, and then pings as a Pinger does."""

    def receive_arp(self, frame):
        super().receive_arp(frame)
        if self.mac is None:
            return
        for number in range(self.options.flood):
            self.connection.send(self.ping(number))
        if self.options.count == 0:
            return
        self.connection.settimeout(0.3)  # seconds without an answer: none is on its way any more
        try:
            while True:
                self.connection.recv(LARGEST)
        except TimeoutError:
            self.connection.settimeout(None)


def listen(path):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    listener.listen(16)
    return listener


def serve_again(listener):
    connections = []
    while True:
        ready, _, _ = select.select([listener, *connections], [], [])
        for source in ready:
            if source is listener:
                connections.append(listener.accept()[0])
                continue
            try:
                frame = source.recv(LARGEST)
                source.send(frame)
            except (BrokenPipeError, ConnectionResetError):
                frame = b""
            if not frame:
                source.close()
                connections.remove(source)


def serve(peers):
    for peer in peers:
        peer.start()
    while peers:
        ready, _, _ = select.select([peer.connection for peer in peers], [], [], PATIENCE)
        if not ready:
            return  # each says what it lacks
        for peer in [peer for peer in peers if peer.connection in ready]:
            try:
                frame = peer.connection.recv(LARGEST)
                if frame:
                    peer.receive(frame)
            except (BrokenPipeError, ConnectionResetError):
                frame = b""
            if not frame or peer.done():
                peer.connection.close()
                peers = [other for other in peers if other is not peer]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ping", metavar="ADDRESS", nargs="+")
    parser.add_argument("--flood", type=int, default=0, metavar="N", help="first N echoes whose answers nobody reads")
    parser.add_argument("--count", type=int, default=100, help="echoes at each path")
    parser.add_argument("--size", type=int, default=56, help="bytes in each echo")
    parser.add_argument("--pattern", default="deadbeef", help="what is in them, in hexadecimal")
    parser.add_argument("--stay", action="store_true")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("paths", nargs="+")
    options = parser.parse_args()
    kind = Reflector if options.ping is None else Flooder if options.flood else Pinger
    addresses = options.ping or [None] * len(options.paths)
    listeners = [listen(path) for path in options.paths]
    print("READY", flush=True)
    if options.again:
        serve_again(listeners[0])
    peers = []
    for listener, address in zip(listeners, addresses, strict=True):
        listener.settimeout(PATIENCE)
        peers.append(kind(listener.accept()[0], address, options))
        listener.close()
    for path in options.paths:
        os.unlink(path)
    serve(peers)
    reports = [peer.report() for peer in peers]
    print("\n".join(text for text, _ in reports), flush=True)
    return 0 if all(good for _, good in reports) else 1


sys.exit(main())
