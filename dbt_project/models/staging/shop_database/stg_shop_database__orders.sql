{{ declared_order_rows('shop_database__orders') }}
