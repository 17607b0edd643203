"""A fair rota (值班表) by constraint programming (CP-SAT of OR-Tools).

Every shift is filled. Of all rotas that do so within the rules, the one is chosen in which the
spread between people, most minus least minutes, is smallest for duty on weekends, then on public
holidays, then at lunch, then for all duty, what people did in earlier rotas included (lexicographic
goals; Ernst, Jiang, Krishnamoorthy, Sier 2004, Staff scheduling and rostering: a review). Among
those that are left, people come as near to the mean as the solver finds.

The solver's effort is counted in its own deterministic time, so that a problem has the same answer
on every machine.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations, groupby, pairwise
from math import ceil, gcd
from typing import TYPE_CHECKING, Literal, NamedTuple

from geo.core.rota import Load, Shift, added, spread, week_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from ortools.sat.python.cp_model_helper import CpModelProto, CpSolverResponse

    from geo.core.rota import Duty, Rules, Span

Scope = Literal["shift", "day", "week", "period"]
Term = tuple[int, int]

EFFORT = 0.3
"""Deterministic seconds of the solver for each question."""

HARDEST = 4
"""So many times as long for all duty, whose sizes are the most various."""

FILLING_EFFORT = 3.0
"""Those for a rota that fills every shift, where none is found by the way."""

LEAST_EFFORT = 0.1
"""Those for a bound that saves it from looking for what can't be."""

SECONDS = 20.0
"""What a question may take by the clock in any case."""

ROUNDING = 1e-6


class Held(NamedTuple):
    """A shift that somebody has already, here or elsewhere: times in UTC, the day at the place."""

    starts_at: datetime
    ends_at: datetime
    day: date


class Person(NamedTuple):
    """Somebody who may be on duty.

    Parameters
    ----------
    key
        Of the person.
    absences
        When they can't, in UTC.
    held
        Shifts that count for rest and numbers, and are no part of the rota.
    before
        What they did in earlier rotas; ``None`` for newcomers, who begin with the least that
        anybody has.
    """

    key: int
    absences: tuple[Span, ...] = ()
    held: tuple[Held, ...] = ()
    before: Load | None = None


class Rota(NamedTuple):
    """A rota in which every shift is filled.

    Parameters
    ----------
    shifts
        In order of time, then person.
    loads
        Minutes of everybody, with what they did before, by key.
    spread
        Between them.
    proven
        Whether no rota within the rules is fairer.
    """

    shifts: tuple[Shift, ...]
    loads: dict[int, Load]
    spread: Load
    proven: bool


class Shortage(NamedTuple):
    """Too few people for a shift, a day, a week, or only for the whole period.

    Parameters
    ----------
    scope
        Of what the numbers are.
    first, last
        Days.
    needed
        How many times somebody has to be on duty.
    most
        How many of these can be filled within the rules, whatever is left open elsewhere.
    starts_at, ends_at
        Of the shift, where it is one.
    """

    scope: Scope
    first: date
    last: date
    needed: int
    most: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def missing(self) -> int:
        """How many are missing.

        Examples
        --------
        >>> from datetime import date
        >>> Shortage("day", date(2026, 3, 9), date(2026, 3, 9), 3, 1).missing
        2
        """
        return self.needed - self.most


@dataclass(frozen=True)
class Infeasible:
    """No rota fills every shift: where people are missing, in the smallest scope that shows it.

    Without any shortage none was found, and it is not known whether there is one.
    """

    shortages: tuple[Shortage, ...]


