{{ declared_orders(ref('stg_shop_file__orders')) }}
