-- Which order from elsewhere a check and its bill are: {"code", "orderId"} as JSON.
ALTER TABLE platform_check ADD COLUMN order_provider TEXT;
ALTER TABLE platform_bill ADD COLUMN order_provider TEXT;