def solve(
    wanted: Sequence[Duty],
    people: Sequence[Person],
    rules: Rules,
    seed: int = 0,
    effort: float = EFFORT,
) -> Rota | Infeasible:
    """Return the fairest rota.

    Parameters
    ----------
    wanted
        The shifts.
    people
        Who may be on duty, each key once.
    rules
        Of the rota.
    seed
        The same gives the same rota; another may give another one that is equally fair.
    effort
        Deterministic seconds of the solver for each goal.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> from geo.core.rota import Duty, Rules
    >>> noon = datetime(2026, 3, 9, 12, tzinfo=UTC)
    >>> duty = Duty(noon, noon + timedelta(hours=2), noon.date(), "lunch")
    >>> found = solve([duty], [Person(1, before=Load(lunch=60, all=60)), Person(2)], Rules())
    >>> [one.person for one in found.shifts], found.spread.lunch
    ([2], 120)
    >>> solve([duty], [], Rules()).shortages[0].missing
    1
    >>> solve([], [], Rules()).shifts
    ()
    """
    order = sorted(wanted)
    least, missing, chosen = _filled(order, people, rules, seed)
    if missing:
        return Infeasible(tuple(_shortages(order, people, rules, least)))
    model = _Model(order, people, rules)
    proven, narrowed = True, []
    for kind in Load._fields:
        more = HARDEST if kind == "all" else 1
        chosen, sure = model.narrow(kind, chosen, seed, more * effort)
        proven = proven and sure
        if kind != "all":
            narrowed.append(kind)
            again = model.one_by_one(chosen, narrowed)
            chosen = again if sum(again) == sum(chosen) else chosen
    chosen = model.even_out(chosen, seed, effort)
    shifts = _shifts(order, people, model.pairs, chosen)
    return _rota(shifts, people, proven=proven)


def _rota(shifts: tuple[Shift, ...], people: Sequence[Person], *, proven: bool) -> Rota:
    found = starts(people)
    for one in shifts:
        found[one.person] = added(found[one.person], one.kind, one.minutes)
    return Rota(shifts, found, spread(found.values()), proven)


def starts(people: Iterable[Person]) -> dict[int, Load]:
    """Return what everybody begins with: newcomers, of each kind, with the least of the others.

    Examples
    --------
    >>> starts([Person(1, before=Load(all=60)), Person(2)])[2]
    Load(weekend=0, holiday=0, lunch=0, all=60)
    >>> starts([])
    {}
    """
    everybody = list(people)
    known = [one.before for one in everybody if one.before is not None]
    least = Load(*(min(column) for column in zip(*known, strict=True))) if known else Load()
    return {one.key: least if one.before is None else one.before for one in everybody}


def _shifts(
    wanted: Sequence[Duty],
    people: Sequence[Person],
    pairs: Sequence[tuple[int, int]],
    chosen: Sequence[int],
) -> tuple[Shift, ...]:
    found = [
        Shift(
            people[person].key,
            wanted[duty].starts_at,
            wanted[duty].ends_at,
            wanted[duty].day,
            wanted[duty].kind,
        )
        for (duty, person), on in zip(pairs, chosen, strict=True)
        if on
    ]
    return tuple(sorted(found, key=lambda one: (one.starts_at, one.ends_at, one.person)))


def able(duty: Duty, person: Person, rules: Rules) -> bool:
    """Tell whether somebody can have a shift, whatever other shifts of the rota they have.

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> from geo.core.rota import Duty, Rules
    >>> noon = datetime(2026, 3, 9, 12, tzinfo=UTC)
    >>> duty = Duty(noon, noon + timedelta(hours=2), noon.date())
    >>> able(duty, Person(1), Rules()), able(duty, Person(1, absences=(duty[:2],)), Rules())
    (True, False)
    """
    away = any(begins < duty.ends_at and duty.starts_at < ends for begins, ends in person.absences)
    near = any(
        one.starts_at < duty.ends_at + rules.rest and duty.starts_at < one.ends_at + rules.rest
        for one in person.held
    )
    today = sum(one.day == duty.day for one in person.held)
    this_week = sum(week_of(one.day) == week_of(duty.day) for one in person.held)
    return not (away or near or today >= rules.day_max or this_week >= rules.week_max)


def _filled(
    wanted: Sequence[Duty], people: Sequence[Person], rules: Rules, seed: int
) -> tuple[int, int, list[int]]:
    """Return how many are missing at least, in the best rota found, and that rota."""
    model = _Model(wanted, people, rules, short=True)
    chosen = model.one_by_one()
    if sum(chosen) == sum(one.people for one in wanted):
        return 0, 0, chosen
    solved = model.solve(chosen, seed, FILLING_EFFORT)
    if not solved.values:
        return 0, sum(one.people for one in wanted), chosen
    missing = sum(solved.values[one] for one in model.short)
    return solved.bound, missing, solved.values[: len(model.pairs)]


