"""Bad configuration is reported all at once, each problem with file, line, field and remedy."""

import shutil
from pathlib import Path

import pytest

from tidemark.config.accounts import load_accounts, own_accounts
from tidemark.config.loader import check_config, load_config
from tidemark.config.problems import ConfigError, Problem
from tidemark.settings import PROJECT_ROOT

CAMPAIGN = """\
campaign: spring
brand: acme
starts_on: 2026-03-01
ends_on: 2026-04-30
owner: {name: 运营一组, notify: [feishu-ops]}
phases:
  - {key: p1, starts_on: 2026-03-01, ends_on: 2026-03-31}
  - {key: p2, starts_on: 2026-04-01, ends_on: 2026-04-30}
goals:
  - metric: plays
    scope: {platform: douyin}
    target: 300
    by_phase: {p1: 100, p2: 200}
"""


@pytest.fixture
def config_dir(tmp_path: Path) -> Path:
    """A copy of the project's configuration with a second, valid campaign."""
    folder = tmp_path / "config"
    shutil.copytree(PROJECT_ROOT / "config", folder)
    (folder / "campaigns" / "spring.yml").write_text(CAMPAIGN)
    return folder


def problems_of(
    folder: Path, old: str, new: str, file: str = "campaigns/spring.yml"
) -> list[Problem]:
    path = folder / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    return check_config(folder)[1]


def test_the_project_s_own_configuration_has_no_problem() -> None:
    config = load_config(PROJECT_ROOT / "config")

    assert [campaign.key for campaign in config.campaigns] == ["dy_newprod"]
    assert check_config(PROJECT_ROOT / "config")[1] == []


def test_a_valid_campaign_beside_it_has_none_either(config_dir: Path) -> None:
    assert check_config(config_dir)[1] == []


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "said", "remedy"),
    [
        pytest.param(
            "    target: 300", "    targt: 300", 12, "goals[0].targt", "unknown field",
            "did you mean 'target'?", id="unknown field",
        ),
        pytest.param(
            "starts_on: 2026-03-01\nends", "starts_on: 2026-02-30\nends", 3, "starts_on",
            "not a day of the calendar", "YYYY-MM-DD", id="a day that does not exist",
        ),
        pytest.param(
            "p2, starts_on: 2026-04-01", "p2, starts_on: 2026-03-31", 8, "phases[1].starts_on",
            "phase 'p2' overlaps phase 'p1'", "start it after 2026-03-31", id="phases overlap",
        ),
        pytest.param(
            "ends_on: 2026-04-30}", "ends_on: 2026-05-01}", 8, "phases[1]",
            "reaches outside the campaign", "2026-03-01 and 2026-04-30", id="phase outside",
        ),
        pytest.param(
            "key: p2", "key: p1", 8, "phases[1].key", "phase 'p1' is defined twice",
            "another key", id="duplicate phase",
        ),
        pytest.param(
            "key: p2", "key: all", 8, "phases[1].key", "is that of the campaign's own rows",
            "another key", id="phase key of campaigns",
        ),
        pytest.param(
            "p2: 200", "p2: 150", 12, "goals[0].target", "add up to 250, not to the campaign",
            "make by_phase add up to target", id="phase targets do not add up",
        ),
        pytest.param(
            "metric: plays", "metric: playes", 10, "goals[0].metric", "unknown metric",
            "did you mean 'plays'?", id="unknown metric",
        ),
        pytest.param(
            "scope: {platform: douyin}", "scope: {platform: douyn}", 11, "goals[0].scope.platform",
            "unknown platform", "did you mean 'douyin'?", id="unknown platform",
        ),
        pytest.param(
            "scope: {platform: douyin}", "scope: {account: douyin_acmee}", 11,
            "goals[0].scope.account", "unknown account", "did you mean 'douyin_acme'?",
            id="unknown account",
        ),
        pytest.param(
            "scope: {platform: douyin}", "scope: {platform: wechat}", 11, "goals[0].scope",
            "no account of this scope has a source of 'plays'", "douyin", id="no source",
        ),
        pytest.param(
            "scope: {platform: douyin}", "scope: {platform: douyin, ownership: kol}", 11,
            "goals[0].scope.ownership", "only own accounts are read day by day",
            "take the line out", id="accounts of others",
        ),
        pytest.param(
            "notify: [feishu-ops]", "notify: [feishu-opps]", 5, "owner.notify[0]",
            "unknown channel", "did you mean 'feishu-ops'?", id="unknown channel",
        ),
        pytest.param(
            "metric: plays", "metric: new_followers", 10, "goals[0]", "needs a basis",
            "gross, net", id="basis missing",
        ),
        pytest.param(
            "    target: 300\n    by_phase: {p1: 100, p2: 200}",
            "    by_phase: {p1: {lift_over: p2, factor: 1.2}}", 12,
            "goals[0].by_phase.p1.lift_over", "does not end before this one", "there is none",
            id="lift over a later phase",
        ),
        pytest.param(
            "    target: 300\n    by_phase: {p1: 100, p2: 200}",
            "    by_phase: {p2: {lift_over: p9, factor: 1.2}}", 12,
            "goals[0].by_phase.p2.lift_over", "phase 'p9' is unknown", "p1",
            id="lift over an unknown phase",
        ),
        pytest.param(
            "by_phase: {p1: 100, p2: 200}", "by_phase: {p1: 100, p3: 200}", 13,
            "goals[0].by_phase.p3", "unknown phase 'p3'", "p1, p2", id="unknown phase",
        ),
        pytest.param(
            "target: 300", "target: 30%", 12, "goals[0].target", "not a number",
            "0.05 and not as 5%", id="percent sign",
        ),
        pytest.param(
            "    target: 300", "    pacing: {curve: [[2026-03-01, 1], [2026-04-01, 0]]}\n"
            "    target: 300", 12, "goals[0].pacing.curve", "the weights of phase 'p2' add up to 0",
            "a weight above 0", id="a curve without weight",
        ),
        pytest.param(
            "brand: acme", "brand: acmee", 2, "brand", "unknown brand", "did you mean 'acme'?",
            id="unknown brand",
        ),
        pytest.param(
            "campaign: spring", "campaign: dy_newprod", 1, "", "is already defined in",
            "another key", id="duplicate campaign",
        ),
    ],
)  # fmt: skip
def test_a_problem_names_line_field_and_remedy(
    config_dir: Path, old: str, new: str, line: int, field: str, said: str, remedy: str
) -> None:
    problems = problems_of(config_dir, old, new)

    found = [p for p in problems if said in p.message]
    assert found, problems
    assert (found[0].file, found[0].line, found[0].field) == (
        "config/campaigns/spring.yml",
        line,
        field,
    )
    assert remedy in found[0].remedy


