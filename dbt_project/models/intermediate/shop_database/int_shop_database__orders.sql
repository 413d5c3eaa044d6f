{{ declared_orders(ref('stg_shop_database__orders')) }}
