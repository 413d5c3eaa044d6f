from dataclasses import replace
from datetime import UTC, date, datetime

import duckdb
import pytest

from extractors.core.model import Account
from extractors.core.registry import every_stream, platforms_by_name
from tests.warehouse_site import DAYS, SHEET, land, make_site
from warehouse.base import base_path, read_base
from warehouse.candidate import remember, start_candidate, write_inputs
from warehouse.changes import changed_dates
from warehouse.plan import make_plan
from warehouse.touches import DOMAINS, declared, touch_of

AS_OF = date(2026, 4, 15)
ACCOUNT = {
    "douyin": "douyin_acme",
    "wechat": "wechat_acme",
    "douyin_shop": "shop",
    "xiaohongshu": "xhs_acme",
    "sheet": "douyin_acme",
    "wechat_shop": "wechat_shop",
    "wechat_channels": "channels_acme",
    "qianchuan": "douyin_acme",
    "wecom": "wecom_acme",
}


@pytest.fixture
def site(tmp_path):
    site, _ = make_site(tmp_path, "2026-04-16", "13:00")
    accounts = tuple(
        Account(key, platform, key, key, "acme")
        for platform, key in ACCOUNT.items()
        if platform != "sheet"
    )
    return replace(site, platforms=tuple(platforms_by_name().values()), accounts=accounts)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-{text}:00+08:00").astimezone(UTC)


def day(text: str) -> date:
    return date.fromisoformat(f"2026-{text}")


def put(site, name: str, *rows, on: str) -> None:
    """Land rows of a stream under one day."""
    land(site, name, ACCOUNT[name.partition("/")[0]], {f"2026-{on}": list(rows) or "empty"})


def keep_base(site, as_of: date = AS_OF) -> None:
    """Make what the lake holds now the base build."""
    base_path(site.settings).unlink(missing_ok=True)
    plan = make_plan(site, force=True)
    assert plan is not None
    with duckdb.connect(str(base_path(site.settings))) as database:
        write_inputs(site, database, plan)
        remember(site.settings, database, replace(plan, as_of_date=str(as_of)))


def changed(site, as_of: date = AS_OF) -> dict[str, list[str]] | None:
    """Return the changed days since the base build, without empty domains and metric_day."""
    found = _changed(site, as_of)
    if found is None:
        return None
    everything = {text for days in found.values() for text in days}
    assert set(found.pop("metric_day")) == everything
    return {domain: [text[5:] for text in days] for domain, days in found.items() if days}


def changed_metric_days(site) -> list[str]:
    """Return the days since the base build whose metrics are changed."""
    return [text[5:] for text in (_changed(site, AS_OF) or {})["metric_day"]]


def _changed(site, as_of: date) -> dict[str, list[str]] | None:
    plan = make_plan(site, force=True)
    assert plan is not None
    candidate = start_candidate(site, plan.plan_id, from_base=plan.base is not None)
    with duckdb.connect(str(candidate)) as database:
        write_inputs(site, database, plan)
        database.execute(f"attach '{base_path(site.settings)}' as base (read_only)")
        as_told = replace(plan, as_of_date=str(as_of))
        return changed_dates(site, database, read_base(site.settings), as_told)


def order(order_id: str, created: str, updated: str, *, paid: str | None = None, **line):
    lines = [{"order_id": f"{order_id}1", "room_id": None, "video_id": None, **line}]
    return {
        "order_id": order_id,
        "create_time": moment(created),
        "pay_time": moment(paid) if paid else None,
        "update_time": moment(updated),
        "sku_order_list": lines,
    }


def refund(order_id: str, updated: str):
    return {
        "aftersale_id": f"a{order_id}",
        "shop_order_id": order_id,
        "refund_amount": 100,
        "update_time": moment(updated),
    }


def comment(comment_id: str, created: str, parent: str | None = None, *, is_brand: bool = False):
    return {
        "comment_id": comment_id,
        "item_id": "v1",
        "parent_comment_id": parent,
        "create_time": moment(created),
        "is_brand": is_brand,
    }


