"""`docs/settings.md`: what a process is told from outside, read from the services' settings."""

from services.one_machine import SERVICES


def page() -> str:
    """Return the text of the page."""
    lines = [
        "# Settings",
        "",
        "Written by `make docs` from the services' settings. All are environment variables.",
        "",
        "| variable | service | default | |",
        "|---|---|---|---|",
    ]
    services = {name: settings_class.model_fields for name, (settings_class, _) in SERVICES.items()}
    for field in dict.fromkeys(field for fields in services.values() for field in fields):
        told = [name for name, fields in services.items() if field in fields]
        known = services[told[0]][field]
        default = "**required**" if known.is_required() else "" if known.default is None else f"`{known.default}`"
        who = "every" if len(told) == len(services) else ", ".join(told)
        lines.append(f"| `MOTESPLATS_{field.upper()}` | {who} | {default} | {known.description or ''} |")
    return "\n".join([*lines, ""])
