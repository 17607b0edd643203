"""What a sheet's page says besides the sheet: names of controls and lists, in English.

``api`` says them in the reader's language, and hands them to the renderer.
"""

from __future__ import annotations

from geo.messages import Message, msg

WORDS: dict[str, Message] = {
    "cut": msg("On paper the table has its first %(count)s rows; files of the map have all."),
    "facts": msg("About this map"),
    "layers": msg("Shown on the map"),
    "legend": msg("Legend"),
    "next": msg("Next"),
    "north": msg("North is up"),
    "notes": msg("Please note"),
    "paper": msg("Paper"),
    "play": msg("Play"),
    "previous": msg("Previous"),
    "print": msg("Print"),
    "sort": msg("Sort by %(column)s"),
    "stations": msg("Stations"),
    "step": msg("Step in time"),
    "stop": msg("Stop"),
    "tables": msg("The same figures as a table"),
    "whole": msg("Whole map"),
    "whole_time": msg("Whole period"),
    "zoom_in": msg("Zoom in"),
    "zoom_out": msg("Zoom out"),
}
"""By the key that the renderer knows; :data:`WORDS` of ``sort`` keeps its place for a column."""
