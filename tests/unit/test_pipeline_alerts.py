"""What is wrong with the pipeline is told once when it begins and once when it is over."""

import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from alerts.evaluate import evaluate
from alerts.facts import Facts, Goal
from alerts.ledgers import TRANSITIONS
from alerts.problems import read_problems
from extractors.core.errors import AuthError, QuotaExhausted, Transient
from extractors.core.lake import Manifest, SliceRecord, open_lake
from tidemark.orchestration import task_runs
from tidemark.settings import Settings

START = datetime(2026, 4, 16, 4, 30, tzinfo=UTC)
LATE = (
    "douyin/account_days douyin_acme 2026-04-15: late since 2026-04-16 12:00, "
    "data until 2026-04-13, failed: Transient: HTTP 500"
)


class Clock:
    moment = START

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def site(tmp_path):
    config = tmp_path / "config"
    config.mkdir()
    (config / "alerts.yml").write_text(
        "channels: [{key: data, kind: feishu, connection: c}]\n"
        "routes: [{match: {kind: [data, pipeline]}, channels: [data]}]\n"
    )
    clock = Clock()
    settings = Settings(tmp_path, config, (tmp_path / "lake").as_uri(), clock)
    settings.published_dir.mkdir()
    return settings, clock


def say(settings, **status):
    body = {"outcome": "published", "reason": "", "as_of_date": "2026-04-15", **status}
    (settings.published_dir / "status.json").write_text(json.dumps(body))


def told(settings):
    """Return what the ledger holds, in the order of the days."""
    entries = open_lake(settings.lake_url).ledger(TRANSITIONS)
    entries.sort(key=lambda e: (e["created_at"], e["code"]))
    return [(e["code"], e["transition"], e["severity"]) for e in entries]


def message(settings, language="zh"):
    (entry,) = open_lake(settings.lake_url).ledger(TRANSITIONS)
    return entry["messages"][language].split("\n")


def test_a_late_source_is_told_once_and_once_more_when_it_is_there(site):
    settings, clock = site
    say(settings, late_sources=[LATE])
    counts = [evaluate(settings), evaluate(settings)]
    clock.moment += timedelta(hours=3)
    say(settings)
    counts += [evaluate(settings), evaluate(settings)]

    assert counts == [1, 0, 1, 0]
    assert told(settings) == [
        ("SRC-DOUYIN-0416F", "fire", "warning"),
        ("SRC-DOUYIN-0416S", "resolve", "warning"),
    ]


def test_a_late_source_is_told_by_its_days_its_account_and_how_it_failed(site):
    settings, _clock = site
    say(settings, late_sources=[LATE, LATE.replace("account_days", "videos")])

    evaluate(settings)

    assert message(settings)[:2] == [
        "⚪【数据未到】抖音停在 4/13，缺 4/14、4/15",
        "douyin_acme account_days, videos: failed: Transient: HTTP 500",
    ]
    assert message(settings, "en")[0] == (
        "⚪ [Data missing] Douyin ends on Apr 13, Apr 14, Apr 15 missing"
    )


@pytest.mark.parametrize(
    ("scope", "count"),
    [
        ({"account_key": "douyin_acme", "platform": None}, 1),
        ({"account_key": "wechat_acme", "platform": None}, 0),
        ({"account_key": None, "platform": "douyin"}, 1),
        ({"account_key": None, "platform": "wechat"}, 0),
        ({"account_key": None, "platform": None}, 1),  # a goal of every account
    ],
)
def test_only_goals_that_read_the_silent_source_are_counted_as_not_judged(site, scope, count):
    settings, _clock = site
    say(settings, late_sources=[LATE])
    goal = Goal("plays", {**scope, "status": "no_data"})
    judged = Goal("judged", {"account_key": "douyin_acme", "platform": None, "status": "on_track"})

    (problem,) = read_problems(
        settings, open_lake(settings.lake_url), Facts("r1", START.date(), (goal, judged))
    )

    assert problem.goals_unjudged == count


def test_the_same_source_late_again_the_same_day_is_told_again(site):
    settings, clock = site
    for sources in ([LATE], [], [LATE], []):
        say(settings, late_sources=sources)
        evaluate(settings)
        clock.moment += timedelta(minutes=10)

    assert [kind for _, kind, _ in told(settings)] == ["fire", "resolve", "fire", "resolve"]


