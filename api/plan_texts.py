"""What the planner's pages say: the tools with their keys, and the texts of each script module.

A script finds its own texts in the page's JSON block, at ``texts.<module>``. Places such as
``%(name)s`` stay in them; ``fill`` in ``plan/page.js`` puts the values in.
"""

from __future__ import annotations

from typing import NamedTuple

from api.i18n import translate
from geo.core.scorecard_terms import PRINCIPLES
from geo.messages import Message, msg


class Tool(NamedTuple):
    """A tool of the editor (工具).

    Parameters
    ----------
    name
        What scripts call it; its button has it as ``data-tool``, and its sign has the same name.
    label
        What it does.
    hotkeys
        Its keys, as ``aria-keyshortcuts`` has them: several are parted by spaces.
    kind
        ``mode``: stays chosen until another is; ``toggle``: on or off; ``act``: done at once.
    """

    name: str
    label: Message
    hotkeys: str
    kind: str = "mode"


TOOL_GROUPS: tuple[tuple[Message, tuple[Tool, ...]], ...] = (
    (msg("Choose"), (Tool("select", msg("Choose a grid, move the map"), "V"),)),
    (
        msg("Paint"),
        (
            Tool("paint", msg("Paint blocks into the grid"), "P"),
            Tool("erase", msg("Take blocks out of their grid"), "E"),
            Tool("compound", msg("Paint whole compounds"), "C"),
            Tool("building", msg("Paint by building"), "B"),
            Tool("box", msg("Paint the blocks in a box"), "R"),
            Tool("lasso", msg("Paint the blocks in a lasso"), "L"),
        ),
    ),
    (
        msg("Boundaries"),
        (
            Tool("border", msg("Drag a shared border"), "D"),
            Tool("cut", msg("Cut a block along a line"), "X"),
            Tool("split", msg("Split a grid in two"), "S"),
            Tool("merge", msg("Merge two grids"), "M"),
            Tool("create", msg("New grid"), "A"),
            Tool("retire", msg("Retire a grid"), "T"),
        ),
    ),
    (
        msg("Keep"),
        (
            Tool("lock", msg("Lock blocks"), "K"),
            Tool("lock_grid", msg("Lock a grid"), "G"),
            Tool("comment", msg("Pin a comment"), "O"),
        ),
    ),
    (
        msg("Steps"),
        (
            Tool("undo", msg("Undo"), "Control+Z", "act"),
            Tool("redo", msg("Redo"), "Control+Shift+Z Control+Y", "act"),
            Tool("next", msg("Zoom to the next problem"), "N", "act"),
            Tool("fit", msg("Show the whole plan"), "0", "act"),
            Tool("help", msg("All keys"), "?", "act"),
        ),
    ),
)

TABS: dict[str, Message] = {
    "grids": msg("Grids"),
    "problems": msg("Problems"),
    "proposals": msg("Proposals"),
    "compare": msg("Compare"),
    "scorecard": msg("Scorecard"),
    "comments": msg("Comments"),
    "log": msg("Log"),
    "review": msg("Review"),
}

PLAN_STATES: dict[str, Message] = {
    "open": msg("Being drawn"),
    "submitted": msg("Waiting for review"),
    "returned": msg("Sent back"),
    "approved": msg("Approved"),
    "published": msg("Published"),
    "archived": msg("Put away"),
}

COMMON: dict[str, Message] = {
    "cancel": msg("Cancel"),
    "close": msg("Close"),
    "save": msg("Save"),
    "goThere": msg("Go there"),
    "loading": msg("Loading…"),
    "noConnection": msg("The server does not answer. Check your connection and try again."),
    "failed": msg("That could not be done. Try again."),
    "somebody": msg("somebody"),
    "metres": msg("%(number)s m"),
    "kilometres": msg("%(number)s km"),
    "blocks": msg("%(count)s blocks"),
}

