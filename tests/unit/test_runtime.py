"""The runtime against a real HTTP server on loopback: outcomes, retries, tokens, quarantine."""

import json
import threading
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pyarrow as pa
import pytest

from extractors.core import http, lane
from extractors.core.errors import (
    ApiChanged,
    AuthError,
    ExtractError,
    NotOffered,
    QuotaExhausted,
    TokenExpired,
    Transient,
)
from extractors.core.lake import SliceVerdict, iter_rows, open_lake
from extractors.core.model import (
    Account,
    Call,
    Credential,
    DayOutcome,
    Field,
    Platform,
    Prepared,
    Stream,
    Token,
    Window,
)
from extractors.core.run import extract
from tidemark.settings import Settings

NOW = datetime(2026, 4, 16, 2, 30, tzinfo=UTC)  # 10:30 in Shanghai
DAY = date(2026, 4, 15)


class Api:
    """A server whose answers are a list of (status, body) per path; it notes every request."""

    def __init__(self):
        self.answers = {}
        self.seen = []
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_port}"

    def handler(self):
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                path, _, query = self.path.partition("?")
                api.seen.append((path, query, dict(self.headers)))
                waiting = api.answers[path]
                status, body = waiting.pop(0) if len(waiting) > 1 else waiting[0]
                content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_args):
                pass

        return Handler


@pytest.fixture
def api():
    server = Api()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(http, "BACKOFF_SECONDS", 0.001)
    monkeypatch.setenv("TIDEMARK_HASH_SECRET", "test")


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path, tmp_path / "config", (tmp_path / "lake").as_uri(), lambda: NOW)


@pytest.fixture
def lake(settings):
    return open_lake(settings.lake_url)


def read_days(api, account, window):
    yield from api.get("/days", {"since": str(window.since)})["rows"]


DAYS = Stream(
    name="days",
    label_zh="日",
    label_en="days",
    fields=(
        Field("date", pa.date32(), required=True),
        Field("plays", pa.int64(), "increment"),
        Field("fan", pa.string(), personal=True, optional=True),
    ),
    key=("date",),
    merge="replace_slice",
    read=read_days,
    day=lambda row: row["date"],
    reach_days=30,
    is_dense=True,
    ignored=frozenset({"cover"}),
)


def envelope(status, _headers, body):
    code = int(body.get("code", -1))
    if code == 401:
        raise TokenExpired("token expired")
    if code == 402:
        raise QuotaExhausted("quota used up")
    if code == 403:
        raise AuthError("access_token=act.verysecret refused")
    if code:
        raise Transient(f"code {code}")
    return body["data"]


def authorize(call: Call, _credential, token, _now):
    headers = {"access-token": token.access_token} if token else {}
    return Prepared(call.method, call.path, {k: str(v) for k, v in call.params.items()}, headers)


def fetch_token(send, _credential, _token, now):
    body = send(Call("GET", "/token", authorised=False))
    return Token(body["token"], now + timedelta(hours=2))


PLATFORM = Platform(
    "fake",
    "假",
    "fake",
    (DAYS,),
    calls_per_second=1000,
    authorize=authorize,
    fetch_token=fetch_token,
    read_envelope=envelope,
)
SNAPSHOT = replace(DAYS, is_snapshot=True, snapshot_tolerance_hours=12)
PASSED = Window(date(2026, 4, 13), date(2026, 4, 15))
ACCOUNT = Account("a1", "fake", "x", "A", "acme")


def ok(*rows):
    return 200, {"code": 0, "data": {"rows": list(rows)}}


def run(api, lake, settings, *, accounts=(ACCOUNT,), window=None, platform=PLATFORM, streams=None):
    api.answers.setdefault("/token", [(200, {"code": 0, "data": {"token": "act.one"}})])
    return extract(
        platform,
        list(accounts),
        window or Window(DAY, DAY),
        lake=lake,
        settings=settings,
        streams=streams,
        credentials=lambda account: Credential(account.key, "id", "hidden-pass", api.url),
    )


def statuses(report):
    return {str(r.dt): r.status for landed in report.landed for r in landed.slices}


