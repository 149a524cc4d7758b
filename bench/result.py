# SPDX-License-Identifier: Apache-2.0
"""How a benchmark tells its figures to bench/run, which makes docs/performance.md of them: a line of JSON for each, at the
end of the file that TAGWIRE_BENCH_RESULTS names. result.h is the same for programs."""
import json
import os


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:g}"


def report(work, unit, ours, *, limit=None, peer=None, at_least=None, at_most=None, of=None, also=None,
           ratio=None):
    """Whether the target holds; True without one.

    `limit` and `peer` are what ours is held against, each a name and a value of the same run. The bound is a figure itself,
    or with `of` "limit" or "peer" a multiple of that one. `also`: what else has to hold, a text and whether it does. The
    ratio told is to the limit, or to the peer where there is no limit; `ratio` is given where it is a median of several rounds' own."""
    beside = {"limit": limit, "peer": peer}
    line = {"work": work, "unit": unit, "ours": ours, "met": None}
    line |= {what: {"name": pair[0], "value": pair[1]} for what, pair in beside.items() if pair}
    against = limit or peer
    if against:
        line["ratio"] = ours / against[1] if ratio is None else ratio
    bound = at_most if at_least is None else at_least
    if bound is not None:
        value = ours if of is None else ratio if ratio is not None else ours / beside[of][1]
        line["met"] = value >= bound if at_most is None else value <= bound
        line["target"] = f"{'≥' if at_most is None else '≤'} {number(bound)} {'of the ' + of if of else unit}".strip()
        if also:
            line["target"] += f", {also[0]}"
            line["met"] = line["met"] and also[1]
    path = os.environ.get("TAGWIRE_BENCH_RESULTS")
    if path:
        with open(path, "a", encoding="utf-8") as results:
            results.write(json.dumps(line, ensure_ascii=False) + "\n")
    return line["met"] is not False