TABLE: dict[str, Message] = {
    "name": msg("Grid"),
    "households": msg("Households"),
    "people": msg("People"),
    "workers": msg("Workers"),
    "perWorker": msg("Households per worker"),
    "perWorkerShort": msg("per worker"),
    "walk": msg("Walk to the station in metres, mean of the households"),
    "walkShort": msg("Walk, m"),
    "issues": msg("Open cases"),
    "issuesShort": msg("Cases"),
    "pieces": msg("Pieces"),
    "all": msg("All communities"),
    "community": msg("Community"),
    "changedOnly": msg("Changed grids only"),
    "was": msg("before: %(was)s, now: %(now)s"),
    "newGrid": msg("new"),
    "retired": msg("retired"),
    "locked": msg("locked"),
    "dedicated": msg("dedicated"),
    "tooFew": msg("%(count)s too few"),
    "tooMany": msg("%(count)s too many"),
    "bounds": msg("Bounds: %(min)s to %(max)s households"),
    "totals": msg("%(grids)s grids, %(within)s of them in bounds; %(households)s households"),
    "none": msg("No grid fits this filter."),
}

PROBLEMS: dict[str, Message] = {
    "none": msg("No problems: every block is in a grid, every grid in one piece and in bounds."),
    "noneShort": msg("No problems"),
    "count": msg("%(count)s problems"),
    "high": msg("%(name)s has %(households)s households, %(by)s too many"),
    "low": msg("%(name)s has %(households)s households, %(by)s too few"),
    "pieces": msg("%(name)s lies in %(by)s pieces"),
    "unassigned": msg("%(blocks)s blocks with %(households)s households are in no grid"),
    "community": msg("%(name)s reaches into another community"),
    "compound": msg("The compound %(compound)s is divided between %(by)s grids"),
    "empty": msg("%(name)s has no blocks"),
}

LOG: dict[str, Message] = {
    "undoThis": msg("Undo this"),
    "restore": msg("Restore"),
    "restoreTo": msg("Restore the draft as it was at step %(version)s?"),
    "restoreHint": msg("Nothing is lost: the way back is a new step in the log."),
    "mark": msg("Set a mark"),
    "markName": msg("Name of the mark"),
    "markHere": msg("A mark keeps this state by name, so that you can come back to it."),
    "removeMark": msg("Remove the mark"),
    "undone": msg("undone"),
    "step": msg("step %(seq)s"),
    "beginning": msg("The draft was made from %(base)s"),
    "today": msg("Today"),
    "yesterday": msg("Yesterday"),
    "paint": msg("Painted %(cells)s into %(grid)s"),
    "erase": msg("Took %(cells)s out of %(grid)s"),
    "cut": msg("Cut %(cells)s along a line"),
    "border": msg("Dragged the border of %(grid)s"),
    "split": msg("Split %(grid)s in two"),
    "merge": msg("Merged into %(grid)s"),
    "create": msg("Made %(grid)s"),
    "retire": msg("Retired %(grid)s"),
    "rename": msg("Changed the name of %(grid)s"),
    "lock": msg("Locked %(cells)s"),
    "unlock": msg("Unlocked %(cells)s"),
    "lock_grid": msg("Locked %(grid)s"),
    "unlock_grid": msg("Unlocked %(grid)s"),
    "undo": msg("Undid step %(seq)s"),
    "redo": msg("Redid step %(seq)s"),
    "restored": msg("Restored the state of step %(version)s"),
    "proposal": msg("Took over a proposal"),
    "other": msg("Changed %(cells)s"),
    "outside": msg("no grid"),
}

COMMENTS: dict[str, Message] = {
    "none": msg("No comments yet. Pin one to a place on the map."),
    "pin": msg("Pin a comment to the map"),
    "pinHint": msg("Click the place on the map, or press Enter for its middle."),
    "text": msg("Comment"),
    "answer": msg("Reply"),
    "send": msg("Send"),
    "resolve": msg("Mark as settled"),
    "reopen": msg("Open again"),
    "resolved": msg("Settled by %(name)s"),
    "showResolved": msg("Show settled ones, too"),
    "pinNumber": msg("Comment %(number)s by %(name)s"),
}

SHARES: dict[str, Message] = {
    "title": msg("Share this draft to read"),
    "hint": msg("Whoever has the link reads this draft without signing in, and changes nothing."),
    "days": msg("Valid for"),
    "day": msg("%(count)s days"),
    "make": msg("Make a link"),
    "once": msg("Copy the link now: it is shown only once."),
    "copy": msg("Copy"),
    "copied": msg("Copied"),
    "link": msg("Link"),
    "given": msg("Links in force"),
    "noneGiven": msg("No link is in force."),
    "until": msg("until %(when)s, made by %(name)s"),
    "revoke": msg("Take back"),
}

