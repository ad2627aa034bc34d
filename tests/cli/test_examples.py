"""The example programs, each against the chapter's own, in both directions."""

import re
import unittest

from test_chapter import chapter, where_it_listens
from verbs import bound

from support import UdpServer, eventually, example, free_port, main, run, start


def waits(done):
    return re.findall(r"Waiting up to (\S+) seconds", done.out.decode())


class Examples(unittest.TestCase):
    def test_local_client(self):
        with start(chapter("local", "server")) as server:
            where = where_it_listens(server)
            done = run(example("udp_local", "client", where.rsplit(":", 1)[1]))
            server.await_out(r"The client at 127\.0\.0\.1:\d+ says 'The time is .*'")
        self.assertEqual(done.code, 0, done)
        self.assertRegex(done.out.decode(), r"The OS assigned me the address 127\.0\.0\.1:\d+")
        self.assertRegex(done.out.decode(), rf"The server {where} replied 'Your data was \d+ bytes long'")

    def test_local_server(self):
        with start(example("udp_local", "server", "0")) as server:
            port = where_it_listens(server).rsplit(":", 1)[1]
            done = run(chapter("local", "client", port=port))
            server.await_out(r"The client at 127\.0\.0\.1:\d+ says 'The time is .*'")
        self.assertRegex(done.out.decode(), r"replied 'Your data was 38 bytes long'")

    def test_remote_client_gets_through_half_loss_or_gives_up(self):
        answered = 0
        with start(chapter("remote", "server", "127.0.0.1", 0, "--seed", "6")) as server:
            where = where_it_listens(server)
            for _ in range(6):
                done = run(example("udp_remote", "client", where))
                self.assertEqual(waits(done), ["0.1", "0.2", "0.4", "0.8", "1.6"][:len(waits(done))])
                answered += done.code == 0
                if done.code == 0:
                    self.assertIn("The server says 'Your data was 23 bytes long'", done.out.decode())
            self.assertIn(b"Pretending to drop", server.out)
        # Five attempts all lost once in 32: six times in six never.
        self.assertGreater(answered, 0)

    def test_remote_client_says_that_the_server_may_be_down(self):
        with UdpServer(lambda data, peer: None) as silent:
            done = run(example("udp_remote", "client", silent.text))
        self.assertEqual((done.code, waits(done)), (1, ["0.1", "0.2", "0.4", "0.8", "1.6"]))
        self.assertIn("the server may be down", done.err)
        self.assertEqual(len(silent.received), 5)

    def test_remote_client_is_refused_at_once(self):
        done = run(example("udp_remote", "client", f"127.0.0.1:{free_port()}"))
        self.assertEqual((done.code, waits(done)), (1, ["0.1"]))
        self.assertIn("refused", done.err)

    def test_remote_server_loses_half(self):
        with start(example("udp_remote", "server", "127.0.0.1:0")) as server:
            port = server.await_out(r"^Listening at 127\.0\.0\.1:(\d+),").group(1)
            done = [run(chapter("remote", "client", "127.0.0.1", port)) for _ in range(6)]
        answered = [one for one in done if one.code == 0]
        self.assertTrue(answered)
        for one in answered:
            self.assertIn("The server says 'Your data was 23 bytes long'", one.out.decode())

    def test_broadcast_both_ways(self):
        with start(chapter("broadcast", "server", "0.0.0.0")) as server:
            port = where_it_listens(server).rsplit(":", 1)[1]
            self.assertEqual(run(example("udp_broadcast", "client", f"127.255.255.255:{port}")).code, 0)
            server.await_out(r"The client at 127\.0\.0\.1:\d+ says: 'Broadcast datagram!'")
        with start(example("udp_broadcast", "server", "0.0.0.0:0")) as server:
            port = server.await_out(r"^Listening for datagrams at 0\.0\.0\.0:(\d+)$").group(1)
            run(chapter("broadcast", "client", "127.255.255.255", port))
            server.await_out(r"The client at 127\.0\.0\.1:\d+ says: 'Broadcast datagram!'")

    def test_several_broadcast_servers_share_a_port(self):
        where = f"0.0.0.0:{free_port()}"
        with start(example("udp_broadcast", "server", where)) as first, \
                start(example("udp_broadcast", "server", where)) as second:
            for server in (first, second):
                server.await_out("Listening for")
            run(example("udp_broadcast", "client", where.replace("0.0.0.0", "127.255.255.255")))
            for server in (first, second):
                server.await_out("Broadcast datagram!")

    def test_multicast(self):
        where = f"239.7.7.7:{free_port('0.0.0.0')}"
        with start(example("udp_multicast", "server", where, "lo")) as server:
            server.await_out(f"Listening to {where}")
            self.assertEqual(run(example("udp_multicast", "client", where, "lo")).code, 0)
            server.await_out(r"says: 'Multicast datagram!'")

    def test_big_sender_on_a_path_that_takes_it(self):
        with UdpServer() as server:
            done = run(example("big_sender", server.text))
            self.assertEqual((done.code, done.out), (0, b"The big datagram was sent!\n"))

    def test_dns_query_believes_only_the_id_it_sent(self):
        def answer(data, peer):
            server.sock.sendto(bytes([data[0] ^ 1]) + data[1:] + address(b"\x06\x06\x06\x06"), peer)
            return data[:2] + b"\x81\x80" + data[4:6] + b"\0\1" + data[8:] + address(b"\xc0\0\2\x35")

        def address(four):
            return b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + four

        with UdpServer(answer) as server:
            done = run(example("dns_query", server.text, "www.example"))
        self.assertEqual((done.code, done.out), (0, b"192.0.2.53\n"), done)
        self.assertEqual(server.received[0][0][12:], b"\3www\7example\0\0\1\0\1")

    def query(self, answers, name="www.example", flags=b"\x81\x80", records=1, question=None):
        """What dns_query does with an answer that holds these records."""

        def answer(data, peer):
            counts = b"\0\1" + bytes([0, records]) + b"\0\0\0\0"
            return data[:2] + flags + counts + (question or data[12:]) + answers

        with UdpServer(answer) as server:
            return run(example("dns_query", server.text, name))

    def test_dns_query_follows_aliases_and_prints_every_address(self):
        alias = b"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\6\3web\xc0\x10"
        one = b"\3web\7example\0\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\x01"
        two = b"\xc0\x29\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\xff"
        done = self.query(alias + one + two, records=3)
        self.assertEqual((done.code, done.out), (0, b"192.0.2.1\n192.0.2.255\n"), done)

    def test_dns_query_says_what_is_wrong_with_an_answer(self):
        address = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\1"
        other = b"\3www\7exbmple\0\0\1\0\1"
        for words, answer in (("code is 3", dict(answers=b"", flags=b"\x81\x83", records=0)),
                              ("by TCP", dict(answers=b"", flags=b"\x83\x80", records=0)),
                              ("not what was asked", dict(answers=address, question=other)),
                              ("cut short", dict(answers=address[:-1])),
                              ("cut short", dict(answers=address, records=2)),
                              ("cut short", dict(answers=b"\xbf" + address)),
                              ("no address", dict(answers=b"", records=0))):
            with self.subTest(words):
                done = self.query(**answer)
                self.assertEqual((done.code, done.out), (1, b""), done)
                self.assertIn(words, done.err)

    def test_dns_query_asks_for_names_only(self):
        for name in ("x" * 64 + ".example", "a..b", ".", ".".join(["x" * 60] * 5)):
            done = self.query(b"", name)
            self.assertEqual((done.code, done.err), (1, "error: bad name\n"))
        self.assertEqual(self.query(b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1", "x" * 63 + ".example.").out,
                         b"127.0.0.1\n")

    def test_what_a_datagram_holds_cannot_drive_the_terminal(self):
        hostile = b"\x1b[2J\x9b31m\n\xc2\x9b hi"
        with bound() as client:
            for args in (("udp_local", "server", "0"), ("udp_remote", "server", "127.0.0.1:0"),
                         ("udp_broadcast", "server", "127.0.0.1:0"),
                         ("udp_multicast", "server", f"239.7.7.7:{free_port('0.0.0.0')}", "lo")):
                with self.subTest(args), start(example(*args)) as server:
                    port = int(server.await_out(r"^Listening.*:(\d+)").group(1))
                    eventually(lambda: client.sendto(hostile, ("127.0.0.1", port)) and b" hi'" in server.out)
                    self.assertIn(b"?[2J?31m??? hi'", server.out)
        with UdpServer(lambda data, peer: hostile) as server:
            for args in (("udp_local", "client", server.port), ("udp_remote", "client", server.text)):
                with self.subTest(args):
                    self.assertIn(b"?[2J?31m??? hi'", run(example(*args)).out)

    def test_what_is_wrong_is_said(self):
        for name in ("udp_local", "udp_remote", "udp_broadcast", "udp_multicast", "big_sender", "dns_query"):
            with self.subTest(name):
                done = run(example(name))
                self.assertEqual(done.code, 2)
                self.assertIn("usage:", done.err)


if __name__ == "__main__":
    main()
