"""`serve` and `request`, end to end: each kind of reply."""

from verbs import CommandTest, address_of, bound, request, serving

from support import UdpServer, eventually, length, main, start, volley


class Replies(CommandTest):
    def ask(self, reply, body, *flags):
        with serving("--reply", reply) as server:
            return request(*flags, server.listening().text, body)

    def test_echo_is_the_default(self):
        with serving() as server:
            self.assert_done(request(server.listening().text, "hello"), b"hello")

    def test_echo(self):
        self.assert_done(self.ask("echo", "hello"), b"hello")

    def test_length_is_the_chapters(self):
        done = self.ask("length", "This is another message")
        self.assert_done(done, b"Your data was 23 bytes long")
        self.assertEqual(done.err, "", "nothing to say without -v")

    def test_length_counts_bytes_not_characters(self):
        self.assert_done(self.ask("length", "größer"), b"Your data was 8 bytes long")

    def test_a_fixed_text(self):
        self.assert_done(self.ask("text:go: away", "hello"), b"go: away")
        self.assert_done(self.ask("text:", "hello"), b"")

    def test_discard_hears_and_says_nothing(self):
        with serving("--reply", "discard", "--stats") as server:
            where = server.listening().text
            self.assert_fails(request("--timeout", "300ms", where, "hello"), 1, where)
            server.stop()
            self.assertRegex(server.err, r"[1-9]")

    def test_a_server_of_someone_elses(self):
        with UdpServer(length) as server:
            self.assert_done(request(server.text, "hello"), b"Your data was 5 bytes long")
            self.assertEqual([data for data, _ in server.received], [b"hello"])

    def test_a_client_of_someone_elses(self):
        with serving("--reply", "length") as server, bound() as client:
            where = server.listening()
            client.sendto(b"x" * 100, (where.host, where.port))
            self.assertEqual(client.recvfrom(1000), (b"Your data was 100 bytes long", (where.host, where.port)))

    def test_many_clients_each_get_their_own(self):
        for flags in ((), ("--workers", "2"), ("--workers", "4")):
            with self.subTest(flags), serving(*flags) as server:
                where = server.listening()
                clients = [bound() for _ in range(64)]
                for sock in clients:
                    sock.connect((where.host, where.port))
                for turn in range(4):
                    for number, sock in enumerate(clients):
                        sock.send(b"%d of %d" % (turn, number))
                    for number, sock in enumerate(clients):
                        self.assertEqual(sock.recv(100), b"%d of %d" % (turn, number))
                for sock in clients:
                    sock.close()


class Loss(CommandTest):
    def heard(self, seed):
        """Which of a hundred datagrams a server with this seed answers."""
        flags = ("--drop", "50%", *(() if seed is None else ("--seed", seed)))
        with serving(*flags) as server, bound() as client, bound() as quiet:
            where = server.listening()
            client.connect((where.host, where.port))
            for number in range(100):
                client.send(b"%d" % number)
            # One worker answers in order: when it is done with what it keeps of these, all came before.
            quiet.connect((where.host, where.port))
            quiet.settimeout(0.05)
            for _ in range(200):
                quiet.send(b"last")
                try:
                    quiet.recv(100)
                    break
                except TimeoutError:
                    continue
            client.setblocking(False)
            answered = []
            try:
                while True:
                    answered.append(int(client.recv(100)))
            except BlockingIOError:
                return answered

    def test_the_same_seed_loses_the_same(self):
        first = self.heard(7)
        self.assertEqual(first, self.heard(7))
        self.assertNotEqual(first, self.heard(8))
        self.assertTrue(25 <= len(first) <= 75, first)

    def test_it_is_told_as_it_was_typed(self):
        for flags, words in ((("--seed", "3"), "pretending to lose 7% of what arrives; --seed 3 repeats it"),
                             (("--workers", "2"), "pretending to lose 7% of what arrives")):
            with serving("-v", "--drop", "7%", *flags) as server:
                server.await_err(f"^{words}$")

    def test_all_and_nothing(self):
        with serving("--drop", "0%") as server:
            self.assert_done(request("--count", "100", server.listening().text, "hi"))
        with serving("--drop", "100%") as server:
            self.assertEqual(request("--timeout", "200ms", server.listening().text, "hi").code, 1)

    def test_requests_get_through_half_loss(self):
        with serving("--drop", "50%", "--seed", "3", "--reply", "length") as server:
            where = server.listening().text
            for number in range(5):
                done = request("--timeout", "20s", where, "x" * number)
                self.assert_done(done, b"Your data was %d bytes long" % number)

    def test_a_dropped_first_datagram_is_sent_again_as_it_was(self):
        with bound() as server:
            with start(volley("request", "--raw", address_of(server), "hello")) as client:
                first, peer = server.recvfrom(100)
                second, again = server.recvfrom(100)
                self.assertEqual((first, peer), (second, again))
                server.sendto(b"at last", peer)
                eventually(lambda: not client.running())
                self.assertEqual(client.wait().out, b"at last")


if __name__ == "__main__":
    main()
