"""A multicast router of one route, for IPv4 and IPv6: the kernel forwards while one of these is open.

The numbers and layouts are those of <linux/mroute.h> and <linux/mroute6.h>.
"""

import contextlib
import errno
import socket
import struct
import unittest

_MRT_INIT, _MRT_ADD_INTERFACE, _MRT_ADD_ROUTE = 200, 202, 204  # The same numbers for both families.
_BY_INDEX = 8  # The interface is given by its index, not its address.
_THRESHOLD = 1  # Forwarded if the TTL is larger: what arrives with a TTL of 1 ends here.
_IN, _OUT = 0, 1  # The router's own numbers for its two interfaces.


@contextlib.contextmanager
def forwarding(host, source, group, arriving, leaving):
    """Has `host` forward what `source` sends to `group` from the interface `arriving` to `leaving`."""
    forward = _forward_v6 if ":" in group else _forward_v4
    with host:
        control = _control_socket(group)
        _become_router(control, group)
        interfaces = (socket.if_nametoindex(arriving), socket.if_nametoindex(leaving))
        forward(control, interfaces, source, group)
    with control:
        yield


def _become_router(control, group):
    try:
        control.setsockopt(socket.IPPROTO_IPV6 if ":" in group else socket.IPPROTO_IP, _MRT_INIT, 1)
    except OSError as error:
        control.close()
        if error.errno == errno.ENOPROTOOPT:
            raise unittest.SkipTest("this kernel routes no multicast") from error
        raise


def _control_socket(group):
    if ":" in group:
        return socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    return socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_IGMP)


def _forward_v4(control, interfaces, source, group):
    for number, index in zip((_IN, _OUT), interfaces):
        # struct vifctl: number:16 | flags:8 | threshold:8 | rate limit:32 | interface:32 | 32 unused
        control.setsockopt(socket.IPPROTO_IP, _MRT_ADD_INTERFACE,
                           struct.pack("=HBBIi4x", number, _BY_INDEX, _THRESHOLD, 0, index))
    thresholds = bytearray(32)  # One for each interface; 0: not there.
    thresholds[_OUT] = _THRESHOLD
    # struct mfcctl: source | group | arriving:16 | thresholds | 2 of padding | counters
    control.setsockopt(socket.IPPROTO_IP, _MRT_ADD_ROUTE,
                       struct.pack("=4s4sH32s2x16x", socket.inet_aton(source), socket.inet_aton(group), _IN,
                                   bytes(thresholds)))


def _forward_v6(control, interfaces, source, group):
    for number, index in zip((_IN, _OUT), interfaces):
        # struct mif6ctl: number:16 | flags:8 | threshold:8 | interface:16 | rate limit:32
        control.setsockopt(socket.IPPROTO_IPV6, _MRT_ADD_INTERFACE,
                           struct.pack("@HBBHI", number, 0, _THRESHOLD, index, 0))
    # struct mf6cctl: source | group | arriving:16 | set of 256 bits, leaving
    control.setsockopt(socket.IPPROTO_IPV6, _MRT_ADD_ROUTE,
                       _sockaddr_in6(source) + _sockaddr_in6(group) + struct.pack("=H2x8I", _IN, 1 << _OUT, *[0] * 7))


def _sockaddr_in6(address):
    return struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, socket.inet_pton(socket.AF_INET6, address), 0)
