"""Forgetting people everywhere: the lake, the releases on disk, builds and reports.

Published releases are immutable but for this: those that hold a forgotten person are written anew
under their own name. Their totals stay; readers that have one open keep it until they reconnect.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from extractors.core.forget import (
    TEXT_CHARACTERS,
    Eraser,
    ForgetError,
    Subject,
    clean_document,
    remember_to_forget,
    subject_of,
    sweep_lake,
)
from extractors.core.landed import sql_text
from extractors.core.people import TOMBSTONES, read_tombstones
from extractors.core.personal import KEY, read_hash_keys
from tidemark.settings import Settings
from warehouse.base import base_path
from warehouse.candidate import candidate_path
from warehouse.lock import locked
from warehouse.plans import drop_plan, open_plans
from warehouse.publishers import rewrite_everywhere
from warehouse.recovery import finish_what_was_begun
from warehouse.release_file import Counts, count_rows, replace_release_file
from warehouse.releases import kept_ids, release_path
from warehouse.site import Site, open_site
from warehouse.status import status_path, write_atomically

if TYPE_CHECKING:
    import duckdb

#: columns that name rows and things; an id that was mistyped as one of them must not touch them
_OURS = ("_id", "_key", "_code", "metric", "status", "stream", "platform")

Words = dict[tuple[str, str, str], dict[str, str]]  # schema, table, column: old text, new text
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Erased:
    """What forgetting did: files by kind, releases written anew, what was out of reach."""

    stand_ins: tuple[str, ...]
    files: Counter[str]
    releases: tuple[str, ...]
    builds: tuple[str, ...]
    keys_not_at_hand: tuple[str, ...]


def forget(settings: Settings, subjects: Sequence[str], *, tell: Tell = lambda _: None) -> Erased:
    """Forget people, each `platform/account/subject`; without any, complete what was begun."""
    with locked(settings, "tidemark forget"):
        return erase(open_site(settings), [subject_of(text) for text in subjects], tell=tell)


def erase(site: Site, subjects: Sequence[Subject], *, tell: Tell = lambda _: None) -> Erased:
    """Forget under a lock that the caller holds; doing it again completes a run that was killed."""
    for subject in subjects:
        _check(site, subject)
    finish_what_was_begun(site)
    stand_ins, missing = _entomb(site, subjects)
    tell("tombstones")
    names = [s.name for s in subjects if not KEY.fullmatch(s.name)]
    ids = tuple(name for name in names if len(name) >= TEXT_CHARACTERS)
    eraser = Eraser(read_tombstones(site.lake), ids)
    files = sweep_lake(site.lake, eraser, tell)
    builds = tuple(_drop_builds(site, eraser))
    tell("builds")
    releases = tuple(_rewrite_releases(site, eraser, tell))
    rewrite_everywhere(site.settings)
    files += Counter(report=_clean_texts(site.settings, eraser))
    for stand_in in stand_ins:
        moment = {"stands_in": stand_in, "done_at": site.settings.clock().isoformat()}
        site.lake.append(TOMBSTONES, f"{stand_in.partition(':')[2]}.done", moment)
    return Erased(stand_ins, +files, releases, builds, missing)


def _check(site: Site, subject: Subject) -> None:
    accounts = {a.key for a in site.accounts if a.platform == subject.platform}
    if subject.account_key not in accounts:
        raise ForgetError(
            f"{subject.platform}/{subject.account_key} is no account of config/accounts.yml; "
            f"accounts of {subject.platform} are {', '.join(sorted(accounts)) or 'none'}"
        )


def _entomb(site: Site, subjects: Sequence[Subject]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not subjects:
        return (), ()
    keys, now = read_hash_keys(), site.settings.clock()
    told = [remember_to_forget(site.lake, subject, keys, now) for subject in subjects]
    missing = {key_id for _, key_ids in told for key_id in key_ids}
    return tuple(stand_in for stand_in, _ in told), tuple(sorted(missing))


def _drop_builds(site: Site, eraser: Eraser) -> Iterator[str]:
    """Delete the build databases that speak of them; the next release is built from the lake."""
    for plan_id in open_plans(site.settings):
        if _speaks(candidate_path(site, plan_id), eraser):
            drop_plan(site.settings, plan_id)
            yield plan_id
    base = base_path(site.settings)
    if _speaks(base, eraser):
        base.unlink()
        yield base.name


def _speaks(path: Path, eraser: Eraser) -> bool:
    import duckdb

    if not path.exists():
        return False
    try:
        with duckdb.connect(str(path), read_only=True) as database:
            return bool(_words(database, eraser)) or _holds_dropped_rows(database)
    except duckdb.Error:
        return True  # what cannot be read cannot be trusted either, and can be built anew


def _rewrite_releases(site: Site, eraser: Eraser, tell: Tell) -> Iterator[str]:
    import duckdb

    for release_id in kept_ids(site.settings):
        path = release_path(site.settings, release_id)
        with duckdb.connect(str(path), read_only=True) as release:
            words, counts = _words(release, eraser), count_rows(release)
            is_touched = bool(words) or _holds_dropped_rows(release)
        if is_touched:
            replace_release_file(path, _copier(path, words, counts))
            tell(release_id)
            yield release_id


def _holds_dropped_rows(database: "duckdb.DuckDBPyConnection") -> bool:
    """Tell whether a file has blocks of which no table knows any more what was in them."""
    found = database.execute("select free_blocks from pragma_database_size()").fetchone()
    return bool(found and found[0])


def _words(database: "duckdb.DuckDBPyConnection", eraser: Eraser) -> Words:
    """Return the texts of a database that change, by where they stand."""
    columns = database.execute(
        "select schema_name, table_name, column_name from duckdb_columns() "
        "join duckdb_tables() using (database_name, schema_name, table_name) "
        "where database_name = current_database() and data_type = 'VARCHAR' order by all"
    ).fetchall()
    found: Words = {}
    for schema, table, column in columns:
        query = f'select distinct "{column}" from "{schema}"."{table}" where "{column}" is not null'
        texts = [text for (text,) in database.execute(query).fetchall()]
        chosen = replace(eraser, ids=()) if column.endswith(_OURS) else eraser
        together = "\n".join(texts)
        if chosen.clean(together) != together:
            changed = {text: chosen.clean(text) for text in texts}
            found[(schema, table, column)] = {t: new for t, new in changed.items() if new != t}
    return found


def _copier(path: Path, words: Words, counts: Counts) -> Callable[[Path], Counts]:
    """Return the function that writes a release anew with other words and the same rows."""

    def copy(temporary: Path) -> Counts:
        import duckdb

        with duckdb.connect(str(temporary)) as new:
            new.execute(f"attach '{path}' as old (read_only)")
            tables = new.execute(
                "select schema_name, table_name from duckdb_tables() where database_name = 'old'"
            ).fetchall()
            for schema, table in sorted(tables):
                new.execute(f'create schema if not exists "{schema}"')
                changed = {c: w for (s, t, c), w in words.items() if (s, t) == (schema, table)}
                _copy_table(new, f'"{schema}"."{table}"', changed)
            _copy_comments(new)
            new.execute("detach old")
            new.execute("checkpoint")
        return counts

    return copy


def _copy_table(
    new: "duckdb.DuckDBPyConnection", name: str, changed: dict[str, dict[str, str]]
) -> None:
    replaced = []
    for number, (column, words) in enumerate(changed.items()):
        new.register(f"words_{number}", pa.table({"o": list(words), "n": list(words.values())}))
        found = f'(select n from words_{number} where o = t."{column}")'
        replaced.append(f'coalesce({found}, t."{column}") as "{column}"')
    columns = f"* replace ({', '.join(replaced)})" if replaced else "*"
    new.execute(f"create table {name} as select {columns} from old.{name} as t")
    for number in range(len(changed)):
        new.unregister(f"words_{number}")


def _copy_comments(new: "duckdb.DuckDBPyConnection") -> None:
    said = new.execute(
        'select format(\'table "{}"."{}"\', schema_name, table_name), comment '
        "from duckdb_tables() where database_name = 'old' and comment is not null union all "
        'select format(\'column "{}"."{}"."{}"\', schema_name, table_name, column_name), '
        "comment from duckdb_columns() where database_name = 'old' and comment is not null"
    ).fetchall()
    for what, text in said:
        new.execute(f"comment on {what} is {sql_text(text)}")


def _clean_texts(settings: Settings, eraser: Eraser) -> int:
    """Clean reports and status.json; return how many changed."""
    done = 0
    pages = [p for p in settings.reports_dir.rglob("*") if p.is_file() and not p.is_symlink()]
    for path in [*pages, *(p for p in [status_path(settings)] if p.exists())]:
        text = path.read_text(errors="replace")
        is_status = path == status_path(settings)
        clean = clean_document(text, eraser) if is_status else eraser.clean(text)
        if clean != text:
            write_atomically(path, clean)
            done += 1
    return done
