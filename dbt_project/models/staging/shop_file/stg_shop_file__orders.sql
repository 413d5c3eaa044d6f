{{ declared_order_rows('shop_file__orders') }}
