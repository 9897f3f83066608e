"""The tracer, run again, from docs/formats/score.md and the recount of docs/formats/bundle.md.

An observation is a tuple of likelihoods; a hypothesis is (size, strategy, noise in hundredths); a score is (e, p).
"""

import math
import re
from functools import lru_cache

from arithmetic import (
    NEG_INFINITY, ROUNDING, ZERO, add, bits, ceil_float, ceil_ratio, clamp, exp2_up, floor_ratio, neg, power_of_two,
    scaled, scaled_down, scaled_exp2, scaled_log_down, scaled_over, scaled_plus, scaled_times, scaled_up, sub,
    sum_down, sum_up, total, toward_zero,
)

TRACER_VERSION = 5
PAIRS_MAX = 4_000_000_000
TRIPLES_MAX = 1_000_000_000
STEPS_MAX = 100_000_000_000
EXACT_SITES_MAX = 1024
WHOLE_LIKELIHOOD = 1 << 24
INTERLEAVING, MAJORITY, MINORITY, COIN, LOWEST, HIGHEST = range(6)
NONE = (1 << 32) - 1
REACHES = ["alone", "pairs-listed", "pairs", "triples-listed", "triples"]
ALONE, PAIRS, TRIPLES = 0, 2, 4


class Wrong(Exception):
    """What the recount cannot work with."""


# Hypotheses


def of_size(size):
    strategies = range(1) if size == 1 else range(6)
    return [(size, strategy, noise) for strategy in strategies for noise in (1, 5, 15)]


