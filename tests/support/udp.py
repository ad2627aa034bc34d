"""The other side of a conversation: UDP servers in a thread, answering with Python's socket module."""

import socket
import threading


def echo(data, peer):
    return data


def length(data, peer):
    """The answer of the classic example server."""
    return f"Your data was {len(data)} bytes long".encode()


def free_port(host="127.0.0.1"):
    """A UDP port that nothing held a moment ago: for a port that must refuse, or one named in advance."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


class UdpServer:
    """A server in a thread of its own, within `with`. `answer(data, peer)` returns bytes or None (silence).

    `received` lists (data, peer) in order of arrival. Give `sock`, already bound, for anything unusual.
    """

    def __init__(self, answer=echo, host="127.0.0.1", port=0, sock=None):
        if sock is None:
            sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
            sock.bind((host, port))
        self.sock = sock
        self.answer = answer
        self.received = []
        self.host, self.port = sock.getsockname()[:2]
        self.text = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        self._ending = False
        self._error = None
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        # A short timeout rather than a wake-up datagram: the server may be bound where nothing
        # reaches it.
        self.sock.settimeout(0.05)
        self._thread.start()
        return self

    def __exit__(self, kind, value, trace):
        self._ending = True
        self._thread.join()
        self.sock.close()
        if self._error is not None and kind is None:
            raise self._error

    def _serve(self):
        while not self._ending:
            try:
                data, peer = self.sock.recvfrom(65535)
            except (socket.timeout, ConnectionError):
                continue
            self.received.append((data, peer))
            try:
                reply = self.answer(data, peer)
                if reply is not None:
                    self.sock.sendto(reply, peer)
            except Exception as error:  # Raised again where the test can see it.
                self._error = error
                return