def test_reading_the_same_again_changes_no_day(site):
    put(site, "douyin/account_days", {"date": day("04-10"), "new_play": 5}, on="04-10")
    put(site, "douyin_shop/orders", order("1", "04-10T10:00", "04-10T10:00"), on="04-10")
    keep_base(site)
    put(site, "douyin/account_days", {"date": day("04-10"), "new_play": 5}, on="04-10")
    put(site, "douyin_shop/orders", order("1", "04-10T10:00", "04-10T10:00"), on="04-10")

    assert changed(site) == {}


def test_an_increment_touches_its_own_day(site):
    put(
        site,
        "wechat/article_reads",
        {"ref_date": day("04-10"), "msgid": "m", "read_user": 5},
        on="04-10",
    )
    keep_base(site)
    put(
        site,
        "wechat/article_reads",
        {"ref_date": day("04-10"), "msgid": "m", "read_user": 6},
        on="04-10",
    )

    assert changed(site) == {"post_day": ["04-10"]}


def test_a_running_total_touches_every_day_from_its_own_on(site):
    for text in ("04-10", "04-13"):
        put(site, "douyin/video_totals", {"item_id": "v", "play_count": 5}, on=text)
    keep_base(site)
    put(site, "douyin/video_totals", {"item_id": "v", "play_count": 4}, on="04-12")

    assert changed(site) == {"post_day": ["04-12", "04-13", "04-14", "04-15"]}


def test_conversations_of_an_account_sheet_touch_the_days_of_replies(site):
    put(site, "sheet/account_days", on="04-13")
    keep_base(site)
    told = {"stat_date": day("04-13"), "dm_conversations": 40, "dms_replied": 30}
    put(site, "sheet/account_days", told, on="04-13")

    assert changed(site)["interaction_day"] == ["04-13", "04-14", "04-15"]


def test_members_that_an_owner_of_groups_counts_touch_the_days_of_metrics(site):
    put(site, "wecom/owner_days", on="04-13")
    keep_base(site)
    told = {"stat_date": day("04-13"), "owner": "k1:o", "member_total": 90}
    put(site, "wecom/owner_days", told, on="04-13")

    assert changed_metric_days(site) == ["04-13", "04-14", "04-15"]


def test_an_article_total_touches_its_stat_date_not_its_publish_day(site):
    def total(stat: str, reads: int):
        return {"ref_date": day("04-01"), "msgid": "m", "stat_date": day(stat), "read_user": reads}

    put(site, "wechat/article_totals", total("04-01", 1), on="04-01")
    keep_base(site)
    put(site, "wechat/article_totals", total("04-01", 1), total("04-15", 2), on="04-01")

    assert changed(site) == {"post_day": ["04-15"]}


def test_a_slice_that_comes_empty_touches_its_day(site):
    put(site, "douyin_shop/orders", on="04-09")
    keep_base(site)
    put(site, "douyin_shop/orders", on="04-10")

    assert changed(site) == {"order_day": ["04-10"]}


def test_an_order_touches_the_days_it_was_created_and_paid(site):
    old = order("1", "04-08T23:59", "04-08T23:59")
    put(site, "douyin_shop/orders", old, on="04-08")
    put(site, "douyin_shop/orders", on="04-10")
    keep_base(site)
    paid = order("1", "04-08T23:59", "04-10T00:00", paid="04-09T00:00")
    put(site, "douyin_shop/orders", paid, on="04-10")

    assert changed(site) == {"order_day": ["04-08", "04-09"]}


def test_a_refund_touches_its_orders_days_and_its_own(site):
    paid = order("1", "04-02T10:00", "04-03T10:00", paid="04-03T10:00")
    put(site, "douyin_shop/orders", paid, on="04-03")
    put(site, "douyin_shop/after_sales", on="04-12")
    keep_base(site)
    put(site, "douyin_shop/after_sales", refund("1", "04-12T10:00"), on="04-12")

    assert changed(site) == {"order_day": ["04-02", "04-03", "04-12"]}


def test_a_payment_within_the_row_touches_its_day_when_the_order_is_cancelled(site):
    def row(updated, status):
        paid = {"pay_info": {"pay_time": moment("04-04T10:00")}, "product_infos": []}
        times = {"create_time": moment("04-02T10:00"), "update_time": moment(updated)}
        return {"order_id": "1", "status": status, "order_detail": paid, **times}

    put(site, "wechat_shop/orders", row("04-06T10:00", 30), on="04-06")
    put(site, "wechat_shop/orders", on="04-08")
    keep_base(site)
    put(site, "wechat_shop/orders", row("04-08T10:00", 250), on="04-08")

    assert {"04-02", "04-04"} <= set(changed(site)["order_day"])