def _shortages(
    wanted: Sequence[Duty], people: Sequence[Person], rules: Rules, missing: int
) -> list[Shortage]:
    """Return what is short, of the smallest scope in which anything is."""
    for scope, parts in (
        ("shift", [[one] for one in wanted]),
        ("day", _grouped(wanted, by_week=False)),
        ("week", _grouped(wanted, by_week=True)),
    ):
        found = [_shortage(scope, part, people, rules) for part in parts]
        short = [one for one in found if one.missing > 0]
        if short:
            return short
    needed = sum(one.people for one in wanted)
    days = [one.day for one in wanted]
    return [Shortage("period", min(days), max(days), needed, needed - missing)] if missing else []


def _grouped(wanted: Sequence[Duty], *, by_week: bool) -> list[list[Duty]]:
    def key(one: Duty) -> date:
        return week_of(one.day) if by_week else one.day

    return [list(group) for _, group in groupby(sorted(wanted, key=key), key=key)]


def _shortage(scope: str, part: Sequence[Duty], people: Sequence[Person], rules: Rules) -> Shortage:
    needed = sum(one.people for one in part)
    days = [one.day for one in part]
    if scope == "shift":
        [one] = part
        most = sum(able(one, person, rules) for person in people) if rules.day_max > 0 else 0
        most = min(most, needed)
        return Shortage("shift", one.day, one.day, needed, most, one.starts_at, one.ends_at)
    missing, _, _ = _filled(part, people, rules, 0)
    named: Scope = "day" if scope == "day" else "week"
    return Shortage(named, min(days), max(days), needed, needed - missing)


