{{ declared_order_lines(ref('stg_shop_file__orders')) }}
