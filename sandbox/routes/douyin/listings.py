"""Douyin listings: videos, comments and replies, by opaque cursors."""

from collections import Counter

from starlette.requests import Request

from sandbox.routes.douyin.envelope import Answer, Refused, number_of
from sandbox.routes.douyin.series import own_video, totals_of
from sandbox.state import State
from sandbox.world import Comment, DouyinAccount, Video

LIST_COUNT_AT_MOST = 20
COMMENT_COUNT_AT_MOST = 50
SORT_TYPES = {"time", "time_asc"}


def video_list(state: State, account: DouyinAccount, request: Request) -> Answer:
    """GET video_list: newest first, the pinned ones before all."""
    visible = [video for video in account.videos if video.created_at <= state.now()]
    visible.sort(key=lambda video: (not video.is_top, -video.created_at.timestamp()))
    rows = [listed(state, video) for video in visible]
    return paged(state, request, rows, LIST_COUNT_AT_MOST)


def listed(state: State, video: Video) -> Answer:
    """Return an item of the listing with its statistics."""
    totals = totals_of(state, video)
    return {
        "item_id": video.item_id,
        "title": video.title,
        "cover": "https://p3.example/cover.jpeg",
        "create_time": int(video.created_at.timestamp()),
        "is_top": video.is_top,
        "is_reviewed": True,
        "video_status": 1,
        "media_type": video.media_type,
        "share_url": f"https://www.iesdouyin.com/share/video/{video.item_id}",
        "statistics": {
            "comment_count": totals["comments"],
            "digg_count": totals["likes"],
            "download_count": 0,
            "forward_count": 0,
            "play_count": totals["plays"],
            "share_count": totals["shares"],
        },
    }


def comment_list(state: State, account: DouyinAccount, request: Request) -> Answer:
    """GET /item/comment/list/: top-level comments of a video."""
    video = own_video(state, account, request)
    sort_type = request.query_params.get("sort_type", "time")
    if sort_type not in SORT_TYPES:
        raise Refused(28001007, f"sort_type must be time or time_asc, not {sort_type}")
    visible = visible_comments(state, video)
    shown = [comment for comment in visible if comment.parent_id is None]
    if sort_type == "time":
        shown.reverse()
    return comment_page(state, account, request, visible, shown)


def reply_list(state: State, account: DouyinAccount, request: Request) -> Answer:
    """GET /item/comment/reply/list/: replies below one comment."""
    video = own_video(state, account, request)
    parent = request.query_params.get("comment_id")
    if not parent:
        raise Refused(10005, "comment_id is missing")
    visible = visible_comments(state, video)
    shown = [comment for comment in visible if comment.parent_id == parent]
    return comment_page(state, account, request, visible, shown)


def visible_comments(state: State, video: Video) -> list[Comment]:
    """Return the comments written by now, oldest first."""
    now = state.now()
    return sorted(
        (c for c in video.comments if c.created_at <= now),
        key=lambda c: (c.created_at, c.comment_id),
    )


def comment_page(
    state: State,
    account: DouyinAccount,
    request: Request,
    visible: list[Comment],
    shown: list[Comment],
) -> Answer:
    """Return a page of comments from the cursor on."""
    answers = Counter(c.parent_id for c in visible)
    rows = [
        {
            "comment_id": c.comment_id,
            "comment_user_id": account.open_id if c.is_brand else c.user_id,
            "content": c.content,
            "create_time": int(c.created_at.timestamp()),
            "digg_count": c.likes,
            "reply_comment_total": answers[c.comment_id],
            "top": False,
        }
        for c in shown
    ]
    return paged(state, request, rows, COMMENT_COUNT_AT_MOST)


def paged(state: State, request: Request, rows: list[Answer], at_most: int) -> Answer:
    """Return the page of a cursor; a shift means that something new came while paging."""
    count, cursor = number_of(request, "count", 10), number_of(request, "cursor", 0)
    if not 0 < count <= at_most:
        raise Refused(28001007, f"count must be 1 to {at_most}")
    if cursor < 0:
        raise Refused(28001007, "cursor is not one of ours")
    start = cursor - 1 if cursor and state.faults.is_shifted(request.url.path) else cursor
    end = start + count
    return {"cursor": end, "has_more": end < len(rows), "list": rows[start:end]}