def _shares(strategy, held):
    if strategy == INTERLEAVING:
        return [12 * n // sum(held) for n in held]
    some = [n for n in held if n > 0]
    if strategy == MAJORITY:
        chosen = [n == max(some) for n in held]
    elif strategy == MINORITY:
        chosen = [n == min(some) for n in held]
    elif strategy == COIN:
        chosen = [n > 0 for n in held]
    else:
        places = [v for v, n in enumerate(held) if n > 0]
        at = places[0] if strategy == LOWEST else places[-1]
        chosen = [v == at for v in range(16)]
    return [12 // sum(chosen) if c else 0 for c in chosen]


@lru_cache(maxsize=None)
def _shown(hypothesis, variants, known, unknown):
    size, strategy, noise = hypothesis
    ways = variants ** unknown
    theta = [0] * 16
    for way in range(ways):
        held, rest = list(known), way
        for _ in range(unknown):
            held[rest % variants] += 1
            rest //= variants
        for v, share in enumerate(_shares(strategy, held)):
            theta[v] += share
    q1, full = variants - 1, 12 * ways
    noisy = [(100 - noise) * t * q1 + noise * (full - t) for t in theta[:variants]]
    return tuple(noisy + [0] * (16 - variants))


@lru_cache(maxsize=None)
def table(hypothesis, variants, known):
    rows = []
    for index in range(variants ** known):
        held = [0] * 16
        for k in range(known):
            held[index // variants ** k % variants] += 1
        rows.append(_shown(hypothesis, variants, tuple(held), hypothesis[0] - known))
    return tuple(rows)


def unit(hypothesis, variants, known):
    return 1200 * variants ** (hypothesis[0] - known) * (variants - 1)


def product(observed, chances):
    return sum(l * p for l, p in zip(observed, chances))


# Costs of joint hypotheses


class Layout:
    def __init__(self, observed):
        slots, left = [], 4 * 254
        for column, site in enumerate(observed):
            width = 1 if len(site) <= 2 else 2 if len(site) <= 4 else 4
            if left < width:
                break
            left -= width
            slots.append([column, 0, 0, width])
        slots.sort(key=lambda slot: slot[3])
        position = filled = 0
        for index, slot in enumerate(slots):
            width = slot[3]
            if filled + width > 4 or (index > 0 and slots[index - 1][3] != width):
                position, filled = position + 1, 0
            slot[1], slot[2] = position, filled
            filled += width
        self.slots = slots
        self.positions = position + 1 if slots else 0

    def half_bytes(self, row):
        out = [0] * self.positions
        for column, position, shift, _ in self.slots:
            out[position] |= row[column] << shift
        return out


PART = (1 << 32) // 8


@lru_cache(maxsize=1 << 16)
def _site_costs(observed, hypothesis, known):
    q, members = len(observed), known + 1
    most = 63 if q <= 2 else 127 if q <= 4 else 255
    chances = table(hypothesis, q, members)
    one = max(observed) * unit(hypothesis, q, members)
    exact, costs = 0, []
    for row in chances:
        l = product(observed, row)
        costs.append(clamp(toward_zero(-floor_ratio(l, one) + PART // 2, PART), 0, most))
        exact += l
    rounded = [-cost * PART for cost in costs]
    own = [costs[at:at + q] for at in range(0, len(costs), q)]
    without = [sub(sum_up([-cost * PART for cost in part]), floor_ratio(q, 1)) for part in own]
    return own, without, sub(floor_ratio(exact, one), sum_down(rounded))


class Costs:
    """Of one hypothesis with 0 to 2 known partners."""

    def __init__(self, layout, observed, hypothesis, known):
        self.known, per = known, 16 ** known
        self.lookups = [[0] * 16 for _ in range(layout.positions * per)]
        self.without = [0] * (layout.positions * per)
        self.bias = 0
        for column, position, shift, width in layout.slots:
            site = observed[column]
            q, mask = len(site), (1 << width) - 1
            own, without, bias = _site_costs(site, hypothesis, known)
            self.bias = add(self.bias, bias)
            by_half = [[part[h >> shift & mask] if h >> shift & mask < q else 0 for h in range(16)] for part in own]
            for partners in range(per):
                one, other = partners % 16 >> shift & mask, partners // 16 >> shift & mask
                if one >= q or other >= q:
                    continue
                at, symbols = position * per + partners, one + q * other
                self.without[at] = add(self.without[at], without[symbols])
                lookup = self.lookups[at]
                for h, more in enumerate(by_half[symbols]):
                    lookup[h] += more
        # Nothing is added where a copy is padding.
        self.tables = [bytes(lookup) + bytes(240) for lookup in self.lookups]

    def index(self, position, halves):
        if self.known == 0:
            return position
        if self.known == 1:
            return position * 16 + halves[0]
        return position * 256 + halves[0] + 16 * halves[1]


def _weights():
    eighth = math.sqrt(math.sqrt(math.sqrt(0.5)))
    down = 1.0 - power_of_two(-40)
    weights = []
    for number in range(1600):
        whole, part = power_of_two(700 - number), 1.0
        for _ in range(8):
            weights.append(whole * part * down)
            part *= eighth
    return weights + [0.0]


WEIGHTS = _weights()
LAST = 1600 * 8


class Powers:
    def __init__(self, log):
        typical = toward_zero(-log, PART)
        self.base = clamp((toward_zero(typical, 8) - 500) * 8, 0, 65535 // 8 * 8)
        self.shift = 700 + self.base // 8

    def of(self, cost):
        return WEIGHTS[min(max(cost - self.base, 0), LAST)]

    def weight_up(self, log):
        return exp2_up(add(log, bits(self.shift)))

    def prior(self, log):
        return scaled_exp2(sub(log, bits(self.shift)))


class Field:
    def __init__(self, observed, rows):
        self.observed, self.layout = observed, Layout(observed)
        self.copies = len(rows)
        self.halves = [self.layout.half_bytes(row) for row in rows]
        # Position by position, two bytes a copy: its half byte and one that costs nothing.
        self.columns = [
            bytes(b for halves in self.halves for b in (halves[at], 16)) for at in range(self.layout.positions)
        ]

    def distinct(self, size, known):
        variants = sorted({len(self.observed[slot[0]]) for slot in self.layout.slots})
        found = {}
        for hypothesis in of_size(size):
            key = tuple(table(hypothesis, q, known + 1) for q in variants)
            found.setdefault(key, [hypothesis, 0])[1] += 1
        return [found[key] for key in sorted(found)]

    def costs(self, costs, partners):
        """The costs of all copies beside these partners."""
        halves = [self.halves[partner] for partner in partners]
        sums = 0
        for at, column in enumerate(self.columns):
            lookup = costs.tables[costs.index(at, [half[at] for half in halves])]
            sums += int.from_bytes(column.translate(lookup), "little")
        packed = sums.to_bytes(2 * self.copies, "little")
        return memoryview(packed).cast("H") if _LITTLE else [
            packed[2 * i] | packed[2 * i + 1] << 8 for i in range(self.copies)
        ]

    def without(self, costs, partners):
        halves = [self.halves[partner] for partner in partners]
        places = range(self.layout.positions)
        return total(costs.without[costs.index(at, [half[at] for half in halves])] for at in places)

    def amount(self, reach):
        n = self.copies
        if reach == ALONE:
            sets, hypotheses = n, sum(len(self.distinct(size, 0)) for size in (1, 2, 3, 4))
        elif reach == PAIRS:
            sets, hypotheses = n * max(n - 1, 0), len(self.distinct(2, 1))
        else:
            sets = n * max(n - 1, 0) * max(n - 2, 0) // 6
            hypotheses = len(self.distinct(3, 2)) + len(self.distinct(4, 2))
        return sets * hypotheses * self.layout.positions

    def level(self, size, sets):
        """For each copy N / D, and for each set of partners its belief and the hypothesis that suits it best."""
        known = len(sets[0])
        n, d = [ZERO] * self.copies, [ZERO] * self.copies
        beliefs = [None] * len(sets)
        for hypothesis, count in self.distinct(size, known):
            costs = Costs(self.layout, self.observed, hypothesis, known)
            logs = [self.without(costs, partners) for partners in sets]
            prior = add(floor_ratio(count, 1), costs.bias)
            for at, log in enumerate(logs):
                log = add(log, prior)
                if beliefs[at] is None:
                    beliefs[at] = (log, hypothesis, log)
                else:
                    so_far, best, top = beliefs[at]
                    best = hypothesis if log > top else best
                    beliefs[at] = (sum_down([so_far, log]), best, max(top, log))
            powers = Powers(max(logs, default=0))
            without = [powers.weight_up(log) for log in logs]
            if known == 0:
                sums = [0.0 + powers.of(cost) for cost in self.costs(costs, ())]
                left = [total_float(without)] * self.copies
            else:
                sums = self._pairs(costs, powers, sets) if known == 1 else self._triples(costs, powers)
                left = _sums_without(sets, without, self.copies)
            weight = powers.prior(prior)
            for copy in range(self.copies):
                n[copy] = scaled_plus(n[copy], scaled(weight[0] * sums[copy], weight[1]))
                d[copy] = scaled_plus(d[copy], scaled(weight[0] * left[copy], weight[1]))
        ratios = [scaled_over(scaled_down(one), scaled_up(other)) for one, other in zip(n, d)]
        return ratios, [belief[:2] for belief in beliefs]

    def _pairs(self, costs, powers, sets):
        sums = [0.0] * self.copies
        for (partner,) in sets:
            weights = [powers.of(cost) for cost in self.costs(costs, (partner,))]
            weights[partner] = 0.0
            sums = [sum_ + weight for sum_, weight in zip(sums, weights)]
        return sums

    def _triples(self, costs, powers):
        copies = self.copies
        parts = []
        for part in range(min(64, copies)):
            sums = [0.0] * copies
            for first in range(part, copies, 64):
                of_first = 0.0
                for second in range(first + 1, copies - 1):
                    found = self.costs(costs, (first, second))
                    lanes = [0.0] * 32
                    for third in range(second + 1, copies):
                        weight = powers.of(found[third])
                        sums[third] += weight
                        lanes[third % 32] += weight
                    both = total_float(lanes)
                    of_first += both
                    sums[second] += both
                sums[first] += of_first
            parts.append(sums)
        result = [0.0] * copies
        for part in parts:
            result = [one + other for one, other in zip(result, part)]
        return result


_LITTLE = __import__("sys").byteorder == "little"


def total_float(values):
    """One after the other: the language's own sum() may round in another way."""
    result = 0.0
    for value in values:
        result += value
    return result


def _sums_without(sets, weights, copies):
    own, whole = [0.0] * copies, 0.0
    for partners, weight in zip(sets, weights):
        whole += weight
        for copy in partners:
            own[copy] += weight
    result = []
    for copy in range(copies):
        if own[copy] > 0.5 * whole:
            result.append(total_float(w for partners, w in zip(sets, weights) if copy not in partners))
        else:
            result.append(whole - own[copy])
    return result


# The exact tail

SCORE_UNIT = 18_290_961_234_859


def _as_score(ratio):
    return clamp((max(ratio, -64 << 32) * SCORE_UNIT + (1 << 71)) >> 72, -600, 600)


@lru_cache(maxsize=1 << 16)
def _site_scores(site, hypothesis, held):
    q = len(site)
    chances, others = table(hypothesis, q, len(held) + 1), 0
    for symbol in held:
        others = others * q + symbol
    l = [product(site, chances[others * q + x]) for x in range(q)]
    return [_as_score(floor_ratio(q * one, sum(l))) for one in l]


def scores(observed, hypothesis, partners):
    return [
        _site_scores(site, hypothesis, tuple(row[column] for row in partners))
        for column, site in enumerate(observed)
    ]


class Component:
    def __init__(self, per_site):
        self.per_site = per_site
        if len(per_site) <= 1024:
            self._exact()
        else:
            self._bound()

    def _exact(self):
        lowest, law = 0, [1.0]
        for own in self.per_site:
            low, high, p = min(own), max(own), 1.0 / len(own)
            following = [0.0] * (len(law) + high - low)
            for score in own:
                at = score - low
                part = following[at:at + len(law)]
                following[at:at + len(law)] = [to + from_ * p for to, from_ in zip(part, law)]
            lowest, law = lowest + low, following
        self.lowest, self.sums, so_far = lowest, [], 0.0
        for p in reversed(law):
            so_far += p
            self.sums.append(so_far)
        self.sums.reverse()

    def _bound(self):
        self.sums, self.moments = None, []
        for quarters in (1, 2, 3, 4, 5, 6, 8):
            moment = 0
            for own in self.per_site:
                terms = [toward_zero(quarters * score * (1 << 72), 1) for score in own]
                terms = [toward_zero(toward_zero(term, 4), SCORE_UNIT) + 1 for term in terms]
                moment = add(moment, add(sum_up(terms), ceil_ratio(1, len(own))))
            self.moments.append((quarters, moment))

    def tail(self, row):
        score = sum(own[symbol] for own, symbol in zip(self.per_site, row))
        if self.sums is None:
            found = []
            for quarters, moment in self.moments:
                exponent = toward_zero(toward_zero(quarters * score * (1 << 72), 4), SCORE_UNIT)
                found.append(add(sub(moment, exponent), 4))
            return min(min(found), 0)
        at = clamp(score - self.lowest, 0, len(self.sums) - 1)
        return min(ceil_float(self.sums[at] * (1.0 + power_of_two(-20)) + power_of_two(-1000)), 0)


SHARES_ALONE = (16, 4, 4, 4)
SHARE_PAIRS = SHARE_TRIPLES = 4
WHOLE = 40


class Pool:
    """Candidates to judge by: belief, partners, hypothesis; the most believed first."""

    def __init__(self, candidates=()):
        self.candidates = list(candidates)

    @staticmethod
    def alone(observed, layout):
        candidates = []
        for size, share in zip((1, 2, 3, 4), SHARES_ALONE):
            logs = [(_nobody_known(observed, layout, h), h) for h in of_size(size)]
            top = max(log for log, _ in logs)
            best = next(h for log, h in logs if log == top)
            mean = sub(sum_down([log for log, _ in logs]), ceil_ratio(len(logs), 1))
            candidates.append((add(mean, floor_ratio(share, WHOLE)), (), best))
        return Pool(candidates).sorted()

    def with_(self, size, sets, beliefs, share):
        part = floor_ratio(share, WHOLE * max(len(sets), 1) * len(of_size(size)))
        more = [(add(belief, part), partners, best) for partners, (belief, best) in zip(sets, beliefs)]
        return Pool(self.candidates + more).sorted()

    def sorted(self):
        def key(candidate):
            belief, partners, hypothesis = candidate
            return -belief, (tuple(partners) + (NONE, NONE))[:2], hypothesis[0]
        self.candidates.sort(key=key)
        return self

    def judges(self, left_out):
        chosen = [(at, c[0]) for at, c in enumerate(self.candidates) if left_out is None or left_out not in c[1]][:3] \
            if len(self.candidates) < 64 else self._first(left_out)
        whole = sum_up([belief for _, belief in chosen])
        return [(at, sub(whole, belief)) for at, belief in chosen]

    def _first(self, left_out):
        chosen = []
        for at, candidate in enumerate(self.candidates):
            if left_out is None or left_out not in candidate[1]:
                chosen.append((at, candidate[0]))
                if len(chosen) == 3:
                    break
        return chosen

    def p_values(self, observed, rows, is_left_out):
        components, found = {}, []
        for number, row in enumerate(rows):
            best = 0
            for at, cost in self.judges(number if is_left_out else None):
                if at not in components:
                    _, partners, hypothesis = self.candidates[at]
                    components[at] = Component(scores(observed, hypothesis, [rows[k] for k in partners]))
                best = min(best, add(components[at].tail(row), cost))
            found.append(min(best, 0))
        return found


def _nobody_known(observed, layout, hypothesis):
    return total(_site_nobody(observed[slot[0]], hypothesis) for slot in layout.slots)


@lru_cache(maxsize=1 << 16)
def _site_nobody(site, hypothesis):
    q = len(site)
    shown = [sum(row[v] for row in table(hypothesis, q, 1)) for v in range(q)]
    return floor_ratio(product(site, shown), max(site) * q * unit(hypothesis, q, 1))


def weigh(observed, rows, reach_of):
    """For each copy (e, p), and how far it went."""
    field = Field(observed, rows)
    reach = reach_of(field)
    e = [ZERO] * field.copies

    def take(ratios, share):
        part = scaled(share / WHOLE, 0)
        for copy, ratio in enumerate(ratios):
            e[copy] = scaled_plus(e[copy], scaled_times(ratio, part))

    for size, share in zip((1, 2, 3, 4), SHARES_ALONE):
        take(field.level(size, [()])[0], share)
    pool, p = Pool.alone(observed, field.layout), [0] * field.copies

    def tail(pool, part, is_left_out):
        cost = ceil_ratio(part[1], part[0])
        for copy, value in enumerate(pool.p_values(observed, rows, is_left_out)):
            p[copy] = min(add(value, cost), p[copy])

    reached = ALONE
    if field.copies >= 2 and field.layout.positions > 0 and reach >= PAIRS:
        sets = [(copy,) for copy in range(field.copies)]
        ratios, beliefs = field.level(2, sets)
        take(ratios, SHARE_PAIRS)
        tail(pool.with_(2, sets, beliefs, SHARE_PAIRS), (3, 4), True)
        reached = PAIRS
    else:
        tail(pool, (1, 1), False)
    if field.copies >= 3 and field.layout.positions > 0 and reach >= TRIPLES:
        sets = [(one, other) for one in range(field.copies) for other in range(one + 1, field.copies)]
        pool = Pool()
        for size in (3, 4):
            ratios, beliefs = field.level(size, sets)
            take(ratios, SHARE_TRIPLES)
            pool = pool.with_(size, sets, beliefs, SHARE_TRIPLES)
        tail(pool, (1, 4), True)
        reached = TRIPLES
    return [(scaled_log_down(scaled_down(one)), value) for one, value in zip(e, p)], reached


# The series

LAZINESS = ((1, 9), (2, 1), (3, 1), (4, 1))
KINDS = (26, 4, 2, 8)


@lru_cache(maxsize=1 << 16)
def _betting_site(site, hypothesis, members):
    q, best = len(site), max(site)
    with_, without = [], []

    def take(rows, one):
        l = [product(site, row) for row in rows]
        with_.extend(floor_ratio(x, one) for x in l)
        without.append(ceil_ratio(sum(l), one * q))

    if members == 2:
        rows = table(hypothesis, q, 2)
        for at in range(0, len(rows), q):
            take(rows[at:at + q], best * unit(hypothesis, q, 2))
    take(table(hypothesis, q, 1), best * unit(hypothesis, q, 1))
    return tuple(with_), tuple(without)


class Bettor:
    def __init__(self, observed, hypothesis, members):
        self.sites = [_betting_site(site, hypothesis, members) for site in observed]
        self.variants = [len(site) for site in observed]

    def with_(self, column, partner, own):
        with_, without = self.sites[column]
        place = len(without) - 1 if partner is None else partner
        return with_[place * self.variants[column] + own]

    def without(self, column, partner):
        _, without = self.sites[column]
        return without[len(without) - 1 if partner is None else partner]

    def sum(self, row, columns):
        return total(self.with_(column, None, row[column]) for column in columns)


def _bettors_alone(observed, sizes):
    found = []
    for size in sizes:
        hypotheses = of_size(size)
        each = floor_ratio(1, len(hypotheses))
        for hypothesis in hypotheses:
            bettor = Bettor(observed, hypothesis, 1)
            same = next((one for one in found if one[0].sites == bettor.sites), None)
            if same:
                same[1] = sum_down([same[1], each])
            else:
                found.append([bettor, each])
    return found


def _ratio(bets):
    return sub(sum_down([one for one, _ in bets]), sum_up([other for _, other in bets]))


class Series:
    def __init__(self, observed, first_look, rows, entered, looks):
        self.observed, self.first_look, self.rows = observed, first_look, rows
        self.entered, self.looks = entered, looks
        self.sole = _bettors_alone(observed, (1,))
        self.unknown = _bettors_alone(observed, (2, 3, 4))
        self.pairs = [Bettor(observed, h, 2) for h in of_size(2)]
        self.lists = [self._strongest(look) for look in range(looks)]

    def _strongest(self, look):
        sole = scores(self.observed, (1, INTERLEAVING, 5), [])
        known = [column for column, first in enumerate(self.first_look) if first <= look]
        order = []
        for copy, row in enumerate(self.rows):
            if self.entered[copy] <= look:
                order.append((-sum(sole[column][row[column]] for column in known), copy))
        return [copy for _, copy in sorted(order)][:9]

    def last(self, copy):
        processes = [
            [add(floor_ratio(part, 12), floor_ratio(share, WHOLE)) for _, part in LAZINESS] for share in KINDS
        ]
        result = NEG_INFINITY
        for look in range(self.looks):
            if look >= self.entered[copy]:
                factors = self._factors(copy, look)
                for kind, factor in enumerate(factors or ()):
                    for at, (parts, _) in enumerate(LAZINESS):
                        kept = floor_ratio(parts - 1, parts)
                        bet = sum_down([kept, add(factor, floor_ratio(1, parts))])
                        processes[kind][at] = add(processes[kind][at], bet)
            result = 0 if look < self.entered[copy] else sum_down([one for kind in processes for one in kind])
        return result

    def _factors(self, copy, look):
        looks = [[] for _ in range(look + 1)]
        for column, first in enumerate(self.first_look):
            if self.entered[copy] <= first <= look:
                looks[first].append(column)
        fresh = looks.pop()
        if not fresh:
            return None
        listed = self.lists[look - 1] if look > 0 else []
        partners = [other for other in listed if other != copy][:8]
        self.row, self.fresh, self.before = self.rows[copy], fresh, looks
        unknown = self._alone(self.unknown)
        paired = unknown
        if partners:
            paired = _ratio([self._bet(b, other, 0) for b in self.pairs for other in partners])
        return self._alone(self.sole), unknown, paired, self._turns(partners)

    def _alone(self, bettors):
        return _ratio([self._bet(bettor, None, share) for bettor, share in bettors])

    def _bet(self, bettor, partner, share):
        def held(column):
            return None if partner is None else self.rows[partner][column]

        def site(column):
            return bettor.with_(column, held(column), self.row[column])

        worth = add(share, total(site(column) for look in self.before for column in look))
        averaged = total(bettor.without(column, held(column)) for column in self.fresh)
        return add(worth, total(site(column) for column in self.fresh)), add(worth, averaged)

    def _turns(self, partners):
        bets = []
        for sole, share in self.sole:
            def averaged(columns):
                return total(sole.without(column, None) for column in columns)
            for other in partners or [None]:
                def of_other(columns):
                    return averaged(columns) if other is None else sole.sum(self.rows[other], columns)
                worth = add(share, total(
                    sum_down([sole.sum(self.row, look), of_other(look)]) for look in self.before
                ))
                others = of_other(self.fresh)
                with_ = sum_down([sole.sum(self.row, self.fresh), others])
                bets.append((add(worth, with_), add(worth, sum_up([averaged(self.fresh), others]))))
        return _ratio(bets)


# The decision


def alpha_of(text):
    """Numerator and denominator."""
    mantissa, exponent = text, 0
    at = next((at for at, c in enumerate(text) if c in "eE"), None)
    if at is not None:
        mantissa, exponent = text[:at], text[at + 1:]
        if not re.fullmatch(r"[+-]?[0-9]{1,30}", exponent) or not -(1 << 31) <= int(exponent) < 1 << 31:
            raise Wrong("alpha")
        exponent = int(exponent)
    whole, _, decimals = mantissa.partition(".")
    digits = whole + decimals
    if not re.fullmatch(r"[0-9]{1,15}", digits):
        raise Wrong("alpha")
    places = len(decimals) - clamp(exponent, -100, 100)
    if not 0 <= places <= 15:
        raise Wrong("alpha")
    numerator, denominator = int(digits), 10 ** places
    if numerator == 0 or 2 * numerator > denominator:
        raise Wrong("alpha")
    while numerator % 10 == 0 and denominator > 1:
        numerator, denominator = numerator // 10, denominator // 10
    return numerator, denominator


def _spend(k):
    k = max(k, 1)
    return (8, 10) if k == 1 else (2, 10 * (k - 1) * k)


def group_threshold(alpha, groups, look):
    share = floor_ratio(alpha[0], 10 * alpha[1])
    return sub(sub(ceil_ratio(max(groups, 1), 1), share), floor_ratio(*_spend(look)))


def group_e(members):
    """The average of the members' e-values, rounded down."""
    return sub(sum_down(members), ceil_ratio(max(len(members), 1), 1))


def threshold(alpha, copies, look, number):
    num, den = _spend(number)
    share = floor_ratio(9 * alpha[0] * num, 10 * alpha[1] * den)
    spent = floor_ratio(*_spend(look))
    copies = ceil_ratio(max(copies, 1), 1)
    return {
        "w": sub(add(copies, bits(1)), share),
        "e": sub(sub(add(copies, bits(2)), share), spent),
        "p": sub(sub(add(share, spent), copies), bits(2)),
    }


def names(e, p, w, bar):
    return e >= bar["e"] or p <= bar["p"] or w >= bar["w"]


def withheld(observed, rows, reached):
    strong = sorted(reached, key=lambda one: (-one[1], one[0]))[:COMPARED_MAX]
    spare = []
    for index, e in reached:
        others = [other for other, stronger in strong if other != index and stronger >= e]
        if any(not _needed(observed, rows[other], rows[index], len(rows)) for other in others):
            spare.append(index)
    return spare


COMPARED_MAX = 64


def _needed(observed, first, second, copies):
    alone = [
        total(_beside(site, table((1, h[1], h[2]), len(site), 1)[x]) for site, x in zip(observed, first))
        for h in of_size(1)
    ]
    pairs = [
        total(
            _beside(site, table(h, len(site), 2)[x * len(site) + y])
            for site, x, y in zip(observed, first, second)
        )
        for h in of_size(2)
    ]
    return _mean(pairs) > add(_mean(alone), ceil_ratio(2 * (max(copies, 2) - 1), 1))


def _mean(terms):
    return sub(sum_down(terms), ceil_ratio(max(len(terms), 1), 1))


def _beside(site, chances):
    return floor_ratio(product(site, chances), 1200 * (len(site) - 1) * WHOLE_LIKELIHOOD)


# The recount of a case


def _of_release(readings, release):
    read = [of for of in readings if of["sites"]]
    if not read:
        return {}
    if len(read) > 1 or read[0]["release"] != release:
        raise Wrong("several releases are read")
    return {site["id"]: site["likelihoods"] for site in read[0]["sites"]}


def _ordered(sites):
    return sorted(sites)


def recount(question):
    """question: release, alpha, looks (number and reading) and copies (batch and symbols by site id)."""
    release, copies = question["release"], question["copies"]
    # What can be counted beforehand is, so that nothing is begun that would not be finished.
    steps = Steps()
    readings = [reading["together"] + [of for _, own in reading["alone"] for of in own] for _, reading in question["looks"]]
    read = sum(len(of["sites"]) for all_ in readings for of in all_)
    steps.take(128 * (sum(len(copy["symbols"]) for copy in copies) + read))
    alpha = alpha_of(question["alpha"])
    shown, entries, last = [], {}, 0
    for number, reading in question["looks"]:
        if number <= last or number > 1_000_000:
            raise Wrong("the looks are not in their order")
        last = number
        alone = {exhibit: _of_release(own, release) for exhibit, own in reading["alone"]}
        shown.append((_of_release(reading["together"], release), alone))
        fresh = set()
        for of, batch in reading["tested"]:
            if of != release:
                raise Wrong("copies of several releases are tested")
            if batch not in entries:
                fresh.add(batch)
        for batch in sorted(fresh):
            entries[batch] = (len(entries) + 1, number)
    thresholds = {}
    for batch, (place, entered) in entries.items():
        count = sum(1 for copy in copies if copy["batch"] == batch)
        thresholds[batch] = threshold(alpha, max(count, 1), last - entered + 1, place)
    if any(copy["batch"] not in entries for copy in copies):
        raise Wrong("copies of a batch that is not tested")
    views = _views(shown)
    whole = views[0]
    if not whole and len(views) > 1:
        raise Wrong("exhibits contradict each other everywhere")
    if not whole or not copies:
        line = {"e": 0, "p": 0, "w": 0, "named": False, "reached": False}
        return [dict(line) for _ in copies], ALONE, 0, steps.taken
    for view in views:
        if len(view) <= EXACT_SITES_MAX:
            steps.take(1024 * len(view) * sum(len(site) for site in view.values()))
    steps.take(256 * len(question["looks"]) * min(len(copies), 512) * len(whole))
    counted, reach = [], None
    for number, view in enumerate(views):
        sites = _ordered(view)
        observed = [view[site] for site in sites]
        rows = [[copy["symbols"][site] for site in sites] for copy in copies]
        found, went = weigh(observed, rows, lambda field: _reach(field, steps))
        share = (1, 1) if len(views) == 1 else (1, 2) if number == 0 else (1, 2 * (len(views) - 1))
        found = [(add(e, floor_ratio(*share)), min(add(p, ceil_ratio(share[1], share[0])), 0)) for e, p in found]
        counted.append((observed, rows, found))
        reach = went if reach is None else min(reach, went)
    processes = _processes(question, entries, shown, whole, counted[0])
    reached, needed = set(), set()
    for number, (observed, rows, found) in enumerate(counted):
        candidates = []
        for row, (e, p) in enumerate(found):
            w = processes.get(row, NEG_INFINITY) if number == 0 else NEG_INFINITY
            if names(e, p, w, thresholds[copies[row]["batch"]]):
                candidates.append((row, e))
        steps.take(32 * len(candidates) * min(len(candidates), COMPARED_MAX) * len(observed))
        spare = set(withheld(observed, rows, candidates))
        reached.update(row for row, _ in candidates)
        needed.update(row for row, _ in candidates if row not in spare)
    lines = []
    for row in range(len(copies)):
        lines.append({
            "e": max(found[row][0] for _, _, found in counted),
            "p": min(found[row][1] for _, _, found in counted),
            "w": processes.get(row, NEG_INFINITY),
            "named": row in needed,
            "reached": row in reached,
        })
    return lines, reach, len(whole), steps.taken


class Steps:
    """What a recount costs, before it is paid: a small file could ask for work without end."""

    def __init__(self):
        self.taken = 0

    def take(self, more):
        self.taken += more
        if self.taken > STEPS_MAX:
            raise Wrong("it would take more steps than are taken for one bundle")


def _reach(field, steps):
    pairs, triples = field.amount(PAIRS), field.amount(TRIPLES)
    reach = TRIPLES if triples <= TRIPLES_MAX else PAIRS if pairs <= PAIRS_MAX else ALONE
    steps.take(field.amount(ALONE) + (pairs if reach >= PAIRS else 0) + (triples if reach == TRIPLES else 0))
    return reach


def _likeliest(observed):
    return {variant for variant, l in enumerate(observed) if l == max(observed)}


def _views(shown):
    """What is weighed: everything, and what is new in the last look and in single exhibits of it."""
    # Each site as it was read first.
    whole, known = {site: seen for site, (_, seen) in _first_read(shown, 0).items()}, {}
    views = [whole]
    if not shown:
        return views
    for look, alone in shown[:-1]:
        for sites in [look, *alone.values()]:
            for site, observed in sites.items():
                known.setdefault(site, set()).update(_likeliest(observed))

    def new(sites):
        return {site: seen for site, seen in sites.items() if not known.get(site, set()) & _likeliest(seen)}

    look, alone = shown[-1]
    parts = [new(look)]
    if sum(1 for sites in alone.values() if sites) > 1:
        parts += sorted((new(alone[at]) for at in sorted(alone)), key=lambda sites: -len(sites))[:8]
    for part in parts:
        if part and part not in views:
            views.append(part)
    return views


def _first_read(shown, start):
    first = {}
    for at in range(start, len(shown)):
        look, alone = shown[at]
        for site, seen in look.items():
            first.setdefault(site, (at, seen))
        for sites in alone.values():
            for site in sites:
                first.setdefault(site, None)
    return {site: seen for site, seen in first.items() if seen is not None}


def _processes(question, entries, shown, whole, first_view):
    copies = question["copies"]
    _, _, found = first_view
    strongest = sorted(range(len(copies)), key=lambda row: (-found[row][0], row))[:512]

    def place(batch):
        look = entries[batch][1]
        return sum(1 for number, _ in question["looks"] if number < look)

    entered = [place(copy["batch"]) for copy in copies]
    sites = _ordered(whole)
    rows = [[copy["symbols"][site] for site in sites] for copy in copies]
    processes = {}
    for start in sorted({entered[row] for row in strongest}):
        read, first_look, observed = _first_read(shown, start), [], []
        for site in sites:
            at, seen = read.get(site, (0, (WHOLE_LIKELIHOOD,) * len(whole[site])))
            first_look.append(at)
            observed.append(seen)
        series = Series(observed, first_look, rows, entered, len(shown))
        for row in strongest:
            if entered[row] == start:
                processes[row] = series.last(row)
    return processes