def test_a_warning_stops_nothing(config_dir: Path) -> None:
    stock = "metric: followers\n    pacing: weekday"
    problems = problems_of(config_dir, "metric: plays", stock)

    assert [(p.severity, p.field) for p in problems] == [("warning", "goals[0].pacing")]
    assert len(load_config(config_dir).campaigns) == 2


def test_a_sum_may_be_paced_by_weekday(config_dir: Path) -> None:
    assert problems_of(config_dir, "    target: 300", "    pacing: weekday\n    target: 300") == []


@pytest.mark.parametrize(
    "curve",
    ["[[2026-04-15, 0]]", "[[2026-03-01, 0], [2026-03-31, 1]]"],
    ids=["days before it weigh 1", "one day weighs"],
)
def test_a_curve_may_leave_days_of_a_phase_without_weight(config_dir: Path, curve: str) -> None:
    pacing = f"    pacing: {{curve: {curve}}}\n    target: 300"

    assert problems_of(config_dir, "    target: 300", pacing) == []


def test_a_goal_set_twice_is_a_problem(config_dir: Path) -> None:
    goal = CAMPAIGN[CAMPAIGN.index("  - metric") :]

    problems = problems_of(config_dir, goal, goal + goal)

    assert [(p.line, p.field) for p in problems] == [(14, "goals[1]")]
    assert "is already set in line 10" in problems[0].message


def test_goals_on_one_metric_and_scope_are_one_entry_whatever_their_phases(
    config_dir: Path,
) -> None:
    one = CAMPAIGN[CAMPAIGN.index("  - metric") :]
    first = one.replace("300", "100").replace(", p2: 200", "")
    second = one.replace("300", "200").replace("p1: 100, ", "")

    problems = problems_of(config_dir, one, first + second)

    assert [(p.line, p.field, p.remedy) for p in problems] == [
        (14, "goals[1]", "merge them into one by_phase, or narrow a scope")
    ]


def test_an_account_defined_twice_is_a_problem(config_dir: Path) -> None:
    problems = problems_of(config_dir, "key: wechat_acme", "key: douyin_acme", "accounts.yml")

    said = [p for p in problems if "account 'douyin_acme' is already defined in line" in p.message]
    assert said and said[0].file == "config/accounts.yml"


def test_a_ratio_without_its_parts_is_a_problem_of_registry_and_goal(config_dir: Path) -> None:
    problems = problems_of(config_dir, "    denominator: plays\n", "", "metrics.yml")

    files = {p.file for p in problems if "numerator and denominator" in p.message}
    assert files == {"config/metrics.yml", "config/campaigns/dy_newprod.yml"}


def test_a_stream_that_no_extractor_offers_is_a_problem(config_dir: Path) -> None:
    problems = problems_of(config_dir, "[[sheet/live_sessions]]", "[[sheet/live]]", "metrics.yml")

    assert "unknown stream" in problems[0].message
    assert problems[0].line > 1


