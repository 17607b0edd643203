"""The page about all settings, made from the settings themselves.

``python -m api.settings_page`` writes ``docs/settings.md`` anew.
"""

from __future__ import annotations

import types
import typing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from api.written_pages import put_out
from geo.settings import PREFIX, PROJECT_FOLDER, Settings

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

PAGE = PROJECT_FOLDER / "docs" / "settings.md"
HEAD = """# Settings

Every setting is an environment variable; an empty one counts as unset. A value that can't be is
refused at the start, with the setting's name. Secrets are never logged or answered with.

This page is made from `geo/settings.py` by `python -m api.settings_page`, and tested against it.

| setting | type | default | meaning |
|---|---|---|---|
"""
NAMES: dict[Any, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "`true` or `false`",
    Path: "path",
    SecretStr: "secret text",
}
DEFAULTS_MADE = {
    "data_dir": "`var` in the project; of an installed wheel `hongge` in the user's data folder"
}


def settings_page() -> str:
    """Return the page's text (Markdown)."""
    rows = [
        f"| `{PREFIX}{name.upper()}` | {_type(field)} | {_default(name, field)} |"
        f" {field.description or ''} |"
        for name, field in sorted(Settings.model_fields.items())
    ]
    return HEAD + "\n".join(rows) + "\n"


def _type(field: FieldInfo) -> str:
    kinds = [one for one in _parts(field.annotation) if one is not type(None)]
    said = " or ".join(_kind(one) for one in kinds)
    bounds = [text for one in field.metadata if (text := _bound(one))]
    return ", ".join([said, *bounds])


def _parts(annotation: Any) -> tuple[Any, ...]:
    united = typing.get_origin(annotation) in {typing.Union, types.UnionType}
    return typing.get_args(annotation) if united else (annotation,)


def _kind(annotation: Any) -> str:
    if typing.get_origin(annotation) is Literal:
        return ", ".join(f"`{one}`" for one in typing.get_args(annotation))
    return NAMES[annotation]


def _bound(constraint: Any) -> str:
    signs = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
    found = [(sign, getattr(constraint, name, None)) for name, sign in signs.items()]
    return ", ".join(f"{sign} {value:g}" for sign, value in found if value is not None)


def _default(name: str, field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return DEFAULTS_MADE[name]
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    if isinstance(field.default, float):
        return f"`{field.default:g}`"
    return "–" if field.default in {None, ""} else f"`{field.default}`"


if __name__ == "__main__":
    put_out({PAGE: settings_page()})