CONFLICTS: dict[str, Message] = {
    "title": msg("Two people changed the same blocks"),
    "told": msg("While you were working, %(name)s changed what you changed, too, at %(when)s."),
    "whose": msg("%(cells)s: %(name)s put them into %(theirs)s, you into %(mine)s"),
    "keepTheirs": msg("Keep theirs"),
    "applyMine": msg("Apply mine"),
    "show": msg("On the map"),
    "theirs": msg("Theirs"),
    "mine": msg("Yours"),
    "kept": msg("Your other changes are kept."),
    "unassigned": msg("no grid"),
    "otherThing": msg("%(name)s changed %(what)s"),
}

REVIEW: dict[str, Message] = {
    "state": msg("State"),
    "steps": msg("What has happened"),
    "noSteps": msg("Not submitted yet."),
    "remark": msg("Remark"),
    "remarkHint": msg("What the reviewer should know"),
    "reasonHint": msg("What is to be changed"),
    "submit": msg("Submit for review"),
    "recall": msg("Take back the submission"),
    "approve": msg("Approve"),
    "return": msg("Send back"),
    "publish": msg("Publish"),
    "withdraw": msg("Withdraw the publication"),
    "archive": msg("Put away the draft"),
    "didSubmit": msg("Submitted"),
    "didRecall": msg("Submission taken back"),
    "didApprove": msg("Approved"),
    "didReturn": msg("Sent back"),
    "didPublish": msg("Published for %(starts)s"),
    "didWithdraw": msg("Publication withdrawn"),
    "didArchive": msg("Put away"),
    "starts": msg("In force from"),
    "startsHint": msg("The day begins at midnight, %(zone)s. Today means at once."),
    "ownPlan": msg("You have worked on this draft: another planner reviews it."),
    "effects": msg("What changes for people"),
    "effectsHint": msg("Compared with the generation in force"),
    "noEffects": msg("Nobody changes grid."),
    "movedHouseholds": msg("households change grid"),
    "movedBuildings": msg("buildings"),
    "movedIssues": msg("open cases move"),
    "workersChanged": msg("workers whose load changes"),
    "documents": msg("Documents"),
    "notices.docx": msg("Notices for doors, a page per building (DOCX)"),
    "notices.pdf": msg("Notices for doors, a page per building (PDF)"),
    "filing.xlsx": msg("Filing table, old and new grids (XLSX)"),
    "maps.pdf": msg("Maps, old and new (PDF)"),
    "checks": msg("Before it can be published"),
    "warnings": msg("%(count)s more are worth a look."),
    "changedGrids": msg("Grids that change"),
    "changedWorkers": msg("Workers: households before and after"),
    "changedIssues": msg("Open cases that move"),
    "changedStations": msg("Stations: households that walk there, by grid"),
    "changedPairing": msg("Paired units: households of their grid"),
    "gridRetired": msg("the grid is retired"),
    "passages": msg("From grid to grid: households"),
    "changedBuildings": msg("Buildings, households that change grid"),
    "added": msg("new"),
    "retired": msg("retired"),
    "redrawn": msg("redrawn"),
    "renamed": msg("renamed"),
    "noGrid": msg("no grid"),
    "andMore": msg("and %(count)s more"),
    "checksPassed": msg("Nothing stands against publishing."),
    "checksFailed": msg("%(count)s findings stand against publishing."),
    "checkAgain": msg("Check again"),
    "publishedAs": msg("Published as %(label)s"),
    "scheduled": msg("Comes into force on %(starts)s."),
    "inForce": msg("In force since %(starts)s."),
    "confirmPublish": msg("Publish this plan for %(starts)s?"),
    "confirmNow": msg("Publish this plan at once?"),
    "confirmNowTold": msg(
        "Households and open cases belong to the new grids from this moment. That can't be"
        " withdrawn; the generation before can be published again."
    ),
    "confirmPublishTold": msg(
        "From that day on, households and open cases belong to the new grids. Until then you can"
        " withdraw it."
    ),
    "readOnly": msg("Only planners take steps in a review."),
}

SCORECARD: dict[str, Message] = {
    "all": msg("Full scorecard"),
    "now": msg("this draft"),
    "base": msg("base"),
    "places": msg("%(count)s places"),
    "refresh": msg("Work out again"),
    "stale": msg("The draft has changed since."),
}

