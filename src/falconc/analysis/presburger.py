"""The one door to islpy: is there any whole-number solution?"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache


@lru_cache(maxsize=4096)
def _is_empty(text: str) -> bool:
    import islpy  # loaded late: importing it takes 50 ms

    return bool(islpy.Set.read_from_str(islpy.DEFAULT_CONTEXT, text).is_empty())  # pyright: ignore


def is_empty(names: Iterable[str], constraints: Iterable[str]) -> bool:
    """Whether no integers ``names`` satisfy all ``constraints``, which are in isl's own notation.

    Names that are not listed do not occur; whether a name is a size or a loop variable makes no difference here.
    """
    text = f"{{ [{', '.join(sorted(set(names)))}] : {' and '.join(dict.fromkeys(constraints)) or 'true'} }}"
    return _is_empty(text)
