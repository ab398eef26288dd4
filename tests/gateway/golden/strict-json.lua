local METADATA = "mesh.strict_json"
local FIELD = "field"
local OFFSET = "offset"
local VERIFIED = "envoy.filters.http.jwt_authn"
local CLAIMS = "claims"
local EVERYONE = false
local ANY = true
local M = {}
M["google.type.Money"] = {}
M["mesh.identity.v1.ApiKey"] = {}
M["mesh.identity.v1.ChangePasswordRequest"] = {}
M["mesh.identity.v1.CreateApiKeyRequest"] = {}
M["mesh.identity.v1.CreateSessionRequest"] = {}
M["mesh.identity.v1.CreateUserRequest"] = {}
M["mesh.identity.v1.RefreshSessionRequest"] = {}
M["mesh.identity.v1.RequestEmailVerificationRequest"] = {}
M["mesh.identity.v1.RequestPasswordResetRequest"] = {}
M["mesh.identity.v1.ResetPasswordRequest"] = {}
M["mesh.identity.v1.RevokeSessionsRequest"] = {}
M["mesh.identity.v1.RotateApiKeyRequest"] = {}
M["mesh.identity.v1.RotateSigningKeyRequest"] = {}
M["mesh.identity.v1.UpdateUserRequest"] = {}
M["mesh.identity.v1.User"] = {}
M["mesh.identity.v1.VerifyEmailRequest"] = {}
M["mesh.inventory.v1.AcknowledgeStockAlertRequest"] = {}
M["mesh.inventory.v1.AdjustStockRequest"] = {}
M["mesh.inventory.v1.Adjustment"] = {}
M["mesh.inventory.v1.BatchAdjustStockRequest"] = {}
M["mesh.inventory.v1.CancelReservationRequest"] = {}
M["mesh.inventory.v1.CancelTransferRequest"] = {}
M["mesh.inventory.v1.ConfirmReservationRequest"] = {}
M["mesh.inventory.v1.CreateProductRequest"] = {}
M["mesh.inventory.v1.CreateReservationRequest"] = {}
M["mesh.inventory.v1.CreateTransferRequest"] = {}
M["mesh.inventory.v1.CreateWarehouseRequest"] = {}
M["mesh.inventory.v1.ExtendReservationRequest"] = {}
M["mesh.inventory.v1.Product"] = {}
M["mesh.inventory.v1.ReceiveTransferRequest"] = {}
M["mesh.inventory.v1.RepairStockRequest"] = {}
M["mesh.inventory.v1.ReservationLine"] = {}
M["mesh.inventory.v1.ResolveStockAlertRequest"] = {}
M["mesh.inventory.v1.SnoozeStockAlertRequest"] = {}
M["mesh.inventory.v1.StockLevel"] = {}
M["mesh.inventory.v1.TransferLine"] = {}
M["mesh.inventory.v1.TransferReceipt"] = {}
M["mesh.inventory.v1.UpdateProductRequest"] = {}
M["mesh.inventory.v1.UpdateStockLevelRequest"] = {}
M["mesh.inventory.v1.UpdateWarehouseRequest"] = {}
M["mesh.inventory.v1.Warehouse"] = {}
M["mesh.orders.v1.CancelOrderRequest"] = {}
M["mesh.orders.v1.CreateOrderRequest"] = {}
M["mesh.orders.v1.DeliverOrderRequest"] = {}
M["mesh.orders.v1.FulfillOrderRequest"] = {}
M["mesh.orders.v1.MarkOrderPaidRequest"] = {}
M["mesh.orders.v1.Order"] = {}
M["mesh.orders.v1.OrderLine"] = {}
M["mesh.orders.v1.RefundOrderRequest"] = {}
M["mesh.orders.v1.ShipOrderRequest"] = {}
M["mesh.payments.v1.AuthorizePaymentRequest"] = {}
M["mesh.payments.v1.CapturePaymentRequest"] = {}
M["mesh.payments.v1.RefundPaymentRequest"] = {}
M["mesh.payments.v1.SettlePaymentRequest"] = {}
M["mesh.payments.v1.VoidPaymentRequest"] = {}
M["google.type.Money"].currencyCode = ANY
M["google.type.Money"].currency_code = ANY
M["google.type.Money"].units = ANY
M["google.type.Money"].nanos = ANY
M["mesh.identity.v1.ApiKey"].name = ANY
M["mesh.identity.v1.ApiKey"].user = ANY
M["mesh.identity.v1.ApiKey"].displayName = ANY
M["mesh.identity.v1.ApiKey"].display_name = ANY
M["mesh.identity.v1.ApiKey"].scopes = ANY
M["mesh.identity.v1.ApiKey"].tier = ANY
M["mesh.identity.v1.ApiKey"].signatureRequired = ANY
M["mesh.identity.v1.ApiKey"].signature_required = ANY
M["mesh.identity.v1.ApiKey"].prefix = ANY
M["mesh.identity.v1.ApiKey"].expireTime = ANY
M["mesh.identity.v1.ApiKey"].expire_time = ANY
M["mesh.identity.v1.ApiKey"].createTime = ANY
M["mesh.identity.v1.ApiKey"].create_time = ANY
M["mesh.identity.v1.ApiKey"].lastUseTime = ANY
M["mesh.identity.v1.ApiKey"].last_use_time = ANY
M["mesh.identity.v1.ApiKey"].previousExpireTime = ANY
M["mesh.identity.v1.ApiKey"].previous_expire_time = ANY
M["mesh.identity.v1.ChangePasswordRequest"].currentPassword = ANY
M["mesh.identity.v1.ChangePasswordRequest"].current_password = ANY
M["mesh.identity.v1.ChangePasswordRequest"].newPassword = ANY
M["mesh.identity.v1.ChangePasswordRequest"].new_password = ANY
M["mesh.identity.v1.ChangePasswordRequest"].requestId = ANY
M["mesh.identity.v1.ChangePasswordRequest"].request_id = ANY
M["mesh.identity.v1.CreateApiKeyRequest"].apiKey = M["mesh.identity.v1.ApiKey"]
M["mesh.identity.v1.CreateApiKeyRequest"].api_key = M["mesh.identity.v1.ApiKey"]
M["mesh.identity.v1.CreateApiKeyRequest"].requestId = ANY
M["mesh.identity.v1.CreateApiKeyRequest"].request_id = ANY
M["mesh.identity.v1.CreateSessionRequest"].email = ANY
M["mesh.identity.v1.CreateSessionRequest"].password = ANY
M["mesh.identity.v1.CreateSessionRequest"].deviceName = ANY
M["mesh.identity.v1.CreateSessionRequest"].device_name = ANY
M["mesh.identity.v1.CreateSessionRequest"].deviceToken = ANY
M["mesh.identity.v1.CreateSessionRequest"].device_token = ANY
M["mesh.identity.v1.CreateSessionRequest"].requestId = ANY
M["mesh.identity.v1.CreateSessionRequest"].request_id = ANY
M["mesh.identity.v1.CreateUserRequest"].user = M["mesh.identity.v1.User"]
M["mesh.identity.v1.CreateUserRequest"].password = ANY
M["mesh.identity.v1.CreateUserRequest"].requestId = ANY
M["mesh.identity.v1.CreateUserRequest"].request_id = ANY
M["mesh.identity.v1.RefreshSessionRequest"].refreshToken = ANY
M["mesh.identity.v1.RefreshSessionRequest"].refresh_token = ANY
M["mesh.identity.v1.RequestEmailVerificationRequest"].email = ANY
M["mesh.identity.v1.RequestEmailVerificationRequest"].requestId = ANY
M["mesh.identity.v1.RequestEmailVerificationRequest"].request_id = ANY
M["mesh.identity.v1.RequestPasswordResetRequest"].email = ANY
M["mesh.identity.v1.RequestPasswordResetRequest"].requestId = ANY
M["mesh.identity.v1.RequestPasswordResetRequest"].request_id = ANY
M["mesh.identity.v1.ResetPasswordRequest"].token = ANY
M["mesh.identity.v1.ResetPasswordRequest"].newPassword = ANY
M["mesh.identity.v1.ResetPasswordRequest"].new_password = ANY
M["mesh.identity.v1.ResetPasswordRequest"].requestId = ANY
M["mesh.identity.v1.ResetPasswordRequest"].request_id = ANY
M["mesh.identity.v1.RevokeSessionsRequest"].user = ANY
M["mesh.identity.v1.RevokeSessionsRequest"].keepCurrent = ANY
M["mesh.identity.v1.RevokeSessionsRequest"].keep_current = ANY
M["mesh.identity.v1.RevokeSessionsRequest"].requestId = ANY
M["mesh.identity.v1.RevokeSessionsRequest"].request_id = ANY
M["mesh.identity.v1.RotateApiKeyRequest"].name = ANY
M["mesh.identity.v1.RotateApiKeyRequest"].overlap = ANY
M["mesh.identity.v1.RotateApiKeyRequest"].requestId = ANY
M["mesh.identity.v1.RotateApiKeyRequest"].request_id = ANY
M["mesh.identity.v1.RotateSigningKeyRequest"].requestId = ANY
M["mesh.identity.v1.RotateSigningKeyRequest"].request_id = ANY
M["mesh.identity.v1.UpdateUserRequest"].user = M["mesh.identity.v1.User"]
M["mesh.identity.v1.UpdateUserRequest"].updateMask = ANY
M["mesh.identity.v1.UpdateUserRequest"].update_mask = ANY
M["mesh.identity.v1.UpdateUserRequest"].requestId = ANY
M["mesh.identity.v1.UpdateUserRequest"].request_id = ANY
M["mesh.identity.v1.User"].name = ANY
M["mesh.identity.v1.User"].email = ANY
M["mesh.identity.v1.User"].displayName = ANY
M["mesh.identity.v1.User"].display_name = ANY
M["mesh.identity.v1.User"].roles = ANY
M["mesh.identity.v1.User"].tier = ANY
M["mesh.identity.v1.User"].disabled = ANY
M["mesh.identity.v1.User"].emailVerified = ANY
M["mesh.identity.v1.User"].email_verified = ANY
M["mesh.identity.v1.User"].etag = ANY
M["mesh.identity.v1.User"].createTime = ANY
M["mesh.identity.v1.User"].create_time = ANY
M["mesh.identity.v1.User"].updateTime = ANY
M["mesh.identity.v1.User"].update_time = ANY
M["mesh.identity.v1.VerifyEmailRequest"].token = ANY
M["mesh.identity.v1.VerifyEmailRequest"].requestId = ANY
M["mesh.identity.v1.VerifyEmailRequest"].request_id = ANY
M["mesh.inventory.v1.AcknowledgeStockAlertRequest"].name = ANY
M["mesh.inventory.v1.AcknowledgeStockAlertRequest"].requestId = ANY
M["mesh.inventory.v1.AcknowledgeStockAlertRequest"].request_id = ANY
M["mesh.inventory.v1.AdjustStockRequest"].product = ANY
M["mesh.inventory.v1.AdjustStockRequest"].warehouse = ANY
M["mesh.inventory.v1.AdjustStockRequest"].type = ANY
M["mesh.inventory.v1.AdjustStockRequest"].quantity = ANY
M["mesh.inventory.v1.AdjustStockRequest"].reason = ANY
M["mesh.inventory.v1.AdjustStockRequest"].sourceDocument = ANY
M["mesh.inventory.v1.AdjustStockRequest"].source_document = ANY
M["mesh.inventory.v1.AdjustStockRequest"].note = ANY
M["mesh.inventory.v1.AdjustStockRequest"].expectedQuantity = ANY
M["mesh.inventory.v1.AdjustStockRequest"].expected_quantity = ANY
M["mesh.inventory.v1.AdjustStockRequest"].asOf = ANY
M["mesh.inventory.v1.AdjustStockRequest"].as_of = ANY
M["mesh.inventory.v1.AdjustStockRequest"].requestId = ANY
M["mesh.inventory.v1.AdjustStockRequest"].request_id = ANY
M["mesh.inventory.v1.Adjustment"].product = ANY
M["mesh.inventory.v1.Adjustment"].warehouse = ANY
M["mesh.inventory.v1.Adjustment"].type = ANY
M["mesh.inventory.v1.Adjustment"].quantity = ANY
M["mesh.inventory.v1.Adjustment"].reason = ANY
M["mesh.inventory.v1.Adjustment"].sourceDocument = ANY
M["mesh.inventory.v1.Adjustment"].source_document = ANY
M["mesh.inventory.v1.Adjustment"].note = ANY
M["mesh.inventory.v1.Adjustment"].expectedQuantity = ANY
M["mesh.inventory.v1.Adjustment"].expected_quantity = ANY
M["mesh.inventory.v1.Adjustment"].asOf = ANY
M["mesh.inventory.v1.Adjustment"].as_of = ANY
M["mesh.inventory.v1.BatchAdjustStockRequest"].adjustments = M["mesh.inventory.v1.Adjustment"]
M["mesh.inventory.v1.BatchAdjustStockRequest"].atomic = ANY
M["mesh.inventory.v1.BatchAdjustStockRequest"].requestId = ANY
M["mesh.inventory.v1.BatchAdjustStockRequest"].request_id = ANY
M["mesh.inventory.v1.CancelReservationRequest"].name = ANY
M["mesh.inventory.v1.CancelReservationRequest"].requestId = ANY
M["mesh.inventory.v1.CancelReservationRequest"].request_id = ANY
M["mesh.inventory.v1.CancelTransferRequest"].name = ANY
M["mesh.inventory.v1.CancelTransferRequest"].requestId = ANY
M["mesh.inventory.v1.CancelTransferRequest"].request_id = ANY
M["mesh.inventory.v1.ConfirmReservationRequest"].name = ANY
M["mesh.inventory.v1.ConfirmReservationRequest"].lines = M["mesh.inventory.v1.ReservationLine"]
M["mesh.inventory.v1.ConfirmReservationRequest"].requestId = ANY
M["mesh.inventory.v1.ConfirmReservationRequest"].request_id = ANY
M["mesh.inventory.v1.CreateProductRequest"].productId = ANY
M["mesh.inventory.v1.CreateProductRequest"].product_id = ANY
M["mesh.inventory.v1.CreateProductRequest"].product = M["mesh.inventory.v1.Product"]
M["mesh.inventory.v1.CreateProductRequest"].requestId = ANY
M["mesh.inventory.v1.CreateProductRequest"].request_id = ANY
M["mesh.inventory.v1.CreateReservationRequest"].lines = M["mesh.inventory.v1.ReservationLine"]
M["mesh.inventory.v1.CreateReservationRequest"].order = ANY
M["mesh.inventory.v1.CreateReservationRequest"].ttl = ANY
M["mesh.inventory.v1.CreateReservationRequest"].requestId = ANY
M["mesh.inventory.v1.CreateReservationRequest"].request_id = ANY
M["mesh.inventory.v1.CreateTransferRequest"].sourceWarehouse = ANY
M["mesh.inventory.v1.CreateTransferRequest"].source_warehouse = ANY
M["mesh.inventory.v1.CreateTransferRequest"].destinationWarehouse = ANY
M["mesh.inventory.v1.CreateTransferRequest"].destination_warehouse = ANY
M["mesh.inventory.v1.CreateTransferRequest"].lines = M["mesh.inventory.v1.TransferLine"]
M["mesh.inventory.v1.CreateTransferRequest"].note = ANY
M["mesh.inventory.v1.CreateTransferRequest"].requestId = ANY
M["mesh.inventory.v1.CreateTransferRequest"].request_id = ANY
M["mesh.inventory.v1.CreateWarehouseRequest"].warehouseId = ANY
M["mesh.inventory.v1.CreateWarehouseRequest"].warehouse_id = ANY
M["mesh.inventory.v1.CreateWarehouseRequest"].warehouse = M["mesh.inventory.v1.Warehouse"]
M["mesh.inventory.v1.CreateWarehouseRequest"].requestId = ANY
M["mesh.inventory.v1.CreateWarehouseRequest"].request_id = ANY
M["mesh.inventory.v1.ExtendReservationRequest"].name = ANY
M["mesh.inventory.v1.ExtendReservationRequest"].ttl = ANY
M["mesh.inventory.v1.ExtendReservationRequest"].requestId = ANY
M["mesh.inventory.v1.ExtendReservationRequest"].request_id = ANY
M["mesh.inventory.v1.Product"].name = ANY
M["mesh.inventory.v1.Product"].sku = ANY
M["mesh.inventory.v1.Product"].displayName = ANY
M["mesh.inventory.v1.Product"].display_name = ANY
M["mesh.inventory.v1.Product"].description = ANY
M["mesh.inventory.v1.Product"].category = ANY
M["mesh.inventory.v1.Product"].minStockLevel = ANY
M["mesh.inventory.v1.Product"].min_stock_level = ANY
M["mesh.inventory.v1.Product"].maxStockLevel = ANY
M["mesh.inventory.v1.Product"].max_stock_level = ANY
M["mesh.inventory.v1.Product"].labels = ANY
M["mesh.inventory.v1.Product"].etag = ANY
M["mesh.inventory.v1.Product"].createTime = ANY
M["mesh.inventory.v1.Product"].create_time = ANY
M["mesh.inventory.v1.Product"].updateTime = ANY
M["mesh.inventory.v1.Product"].update_time = ANY
M["mesh.inventory.v1.ReceiveTransferRequest"].name = ANY
M["mesh.inventory.v1.ReceiveTransferRequest"].receipts = M["mesh.inventory.v1.TransferReceipt"]
M["mesh.inventory.v1.ReceiveTransferRequest"].final = ANY
M["mesh.inventory.v1.ReceiveTransferRequest"].requestId = ANY
M["mesh.inventory.v1.ReceiveTransferRequest"].request_id = ANY
M["mesh.inventory.v1.RepairStockRequest"].product = ANY
M["mesh.inventory.v1.RepairStockRequest"].requestId = ANY
M["mesh.inventory.v1.RepairStockRequest"].request_id = ANY
M["mesh.inventory.v1.ReservationLine"].product = ANY
M["mesh.inventory.v1.ReservationLine"].quantity = ANY
M["mesh.inventory.v1.ReservationLine"].warehouse = ANY
M["mesh.inventory.v1.ReservationLine"].confirmedQuantity = ANY
M["mesh.inventory.v1.ReservationLine"].confirmed_quantity = ANY
M["mesh.inventory.v1.ResolveStockAlertRequest"].name = ANY
M["mesh.inventory.v1.ResolveStockAlertRequest"].requestId = ANY
M["mesh.inventory.v1.ResolveStockAlertRequest"].request_id = ANY
M["mesh.inventory.v1.SnoozeStockAlertRequest"].name = ANY
M["mesh.inventory.v1.SnoozeStockAlertRequest"].duration = ANY
M["mesh.inventory.v1.SnoozeStockAlertRequest"].requestId = ANY
M["mesh.inventory.v1.SnoozeStockAlertRequest"].request_id = ANY
M["mesh.inventory.v1.StockLevel"].name = ANY
M["mesh.inventory.v1.StockLevel"].product = ANY
M["mesh.inventory.v1.StockLevel"].warehouse = ANY
M["mesh.inventory.v1.StockLevel"].onHand = ANY
M["mesh.inventory.v1.StockLevel"].on_hand = ANY
M["mesh.inventory.v1.StockLevel"].reserved = ANY
M["mesh.inventory.v1.StockLevel"].available = ANY
M["mesh.inventory.v1.StockLevel"].inTransit = ANY
M["mesh.inventory.v1.StockLevel"].in_transit = ANY
M["mesh.inventory.v1.StockLevel"].damaged = ANY
M["mesh.inventory.v1.StockLevel"].minStockLevel = ANY
M["mesh.inventory.v1.StockLevel"].min_stock_level = ANY
M["mesh.inventory.v1.StockLevel"].maxStockLevel = ANY
M["mesh.inventory.v1.StockLevel"].max_stock_level = ANY
M["mesh.inventory.v1.StockLevel"].updateTime = ANY
M["mesh.inventory.v1.StockLevel"].update_time = ANY
M["mesh.inventory.v1.TransferLine"].product = ANY
M["mesh.inventory.v1.TransferLine"].quantity = ANY
M["mesh.inventory.v1.TransferLine"].receivedQuantity = ANY
M["mesh.inventory.v1.TransferLine"].received_quantity = ANY
M["mesh.inventory.v1.TransferLine"].damagedQuantity = ANY
M["mesh.inventory.v1.TransferLine"].damaged_quantity = ANY
M["mesh.inventory.v1.TransferLine"].missingQuantity = ANY
M["mesh.inventory.v1.TransferLine"].missing_quantity = ANY
M["mesh.inventory.v1.TransferReceipt"].product = ANY
M["mesh.inventory.v1.TransferReceipt"].quantity = ANY
M["mesh.inventory.v1.TransferReceipt"].damagedQuantity = ANY
M["mesh.inventory.v1.TransferReceipt"].damaged_quantity = ANY
M["mesh.inventory.v1.UpdateProductRequest"].product = M["mesh.inventory.v1.Product"]
M["mesh.inventory.v1.UpdateProductRequest"].updateMask = ANY
M["mesh.inventory.v1.UpdateProductRequest"].update_mask = ANY
M["mesh.inventory.v1.UpdateProductRequest"].requestId = ANY
M["mesh.inventory.v1.UpdateProductRequest"].request_id = ANY
M["mesh.inventory.v1.UpdateStockLevelRequest"].stockLevel = M["mesh.inventory.v1.StockLevel"]
M["mesh.inventory.v1.UpdateStockLevelRequest"].stock_level = M["mesh.inventory.v1.StockLevel"]
M["mesh.inventory.v1.UpdateStockLevelRequest"].updateMask = ANY
M["mesh.inventory.v1.UpdateStockLevelRequest"].update_mask = ANY
M["mesh.inventory.v1.UpdateStockLevelRequest"].requestId = ANY
M["mesh.inventory.v1.UpdateStockLevelRequest"].request_id = ANY
M["mesh.inventory.v1.UpdateWarehouseRequest"].warehouse = M["mesh.inventory.v1.Warehouse"]
M["mesh.inventory.v1.UpdateWarehouseRequest"].updateMask = ANY
M["mesh.inventory.v1.UpdateWarehouseRequest"].update_mask = ANY
M["mesh.inventory.v1.UpdateWarehouseRequest"].requestId = ANY
M["mesh.inventory.v1.UpdateWarehouseRequest"].request_id = ANY
M["mesh.inventory.v1.Warehouse"].name = ANY
M["mesh.inventory.v1.Warehouse"].displayName = ANY
M["mesh.inventory.v1.Warehouse"].display_name = ANY
M["mesh.inventory.v1.Warehouse"].location = ANY
M["mesh.inventory.v1.Warehouse"].allocationRank = ANY
M["mesh.inventory.v1.Warehouse"].allocation_rank = ANY
M["mesh.inventory.v1.Warehouse"].etag = ANY
M["mesh.inventory.v1.Warehouse"].createTime = ANY
M["mesh.inventory.v1.Warehouse"].create_time = ANY
M["mesh.inventory.v1.Warehouse"].updateTime = ANY
M["mesh.inventory.v1.Warehouse"].update_time = ANY
M["mesh.orders.v1.CancelOrderRequest"].name = ANY
M["mesh.orders.v1.CancelOrderRequest"].reason = ANY
M["mesh.orders.v1.CancelOrderRequest"].allowMissing = ANY
M["mesh.orders.v1.CancelOrderRequest"].allow_missing = ANY
M["mesh.orders.v1.CancelOrderRequest"].requestId = ANY
M["mesh.orders.v1.CancelOrderRequest"].request_id = ANY
M["mesh.orders.v1.CreateOrderRequest"].order = M["mesh.orders.v1.Order"]
M["mesh.orders.v1.CreateOrderRequest"].orderId = ANY
M["mesh.orders.v1.CreateOrderRequest"].order_id = ANY
M["mesh.orders.v1.CreateOrderRequest"].requestId = ANY
M["mesh.orders.v1.CreateOrderRequest"].request_id = ANY
M["mesh.orders.v1.DeliverOrderRequest"].name = ANY
M["mesh.orders.v1.DeliverOrderRequest"].requestId = ANY
M["mesh.orders.v1.DeliverOrderRequest"].request_id = ANY
M["mesh.orders.v1.FulfillOrderRequest"].name = ANY
M["mesh.orders.v1.FulfillOrderRequest"].reason = ANY
M["mesh.orders.v1.FulfillOrderRequest"].requestId = ANY
M["mesh.orders.v1.FulfillOrderRequest"].request_id = ANY
M["mesh.orders.v1.MarkOrderPaidRequest"].name = ANY
M["mesh.orders.v1.MarkOrderPaidRequest"].payment = ANY
M["mesh.orders.v1.MarkOrderPaidRequest"].requestId = ANY
M["mesh.orders.v1.MarkOrderPaidRequest"].request_id = ANY
M["mesh.orders.v1.Order"].name = ANY
M["mesh.orders.v1.Order"].customer = ANY
M["mesh.orders.v1.Order"].lines = M["mesh.orders.v1.OrderLine"]
M["mesh.orders.v1.Order"].shippingAmount = M["google.type.Money"]
M["mesh.orders.v1.Order"].shipping_amount = M["google.type.Money"]
M["mesh.orders.v1.Order"].totalAmount = M["google.type.Money"]
M["mesh.orders.v1.Order"].total_amount = M["google.type.Money"]
M["mesh.orders.v1.Order"].payment = ANY
M["mesh.orders.v1.Order"].reservation = ANY
M["mesh.orders.v1.Order"].origin = ANY
M["mesh.orders.v1.Order"].state = ANY
M["mesh.orders.v1.Order"].progress = ANY
M["mesh.orders.v1.Order"].refundedAmount = M["google.type.Money"]
M["mesh.orders.v1.Order"].refunded_amount = M["google.type.Money"]
M["mesh.orders.v1.Order"].trackingCode = ANY
M["mesh.orders.v1.Order"].tracking_code = ANY
M["mesh.orders.v1.Order"].etag = ANY
M["mesh.orders.v1.Order"].createTime = ANY
M["mesh.orders.v1.Order"].create_time = ANY
M["mesh.orders.v1.Order"].updateTime = ANY
M["mesh.orders.v1.Order"].update_time = ANY
M["mesh.orders.v1.OrderLine"].product = ANY
M["mesh.orders.v1.OrderLine"].displayName = ANY
M["mesh.orders.v1.OrderLine"].display_name = ANY
M["mesh.orders.v1.OrderLine"].quantity = ANY
M["mesh.orders.v1.OrderLine"].unitPrice = M["google.type.Money"]
M["mesh.orders.v1.OrderLine"].unit_price = M["google.type.Money"]
M["mesh.orders.v1.OrderLine"].discountAmount = M["google.type.Money"]
M["mesh.orders.v1.OrderLine"].discount_amount = M["google.type.Money"]
M["mesh.orders.v1.OrderLine"].totalAmount = M["google.type.Money"]
M["mesh.orders.v1.OrderLine"].total_amount = M["google.type.Money"]
M["mesh.orders.v1.RefundOrderRequest"].name = ANY
M["mesh.orders.v1.RefundOrderRequest"].amount = M["google.type.Money"]
M["mesh.orders.v1.RefundOrderRequest"].reason = ANY
M["mesh.orders.v1.RefundOrderRequest"].requestId = ANY
M["mesh.orders.v1.RefundOrderRequest"].request_id = ANY
M["mesh.orders.v1.ShipOrderRequest"].name = ANY
M["mesh.orders.v1.ShipOrderRequest"].trackingCode = ANY
M["mesh.orders.v1.ShipOrderRequest"].tracking_code = ANY
M["mesh.orders.v1.ShipOrderRequest"].requestId = ANY
M["mesh.orders.v1.ShipOrderRequest"].request_id = ANY
M["mesh.payments.v1.AuthorizePaymentRequest"].customer = ANY
M["mesh.payments.v1.AuthorizePaymentRequest"].amount = M["google.type.Money"]
M["mesh.payments.v1.AuthorizePaymentRequest"].paymentMethod = ANY
M["mesh.payments.v1.AuthorizePaymentRequest"].payment_method = ANY
M["mesh.payments.v1.AuthorizePaymentRequest"].reference = ANY
M["mesh.payments.v1.AuthorizePaymentRequest"].paymentId = ANY
M["mesh.payments.v1.AuthorizePaymentRequest"].payment_id = ANY
M["mesh.payments.v1.AuthorizePaymentRequest"].requestId = ANY
M["mesh.payments.v1.AuthorizePaymentRequest"].request_id = ANY
M["mesh.payments.v1.CapturePaymentRequest"].name = ANY
M["mesh.payments.v1.CapturePaymentRequest"].amount = M["google.type.Money"]
M["mesh.payments.v1.CapturePaymentRequest"].requestId = ANY
M["mesh.payments.v1.CapturePaymentRequest"].request_id = ANY
M["mesh.payments.v1.RefundPaymentRequest"].name = ANY
M["mesh.payments.v1.RefundPaymentRequest"].amount = M["google.type.Money"]
M["mesh.payments.v1.RefundPaymentRequest"].reason = ANY
M["mesh.payments.v1.RefundPaymentRequest"].requestId = ANY
M["mesh.payments.v1.RefundPaymentRequest"].request_id = ANY
M["mesh.payments.v1.SettlePaymentRequest"].name = ANY
M["mesh.payments.v1.SettlePaymentRequest"].requestId = ANY
M["mesh.payments.v1.SettlePaymentRequest"].request_id = ANY
M["mesh.payments.v1.VoidPaymentRequest"].name = ANY
M["mesh.payments.v1.VoidPaymentRequest"].reason = ANY
M["mesh.payments.v1.VoidPaymentRequest"].allowMissing = ANY
M["mesh.payments.v1.VoidPaymentRequest"].allow_missing = ANY
M["mesh.payments.v1.VoidPaymentRequest"].requestId = ANY
M["mesh.payments.v1.VoidPaymentRequest"].request_id = ANY
local ROUTES = { ["v1"] = { ["apiKeys"] = { ["*"] = { [":"] = { ["rotate"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.identity.v1.RotateApiKeyRequest"], ["within"] = "" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.identity.v1.CreateApiKeyRequest"], ["within"] = "" } } } }, ["jwks"] = { [":"] = { ["rotate"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.identity.v1.RotateSigningKeyRequest"], ["within"] = "" } } } }, ["orders"] = { ["*"] = { [":"] = { ["cancel"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.orders.v1.CancelOrderRequest"], ["within"] = "" } }, ["deliver"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.orders.v1.DeliverOrderRequest"], ["within"] = "" } }, ["fulfill"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.orders.v1.FulfillOrderRequest"], ["within"] = "" } }, ["markPaid"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.orders.v1.MarkOrderPaidRequest"], ["within"] = "" } }, ["refund"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.orders.v1.RefundOrderRequest"], ["within"] = "" } }, ["ship"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.orders.v1.ShipOrderRequest"], ["within"] = "" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.orders.v1.Order"], ["within"] = "order" } } } }, ["payments"] = { ["*"] = { [":"] = { ["capture"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.payments.v1.CapturePaymentRequest"], ["within"] = "" } }, ["refund"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.payments.v1.RefundPaymentRequest"], ["within"] = "" } }, ["settle"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.payments.v1.SettlePaymentRequest"], ["within"] = "" } }, ["void"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.payments.v1.VoidPaymentRequest"], ["within"] = "" } } } }, [":"] = { ["authorize"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.payments.v1.AuthorizePaymentRequest"], ["within"] = "" } } } }, ["products"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.Product"], ["within"] = "product" } } }, ["levels"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.StockLevel"], ["within"] = "stock_level" } } } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.Product"], ["within"] = "product" } } } }, ["reservations"] = { ["*"] = { [":"] = { ["cancel"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.CancelReservationRequest"], ["within"] = "" } }, ["confirm"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.ConfirmReservationRequest"], ["within"] = "" } }, ["extend"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.ExtendReservationRequest"], ["within"] = "" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.CreateReservationRequest"], ["within"] = "" } } } }, ["sessions"] = { [":"] = { [""] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.CreateSessionRequest"], ["within"] = "" } }, ["refresh"] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.RefreshSessionRequest"], ["within"] = "" } }, ["revoke"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.identity.v1.RevokeSessionsRequest"], ["within"] = "" } } } }, ["stock"] = { [":"] = { ["adjust"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.AdjustStockRequest"], ["within"] = "" } }, ["batchAdjust"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.BatchAdjustStockRequest"], ["within"] = "" } }, ["repair"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.RepairStockRequest"], ["within"] = "" } } } }, ["stockAlerts"] = { ["*"] = { [":"] = { ["acknowledge"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.AcknowledgeStockAlertRequest"], ["within"] = "" } }, ["resolve"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.ResolveStockAlertRequest"], ["within"] = "" } }, ["snooze"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.SnoozeStockAlertRequest"], ["within"] = "" } } } } }, ["transfers"] = { ["*"] = { [":"] = { ["cancel"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.CancelTransferRequest"], ["within"] = "" } }, ["receive"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.ReceiveTransferRequest"], ["within"] = "" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.CreateTransferRequest"], ["within"] = "" } } } }, ["users"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.identity.v1.User"], ["within"] = "user" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.CreateUserRequest"], ["within"] = "" } }, ["requestEmailVerification"] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.RequestEmailVerificationRequest"], ["within"] = "" } }, ["requestPasswordReset"] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.RequestPasswordResetRequest"], ["within"] = "" } }, ["resetPassword"] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.ResetPasswordRequest"], ["within"] = "" } }, ["verifyEmail"] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.VerifyEmailRequest"], ["within"] = "" } } }, ["me"] = { [":"] = { ["changePassword"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.identity.v1.ChangePasswordRequest"], ["within"] = "" } } } } }, ["warehouses"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.Warehouse"], ["within"] = "warehouse" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.Warehouse"], ["within"] = "warehouse" } } } } } }
local find, byte, sub = string.find, string.byte, string.sub
local QUOTE, APOSTROPHE, OPEN, LIST = 34, 39, 123, 91
local DEEPEST = 32

-- Every function takes where to begin and returns where it ended, or nil, the path of the field that is not in the
-- contract (nil when this is not JSON), and where.

local function after_string(text, at)
  while true do
    local mark = find(text, '["\\]', at)
    if mark == nil then return nil, nil, at end
    if byte(text, mark) == QUOTE then return mark + 1 end
    at = mark + 2
  end
end

-- Over a value whose fields are not looked at.
local function after_any(text, at)
  local first = byte(text, at)
  if first == QUOTE then return after_string(text, at + 1) end
  if first ~= OPEN and first ~= LIST then
    local _, last = find(text, "^[%w.+-]+", at)
    if last == nil then return nil, nil, at end
    return last + 1
  end
  local depth, began = 1, at
  at = at + 1
  while depth > 0 do
    -- The transcoder takes apostrophes for quotes, and would read other strings than this does.
    local mark = find(text, "[\"'{}%[%]]", at)
    local kind = mark and byte(text, mark)
    if mark == nil or kind == APOSTROPHE then return nil, nil, began end
    if kind == QUOTE then
      at = after_string(text, mark + 1)
      if at == nil then return nil, nil, mark end
    else
      depth = depth + ((kind == OPEN or kind == LIST) and 1 or -1)
      at = mark + 1
    end
  end
  return at
end

local after_value

local function after_object(text, at, shape, depth)
  local values = shape.values
  local _, empty = find(text, "^[ \t\r\n]*}", at)
  if empty ~= nil then return empty + 1 end
  while true do
    local _, colon, key = find(text, '^[ \t\r\n]*"([^"]*)"[ \t\r\n]*:[ \t\r\n]*', at)
    if colon == nil then return nil, nil, at end
    local inner = values or shape[key]
    if inner == nil then return nil, key, at end
    local ended, path, where = after_value(text, colon + 1, inner, depth)
    if ended == nil then return nil, path and key .. "." .. path, where end
    local _, last, mark = find(text, "^[ \t\r\n]*([,}])", ended)
    if last == nil then return nil, nil, ended end
    if mark == "}" then return last + 1 end
    at = last + 1
  end
end

local function after_list(text, at, shape, depth)
  local _, empty = find(text, "^[ \t\r\n]*]", at)
  if empty ~= nil then return empty + 1 end
  local index = 0
  while true do
    local _, space = find(text, "^[ \t\r\n]*", at)
    local ended, path, where = after_value(text, space + 1, shape, depth)
    if ended == nil then return nil, path and "[" .. index .. "]." .. path, where end
    local _, last, mark = find(text, "^[ \t\r\n]*([],])", ended)
    if last == nil then return nil, nil, ended end
    if mark == "]" then return last + 1 end
    at, index = last + 1, index + 1
  end
end

function after_value(text, at, shape, depth)
  if depth > DEEPEST then return nil, nil, at end
  if shape ~= ANY then
    local first = byte(text, at)
    if first == OPEN then return after_object(text, at + 1, shape, depth + 1) end
    if first == LIST then return after_list(text, at + 1, shape, depth + 1) end
  end
  return after_any(text, at)
end

local function after_document(text, shape)
  local _, space = find(text, "^[ \t\r\n]*")
  local ended, path, where = after_value(text, space + 1, shape, 0)
  if ended == nil then return nil, path, where end
  local rest = find(text, "[^ \t\r\n]", ended)
  if rest ~= nil then return nil, nil, rest end
  return ended
end

-- A name is taken before a wildcard, as the transcoder does, and the next best where the first leads nowhere.
local function follow(node, path, at, custom)
  if at > #path then
    local verbs = node[":"]
    return verbs and verbs[custom]
  end
  local _, last, segment = find(path, "^/([^/]*)", at)
  if last == nil then return nil end
  local found = node[segment] and follow(node[segment], path, last + 1, custom)
  if found == nil and node["*"] ~= nil then found = follow(node["*"], path, last + 1, custom) end
  if found == nil and node["**"] ~= nil then found = follow(node["**"], path, #path + 1, custom) end
  return found
end

local function rule(verb, target)
  local path = sub(target, 1, (find(target, "?", 1, true) or 0) - 1)
  local colon = find(path, ":[^/:]*$")
  local found = colon and follow(ROUTES, sub(path, 1, colon - 1), 1, sub(path, colon + 1))
  if found == nil then found = follow(ROUTES, path, 1, "") end
  return found and found[verb]
end

local function is_known(handle)
  local verified = handle:streamInfo():dynamicMetadata():get(VERIFIED)
  return verified ~= nil and verified[CLAIMS] ~= nil
end

function envoy_on_request(handle)
  local headers = handle:headers()
  if find(headers:get("content-type") or "", "application/grpc", 1, true) == 1 then return end
  local asked = rule(headers:get(":method"), headers:get(":path"))
  if asked == nil or not (EVERYONE or asked.public or is_known(handle)) then return end
  local body = handle:body()
  if body == nil then return end
  local size = body:length()
  if size == 0 then return end
  if size > asked.limit then
    handle:respond({ [":status"] = "413" }, "")
    return
  end
  local ended, path, where = after_document(body:getBytes(0, size), asked.shape)
  if ended ~= nil then return end
  local metadata = handle:streamInfo():dynamicMetadata()
  if path ~= nil then
    path = string.gsub(path, "%.%[", "[")
    metadata:set(METADATA, FIELD, asked.within ~= "" and asked.within .. "." .. path or path)
  else
    metadata:set(METADATA, OFFSET, where - 1)
  end
  handle:respond({ [":status"] = "400" }, "")
end
