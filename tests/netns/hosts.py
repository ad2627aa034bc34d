"""Hosts made of network namespaces: several on one machine, each with the kernel's whole network stack.

    def setUpModule():
        hosts.enter()

    with Network() as net:
        a, b = net.host("a"), net.host("b")
        net.wire((a, "eth0", ["10.0.0.1/24"]), (b, "eth0", ["10.0.0.2/24"]))
        with a:  # What this thread opens or starts now, it opens or starts on host a.
            sock = socket.socket(...)

No namespace has a name: each is held by a descriptor, by the sockets opened in it and by the processes
started in it, and the kernel takes it down with the last of them. So nothing is mounted, nothing is left
behind however a test ends, and runs side by side cannot meet.
"""

import ctypes
import os
import re
import subprocess
import unittest

from support import eventually

_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)

# New hosts wait for nothing (no duplicate address detection, no router solicitations), report every
# error (no rate limit on ICMP) and route as their tables say (no reverse path filter), whatever the
# machine's own settings, which a new namespace may inherit.
_SETTINGS = {
    "net/ipv4/conf/all/rp_filter": 0,
    "net/ipv4/conf/default/rp_filter": 0,
    "net/ipv4/conf/all/forwarding": 0,
    "net/ipv4/conf/default/forwarding": 0,
    "net/ipv4/icmp_ratelimit": 0,
    "net/ipv6/conf/all/disable_ipv6": 0,
    "net/ipv6/conf/default/disable_ipv6": 0,
    "net/ipv6/conf/all/accept_dad": 0,
    "net/ipv6/conf/default/accept_dad": 0,
    "net/ipv6/conf/default/accept_ra": 0,
    "net/ipv6/conf/default/router_solicitations": 0,
    "net/ipv6/icmp/ratelimit": 0,
}


def enter():
    """Moves this process, before it has any thread, to where it may make hosts.

    That is a user namespace of its own where the kernel lets anyone have one; failing that, a network
    namespace made by root. Failing both, and on a kernel without IPv6, raises SkipTest
    and says why. Call it from setUpModule.
    """
    refusals = []
    for way, flags in (("as an unprivileged user", _CLONE_NEWUSER | _CLONE_NEWNET), ("as root", _CLONE_NEWNET)):
        refusal = _in_child(lambda: _try_out(flags))
        if refusal is None:
            _unshare(flags)
            return
        refusals.append(f"{way}: {refusal}")
    raise unittest.SkipTest("this machine lets us make no network namespaces (" + "; ".join(refusals) + ")")


def _unshare(flags):
    uid, gid = os.geteuid(), os.getegid()
    _check(_libc.unshare(flags), "unshare")
    if flags & _CLONE_NEWUSER:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"0 {uid} 1")
        _write("/proc/self/gid_map", f"0 {gid} 1")


def _try_out(flags):
    # Some systems allow the namespace and then refuse what one does in it: so do it.
    _unshare(flags)
    with Network() as net:
        net.wire((net.host("a"), "eth0", ["10.0.0.1/24", "fd00::1/64"]),
                 (net.host("b"), "eth0", ["10.0.0.2/24", "fd00::2/64"]))


def _in_child(work):
    """Does `work` in a child process; returns None, or what went wrong."""
    read_end, write_end = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException as error:
            os.write(write_end, (str(error) or type(error).__name__).encode()[:4000])
        finally:
            os._exit(0)
    os.close(write_end)
    with open(read_end, "rb") as pipe:
        refusal = pipe.read().decode(errors="replace")
    os.waitpid(child, 0)
    return refusal or None


