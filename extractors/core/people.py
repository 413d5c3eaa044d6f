"""The people of the lake: one person through all hash keys, and those who are forgotten.

    _ledger/person_keys/<batch id>.json    keys of one person under several secrets, as they came
    _ledger/forgotten/<anonymous hex>…     tombstones: hashes of keys, and what stands in for them

A tombstone holds neither an id nor a key, only the hash of a keyed hash: enough to recognise who
comes again, and nothing to find anybody by.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from extractors.core.lake import Lake
from extractors.core.personal import FORGOTTEN, HashKeys, check_hash_keys, key_order, read_hash_keys

BRIDGE = "person_keys"
TOMBSTONES = "forgotten"
KNOWN_AT_MOST = 50_000

Joined = Mapping[str, Iterable[str]]  # a key, and other keys of the same person


def mark(key: str) -> str:
    """Return by what a tombstone recognises a key without holding it."""
    return hashlib.sha256(key.encode()).hexdigest()


def read_tombstones(lake: Lake) -> dict[str, str]:
    """Map the mark of each forgotten key to the anonymous key that stands in for it."""
    entries = lake.ledger(TOMBSTONES)
    return {text: e["stands_in"] for e in entries for text in e.get("marks", ())}


def same_person(lake: Lake) -> dict[str, str]:
    """Map each key that has others of the same person to the one under the oldest hash key."""
    order = key_order(lake)

    def age(key: str) -> tuple[int, str]:
        return order.get(key.partition(":")[0], len(order) + 1), key

    found: dict[str, str] = {}
    for keys in _groups(lake):
        oldest = min(keys, key=age)
        found |= dict.fromkeys(keys - {oldest}, oldest)
    return found


def keys_of_person(lake: Lake, keys: Iterable[str]) -> set[str]:
    """Return these keys of one person together with those that the lake joins to them."""
    known = set(keys)
    return known.union(*(group for group in _groups(lake) if group & known))


def _groups(lake: Lake) -> list[set[str]]:
    """Return the keys of each person that has several."""
    group_of: dict[str, set[str]] = {}
    for entry in lake.ledger(BRIDGE):
        for key, others in entry["joined"].items():
            merged = {key, *others}.union(*(group_of.get(k, set()) for k in (key, *others)))
            group_of |= dict.fromkeys(merged, merged)
    return list({id(group): group for group in group_of.values()}.values())


class People:
    """The people of one batch. The environment and the lake are asked at the first of them."""

    def __init__(self, lake: Lake, keys: Callable[[], HashKeys] = read_hash_keys) -> None:
        self._lake = lake
        self._read_keys = keys
        self._keys: HashKeys | None = None
        self._tombstones: dict[str, str] = {}
        self._joined: dict[str, tuple[str, ...]] = {}
        self._came_again: dict[str, str] = {}
        self._known: Callable[[str], str] = self._key

    def hasher(self) -> Callable[[str], str]:
        """Return the function that turns a personal id into its key."""
        if self._keys is None:
            keys = self._read_keys()
            check_hash_keys(self._lake, keys)
            self._keys, self._tombstones = keys, read_tombstones(self._lake)
            # the same people come again and again
            self._known = lru_cache(maxsize=KNOWN_AT_MOST)(self._key)
        return self._known

    def settle(self, batch_id: str) -> bool:
        """Write down what the batch taught; tell whether someone was forgotten meanwhile.

        Called when the batch is written and not yet committed.
        """
        if self._joined:
            known = self._lake.ledger(BRIDGE)
            old = {key for entry in known for key in entry["joined"]}
            new = {key: others for key, others in self._joined.items() if key not in old}
            if new:
                self._lake.append(BRIDGE, batch_id, {"joined": new})
        for text, stands_in in self._came_again.items():
            entry_id = f"{stands_in.partition(':')[2]}.{text[:16]}"
            self._lake.append(TOMBSTONES, entry_id, {"stands_in": stands_in, "marks": [text]})
        return self._keys is not None and bool(
            read_tombstones(self._lake).keys() - self._tombstones.keys() - self._came_again.keys()
        )

    def _key(self, value: str) -> str:
        assert self._keys is not None
        key, *older = (k.of(value) for k in reversed(self._keys.every))
        for known in (key, *older) if self._tombstones else ():
            if stands_in := self._tombstones.get(mark(known)):
                # known again under today's key when the earlier secrets are gone
                self._came_again |= {
                    mark(k): stands_in for k in (key, *older) if mark(k) not in self._tombstones
                }
                return stands_in
        if older:
            self._joined[key] = tuple(older)
        return key


def anonymous(name: str) -> str:
    """Return the key that stands in for a forgotten person."""
    return f"{FORGOTTEN}:{name}"
