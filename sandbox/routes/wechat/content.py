"""WeChat published items and comments, by offset."""

from typing import Any

from sandbox.routes.wechat.envelope import Body, Refused
from sandbox.state import State
from sandbox.world import Article, Comment, WeChatAccount

ITEMS_AT_MOST = 20
COMMENTS_AT_MOST = 49
PUBLISHED, COMMENTS = "/cgi-bin/freepublish/batchget", "/cgi-bin/comment/list"


def published(state: State, account: WeChatAccount, body: Body) -> Body:
    """POST /cgi-bin/freepublish/batchget: newest first; a shift is a new item while paging."""
    offset, count = whole(body.get("offset")), whole(body.get("count"))
    if offset < 0 or not 1 <= count <= ITEMS_AT_MOST:
        raise Refused(40007, f"invalid offset, or count not within 1 to {ITEMS_AT_MOST}")
    shown = [article for article in account.articles if article.published_at <= state.now()]
    shown.sort(key=lambda article: article.published_at, reverse=True)
    start = offset - 1 if offset and state.faults.is_shifted(f"/wechat{PUBLISHED}") else offset
    items = [
        {
            "article_id": article.article_id,
            "content": {"news_item": [news_item(article)]},
            "update_time": int(article.published_at.timestamp()),
        }
        for article in shown[start : start + count]
    ]
    return {"total_count": len(shown), "item_count": len(items), "item": items}


def whole(value: Any) -> int:
    """Return a whole number of a body; Refused when it is none."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise Refused(47001, "data format error")
    return value


def news_item(article: Article) -> Body:
    """Return an article as the listing shows it."""
    return {
        "title": article.title,
        "author": "编辑部",
        "digest": "",
        "content": "",
        "content_source_url": "",
        "thumb_media_id": "",
        "thumb_url": "",
        "show_cover_pic": 0,
        "need_open_comment": 1,
        "only_fans_can_comment": 0,
        "url": article.url,
        "is_deleted": False,
    }


def comments(state: State, account: WeChatAccount, body: Body) -> Body:
    """POST /cgi-bin/comment/list: index is 0-based, fewer than 50 a page, total is the page's."""
    count, begin, index = (whole(body.get(name)) for name in ("count", "begin", "index"))
    if begin < 0 or not 0 < count <= COMMENTS_AT_MOST:
        raise Refused(40007, f"count must be 1 to {COMMENTS_AT_MOST}")
    article = next(
        (
            a
            for a in account.articles
            if (a.msg_data_id, a.index - 1) == (str(body.get("msg_data_id")), index)
            and a.published_at <= state.now()
        ),
        None,
    )
    if article is None:
        raise Refused(88001, "msg_data is not exists")
    visible = [c for c in article.comments if c.created_at <= state.now()]
    replies = {c.parent_id: c for c in visible if c.parent_id}
    page = [c for c in visible if c.parent_id is None][begin : begin + count]
    rows = [written(comment, replies.get(comment.comment_id)) for comment in page]
    return {"errcode": 0, "errmsg": "ok", "total": len(rows), "comment": rows}


def written(comment: Comment, reply: Comment | None) -> Body:
    """Return a comment with its reply, if there is one."""
    row: Body = {
        "user_comment_id": int(comment.comment_id),
        "openid": comment.user_id,
        "create_time": int(comment.created_at.timestamp()),
        "content": comment.content,
        "comment_type": 0,
    }
    if reply is None:
        return row
    moment = int(reply.created_at.timestamp())
    return {**row, "reply": {"content": reply.content, "create_time": moment}}