class _Sums:
    """Whole numbers, sums of them within bounds, and a sum to be made as small as can be."""

    def __init__(self) -> None:
        from ortools.sat.python.cp_model_helper import CpModelProto  # noqa: PLC0415 - heavy

        self.proto: CpModelProto = CpModelProto()

    def variable(self, least: int, most: int) -> int:
        self.proto.variables.add().domain.extend([least, most])
        return len(self.proto.variables) - 1

    def sum(self, terms: Sequence[Term], low: int, high: int) -> None:
        """Ask for a sum of variables by coefficients within bounds."""
        linear = self.proto.constraints.add().linear
        linear.vars.extend([variable for variable, _ in terms])
        linear.coeffs.extend([coefficient for _, coefficient in terms])
        linear.domain.extend([low, high])

    def aim(self, terms: Sequence[Term]) -> None:
        self.proto.objective.vars.clear()
        self.proto.objective.coeffs.clear()
        self.proto.objective.vars.extend([variable for variable, _ in terms])
        self.proto.objective.coeffs.extend([weight for _, weight in terms])

    def bound(self, counts: _Counts) -> list[Term]:
        """Return the most and, by -1, the least of some loads, none of which is beyond them."""
        most, count = counts.total, len(counts.begun)
        highest = self.variable(-(-most // count), most)
        lowest = self.variable(0, most // count)
        for start, own in zip(counts.begun, counts.terms, strict=True):
            self.sum([*own, (highest, -1)], -most, -start)
            self.sum([*own, (lowest, -1)], -start, most)
        return [(highest, 1), (lowest, -1)]

    def solve(self, hint: Sequence[int], seed: int, effort: float) -> _Solved:
        """Solve the model as it is, from values of the first variables that are known."""
        from ortools.sat.python import cp_model_helper as cp  # noqa: PLC0415 - heavy

        self.proto.solution_hint.vars.clear()
        self.proto.solution_hint.values.clear()
        self.proto.solution_hint.vars.extend(list(range(len(hint))))
        self.proto.solution_hint.values.extend(list(hint))
        parameters = cp.SatParameters()
        parameters.num_workers = 1
        parameters.interleave_search = True
        parameters.random_seed = seed
        parameters.max_deterministic_time = effort
        parameters.max_time_in_seconds = SECONDS
        wrapper = cp.SolveWrapper()
        wrapper.set_parameters(parameters)
        solved: CpSolverResponse = wrapper.solve(self.proto)  # type: ignore[no-untyped-call]
        values = list(solved.solution)
        bound = ceil(solved.best_objective_bound - ROUNDING) if values else 0
        return _Solved(values, bound)


class _Solved(NamedTuple):
    """Values of the variables, none where none were found; and what no solution goes below."""

    values: list[int]
    bound: int


class _Counts(NamedTuple):
    """What a kind of duty is counted by: starts and terms of everybody, their sum, the unit."""

    begun: list[int]
    terms: list[list[Term]]
    total: int
    unit: int

    def had(self, chosen: Sequence[int]) -> list[int]:
        """Return everybody's load in a rota."""
        return [
            start + sum(size for literal, size in own if chosen[literal])
            for start, own in zip(self.begun, self.terms, strict=True)
        ]


def least_spread(begun: Sequence[int], sizes: Mapping[int, int]) -> int:
    """Return a spread that no sharing out falls below, whoever may have what.

    Parameters
    ----------
    begun
        What everybody begins with; at least one.
    sizes
        How many shifts there are of each size.

    Examples
    --------
    >>> least_spread([0, 0, 0], {2: 4}), least_spread([0, 3], {1: 3}), least_spread([0], {})
    (2, 0, 0)
    """
    model, order = _Sums(), sorted(begun)
    shares = [[(model.variable(0, count), size) for size, count in sizes.items()] for _ in order]
    for at, count in enumerate(sizes.values()):
        model.sum([(own[at][0], 1) for own in shares], count, count)
    total = sum(order) + sum(size * count for size, count in sizes.items())
    for (one, own), (other, following) in pairwise(zip(order, shares, strict=True)):
        if one == other:
            model.sum([*own, *((variable, -size) for variable, size in following)], 0, total)
    model.aim(model.bound(_Counts(order, shares, total, 1)))
    return max(0, model.solve([], 0, LEAST_EFFORT).bound)


class _Model(_Sums):
    """A literal for every shift and person that can have it; with ``short``, open places, too."""

    def __init__(
        self, wanted: Sequence[Duty], people: Sequence[Person], rules: Rules, *, short: bool = False
    ) -> None:
        super().__init__()
        self.wanted, self.people, self.rules = wanted, people, rules
        self.pairs = [
            (duty, person)
            for duty in range(len(wanted))
            for person in range(len(people))
            if able(wanted[duty], people[person], rules)
        ]
        self.of_duty: dict[int, list[int]] = defaultdict(list)
        self.of_person: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for duty, person in self.pairs:
            literal = self.variable(0, 1)
            self.of_duty[duty].append(literal)
            self.of_person[person].append((duty, literal))
        self.short = [self.variable(0, one.people) for one in wanted] if short else []
        self.starts = starts(people)
        self._fill()
        for person in range(len(people)):
            self._keep_rest(person)
            self._keep_numbers(person)
        if short:
            self.aim([(one, 1) for one in self.short])

    def _fill(self) -> None:
        for row, duty in enumerate(self.wanted):
            terms = [(literal, 1) for literal in self.of_duty[row]]
            if self.short:
                terms.append((self.short[row], 1))
            self.sum(terms, duty.people, duty.people)

    def _keep_rest(self, person: int) -> None:
        for (one, first), (other, second) in combinations(self.of_person[person], 2):
            if self.wanted[other].starts_at < self.wanted[one].ends_at + self.rules.rest:
                clause = self.proto.constraints.add().bool_or
                clause.literals.extend([-1 - first, -1 - second])

    def _keep_numbers(self, person: int) -> None:
        days: dict[date, list[int]] = defaultdict(list)
        weeks: dict[date, list[int]] = defaultdict(list)
        for duty, literal in self.of_person[person]:
            days[self.wanted[duty].day].append(literal)
            weeks[week_of(self.wanted[duty].day)].append(literal)
        held = [one.day for one in self.people[person].held]
        for groups, most, had in (
            (days, self.rules.day_max, held),
            (weeks, self.rules.week_max, [week_of(one) for one in held]),
        ):
            for key, literals in groups.items():
                left = max(0, most - had.count(key))
                if len(literals) > left:
                    self.sum([(one, 1) for one in literals], 0, left)

    def one_by_one(self, given: Sequence[int] = (), kinds_given: Sequence[str] = ()) -> list[int]:
        """Return a rota made shift by shift, each for those who did least of its kind so far.

        Shifts of some kinds are as they are in a rota that is given.
        """
        had = dict(enumerate(self.starts[one.key] for one in self.people))
        rows: dict[int, list[int]] = {}
        chosen = [0] * len(self.pairs)
        for literal, (row, person) in enumerate(self.pairs):
            duty = self.wanted[row]
            if duty.kind in kinds_given and given[literal]:
                chosen[literal] = 1
                rows.setdefault(person, []).append(row)
                had[person] = added(had[person], duty.kind, duty.minutes)
        kinds = (*Load._fields[:-1], "ordinary")
        for row in sorted(
            range(len(self.wanted)), key=lambda at: kinds.index(self.wanted[at].kind)
        ):
            duty = self.wanted[row]
            if duty.kind in kinds_given:
                continue
            kind = duty.kind if duty.kind != "ordinary" else "all"
            free = [
                (getattr(had[person], kind), had[person].all, literal, person)
                for literal in self.of_duty[row]
                for person in [self.pairs[literal][1]]
                if self._fits(row, rows.get(person, []), person)
            ]
            for _, _, literal, person in sorted(free)[: duty.people]:
                chosen[literal] = 1
                rows.setdefault(person, []).append(row)
                had[person] = added(had[person], duty.kind, duty.minutes)
        return chosen

    def _fits(self, row: int, rows: Sequence[int], person: int) -> bool:
        duty, rest = self.wanted[row], self.rules.rest
        own = [self.wanted[one] for one in rows]
        held = [one.day for one in self.people[person].held]
        days = [*held, *(one.day for one in own)]
        return (
            all(
                one.ends_at + rest <= duty.starts_at or duty.ends_at + rest <= one.starts_at
                for one in own
            )
            and days.count(duty.day) < self.rules.day_max
            and [week_of(one) for one in days].count(week_of(duty.day)) < self.rules.week_max
        )

    def _counts(self, kind: str) -> _Counts | None:
        """Return what a kind is counted by; ``None`` where nothing is to be shared out."""
        own = [row for row, one in enumerate(self.wanted) if kind in {"all", one.kind}]
        starting = [getattr(self.starts[one.key], kind) for one in self.people]
        if not own:
            return None
        least = min(starting)
        minutes = {row: self.wanted[row].minutes for row in own}
        unit = gcd(*minutes.values(), *(one - least for one in starting))
        begun = [(one - least) // unit for one in starting]
        terms = [
            [
                (literal, minutes[row] // unit)
                for row, literal in self.of_person[at]
                if row in minutes
            ]
            for at in range(len(self.people))
        ]
        shared = sum(minutes[row] // unit * self.wanted[row].people for row in own)
        return _Counts(begun, terms, sum(begun) + shared, unit)

    def _sizes(self, kind: str, unit: int) -> Counter[int]:
        found: Counter[int] = Counter()
        for one in self.wanted:
            if kind in {"all", one.kind}:
                found[one.minutes // unit] += one.people
        return found

    def narrow(
        self, kind: str, hint: Sequence[int], seed: int, effort: float
    ) -> tuple[list[int], bool]:
        """Make the spread of a kind as small as can be, and keep it so from now on."""
        counts = self._counts(kind)
        if counts is None:
            return list(hint), True
        between = self.bound(counts)
        least = least_spread(counts.begun, self._sizes(kind, counts.unit))
        self.sum(between, least, counts.total)
        self.aim(between)
        solved = self.solve(hint, seed, effort)
        chosen = solved.values[: len(self.pairs)] or list(hint)
        had = counts.had(chosen)
        found = max(had) - min(had)
        self.sum(between, least, found)
        return chosen, found <= max(least, solved.bound)

    def even_out(self, hint: Sequence[int], seed: int, effort: float) -> list[int]:
        """Bring everybody nearer to the mean of every kind, without widening any spread."""
        count, aim = len(self.people), []
        for counts in filter(None, map(self._counts, Load._fields)):
            most = count * counts.total
            for start, own in zip(counts.begun, counts.terms, strict=True):
                away = self.variable(0, most)
                scaled = [(literal, count * size) for literal, size in own]
                off = counts.total - count * start
                self.sum([*scaled, (away, -1)], -2 * most, off)
                self.sum([*scaled, (away, 1)], off, 2 * most)
                aim.append((away, 1))
        self.aim(aim)
        return self.solve(hint, seed, effort).values[: len(self.pairs)] or list(hint)


__all__ = ["Held", "Infeasible", "Person", "Rota", "Shortage", "able", "solve", "starts"]
