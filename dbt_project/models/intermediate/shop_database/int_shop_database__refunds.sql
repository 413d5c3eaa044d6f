{{ declared_refunds(ref('stg_shop_database__orders')) }}
