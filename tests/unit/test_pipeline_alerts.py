"""What is wrong with the pipeline is told once when it begins and once when it is over."""

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest

from alerts.evaluate import evaluate
from alerts.facts import Facts, Goal
from alerts.incidents import Verdict
from alerts.ledgers import TRANSITIONS
from alerts.names import broken_rule
from alerts.past import Past
from alerts.pipeline import pipeline_transitions
from alerts.problems import read_problems
from extractors.core.errors import AuthError, QuotaExhausted, Transient
from extractors.core.lake import Manifest, SliceRecord, open_lake
from tidemark.config.alerts import AlertConfig
from tidemark.orchestration import task_runs
from tidemark.settings import PROJECT_ROOT, Settings

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
    shutil.copy(PROJECT_ROOT / "config" / "metrics.yml", config)
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
        ("SRC-DY-0415", "fire", "warning"),
        ("SRC-DY-0416S", "resolve", "warning"),
    ]


def test_a_late_source_is_told_by_its_days_its_account_and_how_it_failed(site):
    settings, _clock = site
    say(settings, late_sources=[LATE, LATE.replace("account_days", "videos")])

    evaluate(settings)

    assert message(settings)[:2] == [
        "⚪【数据未到】抖音停在 4/13，缺 4/14、4/15",
        "douyin_acme account_days, videos: failed: Transient: HTTP 500",
    ]
    assert message(settings, "en")[0] == ("⚪ [Data missing] Douyin: Apr 14, Apr 15")


PHASES = {"p2": 2, "all": None}


def goal(place, metric, statuses, **figures):
    """Return a goal whose verdicts end on 04-15; its pace is that of the example's 04-13."""
    as_of = [date(2026, 4, 15 - n) for n in reversed(range(len(statuses)))]
    verdicts = tuple(
        Verdict(
            day, status, "warning" if status == "at_risk" else None, pace=7840 / (20000 * 13 / 30)
        )
        for day, status in zip(as_of, statuses, strict=True)
    )
    level = "phase" if PHASES[place] else "campaign"
    known = {"status": statuses[-1], "metric": metric, "phase_no": PHASES[place], "level": level}
    scope = {"campaign_key": "dy_newprod", "account_key": None, "platform": "douyin"}
    return Goal(f"dy_newprod/{place}/{metric}", {**known, **scope, **figures}, verdicts)


SILENT_DAYS = ("no_data", "no_data")
GOALS = (
    goal("all", "new_followers", ("at_risk", *SILENT_DAYS)),
    goal("all", "plays", ("on_track", *SILENT_DAYS)),
    goal("p2", "er_by_play", ("on_track", *SILENT_DAYS)),
    goal("p2", "new_followers", ("at_risk", *SILENT_DAYS)),
    goal("p2", "plays", ("on_track", *SILENT_DAYS)),
)


def text_about(settings, goals, language="zh", on_duty="数据组"):
    facts = Facts("r1", date(2026, 4, 15), tuple(goals))
    problems = read_problems(settings, open_lake(settings.lake_url), facts)
    config = AlertConfig(on_duty=on_duty)
    (entry,) = pipeline_transitions(problems, Past(), config, settings.clock())
    return entry["messages"][language].split("\n")


def test_a_silent_source_reads_like_the_model(site):
    settings, _clock = site
    say(settings, late_sources=[LATE])

    assert text_about(settings, GOALS) == [
        "⚪【数据未到】抖音停在 4/13，缺 4/14、4/15",
        "5 个目标暂不判定（P2 播放、涨粉、互动率，活动播放、涨粉）；不是 0，也不算未达成",
        "最近判定（4/13）：涨粉 落后（进度 90.5%），告警保留；其余 P2 正常",
        "无需运营操作｜工程值班 @数据组 处理中",
        "数据健康 ↗ ｜编号 SRC-DY-0415",
    ]


