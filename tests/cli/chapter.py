"""The classic first UDP programs, with nothing but Python's socket module.

chapter.py NAME ROLE [HOST] [-p PORT]

local      a server on loopback that tells the length of what it got; a client that believes anybody
remote     a server that loses half of its datagrams; a connected client that asks again, and waits longer
broadcast  a server that only listens; a client that may send to everyone
"""

import argparse
import random
import socket
import sys
from datetime import datetime

MAX_BYTES = 65535
FIRST_WAIT = 0.1
LONGEST_WAIT = 2.0


def say(*words):
    # Line by line: whoever runs this reads along.
    print(*words, flush=True)


def udp_socket():
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def listening_socket(host, port):
    sock = udp_socket()
    sock.bind((host, port))
    say("Listening at {}:{}".format(*sock.getsockname()))
    return sock


def answer(sock, data, address):
    say("The client at {}:{} says {!r}".format(*address, data.decode("ascii")))
    sock.sendto("Your data was {} bytes long".format(len(data)).encode("ascii"), address)


def local_server(args):
    sock = listening_socket("127.0.0.1", args.port)
    while True:
        answer(sock, *sock.recvfrom(MAX_BYTES))


def local_client(args):
    sock = udp_socket()
    text = "The time is {}".format(datetime.now())
    sock.sendto(text.encode("ascii"), ("127.0.0.1", args.port))
    say("The OS assigned me the address {}:{}".format(*sock.getsockname()))
    data, address = sock.recvfrom(MAX_BYTES)  # Whoever it was.
    say("The server {}:{} replied {!r}".format(*address, data.decode("ascii")))


def remote_server(args):
    dice = random.Random(args.seed)
    sock = listening_socket(args.host, args.port)
    while True:
        data, address = sock.recvfrom(MAX_BYTES)
        if dice.random() < 0.5:
            say("Pretending to drop packet from {}:{}".format(*address))
        else:
            answer(sock, data, address)


def remote_client(args):
    sock = udp_socket()
    sock.connect((args.host, args.port))
    say("Client socket name is {}:{}".format(*sock.getsockname()))
    wait = FIRST_WAIT
    while True:
        sock.send(b"This is another message")
        say("Waiting up to {} seconds for a reply".format(wait))
        sock.settimeout(wait)
        try:
            data = sock.recv(MAX_BYTES)
        except socket.timeout:
            wait *= 2
            if wait > LONGEST_WAIT:
                sys.exit("I think the server is down")
        else:
            break
    say("The server says {!r}".format(data.decode("ascii")))


def broadcast_server(args):
    sock = listening_socket(args.host, args.port)
    while True:
        data, address = sock.recvfrom(MAX_BYTES)
        say("The client at {}:{} says: {!r}".format(*address, data.decode("ascii")))


def broadcast_client(args):
    sock = udp_socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.sendto(b"Broadcast datagram!", (args.host, args.port))


PROGRAMS = {
    ("local", "server"): local_server,
    ("local", "client"): local_client,
    ("remote", "server"): remote_server,
    ("remote", "client"): remote_client,
    ("broadcast", "server"): broadcast_server,
    ("broadcast", "client"): broadcast_client,
}


def main():
    layout = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=layout)
    parser.add_argument("name", choices=("local", "remote", "broadcast"))
    parser.add_argument("role", choices=("client", "server"))
    parser.add_argument("host", nargs="?", default="127.0.0.1")
    parser.add_argument("-p", dest="port", type=int, default=1060, help="UDP port (1060)")
    parser.add_argument("--seed", type=int, help="of the remote server's losses")
    args = parser.parse_args()
    PROGRAMS[args.name, args.role](args)


if __name__ == "__main__":
    main()
