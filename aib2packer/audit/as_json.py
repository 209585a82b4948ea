"""An audit as JSON, for programs. The shape is described in docs/estate.md; it only ever grows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aib2packer.audit.model import Audit, Cause, Chapter, Row

_FORMAT_VERSION = 1


def render(audit: Audit, *, version: str, of: str, date: str) -> str:
    """One document; `of` and `date`: what was looked at, "" where that has no name, and when."""
    converted, lost = audit.settings
    document = {
        "formatVersion": _FORMAT_VERSION,
        "tool": {"name": "aib2packer", "version": version},
        "lookedAt": of or None,
        "date": date,
        "templates": list(map(_row, audit.rows)),
        "converted": audit.converted,
        "share": round(audit.share, 2),
        "ready": audit.ready,
        "unsafe": audit.unsafe,
        "actOnceConverted": {"findings": audit.later[0], "templates": audit.later[1]},
        "passedOver": audit.passed_over,
        "leftOut": audit.left_out,
        "linksNotFollowed": list(audit.links),
        "settings": {"converted": converted, "lost": lost, "lostInBuilds": audit.lost_in_builds},
        "lastRunMinutes": round(audit.minutes, 1),
        "notConverted": _causes(audit.obstacles),
        **{asks.value: _causes(causes) for asks, causes in audit.asked.items()},
        "lost": _causes(audit.lost),
        "lostSettings": [
            {"setting": one.name or None, "code": one.code.id, "settings": one.settings, "templates": list(one.templates)}
            for one in audit.lost_settings
        ],
        "refusedByImageBuilder": _causes(audit.refused),
        "accepted": _causes(audit.accepted),
        "byHand": _chapters(audit.by_hand),
        "shared": _chapters(audit.shared),
    }
    return json.dumps(document, indent=2)


def _row(row: Row) -> dict[str, object]:
    return {
        "template": row.name,
        "outcome": row.outcome,
        "act": row.act,
        "unsafe": row.is_unsafe,
        "decide": row.decide,
        "know": row.know,
        "values": row.values,
        "decisions": row.decisions,
        "lostSettings": row.lost,
        "why": list(row.why),
        "system": row.system or None,
        "source": row.source or None,
        "lastRun": None if row.last_run is None else {"state": row.last_run.state, "minutes": row.last_run.minutes},
    }


def _causes(causes: Sequence[Cause]) -> list[dict[str, object]]:
    return [
        {
            "code": cause.code.id,
            "title": cause.code.title,
            "question": cause.code.question or None,
            "templates": list(cause.templates),
            "findings": [{"message": said.message, "help": said.help, "places": list(said.places)} for said in cause.said],
        }
        for cause in causes
    ]


def _chapters(chapters: Sequence[Chapter]) -> dict[str, list[dict[str, object]]]:
    return {
        chapter.title: [
            {"what": need.what, "about": need.about or None, "command": need.command or None, "templates": list(need.templates)}
            for need in chapter.needs
        ]
        for chapter in chapters
    }