def test_what_goes_on_for_a_week_is_reminded_of(site):
    settings, clock = site
    say(settings, late_sources=[LATE])
    counts = []
    for _ in range(8):
        counts.append(evaluate(settings))
        clock.moment += timedelta(days=1)

    assert counts == [1, 0, 0, 0, 0, 0, 0, 1]


def test_a_failed_gate_says_which_release_people_still_see(site):
    settings, _clock = site
    reason = "r000009-20260416 (as of 2026-04-16) failed its gate: plays"
    say(settings, outcome="gate_failed", reason=reason, failures=["fct_account_day: plays halved"])

    evaluate(settings)

    assert message(settings) == [
        "🛑【未发布】4/16 数据未过检查，看板仍为 4/15 版",
        "fct_account_day: plays halved",
        "KPI 告警本次不发；改数据或规则后 tidemark release",
        "数据健康 ↗ ｜编号 GATE-RELEASE-0416F",
    ]
    assert message(settings, "en")[0] == (
        "🛑 [Not published] Apr 16 failed its checks, boards still show Apr 15"
    )


def test_refused_slices_are_named(site):
    settings, _clock = site
    say(settings, refused_slices=["douyin/videos douyin_acme 2026-04-15: refused by volume"])

    evaluate(settings)

    assert message(settings)[1] == "videos douyin_acme 2026-04-15 refused by volume"


def run_of(dag, error=None, index=-1):
    instance = SimpleNamespace(
        dag_id=dag, task_id="extract", map_index=index, rendered_map_index="douyin_acme"
    )
    return {"ti": instance, "exception": error}


@pytest.mark.parametrize(
    ("error", "prefix", "severity"),
    [
        (AuthError("douyin_acme: the token 'act.secret123456' is refused"), "CRED", "critical"),
        (QuotaExhausted("the daily quota is used up"), "QUOTA", "warning"),
        (Transient("HTTP 500"), "DAG", "critical"),
    ],
)
def test_a_task_that_failed_is_told_by_what_has_to_be_done(
    site, monkeypatch, error, prefix, severity
):
    settings, clock = site
    monkeypatch.setattr(task_runs, "load_settings", lambda: settings)
    task_runs.note_failure(run_of("extract_douyin", error, 0))
    evaluate(settings)
    clock.moment += timedelta(hours=1)
    task_runs.note_success(run_of("extract_douyin", index=0))
    task_runs.note_success(run_of("extract_wechat", index=0))
    evaluate(settings)

    code = f"{prefix}-EXTRACT-DOUYIN-EXTRACT-DOUYIN-ACME"[: len(prefix) + 1 + 24].rstrip("-")
    assert [(k, s) for _, k, s in told(settings)] == [("fire", severity), ("resolve", severity)]
    assert all(found.startswith(code) for found, _, _ in told(settings))
    assert len(open_lake(settings.lake_url).ledger("task_runs")) == 2  # success leaves no trace


def test_a_changed_api_is_told_until_a_batch_without_it(site):
    settings, clock = site
    lake = open_lake(settings.lake_url)
    day = START.date() - timedelta(days=1)
    for number, drift in enumerate((("videos: new field mood",), ())):
        moment = (START + timedelta(hours=number)).isoformat()
        records = (SliceRecord("douyin_acme", day, "empty"),)
        lake.commit(
            Manifest(f"b{number}", "douyin", "videos", day, moment, moment, records, drift=drift)
        )
        evaluate(settings)
        clock.moment += timedelta(hours=1)

    assert [code for code, _, _ in told(settings)] == [
        "DRIFT-DOUYIN-VIDEOS-0416F",
        "DRIFT-DOUYIN-VIDEOS-0416S",
    ]


def test_a_silence_records_what_it_keeps(site):
    settings, _clock = site
    path = settings.config_dir / "alerts.yml"
    path.write_text(
        path.read_text()
        + "silences: [{key: move, match: {kind: data}, until: 2026-04-17T00:00, reason: moving}]\n"
    )
    say(settings, late_sources=[LATE])

    counts = [evaluate(settings), evaluate(settings)]

    (entry,) = open_lake(settings.lake_url).ledger(TRANSITIONS)
    assert counts == [1, 0]
    assert entry["suppressed_by"] == "move"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_long_list_of_what_is_late_keeps_to_six_lines_and_220_characters(site, language):
    settings, _clock = site
    say(settings, late_sources=[LATE.replace("douyin_acme", f"account{n}" * 5) for n in range(40)])

    evaluate(settings)

    text = "\n".join(message(settings, language))
    assert len(text) <= 220
    assert text.count("\n") <= 5
