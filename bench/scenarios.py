"""What is run, and what the table says of it. Data: the pairs of a server and a client, and the rows that hold
one pair against another."""

import dataclasses

RECEIVE_ROOM = 4 * 1024 * 1024  # As limit/socket.hpp asks for.

MODES = ("blocking", "spinning")
IN_FLIGHT = (64, 1_024, 4_096)  # From one client.
SIZES = (32, 64, 1_000)         # Of a body.
CLIENTS = (256, 1_000)
EACH = (1, 4)                   # In flight from each of many clients.
RATES = (10_000, 100_000, 1_000_000)  # Requests a second by plan.
LOSS_RATE = 100_000

# The plots: rate against …
GROWTH_IN_FLIGHT = (1, 4, 16, 64, 256, 1_024, 4_096, 16_384)
GROWTH_SIZES = (32, 64, 128, 256, 512, 1_000, 2_000, 4_000)
GROWTH_CLIENTS = (1, 4, 16, 64, 256, 1_000)

# Where peers are measured, as far as each says that it can: (in flight, size).
PEER_POINTS = ((1, 64), (64, 64), (1_024, 64), (4_096, 64), (1_024, 1_000))
PEER_SECONDS = 0.3  # At least: some take a while to get going.
QUICK_PEER_POINTS = ((1, 64), (1_024, 64))


@dataclasses.dataclass(frozen=True)
class Pair:
    """A server and a client, by the words of their commands."""
    name: str
    server: list
    client: list
    times: float = 1  # How many times as long as the others it takes: for percentiles far out.

    def measure(self, programs, seconds):
        return programs.measure(self.server, self.client, seconds * self.times)


@dataclasses.dataclass(frozen=True)
class PeerPoint:
    """A peer with so many requests of that size in flight."""
    name: str
    peer: object
    in_flight: int
    size: int

    def measure(self, programs, seconds):
        return self.peer.measure(programs, self.in_flight, self.size, max(seconds, PEER_SECONDS))


@dataclasses.dataclass(frozen=True)
class Row:
    """A line of the table: Volley's pair, held against a pair that is the yardstick."""
    what: str
    base: str
    ours: str
    target: float | None = None
    metric: str = "rate"
    instead: tuple = ()  # Other metrics, in order, if not both have that.


@dataclasses.dataclass(frozen=True)
class Section:
    """Rows with one meaning of `base` and `ours`; with no meaning of `base`, rows of percentiles of `ours`."""
    title: str
    note: str
    ours: str
    base: str | None
    rows: list


def clear_name(in_flight, size):
    return f"clear: {in_flight}x{size}"


def crowd_name(whose, clients, each):
    return f"{whose}: {clients} clients x {each}"


def clear_load(in_flight, size, *more):
    return ["bench/clear_load", "{port}", "{seconds}", str(in_flight), str(size), *more]


def clear_echo(mode="spinning", *more):
    return ["bench/clear_echo", mode, *more]


def ping_pairs():
    """One in flight, for the mean of a round trip. The pairs that share an end are neighbours."""
    for mode in MODES:
        bare = ["bench/limit_ping_server", mode]
        library = ["bench/volley_echo", mode]
        ping = ["bench/volley_ping", mode, "{port}", "{seconds}"]
        yield Pair(f"{mode}: bare", bare, ["bench/limit_ping_client", mode, "{port}", "{seconds}"])
        yield Pair(f"{mode}: client", bare, ping)
        yield Pair(f"{mode}: matcher", bare, [*ping, "match"])
        yield Pair(f"{mode}: both", library, ping)
        yield Pair(f"{mode}: clear", clear_echo(mode), ["bench/clear_ping", mode, "{port}", "{seconds}"])
    yield Pair("clear: 1x64 blocking", clear_echo("blocking"), clear_load(1, 64, "--sleep"))