PANELS: dict[str, Message] = {
    "here": msg("Here now: %(names)s"),
    "saved": msg("All changes saved"),
    "saving": msg("Saving…"),
    "offline": msg("No connection. Changes that wait here to be sent: %(count)s"),
    "whole": msg("%(households)s households, %(people)s people, %(issues)s open cases"),
    "wholeShared": msg("%(households)s households, %(people)s people"),
}

MAP: dict[str, Message] = {
    "zoomIn": msg("Zoom in"),
    "zoomOut": msg("Zoom out"),
    "close": msg("Close"),
}

PROPOSALS: dict[str, Message] = {
    "what": msg("What the machine shall propose"),
    "repair": msg("Repair what is out of bounds"),
    "repairTold": msg("Moves as few households as the bounds allow."),
    "new": msg("Draw afresh"),
    "newTold": msg("Even, compact grids, whatever there is today."),
    "split": msg("Split a grid in two"),
    "splitTold": msg("The larger part keeps its code."),
    "add": msg("Add a grid"),
    "addTold": msg("One grid more for a community."),
    "count": msg("So many grids for a community"),
    "countTold": msg("Keeps to today's boundaries where it can."),
    "community": msg("Community"),
    "grid": msg("Grid"),
    "k": msg("Number of grids"),
    "prefer_roads": msg("Boundaries on roads, rivers and railways"),
    "nearest": msg("Also where the bounds can't be kept: as near as can be"),
    "more": msg("More choices"),
    "seconds": msg("Seconds to search"),
    "usual": msg("as usual"),
    "seed": msg("Seed of chance"),
    "seedOf": msg("seed %(seed)s"),
    "start": msg("Start searching"),
    "nothing": msg("There is nothing to repair: every grid is in bounds and in one piece."),
    "possible": msg("Possible in %(able)s of %(all)s communities."),
    "impossible": msg("Not possible within the bounds."),
    "arithmetic": msg("The arithmetic of each community"),
    "waiting": msg("Waiting to begin…"),
    "running": msg("Searching…"),
    "progress": msg("How far the search is"),
    "soFar": msg(
        "%(seconds)s s. Best so far: %(moved)s households moved, %(excess)s out of bounds,"
        " boundaries of %(cut)s inside communities."
    ),
    "weighing": msg("Now the lower bound and the scorecards are worked out."),
    "bestShown": msg("The map shows the best plan so far"),
    "shown": msg("The map shows the proposal “%(name)s”"),
    "showDraft": msg("Back to the draft"),
    "cancel": msg("Stop searching"),
    "cancelled": msg("The search was called off."),
    "three": msg("Three plans to choose from"),
    "one": msg("One plan only: it is the best by each of the three aims"),
    "again": msg("Another search"),
    "stale": msg("The draft has changed since this search began."),
    "hurried": msg("The time was up before the search was done: another one may answer otherwise."),
    "fewest_moved": msg("Fewest moved"),
    "balanced": msg("Balanced"),
    "compact": msg("Most compact"),
    "best": msg("best of the three"),
    "scorecards": msg("Their scorecards, beside the draft's"),
    "draft": msg("Draft"),
    **{str(principle): name for principle, name in PRINCIPLES.items()},
    "moved_households": msg("Households moved"),
    "moved_bound": msg("Lower bound: at least"),
    "gap_pct": msg("Above the lower bound"),
    "moved_cells": msg("Blocks moved"),
    "touched": msg("Grids touched"),
    "out_of_bounds": msg("Grids out of bounds"),
    "cut_m": msg("Boundaries inside communities"),
    "road_pct": msg("On roads and rivers"),
    "compactness": msg("Compactness (Polsby–Popper)"),
    "grids": msg("Grids"),
    "takeHere": msg("Take into this draft"),
    "takeDraft": msg("Make a new draft of it"),
    "draftName": msg("Name of the new draft"),
    "compare": msg("Compare with the draft"),
    "taken": msg("The proposal is in the draft now: one step, which undo takes back."),
    "moves": msg("What it moves: %(count)s steps"),
    "moreMoves": msg("and %(count)s more"),
    "earlier": msg("Searches of this draft"),
    "is_done": msg("done"),
    "is_failed": msg("failed"),
    "is_cancelled": msg("called off"),
    "is_running": msg("running"),
    "is_waiting": msg("waiting"),
}

