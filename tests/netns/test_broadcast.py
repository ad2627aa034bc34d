"""Broadcast: everyone on the subnet hears it, everyone who shares the port, and nobody by accident.

                        switch, 10.0.0.0/24
      ┌───────────────┬───────────────┬───────────────┐
    eth0 .1         eth0 .2         eth0 .3         eth0 .4
    sender            b               c               d
"""

import socket
import unittest

import hosts
from command import Listener, run_on, start_on
from support import PATIENCE, main

PORT = 5000


def setUpModule():
    hosts.enter()


class Broadcast(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        net = cls.enterClassContext(hosts.Network())
        everyone = cls.sender, cls.b, cls.c, cls.d = [net.host(name) for name in ("sender", "b", "c", "d")]
        net.lan(*((host, "eth0", [f"10.0.0.{number}/24"]) for number, host in enumerate(everyone, 1)))

    def listen(self, host, *args):
        return self.enterContext(Listener(host, *args, PORT))

    def test_three_hosts_hear_one(self):
        listeners = [self.listen(host) for host in (self.b, self.c, self.d)]
        sent = run_on(self.sender, "send", "--broadcast", f"10.0.0.255:{PORT}", "to everyone")
        self.assertEqual((sent.code, sent.out), (0, b""), sent.err)
        for listener in listeners:
            listener.await_heard("to everyone")
            self.assertRegex(listener.datagrams[0]["peer"], r"^10\.0\.0\.1:\d+$")
            self.assertEqual(listener.datagrams[0]["interface"], "eth0")

    def test_limited_broadcast_on_a_chosen_interface(self):
        # 255.255.255.255 belongs to no subnet: without a default route, only the interface says
        # where to.
        listeners = [self.listen(host) for host in (self.b, self.c, self.d)]
        sent = run_on(self.sender, "send", "--broadcast", "-i", "eth0", f"255.255.255.255:{PORT}", "everyone")
        self.assertEqual(sent.code, 0, sent.err)
        for listener in listeners:
            listener.await_heard("everyone")

    def test_several_listeners_share_a_port(self):
        listeners = [self.listen(self.b, "--reuse") for _ in range(3)]
        self.assertEqual(run_on(self.sender, "send", "--broadcast", f"10.0.0.255:{PORT}", "shared").code, 0)
        for listener in listeners:
            listener.await_heard("shared")

    def test_a_port_is_shared_only_by_those_who_say_so(self):
        self.listen(self.b)
        for args in ((), ("--reuse",)):
            refused = run_on(self.b, "listen", *args, PORT)
            self.assertEqual((refused.code, refused.out), (3, b""), refused.err)
            self.assertIn(f":{PORT}", refused.err)
            self.assertRegex(refused.err, r"in use")

    def test_without_permission_is_a_clear_error(self):
        listener = self.listen(self.b)
        for address in (f"10.0.0.255:{PORT}", f"255.255.255.255:{PORT}"):
            denied = run_on(self.sender, "send", "-i", "eth0", address, "by accident")
            self.assertEqual((denied.code, denied.out), (3, b""), denied.err)
            self.assertIn(address, denied.err)
            self.assertIn("broadcast", denied.err)
            self.assertIn("--broadcast", denied.err)
        self.assertEqual(run_on(self.sender, "send", "--broadcast", f"10.0.0.255:{PORT}", "meant").code, 0)
        listener.await_heard("meant")

    def test_a_server_answers_what_was_broadcast(self):
        # From its own address, since no datagram may come from a broadcast address.
        with start_on(self.b, "serve", "--raw", "--reply", "text:here", f"*:{PORT}") as server:
            server.listening()
            with self.sender:
                sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with sock:
                sock.settimeout(PATIENCE)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                sock.sendto(b"who is there?", ("10.0.0.255", PORT))
                self.assertEqual(sock.recvfrom(100), (b"here", ("10.0.0.2", PORT)))


if __name__ == "__main__":
    main()
