"""The search port as the doors call it, without HTTP: run as a process of the instance, prints milliseconds as JSON."""

import json
import random
import re
import subprocess
import sys
import time
from collections import Counter
from typing import Any

from benchmarks.instance import ROOT, Instance

Times = list[float]


def measure(instance: Instance) -> list[tuple[str, float, Times]]:
    """Return (what, goal in ms, milliseconds) for random words, for everything, and for the commonest word."""
    found = _run(instance, "times")
    return [
        ("one or two random words", 50, found["words"]),
        ("everything", 150, found["everything"]),
        (f"the commonest word ({found['commonest']})", 150, found["common"]),
    ]


def titles(instance: Instance) -> list[str]:
    """Return titles of the instance, to draw words from."""
    return list(_run(instance, "titles")["titles"])


def _run(instance: Instance, what: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.search_port", what]
    printed = subprocess.run(command, cwd=ROOT, env=instance.environ, check=True, stdout=subprocess.PIPE).stdout
    result: dict[str, Any] = json.loads(printed)
    return result


def _main(what: str) -> None:
    import django

    django.setup()
    from repository.authorize import ANONYMOUS
    from repository.querysets import listed_items
    from search.backend import DEFAULT_FACETS, Query, get_backend

    found = [i.name for i in listed_items().order_by("id")[:5000]]
    if what == "titles":
        print(json.dumps({"titles": found}))
        return
    words = Counter(w.lower() for title in found for w in set(re.findall(r"[A-Za-z]{4,}", title)))
    draw = random.Random(20261122)
    pool = sorted(words)
    texts = [" ".join(draw.sample(pool, draw.choice((1, 2)))) for _ in range(300)]
    commonest = words.most_common(1)[0][0]

    def milliseconds(text: str) -> float:
        began = time.perf_counter()
        get_backend().search(Query(actor=ANONYMOUS, text=text, facets=DEFAULT_FACETS))
        return (time.perf_counter() - began) * 1000

    milliseconds("warm")
    timed = {"words": texts, "everything": [""] * 30, "common": [commonest] * 30}
    print(json.dumps({"commonest": commonest} | {k: [milliseconds(t) for t in v] for k, v in timed.items()}))


if __name__ == "__main__":
    _main(sys.argv[1])
