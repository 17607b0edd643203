"""Jobs and proposals as answers: with names, and with sentences in the reader's language."""

from __future__ import annotations

from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Any

from api.errors import problem
from api.i18n import language_of, translate
from api.plan_shape import grid_out, person_out
from api.rendering import local
from api.scorecard_words import shown
from geo.core.drafts import from_json
from geo.core.scorecard_terms import RULES
from geo.messages import Message, msg, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from geo.core.drafts import PlannedGrid
    from geo.flows.plan_search import Verdict
    from geo.flows.proposals import InfeasibleError
    from geo.store.plan_jobs import StoredJob
    from geo.store.plans import Person

NOT_MEASURES = ("label", "changes", "moves", "templates", "scorecard")
RULE_OF = {one.key: one for one in RULES}
FAILED: dict[str, Message] = {
    "lost": msg("It was begun several times, and whoever computed it stopped each time."),
    "fault": msg("It could not be computed; the service's log says why."),
}


def verdict_out(verdict: Verdict, language: str) -> dict[str, Any]:
    """Return whether a wish can be had in one community."""
    told = {name: getattr(verdict, name) for name in verdict.__slots__}
    for name in ("arithmetic", "advice"):
        told[name] = [translate(one, language) for one in told[name]]
    return told


def infeasible(request: Request, error: InfeasibleError) -> Response:
    """Answer that a wish can't be had, with the arithmetic."""
    language = language_of(request)
    told = [verdict_out(one, language) for one in error.verdicts]
    first = next((one.arithmetic[0] for one in error.verdicts if one.arithmetic), error.message)
    detail = first if len(told) == 1 else error.message
    more = {"type": "infeasible", "communities": told}
    return problem(request, HTTPStatus.UNPROCESSABLE_ENTITY, detail, more=more)


def summary_out(job: StoredJob, people: Mapping[int, Person], language: str) -> dict[str, Any]:
    """Return a job as it stands in a list."""
    return {
        "id": str(job.id),
        "kind": job.kind,
        "version": job.version,
        "request": dict(job.request),
        "seed": job.seed,
        "state": job.state,
        "error": _failure(job.error, language),
        "created_by": person_out(job.created_by, people),
        "created_at": job.created_at.isoformat(),
        "ended_at": job.ended_at.isoformat() if job.ended_at else None,
    }


def job_out(job: StoredJob, people: Mapping[int, Person], language: str) -> dict[str, Any]:
    """Return a job with how far it is and what came of it."""
    result = job.result or {}
    verdicts = [
        {**one, **{name: _said(one[name], language) for name in ("arithmetic", "advice")}}
        for one in result.get("verdicts", ())
    ]
    return {
        **summary_out(job, people, language),
        "progress": dict(job.progress),
        "verdicts": verdicts,
        "scorecard": [_measure_out(one, language) for one in result.get("scorecard", ())],
        "choices": [_choice_out(one, language) for one in result.get("choices", ())],
    }


def moves_out(
    job: StoredJob, choice: int, grids: Mapping[str, PlannedGrid], language: str
) -> list[dict[str, Any]]:
    """Return the moves of a proposal, each with its sentence.

    Parameters
    ----------
    job, choice
        Which proposal.
    grids
        Of the draft that was searched.
    language
        Of the sentences.
    """
    chosen = (job.result or {})["choices"][choice]
    made = from_json(chosen["changes"]).get("grid", {})
    known = dict(grids) | {key: grid for key, (_, grid) in made.items() if grid is not None}
    names = {key: local(language, grid) for key, grid in known.items()}
    return [
        {
            "cells": one["cells"],
            "source": one["giver"],
            "target": one["taker"],
            "households": one["households"],
            "text": translate(
                _sentence(chosen["templates"][one["template"]], one, names), language
            ),
        }
        for one in chosen["moves"]
    ]


def _sentence(template: str, move: Mapping[str, Any], names: Mapping[str, str]) -> Message:
    named = {side: names.get(move[side] or "", "") for side in ("giver", "taker")}
    return Message(template, {**move, **named, "cell": ", ".join(move["cells"])})


def _measure_out(told: Mapping[str, Any], language: str) -> dict[str, Any]:
    """Return a measure of a scorecard, in words as well."""
    rule = RULE_OF[told["key"]]
    value = inf if told["endless"] else told["value"]
    return {
        "key": rule.key,
        "principle": rule.principle,
        "name": translate(rule.name, language),
        "value": told["value"],
        "shown": shown(value, rule.unit, language),
        "met": {"met": True, "missed": False}.get(told["verdict"]),
        "missed_by": told["missed_by"],
    }


def _choice_out(choice: Mapping[str, Any], language: str) -> dict[str, Any]:
    changes = from_json(choice["changes"])
    grids = {
        key: grid_out(grid) if grid is not None else None
        for key, (_, grid) in changes.get("grid", {}).items()
    }
    return {
        "label": choice["label"],
        "owner": {cell: grid for cell, (_, grid) in changes.get("owner", {}).items()},
        "grids": grids,
        "scorecard": [_measure_out(one, language) for one in choice["scorecard"]],
        "measures": {name: one for name, one in choice.items() if name not in NOT_MEASURES},
    }


def _failure(error: Mapping[str, Any] | None, language: str) -> str | None:
    if error is None:
        return None
    if "template" in error:
        return translate(spoken(error), language)
    return translate(FAILED.get(error.get("reason", ""), FAILED["fault"]), language)


def _said(sentences: list[dict[str, Any]], language: str) -> list[str]:
    return [translate(spoken(one), language) for one in sentences]
