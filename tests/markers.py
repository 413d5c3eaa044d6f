"""Planted markers: secrets and people that must not come out anywhere, and the search for them."""

import base64
import contextlib
import html
import io
import json
import sqlite3
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, quote_plus

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NAME, PHONE, SECOND_PHONE = "欧阳标记", "13912345678", "+86 138-8765-4321"
ADDRESS, WORDS = "标记路九十九号", "请问这个标记多少钱"
PEOPLE = (NAME, PHONE, SECOND_PHONE, ADDRESS, WORDS)

#: what is planted into every row of a listing; keys as platforms write them, and one of our own
ROW = {
    "post_receiver": NAME,
    "post_tel": PHONE,
    "post_addr": {"detail": ADDRESS, "city": {"name": ADDRESS}},
    "buyer_words": WORDS,
    "nick_name": NAME,
    "brand_new_note": f"{NAME} {PHONE}",
}


def forms(marker: str) -> set[bytes]:
    """Return how a marker may be written: plain, in a URL, in JSON or HTML, inside Base64."""
    texts = {marker, quote(marker, safe=""), quote_plus(marker), html.escape(marker)}
    texts |= {json.dumps(marker)[1:-1], json.dumps(marker, ensure_ascii=False)[1:-1]}
    content = marker.encode()
    for before, first in ((0, 0), (1, 2), (2, 3)):
        encoded = base64.b64encode(b"\0" * before + content).decode()
        inner = encoded.rstrip("=")[first : -1 if encoded.endswith("=") else None]
        texts |= {inner, inner.translate(str.maketrans("+/", "-_"))}
    return {text.encode() for text in texts}


def found_in(content: bytes, markers: Iterable[str]) -> list[str]:
    """Return the markers that some bytes hold in any form."""
    return [m for m in markers if any(form in content for form in forms(m))]


def found_below(folder: Path, markers: Iterable[str]) -> dict[str, list[str]]:
    """Return by file which markers are below a folder, whatever the file is packed in."""
    known = {marker: forms(marker) for marker in markers}
    found = {}
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.is_symlink()):
        content = b"\n".join(readable(path))
        held = [m for m, written in known.items() if any(form in content for form in written)]
        if held:
            found[str(path.relative_to(folder))] = held
    return found


def readable(path: Path) -> Iterator[bytes]:
    """Yield a file's bytes, and what they say once they are unpacked."""
    import duckdb
    import pyarrow.parquet as pq

    content = path.read_bytes()
    yield content
    if path.suffix == ".parquet":
        yield repr(pq.read_table(io.BytesIO(content)).to_pylist()).encode()
        yield str(pq.read_schema(io.BytesIO(content)).metadata).encode()
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as database:
            query = "select schema_name, table_name from duckdb_tables()"
            for schema, table in database.execute(query).fetchall():
                yield repr(database.execute(f'from "{schema}"."{table}"').fetchall()).encode()
    elif content.startswith(b"SQLite format 3"):
        with contextlib.closing(sqlite3.connect(path)) as database:
            yield "\n".join(database.iterdump()).encode()
    elif zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as book:
            yield from (book.read(name) for name in book.namelist())


def everything_said(error: BaseException | None) -> str:
    """Return all that an error and those it carries along can tell."""
    said, waiting, seen = [], [error], set()
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        said += [str(one), repr(one), repr(one.args), repr(getattr(one, "__notes__", ""))]
        said.append(repr({k: v for k, v in vars(one).items() if k != "__traceback__"}))
        said += [repr(vars(v)) for v in vars(one).values() if hasattr(v, "url")]
        waiting += [one.__cause__, one.__context__]
    return "\n".join(said)


