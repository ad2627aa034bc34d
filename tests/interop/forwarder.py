"""A bad network in a process of its own: it passes UDP datagrams on to one server, and loses some.

It also tries to fool the client: for some requests it sends a wrong answer before the server's own, from the
right address, and it delivers some answers twice. SIGTERM ends it, and it then prints one JSON object that
says what it did, so that a test can prove that loss and forgery did happen.
"""

import argparse
import json
import random
import secrets
import select
import signal
import socket
import sys
import time

HOST = "127.0.0.1"
MAX_DATAGRAM = 65535
MAX_CLIENTS = 64
MAX_BURST = 256


class Direction:
    """One way through the forwarder, with a seeded loss of its own."""

    def __init__(self, seed, drop):
        self.random = random.Random(seed)
        self.drop = drop
        self.seen = 0
        self.dropped = 0

    def loses(self):
        self.seen += 1
        lost = self.random.random() < self.drop
        self.dropped += lost
        return lost

    def report(self):
        return {"seen": self.seen, "dropped": self.dropped}


class IdField:
    """Where the protocol keeps its ID: `OFFSET:SIZE[=REPLY_OFFSET]`, as the command's --match has it."""

    def __init__(self, text):
        request, _, reply = text.partition("=")
        offset, size = request.split(":")
        self.offset, self.size = int(offset), int(size)
        self.reply_offset = int(reply) if reply else self.offset

    def of_request(self, datagram):
        return datagram[self.offset : self.offset + self.size]

    def of_reply(self, datagram):
        return datagram[self.reply_offset : self.reply_offset + self.size]

    def written_to(self, reply, identifier):
        end = self.reply_offset + self.size
        return reply[: self.reply_offset] + identifier + reply[end:]


class Forwarder:
    def __init__(self, args):
        self.server = (HOST, args.server_port)
        self.field = IdField(args.id)
        self.up = Direction(args.seed, args.drop)
        self.down = Direction(args.seed + 1, args.drop)
        self.tricks = random.Random(args.seed + 2)
        self.forge, self.duplicate = args.forge, args.duplicate
        self.front = bound_socket(HOST)
        self.stranger = bound_socket("127.0.0.2") if args.strangers else None
        self.stopped = False
        self.upstreams = {}  # client address -> socket
        self.clients = {}  # socket -> client address
        self.asked = {}  # ID -> None, in the order of arrival
        self.answered = set()
        self.last_reply = b""
        names = ("forged", "strangers", "duplicated", "passed", "refused_clients", "unsent")
        self.counts = dict.fromkeys(names, 0)

    def run(self, deadline):
        """Until stopped, or the deadline: a test that died must not leave a process behind."""
        while not self.stopped and time.monotonic() < deadline:
            ready, _, _ = select.select([self.front, *self.clients], [], [], 0.1)
            for sock in ready:
                if sock is self.front:
                    self.take_requests()
                else:
                    self.take_replies(sock)
        # What the client sent last may still wait, and counts.
        self.take_requests()

    def stop(self, *_):
        self.stopped = True

    def take_requests(self):
        # Every waiting request is known before the first forgery, so that no forged ID hits a real one.
        waiting = receive_all(self.front)
        fresh = [self.note(datagram) for datagram, _ in waiting]
        for (datagram, client), is_first in zip(waiting, fresh):
            if is_first and self.tricks.random() < self.forge:
                self.send_forgery(datagram, client)
            upstream = self.upstream_of(client)
            if upstream is not None and not self.up.loses():
                self.send(upstream, datagram, self.server)

    def note(self, datagram):
        identifier = self.field.of_request(datagram)
        if identifier in self.asked:
            return False
        self.asked[identifier] = None
        return True

    def take_replies(self, upstream):
        for datagram, sender in receive_all(upstream):
            if sender != self.server or self.down.loses():
                continue
            self.last_reply = datagram
            client = self.clients[upstream]
            copies = 2 if self.tricks.random() < self.duplicate else 1
            for _ in range(copies):
                self.send(self.front, datagram, client)
            self.counts["passed"] += copies
            self.counts["duplicated"] += copies - 1
            self.answered.add(self.field.of_reply(datagram))

    def send_forgery(self, request, client):
        if self.stranger is not None:
            # The worst stranger: it saw the request, so only its address gives it away.
            lie = self.field.written_to(self.likeness(request), self.field.of_request(request))
            self.send(self.stranger, lie, client)
            self.counts["strangers"] += 1
        wrong = secrets.token_bytes(self.field.size)
        while wrong in self.asked:
            wrong = secrets.token_bytes(self.field.size)
        lie = self.field.written_to(self.likeness(request), wrong)
        # Every fourth lie ends in the middle of its ID.
        if self.counts["forged"] % 4 == 3:
            lie = lie[: self.field.reply_offset + self.field.size - 1]
        self.send(self.front, lie, client)
        self.counts["forged"] += 1

    def likeness(self, request):
        """The body of a lie: what the server last said, or before that the request itself."""
        return self.last_reply or request

    def upstream_of(self, client):
        if client not in self.upstreams:
            if len(self.upstreams) == MAX_CLIENTS:
                self.counts["refused_clients"] += 1
                return None
            sock = bound_socket(HOST)
            self.upstreams[client] = sock
            self.clients[sock] = client
        return self.upstreams[client]

    def send(self, sock, datagram, address):
        try:
            sock.sendto(datagram, address)
        except OSError:
            self.counts["unsent"] += 1

    def report(self):
        return {
            "up": self.up.report(),
            "down": self.down.report(),
            "asked": [identifier.hex() for identifier in self.asked],
            "answered": sorted(identifier.hex() for identifier in self.answered),
            **self.counts,
        }


def bound_socket(host):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    # A queue that overflows here would be loss that no one counted.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    sock.bind((host, 0))
    sock.setblocking(False)
    return sock


def receive_all(sock):
    """What is there now, up to a bound that keeps one talker from starving the others."""
    received = []
    while len(received) < MAX_BURST:
        try:
            received.append(sock.recvfrom(MAX_DATAGRAM))
        except OSError:
            break
    return received


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("server_port", type=int)
    parser.add_argument("--id", required=True, help="OFFSET:SIZE[=REPLY_OFFSET] of the protocol's ID")
    parser.add_argument("--drop", type=float, default=0.3, help="probability of losing a datagram, each way")
    parser.add_argument("--forge", type=float, default=0.1, help="share of requests that a lie answers first")
    parser.add_argument("--duplicate", type=float, default=0.1, help="share of answers delivered twice")
    parser.add_argument("--strangers", action="store_true", help="lie from elsewhere too, with the right ID")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--for", type=float, default=120, dest="seconds", help="seconds to live at most")
    args = parser.parse_args()

    forwarder = Forwarder(args)
    signal.signal(signal.SIGTERM, forwarder.stop)
    print("listening on {}:{}".format(*forwarder.front.getsockname()), file=sys.stderr, flush=True)
    forwarder.run(time.monotonic() + args.seconds)
    print(json.dumps(forwarder.report()), flush=True)


if __name__ == "__main__":
    main()
