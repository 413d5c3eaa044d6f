{{ declared_refunds(ref('stg_shop_file__orders')) }}
