"""The measurement: rounds of quiet and attack, and the table of them.

Each attack has a daemon of its own with the configuration it comes with. What
is compared is a stretch under attack with the quiet one just before it, so
that what else the machine does hits both; medians of the rounds are shown, and
the least and most. The first stretch is long, so that who is not cut within
ten seconds is seen; a run in which nobody attacks says how much is noise.
"""

import dataclasses
import json
import os
import statistics
import time

from report import missed, table
from scene import ALL, Scene, Unsupported


@dataclasses.dataclass(frozen=True)
class Stretches:
    """How long, in seconds, each stretch of a round is."""

    quiet: float
    # Of the first round: who is not cut within ten seconds is to be seen, and
    # a flood shows that sooner.
    first: float
    first_slow: float
    further: float


# Beyond what is allowed, for a busy machine.
SLACK = 0.3

LONG = Stretches(1.5, 11.5, 11.5, 3.0)
BRIEF = Stretches(0.6, 1.5, 10.8, 1.0)

CONNECTIONS = 8
SHARE = 0.2
RATE_MAX = 8000


def run(kit, names, stretches, rounds, rate, path):
    """Measures, prints the table; returns 0 if every aim was reached."""
    rate = rate or calibrated(kit)
    rows, skipped = [], []
    for name in [None, *names]:
        try:
            row = measured(kit, name, stretches, rounds, rate)
        except Unsupported as error:
            skipped.append((name, str(error)))
            continue
        rows.append(row)
        print(f"{time.strftime('%H:%M:%S')} {row['name']}: ratio {row['ratio']:.2f}, "
              f"{row['errors']} errors, +{row['grown_mib']:.1f} MiB", flush=True)  # fmt: skip
        if path:
            path.write_text(json.dumps({"rate": rate, "rounds": rounds, "rows": rows}, indent=1))
    print()
    print(table(rows, rate, rounds))
    for name, why in skipped:
        print(f"Not attacked: {name} ({why})")
    short = [f"Missed by {row['name']}: {'; '.join(missed(row))}" for row in rows if missed(row)]
    print("\n".join(["", *short]) if short else "\nEvery aim was reached.")
    return 1 if short or skipped else 0


def calibrated(kit):
    """Returns the rate at which a quiet daemon uses a fifth of the processors."""
    rate = 1000.0
    for _ in range(3):
        scene = Scene(kit, rate=rate, connections=CONNECTIONS)
        try:
            scene.quiet(1)
            used = scene.quiet(2)["cpu_per_second"] / (os.cpu_count() or 1)
        finally:
            scene.stop()
        rate = max(100.0, min(RATE_MAX, rate * SHARE / max(used, 0.001)))
    rate = round(rate, -2)
    print(f"honest load: {rate:.0f} calls a second, {used:.0%} of the processors at the last look")
    return rate


def measured(kit, name, stretches, rounds, rate):
    """Returns one row: an attack, or nobody's."""
    attack = ALL.get(name)
    scene = Scene(kit, attack.listener if attack else "grpc", rate=rate, connections=CONNECTIONS)
    first = stretches.first
    if attack and attack.is_slow:
        first = min(stretches.first_slow, attack.within_seconds + 2 * SLACK)
    try:
        scene.quiet(0.5)
        seen = []
        for at in range(rounds):
            quiet = scene.quiet(stretches.quiet)
            seconds = stretches.further if at else first
            during = scene.run([name] if name else [], seconds)
            seen.append((quiet, during))
            time.sleep(0.3)
        time.sleep(1.7)
        after = scene.daemon.rss_kib()
        answered = scene.takes_connections()
    finally:
        code = scene.stop()
    allowed = attack.within_seconds + SLACK if attack else 0.0
    if attack and not attack.is_slow:
        allowed = min(allowed, first - 0.5)
    shown = {"allowed_seconds": allowed, "answered": answered, "exit_code": code}
    return row(name, seen, after) | shown


def row(name, seen, after_kib):
    """Makes a row of what the rounds have shown."""
    ratios = [d["honest"]["p99_ms"] / q["p99_ms"] for q, d in seen if d["honest"]["p99_ms"]]
    first_kib = seen[0][1]["rss_before_kib"]
    attacks = [result for _, during in seen for result in during["attacks"]]
    hows = {}
    for result in attacks:
        for how, count in result["hows"].items():
            hows[how] = hows.get(how, 0) + count

    def middle(values):
        values = [value for value in values if value is not None]
        return statistics.median(values) if values else None

    return {
        "name": name or "(nobody)",
        "what": ALL[name].what if name else "the same rounds without an attack",
        "expect": ALL[name].expect if name else "",
        "quiet_p50_ms": middle(q["p50_ms"] for q, _ in seen),
        "quiet_p99_ms": middle(q["p99_ms"] for q, _ in seen),
        "p50_ms": middle(d["honest"]["p50_ms"] for _, d in seen),
        "p99_ms": middle(d["honest"]["p99_ms"] for _, d in seen),
        "ratio": middle(ratios) or float("inf"),
        "ratio_least": min(ratios, default=None),
        "ratio_most": max(ratios, default=None),
        "errors": sum(d["honest"]["errors"] for _, d in seen),
        "error_words": [d["honest"]["error_words"] for _, d in seen if d["honest"]["errors"]],
        "quiet_cpu": middle(q["cpu_per_second"] for q, _ in seen),
        "cpu": middle(d["cpu_per_second"] for _, d in seen),
        "grown_mib": max(d["rss_peak_kib"] for _, d in seen) / 1024 - first_kib / 1024,
        "grown_after_mib": (after_kib - first_kib) / 1024,
        "opened": sum(result["opened"] for result in attacks),
        "refused": sum(result["refused"] for result in attacks),
        "cut": sum(result["cut"] for result in attacks),
        "cut_after_max": max((r["cut_after_max"] or 0 for r in attacks), default=None),
        "oldest_open": max((r["oldest_open"] or 0 for r in attacks), default=0),
        "open_at_end": max((r["open_at_end"] for r in attacks), default=0),
        "sent_mib_per_second": middle(r["sent_bytes"] / r["seconds"] / (1 << 20) for r in attacks),
        "hows": hows,
        "replies": attacks[0]["replies"] if attacks else {},
    }
