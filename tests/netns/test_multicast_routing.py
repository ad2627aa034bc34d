"""A multicast datagram goes as far as its TTL: TTL 1 stops at a multicast router, TTL 2 crosses it.

      10.1.0.0/24, fd01::/64                        10.2.0.0/24, fd02::/64
    ┌────────────┬────────────────┐                ┌──────────────┐
  eth0 .1      eth0 .3          in .2           out .2          eth0 .1
  source        near              └──── router ────┘             far
"""

import unittest

import hosts
import multicast_router
from command import Listener, run_on
from support import main

PORT = 5000


def setUpModule():
    hosts.enter()


class Routing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        net = cls.enterClassContext(hosts.Network())
        cls.source, cls.near, cls.router, cls.far = (
            net.host(name) for name in ("source", "near", "router", "far"))
        net.lan((cls.source, "eth0", ["10.1.0.1/24", "fd01::1/64"]),
                (cls.router, "in", ["10.1.0.2/24", "fd01::2/64"]),
                (cls.near, "eth0", ["10.1.0.3/24", "fd01::3/64"]))
        net.wire((cls.router, "out", ["10.2.0.2/24", "fd02::2/64"]),
                 (cls.far, "eth0", ["10.2.0.1/24", "fd02::1/64"]))
        cls.far.ip("route add 10.1.0.0/24 via 10.2.0.2", "route add fd01::/64 via fd02::2")

    def hops(self, source, group, destination, everyone):
        with (multicast_router.forwarding(self.router, source, group, "in", "out"),
              Listener(self.near, "--group", f"{group}@eth0", everyone) as near,
              Listener(self.far, "--group", f"{group}@eth0", everyone) as far):
            for hops in (1, 2, 3):
                # The default is 1: a group is this link's business unless one says otherwise.
                ttl = ("--ttl", hops) if hops > 1 else ()
                sent = run_on(self.source, "send", "-i", "eth0", *ttl, destination, f"ttl {hops}")
                self.assertEqual((sent.code, sent.out), (0, b""), sent.err)
            near.await_heard("ttl 1", "ttl 2", "ttl 3")
            far.await_heard("ttl 2", "ttl 3")
            self.assertEqual([datagram["ttl"] for datagram in near.datagrams], [1, 2, 3])
            self.assertEqual([datagram["ttl"] for datagram in far.datagrams], [1, 2])

    def test_ipv4(self):
        self.hops("10.1.0.1", "239.1.2.3", f"239.1.2.3:{PORT}", f"0.0.0.0:{PORT}")

    def test_ipv6(self):
        self.hops("fd01::1", "ff05::1:2:3", f"[ff05::1:2:3]:{PORT}", f"[::]:{PORT}")

    def test_source_specific_across_the_router(self):
        group = "232.1.2.3"
        with (multicast_router.forwarding(self.router, "10.1.0.1", group, "in", "out"),
              Listener(self.far, "--reuse", "--group", f"{group}@eth0", "--from", "10.1.0.1", PORT) as right,
              Listener(self.far, "--reuse", "--group", f"{group}@eth0", "--from", "10.1.0.3", PORT) as wrong):
            sent = run_on(self.source, "send", "-i", "eth0", "--ttl", 2, f"{group}:{PORT}", "from the source")
            self.assertEqual(sent.code, 0, sent.err)
            right.await_heard("from the source")
            self.assertEqual(wrong.heard, [])


if __name__ == "__main__":
    main()
