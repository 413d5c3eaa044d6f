"""WeCom through the real runtime from the sandbox, its gate, and its days as community days."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from expectations.runner import gate_lake
from extractors.core.credentials import read_connection
from extractors.core.lake import iter_rows, open_lake
from extractors.core.model import Account, Window
from extractors.core.registry import platforms_by_name
from extractors.core.run import extract
from tests.warehouse_fixture import make_build_db, query, run_dbt
from tidemark.clock import SHANGHAI

ACME = Account(
    "wecom_acme",
    "wecom",
    "ww-acme",
    "Acme",
    "acme",
    kind="community",
    options={"calls_per_second": 5000},
)
WECOM = platforms_by_name()["wecom"]
DAY = date(2026, 4, 15)
CONTACT = "/wecom/cgi-bin/externalcontact"
STATISTIC, BEHAVIOUR = f"{CONTACT}/groupchat/statistic", f"{CONTACT}/get_user_behavior_data"
STREAMS = ("groups", "owner_days", "group_days", "behaviour_days")


def read(sandbox, since=DAY, until=DAY, at=time(8, 30), **more):
    moment = datetime.combine(until + timedelta(1), at, SHANGHAI)
    sandbox.clock_file.write_text(moment.isoformat())
    return extract(
        WECOM,
        [ACME],
        Window(since, until),
        lake=open_lake(sandbox.settings.lake_url),
        settings=sandbox.settings,
        credentials=lambda a: read_connection(a.connection_id, sandbox.environ),
        **{"lookback": False, **more},
    )


def landed(sandbox, stream):
    """Return the rows that passed the gate; of versions of a row the newest."""
    lake = open_lake(sandbox.settings.lake_url)
    gate_lake(lake, sandbox.settings)
    declared = WECOM.stream(stream)
    rows = sorted(iter_rows(lake, lake.current(declared, "wecom")), key=lambda r: r["_captured_at"])
    newest = {tuple(row[name] for name in declared.key): row for row in rows}
    names = [field.name for field in declared.fields]
    return [{name: row[name] for name in names} for _, row in sorted(newest.items())]


def outcomes(report):
    return {stream: (record.status, record.rows) for stream, record in report.slices()}


def test_every_stream_is_read_without_error_drift_or_quarantine(sandbox):
    report = read(sandbox)

    assert [(x.errors, x.drift, x.quarantined) for x in report.landed] == [([], [], 0)] * 4
    # four groups are left after one was dissolved; one of four employees has no customers
    assert outcomes(report) == {
        "groups": ("ok", 4),
        "owner_days": ("ok", 3),
        "group_days": ("ok", 1),
        "behaviour_days": ("ok", 3),
    }


def test_figures_are_those_of_the_day_and_pass_the_gate(sandbox):
    read(sandbox, DAY - timedelta(1))

    owned = {(row["stat_date"].day, row["member_total"]) for row in landed(sandbox, "owner_days")}
    together = [
        (row["stat_time"], row["chat_total"], row["member_total"], row["new_chat_cnt"])
        for row in landed(sandbox, "group_days")
    ]
    spoken = sorted(
        (row["stat_time"].day, row["chat_cnt"], row["reply_percentage"], row["avg_reply_time"])
        for row in landed(sandbox, "behaviour_days")
    )

    assert owned == {(14, 247), (14, 211), (14, 20), (15, 253), (15, 127), (15, 23)}
    assert together == [
        (datetime(2026, 4, 13, 16, tzinfo=UTC), 5, 478, 1),
        (datetime(2026, 4, 14, 16, tzinfo=UTC), 4, 403, 0),
    ]
    # the days of UTC: midnight of Shanghai is in the one before
    assert spoken == [
        *((13, chats, 80.25, minutes) for chats, minutes in ((14, 2), (24, 4), (34, 6))),
        *((14, chats, 80.25, minutes) for chats, minutes in ((10, 2), (20, 4), (30, 6))),
    ]


def test_a_second_reading_changes_nothing(sandbox):
    read(sandbox)
    first = {stream: landed(sandbox, stream) for stream in STREAMS}

    report = read(sandbox)

    assert report.error() is None
    assert all(first.values())
    assert {stream: landed(sandbox, stream) for stream in STREAMS} == first


def test_one_call_asks_about_one_user_and_one_day(sandbox):
    read(sandbox, lookback=True, streams=["behaviour_days"])

    asked = [call for call in sandbox.calls() if call["path"] == BEHAVIOUR]
    assert len(asked) == 4 * 4


def test_an_employee_is_landed_as_one_hash_and_nowhere_by_name(sandbox):
    read(sandbox)

    owners = {row["owner"] for row in landed(sandbox, "owner_days")}
    users = {row["userid"] for row in landed(sandbox, "behaviour_days")}
    lake = open_lake(sandbox.settings.lake_url)
    kept = b"".join(lake.read_bytes(path) for path in lake.list_files(""))

    assert len(owners) == 3
    assert owners == users
    assert b"wrLaunch0001" in kept
    assert b"service." not in kept


def test_who_has_left_keeps_their_days(sandbox):
    read(sandbox, streams=["behaviour_days"])
    before = landed(sandbox, "behaviour_days")
    sandbox.fault(BEHAVIOUR, "error_code:84061")

    report = read(sandbox, streams=["behaviour_days"])

    assert outcomes(report) == {"behaviour_days": ("ok", 2)}
    assert len(before) == 3
    assert landed(sandbox, "behaviour_days") == before


def test_before_eight_nothing_is_asked(sandbox):
    report = read(sandbox, at=time(7, 59))

    days = {stream: outcome for stream, outcome in outcomes(report).items() if stream != "groups"}
    assert days == dict.fromkeys(STREAMS[1:], ("not_ready", 0))
    assert [call for call in sandbox.calls() if call["path"] == STATISTIC] == []


def test_half_a_year_is_read_in_spans_that_the_platform_takes(sandbox):
    report = read(sandbox, date(2025, 10, 17), streams=["group_days"])

    days = [(record.dt, record.status) for _, record in report.slices()]
    read_days = sorted(day for day, status in days if status == "ok")
    assert [day for day, status in days if status == "not_offered"] == [date(2025, 10, 17)]
    assert (read_days[0], read_days[-1], len(read_days)) == (date(2025, 10, 18), DAY, 180)
    asked = [call for call in sandbox.calls() if call["path"] == f"{STATISTIC}_group_by_day"]
    assert len(asked) == 6


def test_zeros_of_a_day_that_is_not_counted_are_refused_and_made_good(sandbox, monkeypatch):
    def days():
        return {row["stat_date"].day for row in landed(sandbox, "owner_days")}

    before = DAY - timedelta(2)
    read(sandbox, before, before, streams=["owner_days"])
    known = days()
    monkeypatch.setattr("sandbox.routes.wecom.contact.READY_HOUR", 12)
    late = read(sandbox, DAY - timedelta(1), DAY - timedelta(1), streams=["owner_days"])
    on_that_morning = days()
    monkeypatch.setattr("sandbox.routes.wecom.contact.READY_HOUR", 8)
    read(sandbox, lookback=True, streams=["owner_days"])

    assert outcomes(late) == {"owner_days": ("ok", 3)}
    assert known == on_that_morning == {13}
    assert days() == {12, 13, 14, 15}


def test_too_many_owners_are_read_by_name(sandbox):
    sandbox.fault(STATISTIC, "error_code:81017")
    sandbox.fault(f"{CONTACT}/groupchat/list", "error_code:81017")

    report = read(sandbox, streams=["groups", "owner_days"])

    assert outcomes(report) == {"groups": ("ok", 4), "owner_days": ("ok", 3)}


@pytest.mark.parametrize("kind", ["expire_token", "error_code:-1", "http_500", "truncated"])
def test_a_fault_in_passing_loses_no_row(sandbox, monkeypatch, kind):
    monkeypatch.setattr("extractors.core.http.BACKOFF_SECONDS", 0.001)
    sandbox.fault(STATISTIC, kind)

    report = read(sandbox, streams=["owner_days"])

    assert report.error() is None
    assert outcomes(report) == {"owner_days": ("ok", 3)}


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        ("quota", "failed", "RateLimited"),
        ("error_code:48002", "failed", "AuthError"),
        ("error_code:60020", "failed", "AuthError"),
        ("error_code:600018", "failed", "ApiChanged"),
        ("error_code:81017", "not_offered", "ItemNotOffered"),
        ("empty_object", "failed", "Transient"),
        ("empty_success", "failed", "Transient"),
    ],
)
def test_a_lasting_fault_ends_as_declared_and_leaves_the_other_streams(
    sandbox, monkeypatch, kind, status, error
):
    monkeypatch.setattr("extractors.core.http.BACKOFF_AT_MOST", 0.001)
    sandbox.fault(STATISTIC, kind, times=None)

    report = read(sandbox, streams=["groups", "owner_days"])

    found = dict(report.slices())
    assert found["groups"].status == "ok"
    assert found["owner_days"].status == status
    assert error in found["owner_days"].error


def owner_day(owner, day, **figures):
    """Return an owner's day; each figure in short."""
    names = {
        "groups": "chat_total",
        "new": "new_chat_cnt",
        "members": "member_total",
        "joined": "new_member_cnt",
        "messages": "msg_total",
        "speakers": "member_has_msg",
    }
    return {
        "account_key": "wecom_acme",
        "owner": owner,
        "stat_date": date(2026, 4, day),
        "dt": date(2026, 4, day),
        **{names[name]: figure for name, figure in figures.items()},
    }


