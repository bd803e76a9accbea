"""How is a pipeline run at its time: a line for cron, two units for systemd, a workflow for GitHub Actions?

Only texts are made here. Each runs `pgmason pipeline run NAME` in the product's folder and takes the database from
DATABASE_URL, which the machine keeps and no file of these holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath

from pgmason.errors import Unsupported, WrongUse
from pgmason.pipelines.model import Pipeline

__all__ = ["KINDS", "Scheduled", "schedule_files"]

KINDS = ("cron", "systemd", "github")
_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduled:
    """Files by their path (relative to the repository, or to where that kind lives), and what to do with them."""

    files: Mapping[str, str]
    then: str


def schedule_files(pipeline: Pipeline, kind: str, *, folder: str, product: str | None) -> Scheduled:
    """The files that run a pipeline at its `schedule`. `folder` is the product's, absolute for cron and systemd.

    Raises WrongUse where it has no schedule or one that is no cron line, Unsupported for what a kind cannot say.
    """
    if pipeline.schedule is None:
        raise WrongUse(
            "has no schedule", where=f"{pipeline.file}:{pipeline.name}", fix='@pipeline(..., schedule="15 2 * * *")'
        )
    fields = _checked(pipeline.schedule, f"{pipeline.file}:{pipeline.name}")
    run = f"pgmason pipeline run {pipeline.name}" + (f" --product {product}" if product else "")
    if kind == "cron":
        return _cron(pipeline, run, folder)
    if kind == "systemd":
        return _systemd(pipeline, fields, run, folder)
    if kind == "github":
        return _github(pipeline, run)
    raise WrongUse(f"--as {kind} is not one of {', '.join(KINDS)}")


def _checked(line: str, where: str) -> list[str]:
    fields = line.split()
    if len(fields) != 5:
        raise WrongUse(
            f"schedule={line!r} has not five fields", where=where, fix='minute hour day month weekday: "15 2 * * *"'
        )
    for text, (name, lowest, highest) in zip(fields, _FIELDS, strict=True):
        for part in text.split(","):
            span, _, step = part.partition("/")
            first, _, last = span.partition("-")
            numbers = [] if span == "*" else [first, *([last] if "-" in span else [])]
            if not all(n.isdigit() and lowest <= int(n) <= highest for n in numbers) or (
                "/" in part and not (step.isdigit() and int(step) > 0)
            ):
                raise WrongUse(f"schedule={line!r}: {text!r} is no {name}", where=where, fix=f"{lowest} to {highest}")
    return fields


def _cron(pipeline: Pipeline, run: str, folder: str) -> Scheduled:
    text = f"""\
# {pipeline.name}: rows into {pipeline.target}. A run that is still going makes the next one leave at once.
# DATABASE_URL comes from a file that only this user reads: DATABASE_URL=postgresql://...
CRON_TZ=UTC
{pipeline.schedule} cd {_shell(folder)} && set -a && . "$HOME/.config/pgmason/{pipeline.name}.env" && {run}
"""
    return Scheduled(
        files={f"{pipeline.name}.cron": text},
        then=f"crontab -l | cat - {pipeline.name}.cron | crontab -",
    )


def _shell(path: str) -> str:
    import shlex

    return shlex.quote(path).replace("%", r"\%")  # in a crontab, % ends the command (crontab(5))


def _systemd(pipeline: Pipeline, fields: list[str], run: str, folder: str) -> Scheduled:
    service = f"""\
[Unit]
Description=pgmason pipeline {pipeline.name}: rows into {pipeline.target}
After=network-online.target
Wants=network-online.target

[Service]
Type=oneshot
WorkingDirectory={folder.replace("%", "%%")}
# DATABASE_URL=postgresql://... in a file of mode 0600
EnvironmentFile=/etc/pgmason/{pipeline.name}.env
ExecStart=/usr/bin/env {run}
"""
    timer = f"""\
[Unit]
Description=pgmason pipeline {pipeline.name} at its time

[Timer]
OnCalendar={_calendar(fields)}
Persistent=true

[Install]
WantedBy=timers.target
"""
    name = f"pgmason-{pipeline.name}"
    return Scheduled(
        files={f"{name}.service": service, f"{name}.timer": timer},
        then=f"cp {name}.service {name}.timer /etc/systemd/system/ && systemctl enable --now {name}.timer",
    )


def _calendar(fields: list[str]) -> str:
    """The cron line as OnCalendar says it, in UTC (systemd.time(7))."""
    minute, hour, day, month, weekday = fields
    if day != "*" and weekday != "*":
        # cron runs on either, systemd on both
        raise Unsupported("a schedule with a day of month and a day of week cannot be said in one timer")
    days = "" if weekday == "*" else ",".join(_weekday(part) for part in weekday.split(",")) + " "
    return f"{days}*-{_list(month)}-{_list(day)} {_list(hour)}:{_list(minute)}:00 UTC"


def _list(text: str) -> str:
    """`1-5,30` as `1..5,30`, `*/15` as `0/15`, `10-40/5` as `10..40/5`."""
    parts = []
    for part in text.split(","):
        span, slash, step = part.partition("/")
        if span == "*":
            parts.append(f"0/{step}" if slash else "*")
        else:
            parts.append(span.replace("-", "..") + (f"/{step}" if slash else ""))
    return ",".join(parts)


def _weekday(part: str) -> str:
    if "/" in part:
        raise Unsupported("a day of week with a step cannot be said in a timer")
    return "..".join(_DAYS[int(number)] for number in part.split("-"))


def _github(pipeline: Pipeline, run: str) -> Scheduled:
    text = f"""\
name: pipeline {pipeline.name}
on:
  schedule:
    - cron: "{pipeline.schedule}" # UTC
  workflow_dispatch:
concurrency: pipeline-{pipeline.name}
permissions:
  contents: read
jobs:
  run:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - run: python -m pip install 'pgmason[pipelines]'
      - run: {run}
        env:
          DATABASE_URL: ${{{{ secrets.PIPELINE_DATABASE_URL }}}}
"""
    path = PurePath(".github", "workflows", f"pipeline-{pipeline.name}.yml")
    return Scheduled(files={str(path): text}, then="gh secret set PIPELINE_DATABASE_URL")