def test_a_silent_source_in_english_says_the_same(site):
    settings, _clock = site
    say(settings, late_sources=[LATE])

    text = text_about(settings, GOALS[3:], "en")

    assert text == [
        "⚪ [Data missing] Douyin: Apr 14, Apr 15",
        "2 goals unjudged (P2 Plays, New followers), not missed",
        "Apr 13: New followers behind (pace 90.5%), alert kept; rest fine",
        "No action｜on duty @数据组",
        "Data health ↗ ｜SRC-DY-0415",
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_however_many_goals_wait_the_text_keeps_its_length(site, language):
    settings, _clock = site
    say(settings, late_sources=[LATE])
    many = [replace(g, figures={**g.figures, "phase_no": n}) for n in range(1, 30) for g in GOALS]

    text = text_about(settings, many, language)

    assert len("\n".join(text)) <= 220
    assert len(text) <= 6
    assert text[1].startswith("145 ")


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
    waiting = goal("p2", "plays", ("on_track", "no_data"), **scope)
    judged = goal("p2", "plays", ("on_track",), account_key="douyin_acme", platform=None)

    (problem,) = read_problems(
        settings, open_lake(settings.lake_url), Facts("r1", START.date(), (waiting, judged))
    )

    assert problem.unjudged == count


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


def test_a_failed_gate_reads_like_the_model(site):
    settings, _clock = site
    path = settings.config_dir / "alerts.yml"
    path.write_text("on_duty: 数据组\n" + path.read_text())
    reason = "r000009-20260416 (as of 2026-04-16) failed its gate: plays"
    broken = (
        "douyin__account_day: volume on plays [douyin_acme 2026-04-16]: 播放低于近 7 日均值的 50%"
        " / plays below half of the last 7 days' mean; seen 4,000"
    )
    say(settings, outcome="gate_failed", reason=reason, failures=[broken])

    evaluate(settings)

    assert message(settings) == [
        "🛑【未发布】4/16 数据未过检查，看板仍为 4/15 版",
        "抖音 account_day：播放低于近 7 日均值的 50%（volume, critical）",
        "该批已隔离；KPI 告警本次不发",
        "@数据组｜编号 GATE-0416",
    ]
    assert message(settings, "en") == [
        "🛑 [Not published] Apr 16 failed its checks, boards still show Apr 15",
        "Douyin account_day: plays below half of the last 7 days' mean (volume, critical)",
        "the batch is quarantined; no goal alerts this time",
        "@数据组｜id GATE-0416",
    ]


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        (
            "marts.fct_account_day: is_the_key: 主键不为空且唯一 / every row has a key, and no two "
            "the same; seen 1 row",
            "account_day：主键不为空且唯一（is_the_key, critical）",
        ),
        (
            "kpi.goal: target_is_positive on target",
            "goal：target_is_positive（target_is_positive, critical）",
        ),
        ("the build ended with an error", "the build ended with an error"),
    ],
)
def test_a_broken_rule_is_told_by_table_meaning_and_name(failure, line):
    assert broken_rule(failure, "zh") == line


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


def success(dag, run_id, *, after=(), index=-1):
    """Return the context of a task that succeeded, with the tasks that come after it."""
    context = run_of(dag, index=index)
    context["ti"].run_id = run_id
    return {**context, "task": SimpleNamespace(downstream_task_ids=set(after))}


def late(dag, run_id):
    run = {"dag_id": dag, "dag_run_id": run_id, "state": "running"}
    return {"dag_run": run, "deadline": {"deadline_time": "2026-04-16 12:00:00+00:00"}}


@pytest.mark.parametrize(
    ("ended", "is_over"),
    [
        (success("extract_douyin", "r1", after=["next"]), False),
        (success("extract_douyin", "r1", index=0), False),
        (success("extract_douyin", "r1"), True),
        (success("extract_douyin", "r2", index=0), True),
        (success("extract_wechat", "r2"), False),
    ],
    ids=["more-to-come", "one-of-several", "the-last-task", "the-next-run", "another-dag"],
)
def test_a_run_that_takes_too_long_is_told_until_it_or_a_later_one_is_through(
    site, monkeypatch, ended, is_over
):
    settings, clock = site
    monkeypatch.setattr(task_runs, "load_settings", lambda: settings)
    task_runs.note_late(late("extract_douyin", "r1"))
    counts = [evaluate(settings), evaluate(settings)]
    clock.moment += timedelta(hours=1)
    task_runs.note_success(ended)
    counts.append(evaluate(settings))

    assert counts == [1, 0, int(is_over)]
    assert told(settings)[0] == ("LATE-EXTRACT-DOUYIN-0416", "fire", "warning")
    fired = min(open_lake(settings.lake_url).ledger(TRANSITIONS), key=lambda e: e["created_at"])
    assert fired["messages"]["zh"].split("\n") == [
        "🟡【运行超时】extract_douyin",
        "r1: due 2026-04-16 12:00, still running",
        "在 Airflow 查看卡住的任务，必要时清除重跑",
        "编号 LATE-EXTRACT-DOUYIN-0416",
    ]


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
        "DRIFT-DY-VIDEOS-0416",
        "DRIFT-DY-VIDEOS-0416S",
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
