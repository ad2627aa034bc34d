"""Real servers, as Debian packages them, on loopback: started in the foreground and ended with the test.

None reads or writes the system's own configuration: each has one in a folder of its own, which goes with it.
"""

import contextlib
import os
import shutil
import socket
import tempfile
import unittest

from support import eventually, free_port, start

HOST = "127.0.0.1"
NAME = "answer.volley.test"
ADDRESS = "192.0.2.7"


def dns_query(name=NAME, identifier=b"\x12\x34"):
    """A DNS question for the IPv4 address of `name`."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return identifier + bytes.fromhex("01000001000000000000") + labels + bytes.fromhex("0000010001")


def ntp_query():
    """An NTPv4 client's packet; its ID is the transmit timestamp, the last eight bytes."""
    return b"\x23" + bytes(39) + b"VOLLEYID"


def stun_query():
    """A STUN binding request without attributes."""
    return bytes.fromhex("000100002112a442") + b"transaction!"


def dnsmasq(folder, port):
    return [
        "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", f"--port={port}",
        f"--listen-address={HOST}", "--bind-interfaces", "--no-resolv", "--no-hosts", "--pid-file=",
        "--log-facility=-", f"--host-record={NAME},{ADDRESS}", *_as_root("--user=root"),
    ]


def unbound(folder, port):
    config = f"""
        server:
          interface: {HOST}
          port: {port}
          do-daemonize: no
          do-tcp: no
          do-ip6: no
          num-threads: 1
          username: ""
          chroot: ""
          directory: "{folder}"
          pidfile: ""
          use-syslog: no
          logfile: ""
          module-config: "iterator"
          local-zone: "volley.test." static
          local-data: "{NAME}. 60 IN A {ADDRESS}"
        remote-control:
          control-enable: no
    """
    return ["unbound", "-d", "-c", _written(folder, config)]


def chronyd(folder, port):
    config = f"""
        port {port}
        bindaddress {HOST}
        allow {HOST}
        local stratum 8
        cmdport 0
        bindcmdaddress /
        pidfile {folder}/chronyd.pid
    """
    # -x leaves the clock alone, -U does not ask to be root.
    return ["chronyd", "-d", "-x", "-U", "-f", _written(folder, config), *_as_root("-u", "root")]


def turnserver(folder, port):
    return [
        "turnserver", "-n", "--stun-only", f"--listening-ip={HOST}", f"--listening-port={port}", "--no-tcp",
        "--no-tls", "--no-dtls", "--no-cli", "--log-file=stdout", f"--pidfile={folder}/turnserver.pid",
        f"--userdb={folder}/turndb",
    ]


@contextlib.contextmanager
def serving(server, query):
    """Runs `server` until the end of `with`, and gives its port once it answers `query`."""
    program = server.__name__
    path = os.pathsep.join([os.environ["PATH"], "/usr/sbin", "/sbin"])
    if shutil.which(program, path=path) is None:
        raise unittest.SkipTest(f"{program} is not installed: run scripts/setup interop")
    with tempfile.TemporaryDirectory(prefix="volley-interop-") as folder:
        port = free_port()
        command = server(folder, port)
        with start([shutil.which(program, path=path), *command[1:]], cwd=folder) as process:
            eventually(lambda: not process.running() or answers(port, query), what=f"an answer of {program}")
            if not process.running():
                raise AssertionError(f"{program} did not start: {process.out.decode()} {process.err}")
            yield port
            process.stop()


def answers(port, query):
    """What the server says to `query` within a moment, or nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.2)
        client.connect((HOST, port))
        try:
            client.send(query)
            return client.recv(65535)
        except OSError:
            return None


def _written(folder, config):
    path = os.path.join(folder, "config")
    with open(path, "w", encoding="ascii") as file:
        file.write(config)
    return path


def _as_root(*options):
    """Started as root, a server would become a user of its own, who may not enter the test's folder."""
    return options if os.geteuid() == 0 else ()