class Planting:
    """A platform that fills its rows with people, and on order answers with what it was sent."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.orders: dict[str, str] = {}  # part of a path: what is answered there

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"].startswith("/_sandbox/"):
            await self.app(scope, receive, send)
            return
        asked, parts = [], []

        async def listen() -> Message:
            message = await receive()
            asked.append(message.get("body", b""))
            return message

        async def keep(message: Message) -> None:
            parts.append(message)

        await self.app(scope, listen, keep)
        body = b"".join(part.get("body", b"") for part in parts[1:])
        kind = next((k for match, k in self.orders.items() if match in scope["path"]), "rows")
        status, body, content_type = self._answer(kind, scope, b"".join(asked), body)
        headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
        if status == 302:
            headers.append((b"location", f"https://{NAME}.example/?{echo(scope, b'')}".encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _answer(self, kind: str, scope: Scope, asked: bytes, body: bytes) -> tuple[int, bytes, Any]:
        page = f"<html><h1>您好 {NAME}</h1><p>{PHONE} {ADDRESS} {echo(scope, asked)}</p></html>"
        answers: dict[str, tuple[int, bytes, bytes]] = {
            "echo": (200, refusal(scope["path"], echo(scope, asked)), b"application/json"),
            "echo_401": (401, page.encode(), b"text/html"),
            "html": (200, page.encode(), b"text/html; charset=utf-8"),
            "text": (400, echo(scope, asked).encode(), b"text/plain"),
            "no_envelope": (200, json.dumps([echo(scope, asked), NAME]).encode(), b"text/json"),
            "odd_code": (200, odd(scope["path"], echo(scope, asked)), b"application/json"),
            "redirect": (302, page.encode(), b"text/html"),
        }
        if kind in answers:
            return answers[kind]
        try:
            document = json.loads(body)
        except ValueError:
            return 200, body, b"text/plain"
        for rows in lists(document):
            plant(rows, kind)
        return 200, json.dumps(document).encode(), b"application/json"


def echo(scope: Scope, asked: bytes) -> str:
    """Return what a careless platform says: all it was sent, in several spellings."""
    values = [value.decode("latin-1") for _, value in scope["headers"]]
    values += [value for _, value in parse_qsl(scope["query_string"].decode())]
    values += [value for _, value in parse_qsl(asked.decode())]
    with contextlib.suppress(ValueError, AttributeError):
        values += [str(value) for value in json.loads(asked).values()]
    spelled = [f"{v} {quote(v, safe='')} {json.dumps(v)} {b64(v)} {b64('u:' + v)}" for v in values]
    raw = f"{scope['query_string'].decode()} {asked.decode()}"
    return f"refused {raw} {' | '.join(spelled)} call {PHONE} or {SECOND_PHONE}"


def b64(text: str) -> str:
    """Return a text in Base64."""
    return base64.b64encode(text.encode()).decode()


def refusal(path: str, text: str) -> bytes:
    """Return an error that no contract lists, in the platform's envelope."""
    platform = path.split("/")[1]
    bodies = {
        "douyin": {"data": {"error_code": 9999999, "description": text}, "extra": {"sub": text}},
        "wechat": {"errcode": 9999999, "errmsg": text},
        "douyin_shop": {"code": 99999, "msg": text, "sub_code": "isv.new", "sub_msg": text},
        "feishu": {"code": 19021, "msg": text},
    }
    return json.dumps(bodies[platform]).encode()


def odd(path: str, text: str) -> bytes:
    """Return an envelope whose code is no number."""
    body = json.loads(refusal(path, text))
    for holder in (body, body.get("data") or {}):
        holder |= {k: text for k in ("error_code", "errcode", "code") if k in holder}
    return json.dumps(body).encode()


def lists(body: Any) -> list[list[Any]]:
    """Return the outermost lists of objects in a body: the rows of a page."""
    if isinstance(body, list):
        return [body] if body and all(isinstance(item, dict) for item in body) else []
    if isinstance(body, dict):
        return [rows for value in body.values() for rows in lists(value)]
    return []


def plant(rows: list[Any], kind: str) -> None:
    """Put people into rows; on order also where no person belongs, so that rows are refused."""
    if kind == "no_objects":
        rows[:] = [f"{NAME} {PHONE}"]
        return
    for row in rows:
        if "content" in row and isinstance(row["content"], str):
            row["content"] = WORDS
        row |= ROW
    if kind == "bad_values":
        rows[0] |= {"order_status": f"{PHONE}?"}
        for line in rows[0].get("sku_order_list", ()):
            line["product_name"] = f"送 {PHONE}"
