"""The end of the demo as tables on a terminal. Never a figure of its own."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table

from services.demo.outcome import Outcome

REASONS_SHOWN = 12


def report(outcome: Outcome, seconds: Mapping[str, float], console: Console) -> None:
    """Print what the story came to, and how many seconds each stage of it took."""
    answers = ", ".join(f"{count} {answer}" for answer, count in sorted(outcome.answers.items()))
    _table(console, "Referrals", outcome.referrals)
    _table(console, "Requests refused: what the centres were told", outcome.refused)
    _table(console, "Parked; of what runs, `motesplats parked list` tells it", outcome.parked)
    _table(console, "Seconds", [{"what": what, "seconds": taken} for what, taken in seconds.items()])
    console.print(f"\n{outcome.requests} requests led to {outcome.notices} notices. Answers: {answers}.")
    console.print(
        "From a request to its first notice, with a coach's choice on the way: "
        f"median {outcome.notice_ms_median} ms, p99 {outcome.notice_ms_p99} ms.",
        soft_wrap=True,
    )
    for sentence, reasons in outcome.broken.items():
        if reasons:
            console.print(f"\n[bold red]Broken:[/] {escape(sentence)}")
            for reason, times in Counter(reasons).most_common(REASONS_SHOWN):
                console.print(f"  {escape(reason)}" + f" ({times} times)" * (times > 1))
    if outcome.holds:
        console.print(f"\n[bold green]All {len(outcome.broken)} invariants hold.[/]")


def _table(console: Console, title: str, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        columns = [Column(name, overflow="fold") for name in rows[0]]
        table = Table(*columns, title=title, title_justify="left", box=None, pad_edge=False)
        for row in rows:
            table.add_row(*(escape(str(cell)) for cell in row.values()))
        console.print()
        console.print(table)
