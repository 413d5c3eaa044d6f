"""The sandbox speaks what is written in the contracts, for every platform that has an API."""

import csv
import json

import pytest

from extractors.core.registry import platforms_by_name
from sandbox.routes.douyin_shop.signing import sign
from sandbox.routes.feishu import is_signature
from sandbox.world import connections
from tests.conftest import SHARED
from tests.sandbox_calls import shop_search
from tidemark.config.accounts import load_accounts
from tidemark.settings import PROJECT_ROOT

CONTRACTS = SHARED / "contracts"
VECTORS = CONTRACTS / "signature_vectors.json"
API_PLATFORMS = sorted(
    name for name, platform in platforms_by_name().items() if platform.authorize is not None
)


def vectors(service: str) -> list[dict]:
    if not VECTORS.exists():
        pytest.skip(f"{VECTORS} is not here")
    found = [one for one in json.loads(VECTORS.read_text()) if one["service"] == service]
    assert found
    return found


def field_names(name: str) -> set[str]:
    path = CONTRACTS / "fields" / "doudian" / f"{name}.response.tsv"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    with path.open() as source:
        return {row["json_name"] for row in csv.DictReader(source, delimiter="\t")}


def names_of(body) -> set[str]:
    if isinstance(body, list):
        return {name for item in body for name in names_of(item)}
    if isinstance(body, dict):
        return set(body) | {name for item in body.values() for name in names_of(item)}
    return set()


def test_signatures_of_the_shop_equal_the_vectors():
    for vector in vectors("doudian.api"):
        given = vector["input"]
        if given["sign_method"] == "md5":
            continue  # legacy: the sandbox refuses it
        names = ("app_key", "app_secret", "method", "param_json", "timestamp")

        assert sign(*(given[name] for name in names)) == vector["expected"]


def test_signatures_of_feishu_equal_the_vectors():
    for vector in vectors("feishu.bot"):
        given = vector["input"]

        assert is_signature(vector["expected"], given["timestamp"], given["secret"])
        assert not is_signature(vector["expected"], given["timestamp"], "another")


@pytest.mark.parametrize(
    ("method", "table"),
    [("order.searchList", "order_searchList"), ("afterSale.List", "afterSale_List")],
)
def test_fields_of_the_shop_are_those_of_the_contract(sandbox, method, table):
    sandbox.set_clock("2026-06-20T10:45:00+08:00")
    served = names_of(shop_search(sandbox, method, size=100))

    assert served
    assert served - field_names(table) == set()


def test_there_are_platforms_with_an_api():
    assert len(API_PLATFORMS) >= 3


@pytest.mark.parametrize("name", API_PLATFORMS)
def test_every_platform_with_an_api_has_routes(name):
    routes = PROJECT_ROOT / "sandbox" / "routes"

    assert (routes / name).is_dir() or (routes / f"{name}.py").exists(), (
        f"{name}: no sandbox/routes/{name}; write the routes of its contract there"
    )


def test_every_configured_account_with_an_api_has_a_connection_in_the_launch_world():
    accounts = [
        account
        for account in load_accounts(PROJECT_ROOT / "config")
        if account.platform in API_PLATFORMS
    ]
    known = connections("http://127.0.0.1:1")

    assert accounts
    for account in accounts:
        variable = f"AIRFLOW_CONN_TIDEMARK_{account.key.upper()}"
        assert variable in known, f"{account.key}: not in the launch world; add it to its data"
