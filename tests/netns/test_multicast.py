"""Multicast on one link: by chosen interfaces, from any source or one, heard at home or not.

              lan 1: 10.1.0.0/24, fd01::/64             lan 2: 10.2.0.0/24, fd02::/64
         ┌──────────────┬─────────────┐               ┌─────────────┐
       eth0 .1        eth0 .2      eth0 .9           eth1 .9      eth0 .1
       talker         rival           └──── both ─────┘           other
"""

import unittest

import hosts
from command import Listener, run_on
from support import main

PORT = 5000


def setUpModule():
    hosts.enter()


class Ipv4:
    group, source_group = "239.1.2.3", "232.1.2.3"
    destination, source_destination = f"{group}:{PORT}", f"{source_group}:{PORT}"
    everyone = f"0.0.0.0:{PORT}"

    @staticmethod
    def address(lan, number):
        return f"10.{lan}.0.{number}"


class Ipv6:
    group, source_group = "ff05::1:2:3", "ff35::8000:1"
    destination, source_destination = f"[{group}]:{PORT}", f"[{source_group}]:{PORT}"
    everyone = f"[::]:{PORT}"

    @staticmethod
    def address(lan, number):
        return f"fd0{lan}::{number}"


class Multicast:
    @classmethod
    def setUpClass(cls):
        net = cls.enterClassContext(hosts.Network())
        cls.talker, cls.rival, cls.both, cls.other = (
            net.host(name) for name in ("talker", "rival", "both", "other"))
        net.lan(*((host, "eth0", cls.addresses(1, number))
                  for host, number in ((cls.talker, 1), (cls.rival, 2), (cls.both, 9))))
        net.wire((cls.both, "eth1", cls.addresses(2, 9)), (cls.other, "eth0", cls.addresses(2, 1)))

    @staticmethod
    def addresses(lan, number):
        return [f"{Ipv4.address(lan, number)}/24", f"{Ipv6.address(lan, number)}/64"]

    def listen(self, host, *args, port=None):
        return self.enterContext(Listener(host, *args, port or self.everyone))

    def send(self, host, *args, interface="eth0", destination=None):
        sent = run_on(host, "send", "-i", interface, destination or self.destination, *args)
        self.assertEqual((sent.code, sent.out), (0, b""), sent.err)

    def test_any_source(self):
        listener = self.listen(self.both, "--group", f"{self.group}@eth0")
        self.send(self.talker, "one")
        self.send(self.rival, "two")
        listener.await_heard("one", "two")
        peers = [datagram["peer"] for datagram in listener.datagrams]
        for peer, number in zip(peers, (1, 2)):
            self.assertIn(self.address(1, number), peer)
        self.assertEqual([datagram["interface"] for datagram in listener.datagrams], ["eth0", "eth0"])

    def test_only_members_hear_it(self):
        member = self.listen(self.both, "--reuse", "--group", f"{self.group}@eth0")
        # On the same host the membership is there, but it is not this listener's own.
        stranger = self.listen(self.both, "--reuse")
        self.send(self.talker, "for members")
        member.await_heard("for members")
        run_on(self.talker, "send", f"{self.bracketed(1, 9)}:{PORT}", "to the host")
        stranger.await_heard("to the host")

    def bracketed(self, lan, number):
        address = self.address(lan, number)
        return f"[{address}]" if ":" in address else address

    def test_each_joins_the_interface_it_chose(self):
        first = self.listen(self.both, "--reuse", "--group", f"{self.group}@eth0")
        second = self.listen(self.both, "--reuse", "--group", f"{self.group}@eth1")
        self.send(self.talker, "by eth0")
        self.send(self.other, "by eth1")
        self.send(self.talker, "again")
        first.await_heard("by eth0", "again")
        second.await_heard("by eth1")

    def test_i_chooses_the_interface_of_a_group_that_names_none(self):
        listener = self.listen(self.both, "-i", "eth1", "--group", self.group)
        self.send(self.talker, "by eth0")
        self.send(self.other, "by eth1")
        listener.await_heard("by eth1")

    def test_one_listener_in_two_groups(self):
        listener = self.listen(self.both, "--group", f"{self.group}@eth0", "--group", f"{self.group}@eth1")
        self.send(self.talker, "by eth0")
        listener.await_heard("by eth0")
        self.send(self.other, "by eth1")
        listener.await_heard("by eth0", "by eth1")
        self.assertEqual([datagram["interface"] for datagram in listener.datagrams], ["eth0", "eth1"])

    def test_leaves_by_the_interface_it_chose(self):
        near = self.listen(self.talker, "--group", f"{self.group}@eth0")
        far = self.listen(self.other, "--group", f"{self.group}@eth0")
        self.send(self.both, "to lan 2", interface="eth1")
        self.send(self.both, "to lan 1", interface="eth0")
        near.await_heard("to lan 1")
        far.await_heard("to lan 2")

    def test_source_specific(self):
        listener = self.listen(self.both, "--group", f"{self.source_group}@eth0", "--from", self.address(1, 1))
        self.send(self.rival, "from another", destination=self.source_destination)
        self.send(self.talker, "from the source", destination=self.source_destination)
        listener.await_heard("from the source")

    def test_source_specific_is_each_listeners_own(self):
        for_talker, for_rival = (
            self.listen(self.both, "--reuse", "--group", f"{self.source_group}@eth0", "--from", self.address(1, number))
            for number in (1, 2))
        self.send(self.rival, "rival", destination=self.source_destination)
        self.send(self.talker, "talker", destination=self.source_destination)
        for_rival.await_heard("rival")
        for_talker.await_heard("talker")

    def test_loop(self):
        at_home = self.listen(self.talker, "--group", f"{self.group}@eth0")
        away = self.listen(self.both, "--group", f"{self.group}@eth0")
        self.send(self.talker, "--no-loop", "not at home")
        self.send(self.talker, "--loop", "at home too")
        at_home.await_heard("at home too")
        away.await_heard("not at home", "at home too")

    def test_unknown_interface_is_an_error_that_names_it(self):
        wrong = run_on(self.both, "listen", "--group", f"{self.group}@eth7", self.everyone)
        self.assertEqual((wrong.code, wrong.out), (3, b""), wrong.err)
        self.assertIn("eth7", wrong.err)
        self.assertIn("eth1", wrong.err)


class MulticastIpv4(Multicast, Ipv4, unittest.TestCase):
    pass


class MulticastIpv6(Multicast, Ipv6, unittest.TestCase):
    pass


if __name__ == "__main__":
    main()
