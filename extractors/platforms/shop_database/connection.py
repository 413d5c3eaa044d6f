"""SQL databases by an Airflow connection: what changed in one table, in chunks."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from extractors.core.errors import ApiChanged, AuthError, ExtractError, MappingWrong, Transient
from extractors.core.model import Account, Credential
from extractors.core.redact import redact

if TYPE_CHECKING:  # loaded where it is used: every command reads the list of platforms
    from sqlalchemy import URL, Column, Engine, Table
    from sqlalchemy.exc import SQLAlchemyError

#: SQLAlchemy's names by Airflow's; for another database the connection's extra names its `driver`
DRIVERS = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg"}
CHUNK_ROWS = 5_000
CONNECT_SECONDS = 10

#: SQLSTATE classes (PostgreSQL appendix A): a person must act on the login, or on the mapping
LOGIN_STATES = ("28", "3D", "42501")
TABLE_STATES = ("42", "22")
#: a refused login has no SQLSTATE yet, only the server's word
LOGIN_WORDS = ("authentication failed", "does not exist", "pg_hba.conf", "permission denied")


@dataclass(frozen=True)
class Database:
    """The `api` of a stream that reads a table. Nothing is held open between two readings."""

    account: Account
    now: datetime
    url: "URL" = field(repr=False)

    def changed(
        self,
        name: str,
        columns: Mapping[str, str],
        by: str,
        span: tuple[datetime, datetime],
        zone: ZoneInfo,
    ) -> Iterator[Mapping[str, Any]]:
        """Yield the rows of a table or view whose moment `by` lies within [since, until).

        columns maps fields to the table's own; zone is that of a `by` that is stored without one.
        """
        from sqlalchemy import select
        from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError

        failure: ExtractError | None = None
        try:
            engine = self._engine()
            table = self._table(engine, name)
            found = {field: self._column(table, column) for field, column in columns.items()}
            since, until = (_stored(found[by], moment, zone) for moment in span)
            query = select(*(column.label(field) for field, column in found.items())).where(
                found[by] >= since, found[by] < until
            )
            with engine.connect() as connection:
                chunks = connection.execution_options(stream_results=True, yield_per=CHUNK_ROWS)
                for chunk in chunks.execute(query).mappings().partitions():
                    yield from chunk
        except NoSuchTableError:
            failure = self._wrong(f"there is no table or view {name}, or no right to see it")
        except SQLAlchemyError as error:
            failure = self._failure(name, error)
        if failure is not None:
            # raised out here: the database's own error carries the query and its address along
            raise failure

    def _engine(self) -> "Engine":
        from sqlalchemy import create_engine
        from sqlalchemy.pool import NullPool

        patience = {"connect_timeout": CONNECT_SECONDS} if self.url.host else {}
        return create_engine(self.url, poolclass=NullPool, connect_args=patience)

    def _table(self, engine: "Engine", name: str) -> "Table":
        from sqlalchemy import MetaData, Table

        schema, _, own = name.rpartition(".")
        return Table(
            own, MetaData(), schema=schema or None, autoload_with=engine, resolve_fks=False
        )

    def _column(self, table: "Table", name: str) -> "Column[Any]":
        if name not in table.columns:
            near = get_close_matches(name, table.columns.keys(), 1)
            guess = f"; is {near[0]!r} meant?" if near else ""
            raise self._wrong(f"{table.fullname} has no column {name!r}{guess}")
        return table.columns[name]

    def _wrong(self, what: str) -> MappingWrong:
        remedy = "correct options.table in config/accounts.yml, or the rights of the login"
        return MappingWrong(f"account {self.account.key}: {what}; {remedy}")

    def _failure(self, name: str, error: "SQLAlchemyError") -> ExtractError:
        """Return what an error of the database means, in its words without what was asked."""
        cause = getattr(error, "orig", None) or error
        state = getattr(cause, "sqlstate", None) or ""
        first = (str(cause).strip().splitlines() or [""])[0]
        said = redact(first, (str(self.url.password or ""),))
        text = f"account {self.account.key}: {name}: {type(cause).__name__}: {said}"
        if state.startswith(LOGIN_STATES) or (not state and any(w in said for w in LOGIN_WORDS)):
            return AuthError(f"{text}; correct the connection, or grant its login select on it")
        if state.startswith(TABLE_STATES):
            return ApiChanged(f"{text}; compare the table or view with options.table")
        return Transient(text)


def _stored(column: "Column[Any]", moment: datetime, zone: ZoneInfo) -> datetime:
    """Return a moment as a column keeps it: with its zone, or in the zone that is declared."""
    from sqlalchemy import DateTime

    if not isinstance(column.type, DateTime):
        raise MappingWrong(
            f"{column.table.fullname}.{column.name} is {column.type}, no timestamp; it tells what "
            "changed: name another column, or make a view that casts it"
        )
    return moment if column.type.timezone else moment.astimezone(zone).replace(tzinfo=None)


def connect(account: Account, credential: Credential, now: datetime) -> Database:
    """Return the database of an account's connection; nothing is sent yet."""
    from sqlalchemy import URL
    from sqlalchemy.exc import ArgumentError, NoSuchModuleError

    extra = {name: str(value) for name, value in credential.extra.items()}
    driver = extra.pop("driver", None) or DRIVERS.get(credential.conn_type)
    place = f"connection {credential.connection_id}"
    if driver is None:
        known = ", ".join(sorted(DRIVERS))
        raise AuthError(
            f"{place}: conn_type {credential.conn_type!r} is no known database; use {known}, or "
            'name SQLAlchemy\'s driver in its extra: {"driver": "mysql+pymysql"}'
        )
    try:
        url = URL.create(
            driver,
            credential.login or None,
            credential.password or None,
            credential.host or None,
            credential.port,
            credential.database or None,
            extra,
        )
        url.get_dialect().import_dbapi()
    except (ArgumentError, ImportError, NoSuchModuleError) as error:
        raise AuthError(f"{place}: driver {driver!r} is not installed here ({error})") from None
    return Database(account, now, url)
