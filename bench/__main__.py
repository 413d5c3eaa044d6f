"""python -m bench [name …] [--seed N]: run the named benches, or all of them, one after another."""

import argparse
import importlib
import sys

#: the modules of bench/ that have a run(seed) -> number of failures, in the order of `make bench`
BENCHES = (
    *("extraction", "growth", "rebuild", "gates", "goals", "board", "parquet", "postgresql"),
    *("fuzz", "changed_dates", "kills"),
)


def main() -> None:
    """Run benches; the exit code is 1 when one of them found something wrong."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=", ".join(BENCHES))
    parser.add_argument("--seed", type=int, default=20260415)
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(BENCHES)
    if unknown:
        parser.error(f"unknown bench {sorted(unknown)[0]!r}; there are {', '.join(BENCHES)}")
    failures = 0
    for name in arguments.names or BENCHES:
        print(f"== {name}", flush=True)
        failures += importlib.import_module(f"bench.{name}").run(arguments.seed)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