class Host:
    """One host: a network namespace with its loopback interface up. Within `with`, this thread is on it."""

    def __init__(self, name):
        self.name = name
        self._homes = []
        home = _current()
        _check(_libc.unshare(_CLONE_NEWNET), "unshare")
        try:
            self.fd = _current()
            for path, value in _SETTINGS.items():
                _write_sysctl(path, value)
        finally:
            _check(_libc.setns(home, _CLONE_NEWNET), "setns")
            os.close(home)
        self.ip("link set lo up")

    def __enter__(self):
        self._homes.append(_current())
        _check(_libc.setns(self.fd, _CLONE_NEWNET), "setns")
        return self

    def __exit__(self, kind, value, trace):
        home = self._homes.pop()
        _check(_libc.setns(home, _CLONE_NEWNET), "setns")
        os.close(home)

    def ip(self, *lines, reach=None):
        """Runs lines of the `ip` command here. `{reach}` in a line stands for the namespace of host `reach`."""
        text = "\n".join(lines) + "\n"
        passed = ()
        if reach is not None:
            text = text.replace("{reach}", f"/proc/self/fd/{reach.fd}")
            passed = (reach.fd,)
        with self:
            done = subprocess.run(["ip", "-batch", "-"], input=text, capture_output=True, text=True,
                                  pass_fds=passed, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"ip failed on {self.name}: {done.stderr.strip()}\n{text}")

    def sysctl(self, path, value):
        with self:
            _write_sysctl(path, value)

    def forward(self):
        """Makes this host a router."""
        self.sysctl("net/ipv4/conf/all/forwarding", 1)
        self.sysctl("net/ipv6/conf/all/forwarding", 1)

    def close(self):
        os.close(self.fd)


class Network:
    """Hosts and the wires between them. Made within `with`, gone after it."""

    def __init__(self):
        self._hosts = []

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        for host in self._hosts:
            host.close()

    def host(self, name):
        host = Host(name)
        self._hosts.append(host)
        return host

    def wire(self, one, other):
        """Joins two ends, each (host, interface, addresses with prefix lengths), by a cable."""
        (first, first_name, _), (second, second_name, _) = one, other
        first.ip(f"link add {first_name} type veth peer name {second_name} netns {{reach}}", reach=second)
        for end in (one, other):
            _configure(*end)
        for host, name, addresses in (one, other):
            _await_ready(host, name, addresses)

    def lan(self, *ends):
        """Joins any number of such ends by one switch."""
        switch = self.host("switch")
        # Without snooping the switch floods: what a host hears is decided by that host alone.
        switch.ip("link add lan type bridge mcast_snooping 0", "link set lan up")
        for port, (host, name, _) in enumerate(ends):
            switch.ip(f"link add port{port} type veth peer name {name} netns {{reach}}",
                      f"link set port{port} master lan up", reach=host)
        for end in ends:
            _configure(*end)
        for end in ends:
            _await_ready(*end)


def _configure(host, name, addresses):
    lines = [f"link set {name} up"]
    for address in addresses:
        # A subnet's broadcast address is not there unless it is asked for.
        lines.append(f"addr add {address} dev {name} " + ("nodad" if ":" in address else "brd +"))
    host.ip(*lines)


def addresses(interface):
    """The addresses of an interface of the host that this thread is on, with their prefix lengths."""
    return _addresses_in(_show(interface))


def _show(interface):
    return subprocess.run(["ip", "address", "show", "dev", interface], capture_output=True, text=True,
                          timeout=60).stdout


def _addresses_in(shown):
    return re.findall(r"inet6? (\S+)", shown)


def _await_ready(host, name, wanted):
    # The carrier comes up in a work queue of the kernel's, and only then do IPv6 addresses and routes.
    def ready():
        with host:
            shown = _show(name)
        there = _addresses_in(shown)
        link_local = "inet6 fe80:" in shown or not any(":" in address for address in wanted)
        return "LOWER_UP" in shown and "tentative" not in shown and link_local and set(wanted) <= set(there)

    eventually(ready, what=f"{name} of {host.name} to be ready")


def _current():
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


def _write_sysctl(path, value):
    _write(f"/proc/sys/{path}", str(value))


def _write(path, text):
    with open(path, "w") as file:
        file.write(text)


def _check(result, what):
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")
