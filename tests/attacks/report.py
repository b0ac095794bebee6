"""The table of a measurement, as Markdown."""

RATIO_MAX = 2.0
MEMORY_MIB_MAX = 64.0


def missed(row):
    """Returns what a row has missed of its aims, in words."""
    words = []
    if row["errors"]:
        words.append(f"{row['errors']} errors of the honest client: {row['error_words']}")
    if not row["answered"]:
        words.append("a newcomer is not answered afterwards")
    if row["exit_code"] != 0:
        words.append(f"the daemon ended with {row['exit_code']}")
    if not row["expect"]:
        return words
    if row["ratio"] > RATIO_MAX:
        words.append(f"p99 is {row['ratio']:.2f} times its quiet value")
    if row["grown_mib"] > MEMORY_MIB_MAX:
        words.append(f"memory grew by {row['grown_mib']:.0f} MiB")
    if is_uncut(row):
        slowest = max(row["oldest_open"], row["cut_after_max"] or 0)
        words.append(f"a connection was open for {slowest:.1f} s")
    return words


def is_uncut(row):
    """Whether somebody who should have been cut was not."""
    slowest = max(row["oldest_open"], row["cut_after_max"] or 0)
    return row["expect"] == "cut" and slowest > row["allowed_seconds"]


def table(rows, rate, rounds):
    """Returns the table; what missed its aim is bold."""
    lines = [
        f"Honest load: {rate:.0f} calls a second. Medians of {rounds} rounds, [least..most].",
        "",
        "| attack | sent, MiB/s | p99 quiet, ms | p99 attacked, ms | ratio | errors | CPU, cores "
        "| memory, MiB (after) | cut |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(row) for row in rows]
    return "\n".join(lines)


def _line(row):
    spread = ""
    if row["ratio_least"] is not None:
        spread = f" [{row['ratio_least']:.2f}..{row['ratio_most']:.2f}]"
    memory = f"{_bold(_signed(row['grown_mib']), row['grown_mib'] > MEMORY_MIB_MAX)}"
    return "| " + " | ".join(
        [
            f"`{row['name']}`: {row['what']}",
            f"{row['sent_mib_per_second']:.1f}" if row["sent_mib_per_second"] is not None else "",
            _ms(row["quiet_p99_ms"]),
            _ms(row["p99_ms"]),
            _bold(f"{row['ratio']:.2f}", row["ratio"] > RATIO_MAX) + spread,
            _bold(str(row["errors"]), row["errors"] > 0),
            f"{row['quiet_cpu']:.2f} → {row['cpu']:.2f}",
            f"{memory} ({_signed(row['grown_after_mib'])})",
            _cut(row),
        ]
    ) + " |"


def _cut(row):
    if not row["expect"]:
        return ""
    how = max(row["hows"], key=row["hows"].get, default="")
    words = []
    if row["cut"]:
        slowest = _bold(f"{row['cut_after_max']:.2f}", is_uncut(row))
        words.append(f"{row['cut']} of {row['opened']}, ≤ {slowest} s: {how}")
    if row["oldest_open"] > row["allowed_seconds"]:
        still = f"{row['open_at_end']} open after {row['oldest_open']:.0f} s"
        words.append(_bold(still, is_uncut(row)))
    if row["expect"] == "limited" and row["replies"]:
        words.append(", ".join(f"{word} × {count}" for word, count in row["replies"].items()))
    return "; ".join(words) or "not cut"


def _bold(text, missed):
    return f"**{text}**" if missed else text


def _signed(value):
    return f"{value:+.1f}"


def _ms(value):
    return "" if value is None else f"{value:.2f}"
