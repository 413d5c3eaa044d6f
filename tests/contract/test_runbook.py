"""The runbook has an entry for everything that is told, and its commands can be typed."""

import inspect
import re
import shlex
from pathlib import Path
from typing import get_args

import pytest
from typer.main import get_command

from alerts.channels.model import Outcome as DeliveryOutcome
from alerts.incidents import SEVERITY_ORDER, Transition
from alerts.pipeline import PREFIX
from alerts.text import render
from alerts.words import WORDS
from extractors.core.errors import ExtractError
from tidemark.cli.main import app
from tidemark.orchestration.checkup.findings import RUNBOOK, Name, problem
from tidemark.settings import PROJECT_ROOT
from warehouse.status import Outcome

TEXT = (PROJECT_ROOT / RUNBOOK).read_text(encoding="utf-8")
ENTRIES = dict(re.findall(r"^### (.+?)\n(.*?)(?=^##|\Z)", TEXT, re.MULTILINE | re.DOTALL))
NAMES = [heading.partition(" / ")[0] for heading in ENTRIES]
PARTS = ("Symptom", "Means", "First", "Type", "Over")
CHINESE = re.compile(r"[\u4e00-\u9fff]")

DOCUMENTS = sorted(
    [
        *(PROJECT_ROOT / "docs").rglob("*.md"),
        *PROJECT_ROOT.glob("README*.md"),
        PROJECT_ROOT / "CONTRIBUTING.md",
    ]
)
SOURCES = sorted(
    path
    for room in ("alerts", "expectations", "extractors", "sandbox", "tidemark", "warehouse", "dags")
    for path in (PROJECT_ROOT / room).rglob("*.py")
)
#: between backticks, or a line of a block, with or without what runs it elsewhere
QUOTED = re.compile(r"`(?:[^`\n]* )?(tidemark [a-z-][^`\n]*)`")
LINE = re.compile(r"^(?:\$ |docker compose exec \w+ )?(tidemark [a-z-].*)$", re.MULTILINE)


def alert_kinds():
    """Return what a message about a goal can be, from the code that makes it."""
    marks = [name for name in inspect.signature(render).parameters if name.startswith("is_")]
    kinds = [*get_args(Transition), *(mark.removeprefix("is_") for mark in marks)]
    return [f"goal {kind}" for kind in kinds]


def errors(kind=ExtractError):
    """Return every error of extraction by name."""
    return [e for sub in kind.__subclasses__() for e in (sub.__name__, *errors(sub))]


def dag_files():
    """Return the DAG files: the modules of dags/ that register a DAG."""
    found = [p.stem for p in (PROJECT_ROOT / "dags").glob("*.py") if "@dag(" in p.read_text()]
    return [f"DAG {stem} is red" for stem in sorted(found)]


TOLD = {
    "findings": get_args(Name),
    "alerts": alert_kinds(),
    "pipeline": [f"pipeline {kind}" for kind in PREFIX],
    "deliveries": [f"delivery {outcome}" for outcome in get_args(DeliveryOutcome)],
    "releases": [f"release {outcome}" for outcome in get_args(Outcome)],
    "errors": errors(),
    "dags": dag_files(),
}
ALL = [name for names in TOLD.values() for name in names]


@pytest.mark.parametrize("kind", TOLD)
def test_every_kind_of_telling_tells_something(kind):
    assert len(TOLD[kind]) >= 3


@pytest.mark.parametrize("name", sorted(set(ALL)))
def test_what_is_told_has_its_entry(name):
    assert name in NAMES, f"write `### {name}` into {RUNBOOK}"


def test_the_runbook_speaks_of_nothing_else():
    # a level is told by its head; the gravest has an entry of its own
    assert set(NAMES) - set(ALL) == {"goal missed"}
    assert len(NAMES) == len(set(NAMES))


@pytest.mark.parametrize("level", SEVERITY_ORDER)
def test_the_head_of_a_message_stands_in_a_heading(level):
    head = re.search("【.+?】", WORDS["zh"].head[level])
    assert head is not None

    assert any(head[0] in heading for heading in ENTRIES)


