"""What every Python test here starts from: `from support import run, start, volley, eventually, main`.

    class Request(unittest.TestCase):
        def test_gets_its_answer(self):
            with start(volley("serve", "--raw", "127.0.0.1:0")) as server:
                done = run(volley("request", "--raw", server.listening().text, "hi"))
            self.assertEqual((done.code, done.out), (0, b"hi"))

    if __name__ == "__main__":
        main()

Standard library only. A test waits for conditions, never for time, and everything it starts ends with it.
"""

from support.process import Endpoint, Finished, Running, example, run, start, volley
from support.program import main
from support.udp import UdpServer, echo, free_port, length
from support.waiting import PATIENCE, eventually

__all__ = [
    "Endpoint", "Finished", "PATIENCE", "Running", "UdpServer", "echo", "eventually", "example", "free_port",
    "length", "main", "run", "start", "volley",
]
