"""`cxdash purge` and `cxdash rotate-key`: personal data without a browser. docs/cli.md describes them."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from cxdash import runtime
from cxdash.cli_form import Words
from cxdash.services import retention, rotation
from cxdash.services.actor import LOCAL

FORMAT = 1


def options(command: Callable[..., argparse.ArgumentParser]) -> None:
    """Adds both commands."""
    made = command("purge", _purge, "Let go what the programmes no longer keep (see the page of personal data).")
    made.add_argument("--dry-run", action="store_true", help="only say what would go")
    command("rotate-key", _rotate, "Seal personal data anew under the first key of CXDASH_PERSONAL_KEY.")


def _purge(args: argparse.Namespace, words: Words) -> None:
    done = retention.purge(runtime.start(demo=False), LOCAL, dry=args.dry_run)
    words.say("people.cli.would" if args.dry_run else "people.cli.purged", n=sum(one.total for one in done.values()))
    words.data(
        lambda: {"format": FORMAT, "dry_run": args.dry_run, "programs": {slug: vars(one) for slug, one in done.items()}},
        lambda: ("\t".join((slug, *(f"{name}={n}" for name, n in vars(one).items()))) for slug, one in done.items()),
    )


def _rotate(args: argparse.Namespace, words: Words) -> None:
    done = rotation.rotate(runtime.start(demo=False), LOCAL)
    words.say("people.cli.rotated", rows=done.rows, sealed=done.sealed)
    words.data(lambda: {"format": FORMAT, "rows": done.rows, "sealed": done.sealed}, tuple)
