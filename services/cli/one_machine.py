"""Everything on this machine, for trying it out: `up`, `demo` and `token`. Nothing here runs in production."""

import asyncio
import json
import signal
from collections.abc import Coroutine
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import typer
import uvloop
from rich.console import Console

from schemas.fields import HealthCentre, Municipality
from services.cli.options import FOLDER, JsonOption, checked, fail, told_by_environment
from services.demo.catalogue import catalogue
from services.demo.referrals import CENTRES
from services.demo.report import report
from services.demo.run import OSLO, play
from services.demo.stage import IDENTITIES, is_set, set_the_stage
from services.demo.stories import STORIES
from services.demo.telling import Telling
from services.one_machine import logging_into, one_machine, start_afresh
from services.runtime.embedded.child import CannotStart
from services.runtime.identity import AUDIENCE, ROLE_CLAIM, SERVICE
from services.runtime.issuer import KEY_FILE, Issuer

app = typer.Typer(rich_markup_mode=None)
HOST: Final = "127.0.0.1"
T = TypeVar("T")
PAGES: Final = {
    "start": "/",
    "sign in with one click": "/sign-in",
    "for coaches": "/referral/",
    "activities, for all": "/activities/",
    "mails to contact functions": "/mails/",
}
COMMANDS: Final = ("motesplats lag", "motesplats parked list", f"motesplats token coach --centre {CENTRES[0].id}")


@app.command()
def up(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where the pages are; 0 for any free one.")] = 8080,
    fresh: Annotated[bool, typer.Option("--fresh", help="Begin with empty databases.")] = False,
) -> None:
    """Start everything on this machine, with a fictional catalogue, and keep it running until Ctrl-C.

    The data stays in .motesplats, and the other commands find what runs there.

    Example: motesplats up --port 8080
    """
    _run(_keep_running(FOLDER, port, fresh=fresh))


@app.command()
def demo(
    seed: Annotated[int, typer.Option(help="Another one tells another story.")] = 1,
    referrals: Annotated[int, typer.Option(min=2 * len(STORIES), help="How many requests are sent.")] = 60,
    as_json: JsonOption = False,
) -> None:
    """Start everything afresh, tell the story of fictional referrals, and look whether all holds that must.

    Six health centres send requests over Kafka and HTTP, coaches choose, contact functions answer by the links
    in their mails. Exits with 0, or with 1 when an invariant broke, which is then named.

    Example: motesplats demo --seed 7
    """
    console = Console(quiet=as_json)
    telling = Telling(console)
    outcome = _run(play(FOLDER / "demo", seed=seed, count=referrals, telling=telling))
    if as_json:
        typer.echo(json.dumps(asdict(outcome) | {"holds": outcome.holds, "seconds": telling.seconds}))
    else:
        report(outcome, telling.seconds, console)
    raise typer.Exit(0 if outcome.holds else 1)


@app.command()
def token(  # noqa: PLR0917 - the options of a command are no arguments that anybody counts
    role: Annotated[str, typer.Argument(help=f"One of {', '.join(ROLE_CLAIM)}.")],
    centre: Annotated[
        str | None, typer.Option(callback=checked(HealthCentre), help="For a centre or a coach, as her:0080101.")
    ] = None,
    municipality: Annotated[
        str | None, typer.Option(callback=checked(Municipality), help="For a coordinator, as NO-5501.")
    ] = None,
    organiser: Annotated[str | None, typer.Option(help="For an organiser: its organiser_id.")] = None,
    scope: Annotated[str | None, typer.Option(help="For a service: the call, as match.preview.")] = None,
    audience: Annotated[str | None, typer.Option(help="For a service: the one that is called, as activities.")] = None,
) -> None:
    """Print a bearer token of whoever you want to be, for `motesplats up` on this machine and nothing else.

    Example: motesplats token coach --centre her:0080101
    """
    if told_by_environment() or not (FOLDER / KEY_FILE).exists():
        fail("Tokens are only made for `motesplats up`, run in this folder. Elsewhere your OIDC issuer gives them.")
    if role not in ROLE_CLAIM:
        raise typer.BadParameter(f"must be one of {', '.join(ROLE_CLAIM)}", param_hint="ROLE")
    given = {"centre": centre, "municipality": municipality, "organiser": organiser, "scope": scope}
    claims = {name: value for name, value in given.items() if value is not None}
    demanded = {name for name in (ROLE_CLAIM[role],) if name}
    if claims.keys() != demanded or (audience is not None) != (role == SERVICE):
        options = [*demanded, *(["audience"] if role == SERVICE else [])]
        raise typer.BadParameter(f"a {role} takes {' and '.join(f'--{name}' for name in options) or 'no option'}")
    typer.echo(Issuer(FOLDER, bind=HOST).token(role, audience=audience or AUDIENCE, **claims))  # type: ignore[arg-type]  # claims are texts


async def _keep_running(folder: Path, port: int, *, fresh: bool) -> None:
    """Run until SIGINT or SIGTERM, and stop in order."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if fresh:
        start_afresh(folder)
    centres = [centre.id for centre in CENTRES]
    with logging_into(folder) as log:
        async with one_machine(folder, port=port, centres=centres, identities=IDENTITIES, tell=typer.echo) as machine:
            if not await is_set(machine):
                typer.echo("Importing a fictional catalogue ...")
                await set_the_stage(machine, catalogue(1, datetime.now(OSLO).date()))
            typer.echo(f"Mötesplats runs. Its log is {log}; Ctrl-C stops it.")
            for what, path in PAGES.items():
                typer.echo(f"  {what:<28}{machine.url}{path}")
            typer.echo(f"From another terminal, in this folder: {', '.join(COMMANDS)}")
            await stop.wait()
            typer.echo("Stopping ...")


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run it; what cannot start ends in a message and status 1."""
    try:
        return uvloop.run(work)
    except CannotStart as error:
        typer.echo(error, err=True)
        raise typer.Exit(1) from None
