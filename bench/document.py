"""Rewrites what a run knows in docs/performance.md: each part stands between two marker comments."""

import os
import re

import machine
from table import prose

FILE = "performance.md"


def replace(text, name, body):
    """`text` with `body` between the markers of that name."""
    pattern = re.compile(rf"(<!-- {name}: [^>]*-->\n).*?(<!-- end of {name} -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"{FILE} has no markers for its part `{name}`")
    return pattern.sub(lambda found: f"{found.group(1)}{body.strip()}\n{found.group(2)}", text)


def bullet(text):
    """A list's item, of such lines."""
    return "- " + prose(text, 118).replace("\n", "\n  ")


def peer_list(peers):
    lines = []
    for peer in peers:
        name = f"**{peer.name}**" + (f" {peer.version}" if peer.version else "") + f" (`{peer.package}`)"
        said = f"left out of this run: {peer.missing}" if peer.missing else peer.does_not
        lines.append(bullet(f"{name}: {said}"))
    return "\n".join(lines) or "No peers were built for this run."


def rewrite(folder, facts, markdown, notes, peers):
    path = os.path.join(folder, FILE)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    text = replace(text, "machine", prose(machine.as_text(facts)))
    text = replace(text, "table", markdown + "\n" + "\n".join(map(bullet, notes)))
    text = replace(text, "peers", peer_list(peers))
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
