{{ declared_order_lines(ref('stg_shop_database__orders')) }}
