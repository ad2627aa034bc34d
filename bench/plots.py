"""The plots: how the rate grows with what is in flight, with the body, and with the clients. By gnuplot."""

import os
import shutil
import subprocess

import scenarios
from table import median_of

TERMINAL = 'set terminal svg size 760,420 dynamic font "sans-serif,13" background "white"'


def points(samples, names):
    """Lines of `x y` for those that ran, the rate in millions a second."""
    found = ((x, median_of(samples.get(name, []), "rate")) for x, name in names)
    return [(x, rate / 1e6) for x, rate in found if rate]


def figures(samples):
    """Each a file, a title, what grows, and its lines by name."""
    ends = (scenarios.GROWTH_IN_FLIGHT[0], scenarios.GROWTH_IN_FLIGHT[-1])
    levels = {words: points(samples, [(x, pair) for x in ends])
              for words, pair in (("limit: 1,024 datagrams in trains", "trains: 64"),
                                  ("an echo of one train a call", "single trains: 64"))}
    in_flight = points(samples, [(n, scenarios.clear_name(n, 64)) for n in scenarios.GROWTH_IN_FLIGHT])
    yield ("rate-in-flight", "One client, bodies of 64 bytes", "requests in flight",
           {"Volley, clear mode": in_flight, **levels})
    sizes = scenarios.GROWTH_SIZES
    yield ("rate-body-size", "One client, 1,024 in flight", "bytes of body",
           {"Volley, clear mode": points(samples, [(n, scenarios.clear_name(1_024, n)) for n in sizes]),
            "limit: datagrams of as many bytes, in trains": points(samples, [(n, f"trains: {n}") for n in sizes])})
    crowds = {words: points(samples, [(n, scenarios.crowd_name(whose, n, 4)) for n in scenarios.GROWTH_CLIENTS])
              for whose, words in (("clear", "Volley, clear mode"), ("bare", "limit: recvmmsg and sendmmsg"))}
    yield "rate-clients", "Four in flight from each client, bodies of 64 bytes", "clients", crowds


def script(path, title, grows, lines):
    """What gnuplot is told, its data with it."""
    blocks, curves = [], []
    for number, (name, found) in enumerate(lines.items()):
        if not found:
            continue
        data = "\n".join(f"{x} {y:.6f}" for x, y in found)
        blocks.append(f"$line{number} << END\n{data}\nEND")
        curves.append(f'$line{number} using 1:2 with linespoints lw 2 pt {number * 2 + 5} title "{name}"')
    settings = [TERMINAL, f'set output "{path}"', f'set title "{title}"', f'set xlabel "{grows}"',
                'set ylabel "million requests a second"', "set logscale x 2", "set yrange [0:*]", "set grid",
                "set key outside bottom center horizontal"]
    return "\n".join([*blocks, *settings, "plot " + ", ".join(curves)]) if curves else None


def tidy(path):
    """Without the tabs and trailing spaces that gnuplot writes."""
    with open(path, encoding="utf-8") as file:
        lines = [line.expandtabs(2).rstrip() for line in file]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def draw(folder, samples):
    """Writes the files; says what became of it."""
    gnuplot = shutil.which("gnuplot")
    if gnuplot is None:
        return "gnuplot is not there: the plots are left as they were."
    drawn = []
    for name, title, grows, lines in figures(samples):
        path = os.path.join(folder, f"{name}.svg")
        words = script(path, title, grows, lines)
        if words is None:
            continue
        done = subprocess.run([gnuplot], input=words, text=True, capture_output=True, timeout=30, check=False)
        if done.returncode != 0:
            return f"gnuplot failed: {done.stderr.strip()}"
        tidy(path)
        drawn.append(path)
    return f"Drawn: {', '.join(drawn)}"