def one_client_pairs():
    """Many in flight from one client, and the trains of segmentation offload that are its limit."""
    sizes = sorted({*GROWTH_SIZES, *SIZES, 1_200})
    points = {(n, size) for n in IN_FLIGHT for size in SIZES}
    points |= {(n, 64) for n in GROWTH_IN_FLIGHT} | {(1_024, size) for size in GROWTH_SIZES}
    for size in sizes:
        yield Pair(f"trains: {size}", ["bench/limit_trains", "server"],
                   ["bench/limit_trains", "client", "{port}", "{seconds}", str(size)])
        for in_flight in sorted(n for n, of in points if of == size):
            yield Pair(clear_name(in_flight, size), clear_echo(), clear_load(in_flight, size))
    yield Pair("single trains: 64", ["bench/limit_trains", "server", "1"],
               ["bench/limit_trains", "client", "{port}", "{seconds}", "64", "1"])
    yield Pair("idempotent: 1024x64", clear_echo(), clear_load(1_024, 64, "--idempotent"))


def crowd_pairs():
    """Many clients with a few in flight each."""
    points = {(clients, each) for clients in CLIENTS for each in EACH} | {(clients, 4) for clients in GROWTH_CLIENTS}
    for clients, each in sorted(points):
        crowd = [str(clients), str(each)]
        load = ["bench/limit_load", "{port}", "{seconds}", *crowd]
        yield Pair(crowd_name("bare", clients, each), ["bench/limit_batch_server"], load)
        yield Pair(crowd_name("clear", clients, each), clear_echo(),
                   ["bench/many_clients", "{port}", "{seconds}", *crowd, "64"])
        if (clients, each) == (256, 4):
            room = ["--option", f"SO_RCVBUF={RECEIVE_ROOM}"]
            yield Pair(crowd_name("raw", clients, each),
                       ["volley", "serve", "--raw", "--reply", "echo", *room, "127.0.0.1:0"], load)


def other_pairs():
    """By plan, with loss, and beside a greedy client."""
    for rate in RATES:
        yield Pair(f"planned: {rate}", clear_echo(), clear_load(1_024, 64, "--rate", str(rate)), times=3)
    planned = ["--rate", str(LOSS_RATE)]
    for way, server, client in (("one way", clear_echo("spinning", "1"), []),
                                ("both ways", clear_echo("spinning", "1"), ["--drop", "1"])):
        yield Pair(f"loss: {way}", server, clear_load(1_024, 64, *client))
        yield Pair(f"loss: {way}, planned", server, clear_load(1_024, 64, *planned, *client), times=3)
    yield Pair("fair: alone", clear_echo(), ["bench/fair_load", "{port}", "{seconds}"], times=2)
    yield Pair("fair: beside", clear_echo(), ["bench/fair_load", "{port}", "{seconds}", "4096"], times=2)


def pairs():
    return [*ping_pairs(), *one_client_pairs(), *crowd_pairs(), *other_pairs()]


def peer_points(peers, quick):
    """What is measured of the peers that are there, the same point of all as neighbours."""
    wanted = QUICK_PEER_POINTS if quick else PEER_POINTS
    return [PeerPoint(f"{peer.name}: {in_flight}x{size}", peer, in_flight, size)
            for in_flight, size in wanted for peer in peers
            if not peer.missing and in_flight in peer.loads and size in peer.sizes]


def ping_section():
    ends = (("library client", "client", 1.10), ("library client, Matcher", "matcher", 1.10),
            ("library on both ends", "both", 1.20), ("clear mode on both ends", "clear", 1.20))
    rows = [Row(f"{mode}, {what}", f"{mode}: bare", f"{mode}: {pair}", target, "latency_us")
            for mode in MODES for what, pair, target in ends]
    return Section("One request in flight", "The round trip: the mean of its middle 80%.", "Volley",
                   "bare system calls", rows)


