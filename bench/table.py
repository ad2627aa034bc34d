"""The table: rows of medians and ratios from the samples, and the same as text and as Markdown."""

import statistics
import textwrap

import costs

PERCENTILES = ("p50_us", "p99_us", "p999_us")


def rate_text(rate):
    return f"{rate / 1e6:.2f} M/s" if rate >= 1e6 else f"{rate / 1e3:.1f} k/s"


def time_text(us):
    return f"{us:.2f} µs" if us < 100 else f"{us:.0f} µs" if us < 10_000 else f"{us / 1e3:.1f} ms"


def value_text(value, metric):
    return time_text(value) if metric.endswith("_us") else rate_text(value)


def median_of(samples, metric):
    """The median of the rounds that have it; None if fewer than half do."""
    values = [sample[metric] for sample in samples if metric in sample]
    return statistics.median(values) if values and 2 * len(values) >= len(samples) else None


def verdict_of(value, target, lower_is_better):
    return "ok" if (value <= target if lower_is_better else value >= target) else "miss"


def metric_of(row, base, ours):
    """The first of the row's metrics that every round has of both; or the one it is to have."""
    both = [*base, *ours]
    return next((metric for metric in (row.metric, *row.instead) if all(metric in sample for sample in both)),
                row.metric)


def comparison(row, samples):
    """One line: medians of their own, and the ratio, which is the median of the rounds' own ratios."""
    base, ours = samples.get(row.base, []), samples.get(row.ours, [])
    metric = metric_of(row, base, ours)
    lower_is_better = metric.endswith("_us")
    line = {"what": row.what, "metric": metric}
    for name, found in (("base", base), ("ours", ours)):
        middle = median_of(found, metric)
        line[name] = "-" if middle is None else value_text(middle, metric)
        line[name + "_median"] = middle
    ratios = [our[metric] / limit[metric] for our, limit in zip(ours, base) if limit.get(metric) and our.get(metric)]
    if row.target is not None:
        line |= {"target": f"{'<=' if lower_is_better else '>='} {row.target:.2f}", "target_value": row.target}
    if not ratios:
        return line | {"verdict": "did not run"}
    ratio = statistics.median(ratios)
    # A digit more than the target has, or one just missed would look met.
    digits = 3 if ratio < 10 else 1
    line |= {"ratio": f"{ratio:.{digits}f} ({min(ratios):.2f}..{max(ratios):.2f})", "ratio_median": ratio,
             "ratios": ratios}
    if row.target is not None:
        line["verdict"] = verdict_of(ratio, row.target, lower_is_better)
    return line


def percentiles(row, samples):
    """One line of percentiles, each as far as the samples of a round support it."""
    found = samples.get(row.ours, [])
    line = {"what": row.what}
    for metric in PERCENTILES:
        middle = median_of(found, metric)
        line |= {metric: "-" if middle is None else time_text(middle), metric + "_median": middle}
    return line


def section_table(section, samples):
    if section.base is None:
        columns = {"what": "", "p50_us": "p50", "p99_us": "p99", "p999_us": "p99.9"}
        rows = [percentiles(row, samples) for row in section.rows]
    else:
        columns = {"what": "", "base": section.base, "ours": section.ours, "ratio": "ratio (min..max)",
                   "target": "target", "verdict": ""}
        rows = [comparison(row, samples) for row in section.rows]
        columns = {key: heading for key, heading in columns.items()
                   if key not in ("target", "verdict") or any(key in row for row in rows)}
    return {"title": section.title, "note": section.note, "columns": columns, "rows": rows}


def cost_row(what, text, value=None, target=None, unit="", met=None):
    line = {"what": what, "value": text, "median": value}
    if target is None:
        return line
    met = value <= target if met is None else met
    return line | {"target": f"<= {target:g}{unit}", "target_value": target, "verdict": "ok" if met else "miss"}


def idle_rows(found):
    for one in found:
        yield cost_row(f"idle server, {one['contexts']:,} clients remembered: wake-ups a second",
                       f"{one['wakes']:.1f}, and {one['processor']:.3%} of a processor", one["wakes"], 0)


def memory_rows(found):
    for one in found:
        bound = one["contexts"] == costs.MOST_CONTEXTS
        what = f"{one['contexts']:,} contexts, " + ("each with a reply of 64 bytes kept" if one["kept"] else "empty")
        largest = max(one["counted"], one["resident"])
        met = largest <= costs.EMPTY_TARGET and one["bytes"] <= one["limit"]
        yield cost_row(f"{what}: bytes each", f"{one['counted']:.1f} counted, {one['resident']:.1f} resident", largest,
                       costs.EMPTY_TARGET if bound else None, " bytes", met)


def startup_rows(found, round_trip_us):
    for name, target in (("/bin/true", None), ("volley --version", 5)):
        yield cost_row(f"`{name}`, from start to end", spread_text(found[name]), found[name]["median"], target, " ms")
    one_shot = found["volley request"]
    above = one_shot["median"] - (round_trip_us or 0) / 1e3
    yield cost_row("`volley request`, one shot, above one round trip",
                   f"{spread_text(one_shot)}, {above:.2f} ms above", above, 8, " ms")


def spread_text(spread):
    return f"{spread['median']:.2f} ms (least {spread['least']:.2f})"


def cost_table(found, round_trip_us):
    rows = [*idle_rows(found.get("idle", [])), *memory_rows(found.get("memory", []))]
    if "startup" in found:
        rows += startup_rows(found["startup"], round_trip_us)
    return {"title": "Idle, memory, start-up",
            "note": "Wake-ups are the voluntary context switches of all threads of `volley serve`. Bytes a context are "
                    "counted by the server (contexts, number states and kept replies, as allocated) and as the growth "
                    "of its resident set since its start, divided by the contexts: whatever the traffic made it touch. "
                    "Start-up is from posix_spawn to waitpid; `/bin/true` tells what that costs by itself.",
            "columns": {"what": "", "value": "median", "target": "target", "verdict": ""}, "rows": rows}


def as_text(tables):
    lines = []
    for table in tables:
        columns = table["columns"]
        grid = [columns] + [{key: row.get(key, "") for key in columns} for row in table["rows"]]
        widths = {key: max(len(line[key]) for line in grid) for key in columns}
        lines += [table["title"], ""]
        lines += ["  " + "  ".join(line[key].ljust(widths[key]) for key in columns).rstrip() for line in grid] + [""]
    return "\n".join(lines)


def prose(text, width=120):
    """In lines as long as those that were written by hand."""
    return textwrap.fill(text, width, break_long_words=False, break_on_hyphens=False)


def as_markdown(tables):
    lines = []
    for table in tables:
        columns = table["columns"]
        lines += [f"### {table['title']}", "", prose(table["note"]), ""]
        lines.append("| " + " | ".join(columns.values()) + " |")
        lines.append("|" + "---|" * len(columns))
        lines += ["| " + " | ".join(row.get(key, "") for key in columns) + " |" for row in table["rows"]]
        lines.append("")
    return "\n".join(lines)