def test_every_head_that_alerts_can_write_stands_in_a_heading():
    sources = [path.read_text() for path in (PROJECT_ROOT / "alerts").rglob("*.py")]
    heads = {head for text in sources for head in re.findall(r"[🟡🔴🟢⚪🛑]【(.+?)】", text)}

    assert heads >= {"预警", "严重", "未达成", "恢复"}
    assert [head for head in sorted(heads) if f"【{head}】" not in "".join(ENTRIES)] == []


@pytest.mark.parametrize("heading", ENTRIES)
def test_an_entry_says_symptom_meaning_first_step_command_and_end(heading):
    found = re.findall(r"^- \*\*(\w+)\*\* .+", ENTRIES[heading], re.MULTILINE)
    typed = re.search(r"\*\*Type\*\* .*`.+`", ENTRIES[heading])

    assert tuple(found) == PARTS
    assert typed is not None


@pytest.mark.parametrize(
    "heading", [h for h in ENTRIES if h.startswith(("goal", "delivery", "pipeline"))]
)
def test_the_entry_of_a_message_is_found_in_both_languages(heading):
    assert CHINESE.search(heading)
    assert re.match("[a-z]", heading)


@pytest.mark.parametrize("name", get_args(Name))
def test_the_anchor_of_a_finding_leads_to_its_heading(name):
    heading = next(h for h in ENTRIES if h.partition(" / ")[0] == name)
    anchor = problem(name, "", "").runbook.partition("#")[2]

    # as forges make anchors: lower case, spaces to hyphens, no punctuation
    slug = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
    assert slug == anchor


def quoted():
    """Return every `tidemark …` of documents and messages with where it stands."""
    found = []
    for path in (*DOCUMENTS, *SOURCES):
        text = path.read_text(encoding="utf-8")
        patterns = (QUOTED, LINE) if path.suffix == ".md" else (QUOTED,)
        for pattern in patterns:
            found += [(path.relative_to(PROJECT_ROOT), line) for line in pattern.findall(text)]
    return found


def complaint(line):
    """Return what is wrong with a command line, or nothing."""
    command, words = get_command(app), shlex.split(line.replace("'", " "))[1:]
    while words and not words[0].startswith("-") and getattr(command, "commands", None):
        name = words.pop(0)
        if name not in command.commands:
            return f"there is no command {name!r}"
        command = command.commands[name]
    known = {option for param in command.params for option in (*param.opts, *param.secondary_opts)}
    known |= {"--help", "-h"}
    given = [word.split("=")[0] for word in words if word.startswith("-") and word != "-"]
    unknown = [name for name in given if name not in known]
    return f"there is no option {', '.join(unknown)}" if unknown else ""


def test_documents_and_messages_quote_commands():
    places = {path for path, _ in quoted()}

    assert Path("docs/runbook.md") in places
    assert len(quoted()) > 80
    assert len(places) > 15


def test_every_quoted_command_exists_with_its_options():
    wrong = [f"{path}: `{line}`: {said}" for path, line in quoted() if (said := complaint(line))]

    assert wrong == []


def test_messages_name_only_commands_that_exist():
    named = [
        (path.name, word)
        for path in SOURCES
        for word in re.findall(r"\btidemark ([a-z-]+)", path.read_text(encoding="utf-8"))
    ]

    assert len(named) > 50
    assert [(place, word) for place, word in named if complaint(f"tidemark {word}")] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("tidemark lake erase", "there is no command 'erase'"),
        ("tidemark drop FILE --acount x", "there is no option --acount"),
        ("tidemark lake accept A/B ACCOUNT 2026-04-15 --reason …", ""),
        ("tidemark extract PLATFORM --no-lookback", ""),
    ],
    ids=["command", "option", "good", "negated"],
)
def test_a_command_that_does_not_exist_is_seen(line, said):
    assert complaint(line) == said
