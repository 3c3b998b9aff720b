"""Where the processor's time goes while a load runs: by service, database, broker, and the load itself."""

from collections import Counter
from collections.abc import Mapping

import psutil

LOAD = "load and sink"
OTHERS = {"postgres": "postgresql", "tansu": "tansu"}
"""How the processes are called that are not ours, and what runs in them."""


def spent(services: Mapping[str, int]) -> Counter[str]:
    """Return the seconds of processor time spent so far by this process and all that it started.

    `services` are the processes of the services by name; what ended is not counted.
    """
    names = {pid: name for name, pid in services.items()}
    seconds = Counter[str]()
    this = psutil.Process()
    for process in (this, *this.children(recursive=True)):
        try:
            used, name = process.cpu_times(), process.name()
        except psutil.NoSuchProcess:
            continue
        part = LOAD if process == this else names.get(process.pid) or OTHERS.get(name, "others")
        seconds[part] += used.user + used.system
    return seconds
