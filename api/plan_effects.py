"""What a plan does, as it goes over the wire: grids by their codes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from api.i18n import translate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from geo.core.drafts import PlannedGrid
    from geo.core.effects import Effects, MovedBuilding, WorkerEffect
    from geo.core.ground import Ground
    from geo.core.plan_checks import PlanFinding
    from geo.flows.plan_effects import Proposal


def effects_out(proposal: Proposal) -> dict[str, Any]:
    """Return what a plan does as an object of JSON."""
    found, ground = proposal.effects, proposal.ground
    codes = codes_of(found)
    return {
        "version": proposal.state.version,
        "follows": proposal.last.label,
        "households": found.crosswalk.households,
        "moved_households": found.crosswalk.moved_households,
        "variation_of_information": found.crosswalk.variation_of_information,
        "rand_index": found.crosswalk.rand_index,
        "grids": [
            {
                "id": one.key,
                "change": one.change,
                "before": _called(one.before),
                "after": _called(one.after),
                "households_before": one.households_before,
                "households_after": one.households_after,
            }
            for one in found.grids
        ],
        "buildings": [_building(one, ground, codes) for one in found.buildings],
        "cases": [
            {
                "id": str(one.case.key),
                "number": one.case.number,
                "state": one.case.state,
                "becomes": one.state,
                "before": codes.get(one.case.grid),
                "after": codes.get(one.after or ""),
                "lon": one.case.site[0] if one.case.site else None,
                "lat": one.case.site[1] if one.case.site else None,
            }
            for one in found.cases
        ],
        "workers": [_worker(one, codes) for one in found.workers],
        "stations": [
            {
                "code": ground.stations.codes[one.station],
                "name": ground.stations.names[one.station],
                "name_en": ground.stations.names_en[one.station],
                "before": _coded(one.before, codes),
                "after": _coded(one.after, codes),
            }
            for one in found.stations
        ],
        "pairing": [
            {
                "code": one.pairing.code,
                "name": one.pairing.name,
                "name_en": one.pairing.name_en,
                "community": one.pairing.community,
                "grid": codes.get(one.pairing.grid or "", ""),
                "members": one.pairing.members,
                "before": one.before,
                "after": one.after,
                "retired": one.retired,
            }
            for one in found.pairing
        ],
        "crosswalk": [
            {"before": before or None, "after": after or None, "units": rows, "households": count}
            for before, after, rows, count in sorted(
                (codes.get(one.before or "", ""), codes.get(one.after or "", ""), *one[2:])
                for one in found.crosswalk.passages
            )
        ],
    }


def findings_out(findings: Iterable[PlanFinding], language: str) -> list[dict[str, Any]]:
    """Return findings as objects of JSON, in somebody's language."""
    return [
        {
            "severity": one.severity,
            "reason": one.reason,
            "key": one.key,
            "text": translate(one.message, language),
            "lon": one.at[0] if one.at else None,
            "lat": one.at[1] if one.at else None,
        }
        for one in findings
    ]


def codes_of(found: Effects) -> dict[str, str]:
    """Return the code of every grid by its key: as the plan has it, else as it was."""
    return {
        key: grid.code for grids in (found.before, found.after) for key, grid in grids.grids.items()
    }


def _called(grid: PlannedGrid | None) -> dict[str, str] | None:
    return {"code": grid.code, "name": grid.name, "name_en": grid.name_en} if grid else None


def _building(one: MovedBuilding, ground: Ground, codes: Mapping[str, str]) -> dict[str, Any]:
    lon, lat = ground.buildings.sites[one.building].tolist()
    return {
        "code": ground.buildings.codes[one.building],
        "address": ground.buildings.addresses[one.building],
        "lon": lon,
        "lat": lat,
        "whole": one.whole,
        "households": one.households,
        "units": [
            {
                "number": home.number,
                "name": home.name,
                "households": home.households,
                "people": home.people,
                "before": codes.get(before or ""),
                "after": codes.get(after or ""),
            }
            for home, before, after in one.homes
        ],
    }


def _worker(one: WorkerEffect, codes: Mapping[str, str]) -> dict[str, Any]:
    worker = one.worker
    return {
        "code": worker.code,
        "name": worker.name,
        "role": worker.role,
        "community": worker.community,
        "before": one.before,
        "after": one.after,
        "gained": one.gained,
        "lost": one.lost,
        "passed": one.passed,
        "grids_before": [codes[grid] for grid in one.grids_before],
        "grids_after": [codes[grid] for grid in one.grids_after],
        "retired": [codes.get(grid, grid) for grid in one.retired],
    }


def _coded(counts: Mapping[str, int], codes: Mapping[str, str]) -> dict[str, int]:
    return {codes.get(grid, ""): count for grid, count in sorted(counts.items())}