def test_broken_yaml_names_its_line(config_dir: Path) -> None:
    problems = problems_of(config_dir, "phases:\n", "phases: [\n")

    assert [(p.file, p.field) for p in problems] == [("config/campaigns/spring.yml", "yaml")]
    assert problems[0].line >= 6


def test_all_problems_of_all_files_come_at_once(config_dir: Path) -> None:
    problems_of(config_dir, "key: wechat_acme", "key: douyin_acme", "accounts.yml")
    problems_of(config_dir, "short_code: LV", "short_code: PL", "metrics.yml")
    problems_of(config_dir, "p2: 200", "p2: 201")
    problems_of(config_dir, "starts_on: 2026-04-01", "starts_on: 2026-03-15")

    with pytest.raises(ConfigError) as caught:
        load_config(config_dir)

    found = {(p.file, p.field) for p in caught.value.problems}
    assert {file for file, _ in found} == {
        "config/accounts.yml",
        "config/metrics.yml",
        "config/campaigns/spring.yml",
    }
    assert len(caught.value.problems) >= 4
    assert all(str(p) in str(caught.value) for p in caught.value.problems)


def test_accounts_are_loaded_without_the_other_files(config_dir: Path) -> None:
    (config_dir / "metrics.yml").unlink()

    assert next(account.key for account in load_accounts(config_dir)) == "douyin_acme"


@pytest.mark.parametrize(
    ("written", "field", "message", "remedy"),
    [
        ("{qianchaun: '1'}", "qianchaun", "unknown platform", "did you mean 'qianchuan'?"),
        ("{douyin: '1'}", "douyin", "is the account's own platform", "take it out of also"),
        ("{qianchuan: [1]}", "qianchuan", "is not a text", "write one value"),
        ("qianchuan", None, "is not a mapping", "write it as key: value lines"),
    ],
    ids=["unknown", "its own", "no id", "no mapping"],
)
def test_who_else_tells_of_an_account_is_checked(config_dir, written, field, message, remedy):
    new = f"platform: douyin\n    also: {written}"

    (problem,) = problems_of(config_dir, "platform: douyin\n", f"{new}\n", "accounts.yml")

    where = "accounts[0].also" + (f".{field}" if field else "")
    assert (problem.field, problem.message, problem.remedy) == (where, message, remedy)


def test_an_account_of_others_has_nobody_else_who_tells_of_it(config_dir):
    new = "platform: douyin\n    ownership: kol\n    also: {qianchuan: '1'}\n"

    problems = problems_of(config_dir, "platform: douyin\n", new, "accounts.yml")

    assert "only own accounts are read" in [problem.message for problem in problems]


def test_an_account_is_known_to_each_platform_that_tells_of_it(config_dir):
    path = config_dir / "accounts.yml"
    also = "platform: douyin\n    also: {qianchuan: 3242344530000000001}\n"
    path.write_text(path.read_text().replace("platform: douyin\n", also, 1))

    (told,) = own_accounts(config_dir, "qianchuan")
    (own,) = own_accounts(config_dir, "douyin")

    assert (told.key, told.platform) == ("douyin_acme", "qianchuan")
    assert told.external_id == "3242344530000000001"
    assert told.connection_id == "tidemark_douyin_acme_qianchuan"
    assert own.connection_id == "tidemark_douyin_acme"
    assert (told.options, own.options) == ({}, {"calls_per_second": 80})
    assert own.on("wechat") is None


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param(
            ", business: int_reply_business_wait}",
            "}",
            "'first_reply_p50' has no waits for basis 'business'",
            id="a-wait-per-basis",
        ),
        pytest.param(
            "    members: int_buyer_day\n", "", "'buyers' has no members", id="members-to-count"
        ),
        pytest.param(
            "    opening: opening_followers\n",
            "",
            "'follower_growth_rate' has no opening",
            id="the-stock-before",
        ),
        pytest.param("    value: plays\n", "", "'plays' has no value", id="what-to-read"),
        pytest.param(
            "value: {gross: new_followers",
            "value: {grand: new_followers",
            "unknown basis 'grand'",
            id="a-basis-that-is-listed",
        ),
        pytest.param(
            "      bilibili: {from: int_published_day",
            "      tiktok: {from: int_published_day",
            "'tiktok' of 'posts_published' has no source",
            id="a-platform-with-a-source",
        ),
        pytest.param(
            "    denominator: new_followers\n",
            "    denominator: new_followers\n    additive_over: [account]\n",
            "'unfollow_rate' is a ratio, which is never added",
            id="a-rate-is-not-additive",
        ),
    ],
)
def test_what_a_metric_is_made_of_is_checked(
    config_dir: Path, old: str, new: str, told: str
) -> None:
    problems = problems_of(config_dir, old, new, "metrics.yml")

    assert told in " ".join(str(problem) for problem in problems)