def test_an_order_that_comes_late_touches_its_refunds_days(site):
    put(site, "douyin_shop/after_sales", refund("1", "04-12T10:00"), on="04-12")
    put(site, "douyin_shop/orders", on="04-03")
    keep_base(site)
    put(site, "douyin_shop/orders", order("1", "04-03T10:00", "04-03T10:00"), on="04-03")

    assert changed(site) == {"order_day": ["04-03", "04-12"]}


def test_an_older_snapshot_of_an_order_changes_no_day(site):
    new = order("1", "04-03T10:00", "04-05T10:00", paid="04-03T10:00")
    put(site, "douyin_shop/orders", order("1", "04-03T10:00", "04-03T10:00"), on="04-03")
    put(site, "douyin_shop/orders", new, on="04-05")
    keep_base(site)
    # the second reading of an old day carries the same row under a newer batch
    put(site, "douyin_shop/orders", new, on="04-05")

    assert changed(site) == {}


def test_a_live_session_touches_the_orders_of_its_room(site):
    carried = order("1", "04-07T10:00", "04-07T10:00", room_id="room")
    put(site, "douyin_shop/orders", carried, on="04-07")
    put(site, "douyin_shop/orders", order("2", "04-08T10:00", "04-08T10:00"), on="04-08")
    put(site, "sheet/live_sessions", on="04-06")
    keep_base(site)
    session = {"live_id": "room", "started_at": moment("04-06T23:00"), "ended_at": None}
    put(site, "sheet/live_sessions", session, on="04-06")

    assert changed(site) == {"order_day": ["04-06", "04-07"]}


def test_an_order_touches_the_day_its_room_opened(site):
    told = {"live_id": "room", "started_at": moment("04-06T23:00"), "ended_at": None}
    put(site, "sheet/live_sessions", told, on="04-06")
    opened = {"room_id": "room", "start_time": moment("04-05T23:59"), "room_status": "FINISH"}
    put(site, "qianchuan/live_sessions", opened, on="04-05")
    put(site, "sheet/live_sessions", {**told, "live_id": "other"}, on="04-04")
    keep_base(site)
    after_midnight = order("1", "04-07T00:30", "04-07T00:30", paid="04-07T00:31", room_id="room")
    put(site, "douyin_shop/orders", after_midnight, on="04-07")

    assert changed(site) == {"order_day": ["04-05", "04-06", "04-07"]}


def test_an_order_of_wechat_touches_the_day_its_room_opened(site):
    told = {"live_id": "room", "started_at": moment("04-06T23:00"), "ended_at": None}
    put(site, "sheet/live_sessions", told, on="04-06")
    session = {"export_id": "room", "create_time": moment("04-05T23:50")}
    session |= {"live_dashboard_data": {"start_time": moment("04-05T23:59")}}
    put(site, "wechat_channels/live_sessions", session, on="04-05")
    keep_base(site)
    ext = {"ext_info": {"live_id": "room"}, "product_infos": []}
    times = {"create_time": moment("04-07T00:30"), "update_time": moment("04-07T00:30")}
    put(site, "wechat_shop/orders", {"order_id": "1", "order_detail": ext, **times}, on="04-07")

    assert changed(site) == {"order_day": ["04-05", "04-06", "04-07"]}


def test_the_board_of_a_session_touches_the_orders_and_the_sheet_that_tell_of_it(site):
    ext = {"ext_info": {"live_id": "room"}, "product_infos": []}
    times = {"create_time": moment("04-07T10:00"), "update_time": moment("04-07T10:00")}
    put(site, "wechat_shop/orders", {"order_id": "1", "order_detail": ext, **times}, on="04-07")
    told = {"live_id": "room", "started_at": moment("04-05T23:59"), "ended_at": None}
    put(site, "sheet/live_sessions", told, on="04-05")
    put(site, "wechat_channels/live_sessions", on="04-06")
    keep_base(site)
    session = {"export_id": "room", "create_time": moment("04-06T00:01")}
    session |= {"live_dashboard_data": {"start_time": moment("04-06T00:02")}}
    put(site, "wechat_channels/live_sessions", session, on="04-06")

    assert changed(site) == {"order_day": ["04-05", "04-06", "04-07"]}