def pass_all(lake):
    verdicts = {}
    for manifest in lake.ungated():
        passed = [SliceVerdict(s.account_key, s.dt, True) for s in manifest.slices]
        verdicts.setdefault(manifest.batch_id, []).extend(passed)
    for batch_id, passed in verdicts.items():
        lake.write_verdict(batch_id, passed)


def test_rows_are_typed_and_personal_ids_are_hashed(api, lake, settings):
    api.answers["/days"] = [ok({"date": "2026-04-15", "plays": "1,234", "fan": "oX1"})]

    run(api, lake, settings)
    pass_all(lake)

    (row,) = iter_rows(lake, lake.current(DAYS, "fake"))
    assert row["plays"] == 1234
    assert row["fan"].startswith("k1:")
    assert "oX1" not in row["fan"]


def test_days_beyond_reach_are_not_offered_and_today_is_not_ready(api, lake, settings):
    api.answers["/days"] = [ok({"date": "2026-04-15", "plays": 1, "fan": None})]

    report = run(api, lake, settings, window=Window(date(2026, 3, 16), date(2026, 4, 16)))

    found = statuses(report)
    assert found["2026-03-16"] == "not_offered"
    assert found["2026-04-15"] == "ok"
    assert found["2026-04-16"] == "not_ready"
    assert Counter(found.values()) == {"not_offered": 1, "missing": 29, "ok": 1, "not_ready": 1}


@pytest.mark.parametrize(
    "fault",
    [(502, "<html>bad gateway</html>"), (200, '{"code": 0, "da'), (200, ""), (200, {})],
    ids=["html-502", "truncated", "empty-body", "empty-object"],
)
def test_a_passing_fault_is_tried_again(api, lake, settings, fault):
    api.answers["/days"] = [fault, ok({"date": "2026-04-15", "plays": 1, "fan": None})]

    report = run(api, lake, settings)

    assert report.error() is None
    assert statuses(report) == {"2026-04-15": "ok"}


def test_tries_are_capped_and_the_slice_fails(api, lake, settings):
    api.answers["/days"] = [(500, "x")]

    report = run(api, lake, settings)

    assert statuses(report) == {"2026-04-15": "failed"}
    assert isinstance(report.error(), Transient)
    assert len([path for path, *_ in api.seen if path == "/days"]) == lane.TRIES


def test_an_expired_token_is_refreshed_once_and_the_call_replayed(api, lake, settings):
    tokens = [(200, {"code": 0, "data": {"token": f"act.{n}"}}) for n in ("one", "two")]
    api.answers["/token"] = tokens
    api.answers["/days"] = [
        (200, {"code": "401"}),
        ok({"date": "2026-04-15", "plays": 1, "fan": None}),
    ]

    report = run(api, lake, settings)

    assert statuses(report) == {"2026-04-15": "ok"}
    used = [h["access-token"] for path, _, h in api.seen if path == "/days"]
    assert used == ["act.one", "act.two"]


def test_a_refused_credential_fails_one_account_only_and_hides_the_secret(api, lake, settings):
    api.answers["/days"] = [
        (200, {"code": 403}),
        ok({"date": "2026-04-15", "plays": 1, "fan": None}),
    ]
    other = Account("a2", "fake", "y", "B", "acme")

    report = run(api, lake, settings, accounts=(ACCOUNT, other))

    # accounts are read at once: whoever came first was refused
    good, bad = sorted((r for _, r in report.slices()), key=lambda r: r.status, reverse=True)
    assert (good.status, bad.status) == ("ok", "failed")
    assert {good.account_key, bad.account_key} == {"a1", "a2"}
    assert "verysecret" not in str(report.error()) + str(bad.error)


def test_a_used_up_quota_stops_further_calls(api, lake, settings):
    api.answers["/days"] = [(200, {"code": 402})]
    two = (DAYS, Stream(**{**DAYS.__dict__, "name": "again"}))
    platform = Platform(**{**PLATFORM.__dict__, "streams": two})

    report = run(api, lake, settings, platform=platform)

    assert isinstance(report.error(), QuotaExhausted)
    assert len([path for path, *_ in api.seen if path == "/days"]) == 1


