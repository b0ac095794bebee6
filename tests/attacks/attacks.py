"""Attacks a daemon of its own, and says whether it held.

    attacks.py --quick          every attack for a moment: did it hold?
    attacks.py                  rounds of quiet and attack, and a table
    attacks.py --only NAME …    these only
    attacks.py --list           what there is

Python 3.11 and its standard library are enough, on Linux.
"""

import argparse
import json
import os
import pathlib
import sys

import full
import quick
from hostile import Loop
from scene import ALL, Kit


def main():
    parser = argparse.ArgumentParser(description="Attack a daemon of its own.")
    parser.add_argument("--binary", default=os.environ.get("INTERDICT_BIN", "interdict"))
    parser.add_argument("--quick", action="store_true", help="did it hold? a minute")
    parser.add_argument("--only", nargs="+", choices=sorted(ALL), metavar="NAME")
    parser.add_argument("--list", action="store_true", help="what attacks there are")
    parser.add_argument("--brief", action="store_true", help="measure in a third of the time")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rate", type=float, help="honest calls a second; default: measured")
    parser.add_argument(
        "--before-all", action="store_true", help="real-time priority for who is measured; root"
    )
    parser.add_argument("--config", type=pathlib.Path, help="a configuration to measure")
    parser.add_argument("--json", type=pathlib.Path, help="where the figures go")
    parser.add_argument("--attacker", help=argparse.SUPPRESS)
    parser.add_argument("--target", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=float, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.attacker:
        return attack(options)
    if options.list:
        for one in ALL.values():
            print(f"{one.name:32}{one.what}")
        return 0
    names = options.only or list(ALL)
    kit = Kit(options.binary, not options.quick and may_go_first(), options.before_all)
    try:
        if options.quick:
            return quick.run(kit, names)
        kit.config = options.config.read_text() if options.config else ""
        stretches = full.BRIEF if options.brief else full.LONG
        return full.run(kit, names, stretches, options.rounds, options.rate, options.json)
    finally:
        kit.close()


def may_go_first():
    """Whether this may give itself a real-time priority, as root may."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
    except PermissionError:
        print("the honest client shares the processors: as root it would go before others")
        return False
    return True


def attack(options):
    """One attacker, as the process that it is."""
    host, port = options.target.rsplit(":", 1)
    # Each attack has an address of its own: limits per peer must not hit the
    # honest client, who comes from 127.0.0.1, nor other attackers.
    source = f"127.0.1.{1 + list(ALL).index(options.attacker)}"
    loop = Loop(ALL[options.attacker], (host, int(port)), source)
    print(json.dumps(loop.run(options.seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