def test_the_end_of_a_room_touches_the_orders_and_the_sheet_that_tell_of_it(site):
    room = {"room_id": "room", "start_time": moment("04-06T00:01"), "total_live_watch_cnt": 1}
    put(
        site,
        "douyin_shop/orders",
        order("1", "04-07T10:00", "04-07T10:00", room_id="room"),
        on="04-07",
    )
    told = {"live_id": "room", "started_at": moment("04-05T23:59"), "ended_at": None}
    put(site, "sheet/live_sessions", told, on="04-05")
    put(site, "qianchuan/live_sessions", {**room, "room_status": "LIVING"}, on="04-06")
    keep_base(site)
    put(site, "qianchuan/live_sessions", {**room, "room_status": "FINISH"}, on="04-06")

    assert changed(site) == {"order_day": ["04-05", "04-06", "04-07"]}


def test_a_new_video_touches_the_orders_it_brought(site):
    carried = order("1", "04-07T10:00", "04-07T10:00", video_id="v")
    put(site, "douyin_shop/orders", carried, on="04-07")
    keep_base(site)
    put(site, "douyin/videos", {"item_id": "v", "create_time": moment("04-14T10:00")}, on="04-15")

    assert changed(site) == {"post_day": ["04-14", "04-15"], "order_day": ["04-07"]}


def planned(text: str, **said):
    row = {"planned_id": "p", "planned_at": moment(f"{text}T12:00"), "post_id": "v", **said}
    return {"content_form": "视频", **row}


def test_a_row_of_the_calendar_touches_the_day_its_post_came_out(site):
    video = {"item_id": "v", "create_time": moment("04-08T10:00")}
    put(site, "douyin/videos", video, on="04-15")
    put(site, "sheet/content_calendar", planned("04-10"), on="04-10")
    keep_base(site)
    told = planned("04-10", is_original="是")
    put(site, "sheet/content_calendar", told, on="04-10")

    assert changed_metric_days(site) == ["04-08", "04-10"]


def test_a_post_that_is_listed_touches_the_day_it_was_planned_for(site):
    put(site, "sheet/content_calendar", planned("04-10"), on="04-10")
    keep_base(site)
    put(site, "douyin/videos", {"item_id": "v", "create_time": moment("04-14T10:00")}, on="04-15")

    assert changed_metric_days(site) == ["04-10", "04-14", "04-15"]


#: its publish minute and the first digits of md5('t')
NOTE = "20260408100000-e358ef"


def exported(text: str, title: str):
    return {"exported_on": day(text), "published_at": moment("04-08T10:00"), "title": title}


def test_a_row_of_the_calendar_touches_the_day_its_note_came_out(site):
    put(site, "xiaohongshu/note_export", exported("04-12", "t"), on="04-12")
    put(site, "sheet/content_calendar", planned("04-10", post_id=NOTE), on="04-10")
    keep_base(site)
    told = planned("04-10", post_id=NOTE, is_original="是")
    put(site, "sheet/content_calendar", told, on="04-10")

    assert changed_metric_days(site) == ["04-08", "04-10", "04-12"]


def test_a_note_that_is_exported_touches_the_day_it_was_planned_for(site):
    put(site, "sheet/content_calendar", planned("04-05", post_id=NOTE), on="04-05")
    keep_base(site)
    put(site, "xiaohongshu/note_export", exported("04-12", "t"), on="04-12")

    assert changed_metric_days(site) == ["04-05", *(f"04-{n:02d}" for n in range(8, 16))]


def listed(updated: str, **said):
    row = {"article_id": "a", "position": 0, "url": "u", "update_time": moment(updated)}
    return {**row, **said}


def test_an_article_listed_otherwise_touches_the_day_it_was_sent(site):
    sent = {"ref_date": day("04-01"), "stat_date": day("04-01"), "msgid": "m", "content_url": "u"}
    put(site, "wechat/article_totals", sent, on="04-01")
    put(site, "wechat/published_articles", listed("04-10T10:00"), on="04-12")
    keep_base(site)
    put(site, "wechat/published_articles", listed("04-10T10:00", is_deleted=True), on="04-12")

    assert changed(site) == {"post_day": ["04-01", "04-10"]}