OWNER_DAYS = [
    owner_day("old", 1, groups=2, new=0, members=50, joined=4, messages=900, speakers=30),
    owner_day("old", 2, groups=2, new=0, members=51, joined=3, messages=940, speakers=31),
    owner_day("old", 3, groups=3, new=1, members=60, joined=0, messages=955, speakers=33),
    # the 4th is missing
    owner_day("old", 5, groups=3, new=0, members=64, joined=2, messages=1000, speakers=34),
    owner_day("old", 6, groups=4, new=0, members=99, joined=1, messages=3000, speakers=70),
    owner_day("old", 7, groups=3, new=0, members=60, joined=0, messages=1010, speakers=35),
    owner_day("old", 8, groups=3, new=0, members=60, joined=0, messages=1008, speakers=35),
    owner_day("old", 9, groups=3, new=0, members=60, joined=0, messages=1008, speakers=35),
    owner_day("new", 3, groups=1, new=1, members=20, joined=0, messages=12, speakers=5),
    owner_day("new", 4, groups=1, new=0, members=22, joined=2, messages=None, speakers=5),
    owner_day("new", 5, groups=1, new=0, members=22, joined=0, messages=30, speakers=6),
]
SPOKEN = {
    "account_key": "wecom_acme",
    "userid": "k1:a",
    "stat_time": datetime(2026, 4, 14, 16, tzinfo=UTC),
    "chat_cnt": 4,
    "message_cnt": 9,
    "negative_feedback_cnt": 1,
    "new_apply_cnt": 3,
    "new_contact_cnt": 2,
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    chats = [("a", 0, True), ("b", 1, True), ("c", 3, False), ("d", 9, True)]
    rows = {
        "wecom__owner_days": OWNER_DAYS,
        "wecom__groups": [
            {"account_key": "wecom_acme", "chat_id": chat, "status": status, "_is_listed": listed}
            for chat, status, listed in chats
        ],
        "wecom__group_days": [
            {
                "account_key": "wecom_acme",
                "stat_time": datetime(2026, 4, 14, 16, tzinfo=UTC),
                **{"chat_total": 4, "member_total": 80, "new_chat_cnt": 1, "new_member_cnt": 6},
                **{"chat_has_msg": 3, "member_has_msg": 40, "msg_total": 700},
            }
        ],
        "wecom__behaviour_days": [
            {**SPOKEN, "reply_percentage": 80.25, "avg_reply_time": 1.5},
            {**SPOKEN, "userid": "k1:b"},
        ],
    }
    account = {"account_key": "wecom_acme", "brand_key": "acme", "platform": "wecom"}
    folder = tmp_path_factory.mktemp("dbt")
    path = make_build_db(folder / "build.duckdb", rows, config={"account": [account]})
    models = ["+fct_community_day", "stg_wecom__groups", "stg_wecom__group_days"]
    run_dbt(path, "run", "--select", *models, "stg_wecom__behaviour_days", as_of="2026-04-08")
    return path


def test_totals_become_the_messages_of_a_day_only_where_they_are_its_own(built):
    found = query(
        built,
        "select community_key, stat_date, members, joined, messages "
        "from marts.fct_community_day order by community_key desc, stat_date",
    )

    old, new = "wecom_acme/owner/old", "wecom_acme/owner/new"
    assert [(key, day.day, *figures) for key, day, *figures in found] == [
        (old, 1, 50, 4, None),  # older groups: nobody knows the total of the day before
        (old, 2, 51, 3, 40),
        (old, 3, 60, 0, 15),
        (old, 5, 64, 2, None),  # two days in one
        (old, 6, 99, 1, None),  # a group came with its messages
        (old, 7, 60, 0, None),  # and went
        (old, 8, 60, 0, None),  # a total that falls
        (new, 3, 20, 0, 12),  # all groups are of this day
        (new, 4, 22, 2, None),
        (new, 5, 22, 0, None),
    ]


def test_levels_are_staged_and_never_become_speakers_or_leavers(built):
    found = query(
        built,
        "select count(*), count(speakers), count(left_members) from marts.fct_community_day",
    )
    levels = query(
        built,
        "select communities, members, new_communities, joined, active_communities_total, "
        "speakers_total, messages_total, stat_date from staging.stg_wecom__group_days",
    )

    assert found == [(10, 0, 0)]
    assert levels == [(4, 80, 1, 6, 3, 40, 700, date(2026, 4, 15))]


def test_behaviour_is_staged_in_shares_and_seconds(built):
    found = query(
        built,
        "select employee_key, conversations, messages_sent, lost_contacts, contact_requests, "
        "new_contacts, reply_rate, mean_reply_seconds, stat_date "
        "from staging.stg_wecom__behaviour_days order by employee_key",
    )

    assert found == [
        ("k1:a", 4, 9, 1, 3, 2, 0.8025, 90.0, DAY),
        ("k1:b", 4, 9, 1, 3, 2, None, None, DAY),
    ]


def test_a_group_that_is_no_longer_listed_is_dissolved(built):
    found = query(
        built,
        "select community_id, status, is_deleted from staging.stg_wecom__groups order by 1",
    )

    assert found == [
        ("a", "active", False),
        ("b", "owner_left", False),
        ("c", "handed_over", True),
        ("d", "other", False),
    ]