COMPARE: dict[str, Message] = {
    "how": msg("How old and new are shown"),
    "off": msg("Off"),
    "difference": msg("Difference"),
    "swipe": msg("Swipe"),
    "side": msg("Side by side"),
    "against": msg("Compare with"),
    "base": msg("what the draft began with"),
    "drafts": msg("Other drafts"),
    "shown": msg("“%(name)s” against the draft"),
    "draftAgain": msg("Compare the draft again"),
    "before": msg("Before"),
    "now": msg("Now"),
    "bar": msg("Bar between before and now"),
    "barAt": msg("%(share)s percent of the map show what was before"),
    "oldMap": msg("Map of what was before"),
    "sum": msg(
        "%(households)s households in %(blocks)s blocks change grids; %(grids)s grids touched."
    ),
    "same": msg("No block has another grid."),
    "passage": msg("%(from)s → %(to)s"),
    "passageOf": msg("%(blocks)s blocks, %(households)s households"),
    "grids": msg("Households of the grids touched"),
}

GENERATIONS: dict[str, Message] = {
    "period": msg("%(start)s to %(end)s"),
    "since": msg("since %(start)s"),
    "historyOf": msg("Grid %(code)s"),
    "historyHere": msg("This place was in"),
    "nowhere": msg("no grid"),
    "nothingThen": msg("There was no such grid on that day."),
    "origin": msg("%(name)s (%(share)s)"),
    "origins": msg("on the ground of %(list)s"),
    "comma": msg(", "),
    "area": msg("%(community)s, %(hectares)s ha"),
    "grid": msg("Grid"),
    "households": msg("Households"),
    "people": msg("People"),
    "issues": msg("Issues"),
    "householdsThen": msg("Households then"),
    "householdsNow": msg("Households now"),
    "issuesThen": msg("Issues then"),
    "issuesNow": msg("Issues now"),
    "inNoGrid": msg("In no grid"),
    "helpThen": msg(
        "Units count in the grid they were assigned to while %(label)s was in force, issues in the"
        " grid they were reported in. Units built since are not in it."
    ),
    "helpNow": msg(
        "The same units and issues of %(label)s, counted in the grids in force now: so the periods"
        " can be compared whatever boundaries have moved."
    ),
}