def one_client_section():
    targets = {(4_096, 64): 2.0, (1_024, 64): 1.2, (1_024, 1_000): 0.55}
    rows = [Row(f"{in_flight:,} in flight, bodies of {size:,} bytes",
                "trains: 1200" if size == 1_000 else f"trains: {size}", clear_name(in_flight, size),
                targets.get((in_flight, size))) for size in SIZES for in_flight in IN_FLIGHT]
    rows += [Row(f"{in_flight:,} in flight, bodies of 64 bytes, against an echo of one train a call",
                 "single trains: 64", clear_name(in_flight, 64)) for in_flight in (1_024, 4_096)]
    rows.append(Row("1,024 in flight, bodies of 64 bytes: idempotent, so nothing is kept", "trains: 64",
                    "idempotent: 1024x64"))
    return Section("Many in flight from one client",
                   "Clear mode; at most once, unless a row says otherwise. The limit is a bare echo with segmentation "
                   "offload (GSO, GRO): 1,024 datagrams of the body's size in flight, or of 1,200 bytes for bodies of "
                   "1,000, in trains of 64 or as many as fit, of which a call takes all that have come.", "Volley",
                   "limit", rows)


def crowd_section():
    rows = [Row(f"{clients:,} clients, {each} in flight each", crowd_name("bare", clients, each),
                crowd_name("clear", clients, each), 1.0 if (clients, each) == (256, 4) else None)
            for clients in CLIENTS for each in EACH]
    rows.append(Row("256 clients, 4 in flight each: raw mode, `serve --reply echo`", crowd_name("bare", 256, 4),
                    crowd_name("raw", 256, 4), 0.90))
    return Section("Many clients", "Clear mode on both ends, bodies of 64 bytes, each client with a socket of its "
                   "own. The limit is a bare echo by recvmmsg and sendmmsg, with as many clients.", "Volley", "limit",
                   rows)


def planned_section():
    rows = [Row(f"{mode}, one in flight: {words}", "", f"{mode}: {pair}")
            for mode in MODES for words, pair in (("bare system calls", "bare"), ("clear mode", "clear"))]
    rows += [Row(f"clear mode, {rate:,} a second by plan", "", f"planned: {rate}") for rate in RATES]
    return Section("Latency from the planned time", "Each request has a time to be sent at, and its latency counts "
                   "from then: with one in flight, a random moment after the reply before; by plan, k / rate, with "
                   "at most 1,024 in flight. A percentile that fewer than ten samples lie beyond is not told.",
                   "Volley", None, rows)


def loss_sections():
    rate = [Row(f"as fast as it goes, loss {way}: rate", clear_name(1_024, 64), f"loss: {way}")
            for way in ("one way", "both ways")]
    p99 = [Row(f"{LOSS_RATE:,} a second by plan, loss {way}: p99", f"planned: {LOSS_RATE}", f"loss: {way}, planned",
               metric="p99_us") for way in ("one way", "both ways")]
    yield Section("1% of the datagrams lost", "1,024 in flight. One way: the server ignores 1% of what arrives "
                  "(`ServerOptions::drop`); both ways: the client does too (`ClientOptions::drop`). Each datagram is "
                  "lost or not by itself.", "with loss", "without", rate + p99)
    yield Section("A greedy client", "99 clients with one in flight each, alone and beside one that keeps 4,096 in "
                  "flight: p99 of the 99, from just before the request is sent until the server has put the reply "
                  "into the client's socket.", "beside it", "alone",
                  [Row("p99 of the 99", "fair: alone", "fair: beside", 5.0, "p99_us")])


def peer_section(points):
    rows = []
    for point in points:
        alone = point.in_flight == 1
        ours = "clear: 1x64 blocking" if alone else clear_name(point.in_flight, point.size)
        target = 100.0 if "asio" in point.peer.name.lower() and point.size == 64 and not alone \
            and point.in_flight >= 1_024 else None
        rows.append(Row(f"{point.peer.name}, {point.in_flight:,} in flight, {point.size:,} bytes", point.name, ours,
                        target, *(("p50_us", ("mean_us", "rate")) if alone else ())))
    return Section("Peers", "The same work on the same processors: so many requests in flight from one client, each "
                   "answered with its body. One in flight by its median round trip (by its mean, or its rate, if a "
                   "peer tells no more), both ends blocking.", "Volley", "peer", rows)


def sections(points):
    found = [ping_section(), one_client_section(), crowd_section(), planned_section(), *loss_sections()]
    return found + ([peer_section(points)] if points else [])
