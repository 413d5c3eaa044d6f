"""The douyin_web world serves real videos as Douyin would, from where they lie."""

import csv
from pathlib import Path

import pytest
import requests

from sandbox.world import connections, load_world
from tests.conftest import start_sandbox
from tidemark.errors import TidemarkError


@pytest.fixture(scope="module")
def web_world(shared_data):
    """The real videos as data."""
    return load_world("douyin_web", shared_data)


@pytest.fixture
def web(web_world, tmp_path):
    """A sandbox of the real videos."""
    running, server = start_sandbox(web_world, tmp_path)
    yield running
    server.should_exit = True


def call(web, account, path, **params):
    form = {
        "client_key": account.client_key,
        "grant_type": "refresh_token",
        "refresh_token": f"rft.{account.open_id}",
    }
    url = f"{web.base_url}/douyin"
    token = requests.post(f"{url}/oauth/refresh_token/", data=form, timeout=5).json()["data"]
    answer = requests.get(
        f"{url}{path}",
        params={"open_id": account.open_id, **params},
        headers={"access-token": token["access_token"]},
        timeout=5,
    )
    return answer.json()["data"]


def videos(web, account):
    found, cursor = [], 0
    while True:
        path = "/api/douyin/v1/video/video_list/"
        page = call(web, account, path, count=20, cursor=cursor)
        found += page["list"]
        if not page["has_more"]:
            return found
        cursor = page["cursor"]


def test_every_creator_is_an_account_with_a_connection(web, shared_data):
    with (shared_data / "douyin_web" / "videos_flat.csv").open() as source:
        creators = {row["author_user_id"] for row in csv.DictReader(source)}
    with (shared_data / "douyin_web" / "users_flat.csv").open() as source:
        creators |= {row["uid"] for row in csv.DictReader(source)}

    assert len(creators) == 18
    assert connections(web.base_url, web.world).keys() == {
        f"AIRFLOW_CONN_TIDEMARK_CREATOR_{uid}" for uid in creators
    }


def test_every_video_is_listed_under_its_creator_with_its_long_id(web, shared_data):
    with (shared_data / "douyin_web" / "videos_flat.csv").open() as source:
        expected = {row["aweme_id"] for row in csv.DictReader(source)}
    listed = [video for account in web.world.douyin for video in videos(web, account)]
    ids = [video["item_id"] for video in listed]

    assert len(ids) == 841
    assert set(ids) == expected
    assert all(isinstance(text, str) for text in ids)
    assert {len(text) for text in ids} == {19}


def test_play_counts_are_hidden_and_other_counters_are_there(web):
    listed = [video["statistics"] for a in web.world.douyin for video in videos(web, a)]

    assert {video["play_count"] for video in listed} == {0}
    assert max(video["digg_count"] for video in listed) > 0


def test_pinned_videos_stand_first_whatever_their_age(web):
    pinned = [[video["is_top"] for video in videos(web, account)] for account in web.world.douyin]

    assert any(True in tops for tops in pinned)
    assert all(tops == sorted(tops, reverse=True) for tops in pinned)


def test_no_daily_figures_are_invented_from_totals(web):
    account = next(a for a in web.world.douyin if a.videos)
    newest = max(account.videos, key=lambda video: video.created_at)
    web.set_clock(newest.created_at.isoformat())

    series = call(web, account, "/data/external/item/play/", item_id=newest.item_id, date_type=30)

    assert series["result_list"] == []


def test_comments_are_served_below_their_video(web):
    web.set_clock("2026-11-01T12:00:00+08:00")
    account, video = next(
        (a, v) for a in web.world.douyin for v in a.videos if len(v.comments) >= 2
    )

    page = call(web, account, "/item/comment/list/", item_id=video.item_id, count=50)

    assert {row["comment_id"] for row in page["list"]} <= {c.comment_id for c in video.comments}
    assert page["list"]


def test_without_the_data_the_error_says_where_to_point(tmp_path: Path):
    with pytest.raises(TidemarkError, match="TIDEMARK_SHARED"):
        load_world("douyin_web", tmp_path)