EDITOR: dict[str, Message] = {
    "nobody": msg("no grid"),
    "locked": msg("locked"),
    "noConnection": msg("The server does not answer. Check your connection and try again."),
    "notOpened": msg("The draft could not be opened: %(reason)s"),
    "gone": msg("You can no longer read this draft. Sign in again, or ask for a new link."),
    "working": msg("Working it out…"),
    "chooseFirst": msg("Choose a grid first: click one on the map or in the table."),
    "chosen": msg("%(grid)s chosen, %(households)s households"),
    "edited": msg("%(grid)s: %(before)s → %(after)s households"),
    "gridLocked": msg("%(grid)s is locked: it neither takes nor gives blocks."),
    "holdsLocked": msg("%(grid)s holds locked blocks. Unlock them first."),
    "nowLocked": msg("%(grid)s is locked now."),
    "nowUnlocked": msg("%(grid)s is unlocked now."),
    "skippedLocked": msg("Locked blocks left as they are: %(count)s"),
    "skippedElsewhere": msg(
        "Blocks left as they are, because a grid lies in one community: %(count)s"
    ),
    "skippedBeyond": msg("Blocks left as they are, because “this community only” is on: %(count)s"),
    "mergeWith": msg("Which grid is to become one with %(grid)s? Click it."),
    "mergeElsewhere": msg("These grids lie in different communities."),
    "merged": msg("%(gone)s is a part of %(kept)s now."),
    "created": msg("%(grid)s is made. Paint more blocks into it."),
    "retired": msg("%(grid)s is retired; its %(count)s blocks are in no grid."),
    "noVertex": msg("There is no corner of a border here. Drag one of the dots."),
    "vertexHeld": msg("Corner held: arrow keys move it, Enter lets it go."),
    "pointSet": msg("Point set. Enter at the same place ends the line."),
    "cornerSet": msg("Corner set."),
    "ringClosed": msg("Closed."),
    "caught": msg("%(count)s blocks · %(households)s households"),
    "splitProposed": msg("Split as proposed"),
    "cut": msg("Cut into %(count)s pieces. Paint each into the grid that it belongs to."),
    "split": msg("The other part is a grid of its own now: %(grid)s."),
    "takeOut": msg("Hold Shift to take blocks out"),
    "lineHint": msg("Draw across in one go, or click points and double-click the last"),
    "borderHint": msg("Drag a dot: both sides move"),
    "brushBlock": msg("one block"),
    "brushSize": msg("⌀ %(size)s px"),
    "noTarget": msg("none chosen"),
    "details": msg("Names and branch"),
    "details_name": msg("Name of the grid"),
    "details_name_en": msg("Name in English"),
    "details_branch_name": msg("Party branch"),
    "details_branch_name_en": msg("Party branch in English"),
    "details_branch_phone": msg("Phone of the branch"),
    "viewBounds": msg("Households in bounds"),
    "viewChanges": msg("Changes"),
    "viewWalk": msg("Walk to the station"),
    "legendFit": msg("in bounds"),
    "legendLow": msg("▼ too few households"),
    "legendHigh": msg("▲ too many households"),
    "legendDedicated": msg("dedicated grid"),
    "legendOpen": msg("in no grid"),
    "legendChanged": msg("changed"),
    "legendFar": msg("over 500 m"),
    "legendFarther": msg("over 1,000 m"),
    "legendUnreachable": msg("no station within reach"),
    "cellTold": msg("%(block)s · %(households)s households, %(people)s people · %(grid)s"),
    "cellInCompound": msg(
        "%(block)s, %(compound)s · %(households)s households, %(people)s people · %(grid)s"
    ),
    "cellWas": msg("before: %(grid)s"),
    "noProblems": msg("There are no problems."),
    "problemOf": msg("Problem %(number)s of %(count)s: %(problem)s"),
    "nothingToUndo": msg("There is nothing of yours to undo."),
    "nothingToRedo": msg("There is nothing to redo."),
    "undone": msg("Undone: %(edit)s"),
    "redone": msg("Made again: %(edit)s"),
    "keys": msg("All keys"),
    "keyArrows": msg("Move the cursor from block to block"),
    "keyEnter": msg("Do what the tool does, at the cursor"),
    "keyShiftArrows": msg("Move the map"),
    "keyZoom": msg("Zoom in and out"),
    "keyBrush": msg("Smaller or larger brush"),
    "keyDigits": msg("Choose the grid of this number in the community"),
    "keyNextGrid": msg("Choose the grid before or after"),
    "keyPick": msg("Choose the grid under the cursor or the mouse"),
    "keySpace": msg("Move the map, with any tool"),
    "keyEscape": msg("Let go of what was begun"),
    "keyMap": msg("On the map"),
    "keyMouse": msg("Mouse and fingers"),
    "mouseSpace": msg("Space and drag, or the middle button"),
    "mouseFingers": msg("Two fingers"),
    "mousePick": msg("Alt and click"),
    "keyFingers": msg("Move and zoom the map; one finger works"),
}

TEXTS: dict[str, dict[str, Message]] = {
    "editor": EDITOR,
    "map": MAP,
    "common": COMMON,
    "states": PLAN_STATES,
    "panels": PANELS,
    "table": TABLE,
    "problems": PROBLEMS,
    "log": LOG,
    "comments": COMMENTS,
    "shares": SHARES,
    "conflicts": CONFLICTS,
    "review": REVIEW,
    "scorecard": SCORECARD,
    "proposals": PROPOSALS,
    "compare": COMPARE,
    "generations": GENERATIONS,
}
"""The texts of the editor's scripts by module; every module adds its own table here."""


def texts_said(language: str, *modules: str) -> dict[str, dict[str, str]]:
    """Return the texts of script modules in a language; of all of them when none is named.

    Examples
    --------
    >>> texts_said("en", "map")["map"]["close"]
    'Close'
    """
    return {
        module: {key: _kept(text, language) for key, text in TEXTS[module].items()}
        for module in modules or TEXTS
    }


def _kept(text: Message, language: str) -> str:
    """Say a text without filling its places in."""
    return translate(Message(text.template), language)
