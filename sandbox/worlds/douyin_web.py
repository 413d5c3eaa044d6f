"""Real videos, creators and comments (../shared/data/douyin_web), served as Douyin would.

Play counts are hidden in the source: 0 on every row. Figures are totals only; there are no days.
The folder is read where it is and never copied.
"""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

from sandbox.world import Comment, DouyinAccount, Video, World
from tidemark.errors import TidemarkError


def world(shared: Path | None) -> World:
    """Return one account per creator with its videos and comments."""
    folder = (shared or Path("../shared/data")) / "douyin_web"
    if not folder.exists():
        raise TidemarkError(
            f"sandbox: no real data in {folder}; say with TIDEMARK_SHARED where it is"
        )
    comments = _comments(folder / "comments_pseudonymised.jsonl")
    videos: dict[str, list[Video]] = {}
    with (folder / "videos_flat.csv").open() as source:
        for row in csv.DictReader(source):
            videos.setdefault(row["author_user_id"], []).append(_video(row, comments))
    with (folder / "users_flat.csv").open() as source:
        names = {row["uid"]: row["nickname"] for row in csv.DictReader(source)}
    # a few videos are by creators whom the list of users lacks
    creators = sorted(names.keys() | videos.keys())
    accounts = tuple(
        DouyinAccount(
            f"creator_{uid}",
            f"open-{uid}",
            "dykey-web",
            "dysecret-web",
            names.get(uid, uid),
            videos=tuple(videos.get(uid, ())),
        )
        for uid in creators
    )
    return World("douyin_web", douyin=accounts)


def _video(row: dict[str, str], comments: dict[str, list[Comment]]) -> Video:
    return Video(
        row["aweme_id"],
        row["desc"],
        datetime.fromtimestamp(int(row["create_time"]), UTC),
        media_type=4 if int(row["duration_ms"] or 0) else 2,
        is_top=row["is_top"] == "1",
        totals={
            "plays": int(row["play_count"]),
            "likes": int(row["digg_count"]),
            "comments": int(row["comment_count"]),
            "shares": int(row["share_count"]),
        },
        comments=tuple(comments.get(row["aweme_id"], ())),
    )


def _comments(path: Path) -> dict[str, list[Comment]]:
    found: dict[str, list[Comment]] = {}
    for line in path.read_text().splitlines():
        row = json.loads(line)
        found.setdefault(row["aweme_id"], []).append(
            Comment(
                row["comment_id"],
                row["aweme_id"],
                datetime.fromtimestamp(int(row["create_time"]), UTC),
                row["user_hash"],
                row["content"] or "",
                likes=int(row["digg_count"]),
            )
        )
    return found