def test_a_row_of_the_calendar_touches_the_day_its_listed_article_came_out(site):
    put(site, "wechat/published_articles", listed("04-08T10:00"), on="04-12")
    put(site, "sheet/content_calendar", planned("04-10", post_id="a_0"), on="04-10")
    keep_base(site)
    told = planned("04-10", post_id="a_0", content_topic="深度")
    put(site, "sheet/content_calendar", told, on="04-10")

    assert changed_metric_days(site) == ["04-08", "04-10"]


def test_a_video_gone_from_the_listing_touches_its_days(site):
    first = {"item_id": "v", "create_time": moment("04-14T10:00")}
    second = {"item_id": "w", "create_time": moment("04-13T10:00")}
    put(site, "douyin/videos", first, second, on="04-14")
    keep_base(site)
    put(site, "douyin/videos", first, on="04-15")

    assert changed(site) == {"post_day": ["04-13", "04-14", "04-15"]}


def test_a_reply_touches_the_day_of_the_comment_it_answers(site):
    put(site, "douyin/comments", comment("c", "04-03T10:00"), on="04-03")
    put(site, "douyin/comments", on="04-05")
    keep_base(site)
    put(site, "douyin/comments", comment("r", "04-05T10:00", "c", is_brand=True), on="04-05")

    assert changed(site) == {"interaction_day": ["04-03", "04-05"]}


def test_an_answer_inside_a_comment_touches_both_days(site):
    def asked(replied: str | None):
        return {
            "msg_data_id": "m",
            "index": 0,
            "user_comment_id": "1",
            "create_time": moment("04-03T10:00"),
            "reply_create_time": moment(replied) if replied else None,
        }

    put(site, "wechat/comments", asked(None), on="04-03")
    keep_base(site)
    put(site, "wechat/comments", asked("04-05T10:00"), on="04-03")

    assert changed(site) == {"interaction_day": ["04-03", "04-05"]}


def test_days_that_the_as_of_day_moved_over_are_changed_everywhere(site):
    put(site, "douyin_shop/orders", on="04-10")
    keep_base(site, as_of=day("04-13"))

    assert changed(site) == {domain: ["04-14", "04-15"] for domain in DOMAINS[:-1]}


def test_a_row_that_was_ahead_of_the_base_counts_now(site):
    put(site, "douyin_shop/orders", order("1", "04-02T10:00", "04-14T10:00"), on="04-14")
    put(site, "douyin_shop/after_sales", refund("1", "04-14T10:00"), on="04-13")
    keep_base(site, as_of=day("04-13"))

    found = changed(site)

    assert found is not None
    assert found["order_day"] == ["04-02", "04-14", "04-15"]


def test_a_base_whose_files_are_gone_means_every_day(site, tmp_path):
    put(site, "douyin/account_days", {"date": day("04-10"), "new_play": 5}, on="04-10")
    keep_base(site)
    for path in site.lake.list_files("raw"):
        site.lake.delete(path)
    put(site, "douyin/account_days", {"date": day("04-10"), "new_play": 6}, on="04-10")

    assert changed(site) is None


def test_every_declared_touch_is_of_a_stream_and_its_columns():
    streams = {f"{platform.name}/{stream.name}": stream for platform, stream in every_stream()}

    assert len(declared()) >= 19
    assert set(declared()) <= {name.replace("/", "__") for name in streams}
    for name, stream in streams.items():
        touch = touch_of(name, stream)
        with duckdb.connect(":memory:") as database:
            database.register("empty_rows", stream.schema.empty_table())
            for sql in (*touch.days, touch.family or "[1]"):
                database.execute(f"select {sql} from empty_rows")
        assert set(touch.relatives) <= set(streams)


def test_an_undeclared_stream_touches_all_it_might():
    assert touch_of("new/days", DAYS).days == ("dt", '"date"')
    assert touch_of("new/days", DAYS).domains == DOMAINS
    assert touch_of("new/notes", SHEET).days == (
        "cast(timezone('Asia/Shanghai', \"noted_at\") as date)",
    )