def test_unknown_and_missing_fields_are_drift_reported_once(api, lake, settings):
    api.answers["/days"] = [ok({"date": "2026-04-15", "extra": 1, "cover": "x"})]

    report = run(api, lake, settings)

    assert report.landed[0].drift == ["days: missing field 'plays'", "days: unknown field 'extra'"]


@pytest.mark.parametrize("token", [None, 5, "", "act.\n", "act.令牌", ["act"]], ids=repr)
def test_a_token_that_is_none_is_not_kept(api, lake, settings, token):
    api.answers["/token"] = [(200, {"code": 0, "data": {"token": token}})]

    report = run(api, lake, settings)

    assert isinstance(report.error(), ApiChanged)
    assert [path for path, *_ in api.seen] == ["/token"]
    assert list(settings.tokens_dir.glob("*.json")) == []


def test_the_same_drift_is_told_once_and_new_drift_again(api, lake, settings, caplog):
    whole = {"date": "2026-04-15", "plays": 1}
    api.answers["/days"] = [ok({**whole, "extra": 1})]
    run(api, lake, settings)
    caplog.clear()

    run(api, lake, settings)
    api.answers["/days"] = [ok({**whole, "extra": 1, "other": 2})]
    run(api, lake, settings)

    told = [record.message for record in caplog.records if "field" in record.message]
    assert told == ["fake/days: unknown field 'other'"]


def test_a_refused_row_is_booked_on_its_own_day(api, lake, settings):
    rows = [{"date": f"2026-04-{day}", "plays": 1} for day in (13, 14, 15)]
    rows[0]["plays"] = "many"
    api.answers["/days"] = [ok(*rows)]

    (landed,) = run(api, lake, settings, window=PASSED).landed

    assert [(r.dt.day, r.rows, r.quarantined) for r in landed.slices] == [
        (13, 0, 1),
        (14, 1, 0),
        (15, 1, 0),
    ]


def test_a_day_whose_row_may_be_among_the_refused_is_not_taken_for_empty(api, lake, settings):
    sparse = Stream(**{**DAYS.__dict__, "is_dense": False})
    platform = Platform(**{**PLATFORM.__dict__, "streams": (sparse,)})
    days = [{"date": "2026-04-13", "plays": 1}, {"date": "soon", "plays": 1}]
    api.answers["/days"] = [ok(*days, {"date": "2026-04-15", "plays": 2})]

    (landed,) = run(api, lake, settings, window=PASSED, platform=platform).landed

    statuses = {record.dt.day: record.status for record in landed.slices}
    assert statuses == {13: "ok", 14: "suspect", 15: "ok"}
    assert landed.quarantined == 1


def test_bad_rows_go_to_quarantine_with_their_rule_and_nothing_is_lost(api, lake, settings):
    rows = [
        {"date": "2026-04-15", "plays": 1, "fan": None},
        {"date": "2026-04-15", "plays": 1, "fan": None},
        {"date": None, "plays": 1, "fan": None},
        {"date": "2026-04-14", "plays": "many", "fan": "secret-fan"},
    ]
    api.answers["/days"] = [ok(*rows)]

    report = run(api, lake, settings)

    (landed,) = report.landed
    assert landed.rows + landed.quarantined + landed.duplicates == len(rows)
    kept = lake.read_bytes(lake.list_files("quarantine")[0]).decode()
    assert '"rule": "missing_value"' in kept
    assert '"rule": "bad_value"' in kept
    assert "secret-fan" not in kept


@pytest.mark.parametrize(
    ("second", "why"),
    [([], "not_ready"), ([{"date": "2026-04-15", "plays": 0, "fan": None}], "suspect")],
)
def test_a_re_read_that_brings_less_does_not_become_current(api, lake, settings, second, why):
    api.answers["/days"] = [ok({"date": "2026-04-15", "plays": 9, "fan": None})]
    run(api, lake, settings)
    pass_all(lake)
    api.answers["/days"] = [ok(*second)]

    report = run(api, lake, settings)
    pass_all(lake)

    assert statuses(report) == {"2026-04-15": why}
    assert [row["plays"] for row in iter_rows(lake, lake.current(DAYS, "fake"))] == [9]


