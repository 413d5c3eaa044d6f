"""WeChat Shop: ids of orders and after-sales, each item by its id.

Lists give no more than ids.
"""

from starlette.routing import Route

from sandbox.routes.wechat.app import Read, app_routes
from sandbox.routes.wechat_shop import items, lists
from sandbox.state import State

READS: dict[str, Read] = {
    "/channels/ec/order/list/get": lists.orders,
    "/channels/ec/order/get": items.order,
    "/channels/ec/aftersale/getaftersalelist": lists.after_sales,
    "/channels/ec/aftersale/getaftersaleorder": items.after_sale,
}


def routes(state: State) -> list[Route]:
    """Return the paths that exist; all take POST."""
    return app_routes(state, "wechat_shop", READS)
