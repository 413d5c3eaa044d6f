"""Douyin Shop open platform (openapi-fxg.jinritemai.com), protocol v=2, the brand's own shop.

https://op.jinritemai.com/docs/ ; permissions, limits and terms: docs/platforms/douyin_shop.md.
Times are unix seconds, money is whole fen. The published limits are few: windows of about 90
days; a depth of 50,000 rows and 20 calls a second are assumed.

It cannot tell us: who bought (only a hash of the buyer's open id is landed), what a room's
viewers did, settlement. Room, video and author of a sale stand on the order's lines.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any, cast

import pyarrow as pa

from extractors.core.coerce import coercer
from extractors.core.envelope import code_error, object_of, read_codes, read_ignored
from extractors.core.errors import ApiChanged, AuthError
from extractors.core.model import (
    Account,
    Api,
    Call,
    Credential,
    Field,
    Platform,
    Prepared,
    Row,
    Stream,
    Token,
    Window,
)
from tidemark.clock import SHANGHAI, business_date

MOMENT = pa.timestamp("us", tz="UTC")
CODES = read_codes("douyin_shop")
PAGE, DEPTH = 100, 50_000
LAG = 60  # seconds until the platform's search shows a change
REFRESH_LIFE = timedelta(days=14)
ReadPage = Callable[[int, int, int], Row]

_ID, _COUNT = pa.string(), pa.int64()
LINE_TYPES: dict[str, pa.DataType] = {
    **dict.fromkeys(("order_id", "parent_order_id", "product_id", "sku_id", "product_name"), _ID),
    **dict.fromkeys(("item_num", "order_amount", "pay_amount"), _COUNT),
    **dict.fromkeys(("author_id", "author_name", "room_id", "content_id", "video_id"), _ID),
    **dict.fromkeys(("origin_id", "cid", "theme_type"), _ID),
    **{"c_biz": _COUNT, "ad_env_type": _ID, "send_pay": _COUNT, "given_product_type": _ID},
    **{"order_status": _COUNT, "create_time": MOMENT, "pay_time": MOMENT, "update_time": MOMENT},
    **{"after_sale_status": _COUNT, "refund_status": _COUNT},
}

ORDERS = (
    Field("order_id", pa.string(), required=True),
    Field("shop_id", pa.string()),
    *(Field(name, pa.int64()) for name in ("order_level", "order_status", "main_status")),
    *(Field(name, pa.int64()) for name in ("order_type", "b_type", "sub_b_type", "pay_type")),
    Field("create_time", MOMENT, required=True),
    *(Field(name, MOMENT) for name in ("pay_time", "ship_time", "finish_time")),
    Field("update_time", MOMENT, required=True),
    *(Field(name, pa.int64()) for name in ("order_amount", "pay_amount", "post_amount")),
    *(Field(name, pa.int64()) for name in ("modify_amount", "promotion_amount")),
    *(Field(f"promotion_{name}_amount", pa.int64()) for name in ("shop", "platform", "talent")),
    *(Field(f"{name}_cost_amount", pa.int64()) for name in ("shop", "platform")),
    *(Field(f"{name}_cost_amount", pa.int64()) for name in ("only_platform", "author")),
    Field("doudian_open_id", pa.string(), personal=True),
    Field("sku_order_list", pa.list_(pa.struct(list(LINE_TYPES.items())))),
)
AFTER_SALES = (
    Field("aftersale_id", pa.string(), required=True),
    Field("related_id", pa.string()),
    Field("shop_order_id", pa.string()),
    *(Field(name, pa.int64()) for name in ("aftersale_type", "aftersale_status")),
    Field("refund_status", pa.int64()),
    *(Field(name, pa.int64()) for name in ("refund_amount", "refund_post_amount")),
    Field("return_promotion_amount", pa.int64()),
    *(Field(name, MOMENT) for name in ("apply_time", "create_time")),
    Field("update_time", MOMENT, required=True),
)

moment_of = coercer(MOMENT)


# -- connection --------------------------------------------------------------------------------


def authorize(call: Call, credential: Credential, token: Token | None, now: datetime) -> Prepared:
    """Sign the call; the body is the very text that was signed."""
    method = call.path.strip("/").replace("/", ".")
    body, timestamp = param_json(call.json or {}), str(int(now.timestamp()))
    params = {"app_key": credential.login, "method": method, "timestamp": timestamp, "v": "2"}
    params["sign_method"] = "hmac-sha256"
    params["sign"] = signature(credential.login, credential.password, method, body, timestamp)
    if token is not None and call.authorised:
        params["access_token"] = token.access_token
    headers = {"Content-Type": "application/json"}
    return Prepared(call.method, call.path, params, headers, body.encode())


def param_json(params: Any) -> str:
    """Return the canonical text of the parameters: sorted, no spaces, nothing escaped."""
    return json.dumps(
        _whole_numbers(params), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _whole_numbers(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_whole_numbers(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def signature(app_key: str, secret: str, method: str, params: str, timestamp: str) -> str:
    """Return the lower-case hex HMAC-SHA256 of the contract."""
    pattern = f"app_key{app_key}method{method}param_json{params}timestamp{timestamp}v2"
    text = f"{secret}{pattern}{secret}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def fetch_token(
    send: Callable[[Call], Any], credential: Credential, token: Token | None, now: datetime
) -> Token:
    """Refresh the token; without one, or when it is dead, create one for the own shop."""
    if token is not None and token.refresh_token:
        refresh = {"grant_type": "refresh_token", "refresh_token": token.refresh_token}
        try:
            return _token(send(Call("POST", "/token/refresh", json=refresh, authorised=False)), now)
        except AuthError:
            pass  # older than 14 days, or revoked: an own shop may simply create another
    shop = str(credential.extra.get("shop_id", ""))
    create = {"code": "", "grant_type": "authorization_self", "shop_id": shop}
    return _token(send(Call("POST", "/token/create", json=create, authorised=False)), now)


def _token(data: Mapping[str, Any], now: datetime) -> Token:
    until = now + timedelta(seconds=int(data["expires_in"]))
    return Token(data["access_token"], until, data.get("refresh_token"), now + REFRESH_LIFE)


def read_envelope(status: int, headers: Mapping[str, str], body: Any) -> Any:
    """Return `data`, or raise what sub_code or code means; older answers say err_no."""
    answer = object_of(body)
    code, text = answer.get("code"), answer.get("sub_msg") or answer.get("msg")
    if code is None and "err_no" in answer:
        code, text = (10000 if int(answer["err_no"]) == 0 else answer["err_no"]), answer["message"]
    if code is None:
        raise ApiChanged("the answer has neither code nor err_no; it is not the contract's")
    if int(code) != 10000:
        # isv.business-failed:4001 and the like: what stands before the colon is listed
        sub_code = str(answer.get("sub_code") or "").partition(":")[0]
        raise code_error(CODES, (sub_code, code), text)
    return answer.get("data") or {}  # "data": [] when there is nothing


# -- streams -----------------------------------------------------------------------------------


def orders(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every order whose state changed within the window, with its lines."""
    filters = {"order_by": "update_time", "order_asc": True}

    def page(since: int, until: int, number: int) -> Row:
        span = {"update_time_start": since, "update_time_end": until}
        body = {**filters, **span, "page": number, "size": PAGE}
        return cast(Row, api.post("/order/searchList", body))

    since, until = _seconds(window)
    if window.until == business_date(api.now) - timedelta(days=1):
        # what was bought on the newest day and has changed since midnight is in no closed day yet
        until = max(until, int(api.now.timestamp()) - LAG)
    for order in _changed(page, "shop_order_list", since, until):
        if business_date(moment_of(order["create_time"])) > window.until:
            continue
        yield {
            **order,
            "sku_order_list": [_line(line) for line in order.get("sku_order_list") or []],
        }