def test_an_accepted_suspect_becomes_current(api, lake, settings):
    api.answers["/days"] = [ok({"date": "2026-04-15", "plays": 9, "fan": None})]
    run(api, lake, settings)
    pass_all(lake)
    api.answers["/days"] = [ok({"date": "2026-04-15", "plays": 0, "fan": None})]
    report = run(api, lake, settings)
    (standing,) = lake.current(DAYS, "fake")

    lake.accept(standing.key, report.landed[0].batch_id, "a holiday", NOW.isoformat())

    assert [row["plays"] for row in iter_rows(lake, lake.current(DAYS, "fake"))] == [0]


def test_a_snapshot_is_not_filed_under_a_day_that_has_passed(api, lake, settings):
    platform = Platform(**{**PLATFORM.__dict__, "streams": (SNAPSHOT,)})
    api.answers["/days"] = [ok({"date": "2026-04-15", "plays": 9, "fan": None})]

    report = run(
        api, lake, settings, platform=platform, window=Window(date(2026, 4, 13), date(2026, 4, 16))
    )

    assert statuses(report) == {
        "2026-04-13": "missing",
        "2026-04-14": "missing",
        "2026-04-15": "ok",
        "2026-04-16": "not_ready",
    }


def test_a_snapshot_of_a_past_day_that_is_asked_for_by_name_is_refused(api, lake, settings):
    platform = Platform(**{**PLATFORM.__dict__, "streams": (SNAPSHOT,)})
    refused = r"fake/days: a snapshot reads now and cannot be read for 2026-04-13: .* 2026-04-14 12"

    with pytest.raises(NotOffered, match=refused):
        run(api, lake, settings, platform=platform, window=PASSED, streams=["days"])

    assert api.seen == []
    assert lake.manifests() == []


def test_a_snapshot_that_was_read_in_time_outlives_a_backfill(api, lake, settings):
    platform = Platform(**{**PLATFORM.__dict__, "streams": (SNAPSHOT,)})
    api.answers["/days"] = [ok({"date": "2026-04-15", "plays": 9, "fan": None})]
    run(api, lake, settings, platform=platform)
    pass_all(lake)
    a_week_later = replace(settings, clock=lambda: NOW + timedelta(days=7))
    api.answers["/days"] = [ok({"date": "2026-04-15", "plays": 99, "fan": None})]

    report = run(api, lake, a_week_later, platform=platform)
    pass_all(lake)

    assert statuses(report) == {"2026-04-15": "missing"}
    assert [row["plays"] for row in iter_rows(lake, lake.current(SNAPSHOT, "fake"))] == [9]


def test_an_unknown_stream_is_named_with_those_that_exist(api, lake, settings):
    with pytest.raises(ExtractError, match=r"fake: unknown stream 'nights'; there are \['days'\]"):
        run(api, lake, settings, streams=["nights"])


def test_a_stream_may_say_how_a_day_ended(api, lake, settings):
    def late(_api, _account, window):
        yield DayOutcome(window.until, "not_ready", "the platform is late")

    platform = Platform(
        **{**PLATFORM.__dict__, "streams": (Stream(**{**DAYS.__dict__, "read": late}),)}
    )

    report = run(api, lake, settings, platform=platform)

    assert statuses(report) == {"2026-04-15": "not_ready"}


def test_each_yields_in_item_order_and_reads_concurrently(api, lake, settings):
    barrier = threading.Barrier(4, timeout=5)
    items = list(range(12))

    def read(_api, _account, _window):
        def one(item):
            barrier.wait()
            yield {"date": f"2026-04-{item + 1:02d}", "plays": item, "fan": None}

        yield from _api.each(one, items)

    platform = Platform(
        **{**PLATFORM.__dict__, "streams": (Stream(**{**DAYS.__dict__, "read": read}),)}
    )
    window = Window(date(2026, 4, 1), date(2026, 4, 12))

    run(api, lake, settings, platform=platform, window=window)
    pass_all(lake)

    rows = list(iter_rows(lake, lake.current(DAYS, "fake")))
    assert sorted(row["plays"] for row in rows) == items