def after_sales(api: Api, account: Account, window: Window) -> Iterator[Any]:
    """Every after-sale whose state changed within the window."""

    def page(since: int, until: int, number: int) -> Row:
        span = {"update_start_time": since, "update_end_time": until}
        order = {"order_by": ["update_time asc"]}
        body = {**order, **span, "page": number, "size": PAGE}
        return cast(Row, api.post("/afterSale/List", body))

    for item in _changed(page, "items", *_seconds(window)):
        shop_order = (item.get("order_info") or {}).get("shop_order_id")
        yield {**item["aftersale_info"], "shop_order_id": shop_order}


def _changed(page: ReadPage, name: str, since: int, until: int) -> Iterator[Any]:
    """Read the pages of a window; one that is deeper than the platform goes is halved."""
    first = page(since, until, 0)
    if first and "total" not in first:
        raise ApiChanged(f"{name} came without a total; rows might be missed, see the contract")
    total = int(first.get("total") or 0)
    if total > DEPTH and until > since:
        middle = (since + until) // 2
        yield from _changed(page, name, since, middle)
        yield from _changed(page, name, middle + 1, until)
        return
    if total <= PAGE:
        yield from first.get(name) or []
        return
    # from the last page back: an order that changes meanwhile leaves the window, and those
    # behind it move forward, onto a page that is still to be read
    for number in range((total - 1) // PAGE, -1, -1):
        yield from page(since, until, number).get(name) or []


def _line(line: Row) -> Row:
    refund = line.get("after_sale_info") or {}
    found = {**line, **{name: refund.get(name) for name in ("after_sale_status", "refund_status")}}
    for name in ("product_id", "room_id"):  # the number may have been rounded on its way
        found[name] = line.get(f"{name}_str") or line.get(name)
    # other keys keep their names, so that new ones are seen, and lose their values
    return {name: found[name] if name in LINE_TYPES else None for name in found}


def _seconds(window: Window) -> tuple[int, int]:
    since = datetime.combine(window.since, time(), SHANGHAI)
    until = datetime.combine(window.until + timedelta(days=1), time(), SHANGHAI)
    return int(since.timestamp()), int(until.timestamp()) - 1


PLATFORM = Platform(
    name="douyin_shop",
    label_zh="抖音小店",
    label_en="Douyin Shop",
    base_url="https://openapi-fxg.jinritemai.com",
    calls_per_second=10,
    authorize=authorize,
    fetch_token=fetch_token,
    read_envelope=read_envelope,
    schedule="0 9 * * *",
    streams=(
        Stream(
            name="orders",
            label_zh="订单",
            label_en="Orders",
            fields=ORDERS,
            key=("order_id",),
            merge="upsert_version",
            read=orders,
            day=lambda row: business_date(row["update_time"]),
            version=lambda row: row["update_time"],
            ignored=read_ignored("douyin_shop", "orders"),
            lookback_days=2,  # a morning that failed is made good
            max_window_days=30,
            ready_at=time(9),
            is_required=True,
        ),
        Stream(
            name="after_sales",
            label_zh="售后单",
            label_en="After-sales",
            fields=AFTER_SALES,
            key=("aftersale_id",),
            merge="upsert_version",
            read=after_sales,
            day=lambda row: business_date(row["update_time"]),
            version=lambda row: row["update_time"],
            ignored=read_ignored("douyin_shop", "after_sales"),
            lookback_days=2,  # a morning that failed is made good
            max_window_days=30,
            ready_at=time(9),
            is_required=True,
        ),
    ),
)
