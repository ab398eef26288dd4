local METADATA = "mesh.strict_json"
local FIELD = "field"
local OFFSET = "offset"
local VERIFIED = "envoy.filters.http.jwt_authn"
local CLAIMS = "claims"
local EVERYONE = false
local ANY = true
local M = {}
M["mesh.events.v1.AcknowledgeRequest"] = {}
M["mesh.events.v1.CreateSubscriptionRequest"] = {}
M["mesh.events.v1.CreateWebhookRequest"] = {}
M["mesh.events.v1.DiscardDeadLettersRequest"] = {}
M["mesh.events.v1.Extension"] = {}
M["mesh.events.v1.NewEvent"] = {}
M["mesh.events.v1.PublishEventsRequest"] = {}
M["mesh.events.v1.PullRequest"] = {}
M["mesh.events.v1.RedriveDeadLettersRequest"] = {}
M["mesh.events.v1.Rejection"] = {}
M["mesh.events.v1.ReplayWebhookRequest"] = {}
M["mesh.events.v1.RotateWebhookSecretRequest"] = {}
M["mesh.events.v1.SeekSubscriptionRequest"] = {}
M["mesh.events.v1.StartPosition"] = {}
M["mesh.events.v1.Subscription"] = {}
M["mesh.events.v1.TestWebhookRequest"] = {}
M["mesh.events.v1.Topic"] = {}
M["mesh.events.v1.UpdateSubscriptionRequest"] = {}
M["mesh.events.v1.UpdateTopicRequest"] = {}
M["mesh.events.v1.UpdateWebhookRequest"] = {}
M["mesh.events.v1.Webhook"] = {}
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
M["mesh.jobs.v1.BackfillScheduleRequest"] = {}
M["mesh.jobs.v1.BatchCreateJobsRequest"] = {}
M["mesh.jobs.v1.CancelJobRequest"] = {}
M["mesh.jobs.v1.CancelWorkflowRequest"] = {}
M["mesh.jobs.v1.CreateJobRequest"] = {}
M["mesh.jobs.v1.CreateScheduleRequest"] = {}
M["mesh.jobs.v1.CreateWorkflowRequest"] = {}
M["mesh.jobs.v1.Dependency"] = {}
M["mesh.jobs.v1.DrainQueueRequest"] = {}
M["mesh.jobs.v1.Failure"] = {}
M["mesh.jobs.v1.Job"] = {}
M["mesh.jobs.v1.JobSpec"] = {}
M["mesh.jobs.v1.Objective"] = {}
M["mesh.jobs.v1.Pause"] = {}
M["mesh.jobs.v1.PauseQueueRequest"] = {}
M["mesh.jobs.v1.PauseScheduleRequest"] = {}
M["mesh.jobs.v1.PreviewScheduleRequest"] = {}
M["mesh.jobs.v1.Queue"] = {}
M["mesh.jobs.v1.RedriveJobsRequest"] = {}
M["mesh.jobs.v1.ResumeQueueRequest"] = {}
M["mesh.jobs.v1.ResumeScheduleRequest"] = {}
M["mesh.jobs.v1.RetryPolicy"] = {}
M["mesh.jobs.v1.RpcTarget"] = {}
M["mesh.jobs.v1.RunJobRequest"] = {}
M["mesh.jobs.v1.Schedule"] = {}
M["mesh.jobs.v1.TaskTarget"] = {}
M["mesh.jobs.v1.Timing"] = {}
M["mesh.jobs.v1.UniqueKey"] = {}
M["mesh.jobs.v1.UpdateJobRequest"] = {}
M["mesh.jobs.v1.UpdateQueueRequest"] = {}
M["mesh.jobs.v1.UpdateScheduleRequest"] = {}
M["mesh.jobs.v1.Workflow"] = {}
M["mesh.jobs.v1.WorkflowStep"] = {}
M["mesh.ratelimit.v1.AccessRule"] = {}
M["mesh.ratelimit.v1.Adaptive"] = {}
M["mesh.ratelimit.v1.CancelRequest"] = {}
M["mesh.ratelimit.v1.CheckRequest"] = {}
M["mesh.ratelimit.v1.CommitRequest"] = {}
M["mesh.ratelimit.v1.CreateAccessRuleRequest"] = {}
M["mesh.ratelimit.v1.CreateRateLimitRequest"] = {}
M["mesh.ratelimit.v1.Descriptor"] = {}
M["mesh.ratelimit.v1.Penalty"] = {}
M["mesh.ratelimit.v1.RateLimit"] = {}
M["mesh.ratelimit.v1.ReserveRequest"] = {}
M["mesh.ratelimit.v1.ReservedShare"] = {}
M["mesh.ratelimit.v1.ResetRequest"] = {}
M["mesh.ratelimit.v1.RollBackRateLimitRequest"] = {}
M["mesh.ratelimit.v1.SimulateRateLimitRequest"] = {}
M["mesh.ratelimit.v1.UpdateAccessRuleRequest"] = {}
M["mesh.ratelimit.v1.UpdateRateLimitRequest"] = {}
M["mesh.events.v1.AcknowledgeRequest"].subscription = ANY
M["mesh.events.v1.AcknowledgeRequest"].acknowledged = ANY
M["mesh.events.v1.AcknowledgeRequest"].rejected = M["mesh.events.v1.Rejection"]
M["mesh.events.v1.AcknowledgeRequest"].extended = M["mesh.events.v1.Extension"]
M["mesh.events.v1.AcknowledgeRequest"].requestId = ANY
M["mesh.events.v1.AcknowledgeRequest"].request_id = ANY
M["mesh.events.v1.CreateSubscriptionRequest"].subscriptionId = ANY
M["mesh.events.v1.CreateSubscriptionRequest"].subscription_id = ANY
M["mesh.events.v1.CreateSubscriptionRequest"].subscription = M["mesh.events.v1.Subscription"]
M["mesh.events.v1.CreateSubscriptionRequest"].start = M["mesh.events.v1.StartPosition"]
M["mesh.events.v1.CreateSubscriptionRequest"].requestId = ANY
M["mesh.events.v1.CreateSubscriptionRequest"].request_id = ANY
M["mesh.events.v1.CreateWebhookRequest"].webhookId = ANY
M["mesh.events.v1.CreateWebhookRequest"].webhook_id = ANY
M["mesh.events.v1.CreateWebhookRequest"].webhook = M["mesh.events.v1.Webhook"]
M["mesh.events.v1.CreateWebhookRequest"].start = M["mesh.events.v1.StartPosition"]
M["mesh.events.v1.CreateWebhookRequest"].requestId = ANY
M["mesh.events.v1.CreateWebhookRequest"].request_id = ANY
M["mesh.events.v1.DiscardDeadLettersRequest"].parent = ANY
M["mesh.events.v1.DiscardDeadLettersRequest"].names = ANY
M["mesh.events.v1.DiscardDeadLettersRequest"].requestId = ANY
M["mesh.events.v1.DiscardDeadLettersRequest"].request_id = ANY
M["mesh.events.v1.Extension"].ticket = ANY
M["mesh.events.v1.Extension"].duration = ANY
M["mesh.events.v1.NewEvent"].id = ANY
M["mesh.events.v1.NewEvent"].topic = ANY
M["mesh.events.v1.NewEvent"].key = ANY
M["mesh.events.v1.NewEvent"].payload = ANY
M["mesh.events.v1.NewEvent"].attributes = ANY
M["mesh.events.v1.NewEvent"].deliverTime = ANY
M["mesh.events.v1.NewEvent"].deliver_time = ANY
M["mesh.events.v1.PublishEventsRequest"].events = M["mesh.events.v1.NewEvent"]
M["mesh.events.v1.PublishEventsRequest"].requestId = ANY
M["mesh.events.v1.PublishEventsRequest"].request_id = ANY
M["mesh.events.v1.PullRequest"].subscription = ANY
M["mesh.events.v1.PullRequest"].maxEvents = ANY
M["mesh.events.v1.PullRequest"].max_events = ANY
M["mesh.events.v1.PullRequest"].wait = ANY
M["mesh.events.v1.PullRequest"].requestId = ANY
M["mesh.events.v1.PullRequest"].request_id = ANY
M["mesh.events.v1.RedriveDeadLettersRequest"].parent = ANY
M["mesh.events.v1.RedriveDeadLettersRequest"].names = ANY
M["mesh.events.v1.RedriveDeadLettersRequest"].requestId = ANY
M["mesh.events.v1.RedriveDeadLettersRequest"].request_id = ANY
M["mesh.events.v1.Rejection"].ticket = ANY
M["mesh.events.v1.Rejection"].delay = ANY
M["mesh.events.v1.Rejection"].error = ANY
M["mesh.events.v1.Rejection"].permanent = ANY
M["mesh.events.v1.ReplayWebhookRequest"].name = ANY
M["mesh.events.v1.ReplayWebhookRequest"].from = M["mesh.events.v1.StartPosition"]
M["mesh.events.v1.ReplayWebhookRequest"].requestId = ANY
M["mesh.events.v1.ReplayWebhookRequest"].request_id = ANY
M["mesh.events.v1.RotateWebhookSecretRequest"].name = ANY
M["mesh.events.v1.RotateWebhookSecretRequest"].overlap = ANY
M["mesh.events.v1.RotateWebhookSecretRequest"].requestId = ANY
M["mesh.events.v1.RotateWebhookSecretRequest"].request_id = ANY
M["mesh.events.v1.SeekSubscriptionRequest"].name = ANY
M["mesh.events.v1.SeekSubscriptionRequest"].to = M["mesh.events.v1.StartPosition"]
M["mesh.events.v1.SeekSubscriptionRequest"].requestId = ANY
M["mesh.events.v1.SeekSubscriptionRequest"].request_id = ANY
M["mesh.events.v1.StartPosition"].earliest = ANY
M["mesh.events.v1.StartPosition"].latest = ANY
M["mesh.events.v1.StartPosition"].afterPosition = ANY
M["mesh.events.v1.StartPosition"].after_position = ANY
M["mesh.events.v1.StartPosition"].publishTime = ANY
M["mesh.events.v1.StartPosition"].publish_time = ANY
M["mesh.events.v1.Subscription"].name = ANY
M["mesh.events.v1.Subscription"].displayName = ANY
M["mesh.events.v1.Subscription"].display_name = ANY
M["mesh.events.v1.Subscription"].topics = ANY
M["mesh.events.v1.Subscription"].filter = ANY
M["mesh.events.v1.Subscription"].ackDeadline = ANY
M["mesh.events.v1.Subscription"].ack_deadline = ANY
M["mesh.events.v1.Subscription"].maxAttempts = ANY
M["mesh.events.v1.Subscription"].max_attempts = ANY
M["mesh.events.v1.Subscription"].minBackoff = ANY
M["mesh.events.v1.Subscription"].min_backoff = ANY
M["mesh.events.v1.Subscription"].maxBackoff = ANY
M["mesh.events.v1.Subscription"].max_backoff = ANY
M["mesh.events.v1.Subscription"].unordered = ANY
M["mesh.events.v1.Subscription"].paused = ANY
M["mesh.events.v1.Subscription"].etag = ANY
M["mesh.events.v1.Subscription"].createTime = ANY
M["mesh.events.v1.Subscription"].create_time = ANY
M["mesh.events.v1.Subscription"].updateTime = ANY
M["mesh.events.v1.Subscription"].update_time = ANY
M["mesh.events.v1.TestWebhookRequest"].name = ANY
M["mesh.events.v1.TestWebhookRequest"].requestId = ANY
M["mesh.events.v1.TestWebhookRequest"].request_id = ANY
M["mesh.events.v1.Topic"].name = ANY
M["mesh.events.v1.Topic"].compacted = ANY
M["mesh.events.v1.UpdateSubscriptionRequest"].subscription = M["mesh.events.v1.Subscription"]
M["mesh.events.v1.UpdateSubscriptionRequest"].updateMask = ANY
M["mesh.events.v1.UpdateSubscriptionRequest"].update_mask = ANY
M["mesh.events.v1.UpdateSubscriptionRequest"].requestId = ANY
M["mesh.events.v1.UpdateSubscriptionRequest"].request_id = ANY
M["mesh.events.v1.UpdateTopicRequest"].topic = M["mesh.events.v1.Topic"]
M["mesh.events.v1.UpdateTopicRequest"].updateMask = ANY
M["mesh.events.v1.UpdateTopicRequest"].update_mask = ANY
M["mesh.events.v1.UpdateTopicRequest"].requestId = ANY
M["mesh.events.v1.UpdateTopicRequest"].request_id = ANY
M["mesh.events.v1.UpdateWebhookRequest"].webhook = M["mesh.events.v1.Webhook"]
M["mesh.events.v1.UpdateWebhookRequest"].updateMask = ANY
M["mesh.events.v1.UpdateWebhookRequest"].update_mask = ANY
M["mesh.events.v1.UpdateWebhookRequest"].requestId = ANY
M["mesh.events.v1.UpdateWebhookRequest"].request_id = ANY
M["mesh.events.v1.Webhook"].name = ANY
M["mesh.events.v1.Webhook"].displayName = ANY
M["mesh.events.v1.Webhook"].display_name = ANY
M["mesh.events.v1.Webhook"].topics = ANY
M["mesh.events.v1.Webhook"].filter = ANY
M["mesh.events.v1.Webhook"].url = ANY
M["mesh.events.v1.Webhook"].state = ANY
M["mesh.events.v1.Webhook"].disableAfter = ANY
M["mesh.events.v1.Webhook"].disable_after = ANY
M["mesh.events.v1.Webhook"].failingSinceTime = ANY
M["mesh.events.v1.Webhook"].failing_since_time = ANY
M["mesh.events.v1.Webhook"].disableReason = ANY
M["mesh.events.v1.Webhook"].disable_reason = ANY
M["mesh.events.v1.Webhook"].etag = ANY
M["mesh.events.v1.Webhook"].createTime = ANY
M["mesh.events.v1.Webhook"].create_time = ANY
M["mesh.events.v1.Webhook"].updateTime = ANY
M["mesh.events.v1.Webhook"].update_time = ANY
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
M["mesh.jobs.v1.BackfillScheduleRequest"].name = ANY
M["mesh.jobs.v1.BackfillScheduleRequest"].startTime = ANY
M["mesh.jobs.v1.BackfillScheduleRequest"].start_time = ANY
M["mesh.jobs.v1.BackfillScheduleRequest"].endTime = ANY
M["mesh.jobs.v1.BackfillScheduleRequest"].end_time = ANY
M["mesh.jobs.v1.BackfillScheduleRequest"].requestId = ANY
M["mesh.jobs.v1.BackfillScheduleRequest"].request_id = ANY
M["mesh.jobs.v1.BatchCreateJobsRequest"].specs = M["mesh.jobs.v1.JobSpec"]
M["mesh.jobs.v1.BatchCreateJobsRequest"].requestId = ANY
M["mesh.jobs.v1.BatchCreateJobsRequest"].request_id = ANY
M["mesh.jobs.v1.CancelJobRequest"].name = ANY
M["mesh.jobs.v1.CancelJobRequest"].requestId = ANY
M["mesh.jobs.v1.CancelJobRequest"].request_id = ANY
M["mesh.jobs.v1.CancelWorkflowRequest"].name = ANY
M["mesh.jobs.v1.CancelWorkflowRequest"].requestId = ANY
M["mesh.jobs.v1.CancelWorkflowRequest"].request_id = ANY
M["mesh.jobs.v1.CreateJobRequest"].spec = M["mesh.jobs.v1.JobSpec"]
M["mesh.jobs.v1.CreateJobRequest"].requestId = ANY
M["mesh.jobs.v1.CreateJobRequest"].request_id = ANY
M["mesh.jobs.v1.CreateScheduleRequest"].schedule = M["mesh.jobs.v1.Schedule"]
M["mesh.jobs.v1.CreateScheduleRequest"].scheduleId = ANY
M["mesh.jobs.v1.CreateScheduleRequest"].schedule_id = ANY
M["mesh.jobs.v1.CreateScheduleRequest"].requestId = ANY
M["mesh.jobs.v1.CreateScheduleRequest"].request_id = ANY
M["mesh.jobs.v1.CreateWorkflowRequest"].workflow = M["mesh.jobs.v1.Workflow"]
M["mesh.jobs.v1.CreateWorkflowRequest"].requestId = ANY
M["mesh.jobs.v1.CreateWorkflowRequest"].request_id = ANY
M["mesh.jobs.v1.Dependency"].on = ANY
M["mesh.jobs.v1.Dependency"].condition = ANY
M["mesh.jobs.v1.DrainQueueRequest"].name = ANY
M["mesh.jobs.v1.DrainQueueRequest"].reason = ANY
M["mesh.jobs.v1.DrainQueueRequest"].requestId = ANY
M["mesh.jobs.v1.DrainQueueRequest"].request_id = ANY
M["mesh.jobs.v1.Failure"].class = ANY
M["mesh.jobs.v1.Failure"].code = ANY
M["mesh.jobs.v1.Failure"].message = ANY
M["mesh.jobs.v1.Failure"].retryDelay = ANY
M["mesh.jobs.v1.Failure"].retry_delay = ANY
M["mesh.jobs.v1.Failure"].fingerprint = ANY
M["mesh.jobs.v1.Job"].name = ANY
M["mesh.jobs.v1.Job"].spec = M["mesh.jobs.v1.JobSpec"]
M["mesh.jobs.v1.Job"].state = ANY
M["mesh.jobs.v1.Job"].run = ANY
M["mesh.jobs.v1.Job"].worker = ANY
M["mesh.jobs.v1.Job"].failure = M["mesh.jobs.v1.Failure"]
M["mesh.jobs.v1.Job"].result = ANY
M["mesh.jobs.v1.Job"].createTime = ANY
M["mesh.jobs.v1.Job"].create_time = ANY
M["mesh.jobs.v1.Job"].readyTime = ANY
M["mesh.jobs.v1.Job"].ready_time = ANY
M["mesh.jobs.v1.Job"].startTime = ANY
M["mesh.jobs.v1.Job"].start_time = ANY
M["mesh.jobs.v1.Job"].endTime = ANY
M["mesh.jobs.v1.Job"].end_time = ANY
M["mesh.jobs.v1.JobSpec"].queue = ANY
M["mesh.jobs.v1.JobSpec"].rpc = M["mesh.jobs.v1.RpcTarget"]
M["mesh.jobs.v1.JobSpec"].task = M["mesh.jobs.v1.TaskTarget"]
M["mesh.jobs.v1.JobSpec"].tenant = ANY
M["mesh.jobs.v1.JobSpec"].key = ANY
M["mesh.jobs.v1.JobSpec"].priority = ANY
M["mesh.jobs.v1.JobSpec"].readyTime = ANY
M["mesh.jobs.v1.JobSpec"].ready_time = ANY
M["mesh.jobs.v1.JobSpec"].retry = M["mesh.jobs.v1.RetryPolicy"]
M["mesh.jobs.v1.JobSpec"].timeout = ANY
M["mesh.jobs.v1.JobSpec"].heartbeatTimeout = ANY
M["mesh.jobs.v1.JobSpec"].heartbeat_timeout = ANY
M["mesh.jobs.v1.JobSpec"].expireTime = ANY
M["mesh.jobs.v1.JobSpec"].expire_time = ANY
M["mesh.jobs.v1.JobSpec"].objective = M["mesh.jobs.v1.Objective"]
M["mesh.jobs.v1.JobSpec"].unique = M["mesh.jobs.v1.UniqueKey"]
M["mesh.jobs.v1.JobSpec"].resources = ANY
M["mesh.jobs.v1.JobSpec"].dependencies = M["mesh.jobs.v1.Dependency"]
M["mesh.jobs.v1.JobSpec"].keepResult = ANY
M["mesh.jobs.v1.JobSpec"].keep_result = ANY
M["mesh.jobs.v1.JobSpec"].resultCacheLifetime = ANY
M["mesh.jobs.v1.JobSpec"].result_cache_lifetime = ANY
M["mesh.jobs.v1.Objective"].maxQueueDuration = ANY
M["mesh.jobs.v1.Objective"].max_queue_duration = ANY
M["mesh.jobs.v1.Objective"].maxRunDuration = ANY
M["mesh.jobs.v1.Objective"].max_run_duration = ANY
M["mesh.jobs.v1.Pause"].task = ANY
M["mesh.jobs.v1.Pause"].tenant = ANY
M["mesh.jobs.v1.Pause"].reason = ANY
M["mesh.jobs.v1.Pause"].createTime = ANY
M["mesh.jobs.v1.Pause"].create_time = ANY
M["mesh.jobs.v1.PauseQueueRequest"].name = ANY
M["mesh.jobs.v1.PauseQueueRequest"].reason = ANY
M["mesh.jobs.v1.PauseQueueRequest"].task = ANY
M["mesh.jobs.v1.PauseQueueRequest"].tenant = ANY
M["mesh.jobs.v1.PauseQueueRequest"].requestId = ANY
M["mesh.jobs.v1.PauseQueueRequest"].request_id = ANY
M["mesh.jobs.v1.PauseScheduleRequest"].name = ANY
M["mesh.jobs.v1.PauseScheduleRequest"].reason = ANY
M["mesh.jobs.v1.PauseScheduleRequest"].requestId = ANY
M["mesh.jobs.v1.PauseScheduleRequest"].request_id = ANY
M["mesh.jobs.v1.PreviewScheduleRequest"].timing = M["mesh.jobs.v1.Timing"]
M["mesh.jobs.v1.PreviewScheduleRequest"].startTime = ANY
M["mesh.jobs.v1.PreviewScheduleRequest"].start_time = ANY
M["mesh.jobs.v1.PreviewScheduleRequest"].count = ANY
M["mesh.jobs.v1.PreviewScheduleRequest"].requestId = ANY
M["mesh.jobs.v1.PreviewScheduleRequest"].request_id = ANY
M["mesh.jobs.v1.Queue"].name = ANY
M["mesh.jobs.v1.Queue"].maxRunning = ANY
M["mesh.jobs.v1.Queue"].max_running = ANY
M["mesh.jobs.v1.Queue"].maxRunningPerKey = ANY
M["mesh.jobs.v1.Queue"].max_running_per_key = ANY
M["mesh.jobs.v1.Queue"].maxRunningPerTenant = ANY
M["mesh.jobs.v1.Queue"].max_running_per_tenant = ANY
M["mesh.jobs.v1.Queue"].maxStartsPerSecond = ANY
M["mesh.jobs.v1.Queue"].max_starts_per_second = ANY
M["mesh.jobs.v1.Queue"].tenantWeights = ANY
M["mesh.jobs.v1.Queue"].tenant_weights = ANY
M["mesh.jobs.v1.Queue"].maxWaiting = ANY
M["mesh.jobs.v1.Queue"].max_waiting = ANY
M["mesh.jobs.v1.Queue"].pauses = M["mesh.jobs.v1.Pause"]
M["mesh.jobs.v1.Queue"].drainReason = ANY
M["mesh.jobs.v1.Queue"].drain_reason = ANY
M["mesh.jobs.v1.Queue"].updateTime = ANY
M["mesh.jobs.v1.Queue"].update_time = ANY
M["mesh.jobs.v1.RedriveJobsRequest"].jobs = ANY
M["mesh.jobs.v1.RedriveJobsRequest"].fingerprint = ANY
M["mesh.jobs.v1.RedriveJobsRequest"].perSecond = ANY
M["mesh.jobs.v1.RedriveJobsRequest"].per_second = ANY
M["mesh.jobs.v1.RedriveJobsRequest"].requestId = ANY
M["mesh.jobs.v1.RedriveJobsRequest"].request_id = ANY
M["mesh.jobs.v1.ResumeQueueRequest"].name = ANY
M["mesh.jobs.v1.ResumeQueueRequest"].task = ANY
M["mesh.jobs.v1.ResumeQueueRequest"].tenant = ANY
M["mesh.jobs.v1.ResumeQueueRequest"].requestId = ANY
M["mesh.jobs.v1.ResumeQueueRequest"].request_id = ANY
M["mesh.jobs.v1.ResumeScheduleRequest"].name = ANY
M["mesh.jobs.v1.ResumeScheduleRequest"].requestId = ANY
M["mesh.jobs.v1.ResumeScheduleRequest"].request_id = ANY
M["mesh.jobs.v1.RetryPolicy"].maxAttempts = ANY
M["mesh.jobs.v1.RetryPolicy"].max_attempts = ANY
M["mesh.jobs.v1.RetryPolicy"].initialDelay = ANY
M["mesh.jobs.v1.RetryPolicy"].initial_delay = ANY
M["mesh.jobs.v1.RetryPolicy"].maxDelay = ANY
M["mesh.jobs.v1.RetryPolicy"].max_delay = ANY
M["mesh.jobs.v1.RpcTarget"].method = ANY
M["mesh.jobs.v1.RpcTarget"].request = ANY
M["mesh.jobs.v1.RunJobRequest"].name = ANY
M["mesh.jobs.v1.RunJobRequest"].requestId = ANY
M["mesh.jobs.v1.RunJobRequest"].request_id = ANY
M["mesh.jobs.v1.Schedule"].name = ANY
M["mesh.jobs.v1.Schedule"].timing = M["mesh.jobs.v1.Timing"]
M["mesh.jobs.v1.Schedule"].spec = M["mesh.jobs.v1.JobSpec"]
M["mesh.jobs.v1.Schedule"].overlap = ANY
M["mesh.jobs.v1.Schedule"].missed = ANY
M["mesh.jobs.v1.Schedule"].catchUpWindow = ANY
M["mesh.jobs.v1.Schedule"].catch_up_window = ANY
M["mesh.jobs.v1.Schedule"].jitter = ANY
M["mesh.jobs.v1.Schedule"].pauseOnFailure = ANY
M["mesh.jobs.v1.Schedule"].pause_on_failure = ANY
M["mesh.jobs.v1.Schedule"].pauseReason = ANY
M["mesh.jobs.v1.Schedule"].pause_reason = ANY
M["mesh.jobs.v1.Schedule"].paused = ANY
M["mesh.jobs.v1.Schedule"].nextFireTime = ANY
M["mesh.jobs.v1.Schedule"].next_fire_time = ANY
M["mesh.jobs.v1.Schedule"].lastFireTime = ANY
M["mesh.jobs.v1.Schedule"].last_fire_time = ANY
M["mesh.jobs.v1.Schedule"].firedCount = ANY
M["mesh.jobs.v1.Schedule"].fired_count = ANY
M["mesh.jobs.v1.Schedule"].skippedCount = ANY
M["mesh.jobs.v1.Schedule"].skipped_count = ANY
M["mesh.jobs.v1.Schedule"].createTime = ANY
M["mesh.jobs.v1.Schedule"].create_time = ANY
M["mesh.jobs.v1.TaskTarget"].task = ANY
M["mesh.jobs.v1.TaskTarget"].payload = ANY
M["mesh.jobs.v1.Timing"].cron = ANY
M["mesh.jobs.v1.Timing"].interval = ANY
M["mesh.jobs.v1.Timing"].onceTime = ANY
M["mesh.jobs.v1.Timing"].once_time = ANY
M["mesh.jobs.v1.Timing"].timeZone = ANY
M["mesh.jobs.v1.Timing"].time_zone = ANY
M["mesh.jobs.v1.Timing"].startTime = ANY
M["mesh.jobs.v1.Timing"].start_time = ANY
M["mesh.jobs.v1.Timing"].endTime = ANY
M["mesh.jobs.v1.Timing"].end_time = ANY
M["mesh.jobs.v1.Timing"].excludedDates = ANY
M["mesh.jobs.v1.Timing"].excluded_dates = ANY
M["mesh.jobs.v1.Timing"].excludedWeekdays = ANY
M["mesh.jobs.v1.Timing"].excluded_weekdays = ANY
M["mesh.jobs.v1.UniqueKey"].key = ANY
M["mesh.jobs.v1.UniqueKey"].onConflict = ANY
M["mesh.jobs.v1.UniqueKey"].on_conflict = ANY
M["mesh.jobs.v1.UpdateJobRequest"].job = M["mesh.jobs.v1.Job"]
M["mesh.jobs.v1.UpdateJobRequest"].updateMask = ANY
M["mesh.jobs.v1.UpdateJobRequest"].update_mask = ANY
M["mesh.jobs.v1.UpdateJobRequest"].requestId = ANY
M["mesh.jobs.v1.UpdateJobRequest"].request_id = ANY
M["mesh.jobs.v1.UpdateQueueRequest"].queue = M["mesh.jobs.v1.Queue"]
M["mesh.jobs.v1.UpdateQueueRequest"].updateMask = ANY
M["mesh.jobs.v1.UpdateQueueRequest"].update_mask = ANY
M["mesh.jobs.v1.UpdateQueueRequest"].requestId = ANY
M["mesh.jobs.v1.UpdateQueueRequest"].request_id = ANY
M["mesh.jobs.v1.UpdateScheduleRequest"].schedule = M["mesh.jobs.v1.Schedule"]
M["mesh.jobs.v1.UpdateScheduleRequest"].updateMask = ANY
M["mesh.jobs.v1.UpdateScheduleRequest"].update_mask = ANY
M["mesh.jobs.v1.UpdateScheduleRequest"].requestId = ANY
M["mesh.jobs.v1.UpdateScheduleRequest"].request_id = ANY
M["mesh.jobs.v1.Workflow"].name = ANY
M["mesh.jobs.v1.Workflow"].displayName = ANY
M["mesh.jobs.v1.Workflow"].display_name = ANY
M["mesh.jobs.v1.Workflow"].steps = M["mesh.jobs.v1.WorkflowStep"]
M["mesh.jobs.v1.Workflow"].openCount = ANY
M["mesh.jobs.v1.Workflow"].open_count = ANY
M["mesh.jobs.v1.Workflow"].createTime = ANY
M["mesh.jobs.v1.Workflow"].create_time = ANY
M["mesh.jobs.v1.WorkflowStep"].stepId = ANY
M["mesh.jobs.v1.WorkflowStep"].step_id = ANY
M["mesh.jobs.v1.WorkflowStep"].spec = M["mesh.jobs.v1.JobSpec"]
M["mesh.jobs.v1.WorkflowStep"].job = ANY
M["mesh.jobs.v1.WorkflowStep"].state = ANY
M["mesh.ratelimit.v1.AccessRule"].name = ANY
M["mesh.ratelimit.v1.AccessRule"].effect = ANY
M["mesh.ratelimit.v1.AccessRule"].cidr = ANY
M["mesh.ratelimit.v1.AccessRule"].key = ANY
M["mesh.ratelimit.v1.AccessRule"].subject = ANY
M["mesh.ratelimit.v1.AccessRule"].reason = ANY
M["mesh.ratelimit.v1.AccessRule"].expireTime = ANY
M["mesh.ratelimit.v1.AccessRule"].expire_time = ANY
M["mesh.ratelimit.v1.AccessRule"].penaltyRateLimit = ANY
M["mesh.ratelimit.v1.AccessRule"].penalty_rate_limit = ANY
M["mesh.ratelimit.v1.AccessRule"].etag = ANY
M["mesh.ratelimit.v1.AccessRule"].createTime = ANY
M["mesh.ratelimit.v1.AccessRule"].create_time = ANY
M["mesh.ratelimit.v1.AccessRule"].updateTime = ANY
M["mesh.ratelimit.v1.AccessRule"].update_time = ANY
M["mesh.ratelimit.v1.Adaptive"].targetLatency = ANY
M["mesh.ratelimit.v1.Adaptive"].target_latency = ANY
M["mesh.ratelimit.v1.Adaptive"].maxErrorRatio = ANY
M["mesh.ratelimit.v1.Adaptive"].max_error_ratio = ANY
M["mesh.ratelimit.v1.Adaptive"].minFactor = ANY
M["mesh.ratelimit.v1.Adaptive"].min_factor = ANY
M["mesh.ratelimit.v1.CancelRequest"].reservationId = ANY
M["mesh.ratelimit.v1.CancelRequest"].reservation_id = ANY
M["mesh.ratelimit.v1.CancelRequest"].requestId = ANY
M["mesh.ratelimit.v1.CancelRequest"].request_id = ANY
M["mesh.ratelimit.v1.CheckRequest"].descriptors = M["mesh.ratelimit.v1.Descriptor"]
M["mesh.ratelimit.v1.CheckRequest"].maxDelay = ANY
M["mesh.ratelimit.v1.CheckRequest"].max_delay = ANY
M["mesh.ratelimit.v1.CheckRequest"].requestId = ANY
M["mesh.ratelimit.v1.CheckRequest"].request_id = ANY
M["mesh.ratelimit.v1.CommitRequest"].reservationId = ANY
M["mesh.ratelimit.v1.CommitRequest"].reservation_id = ANY
M["mesh.ratelimit.v1.CommitRequest"].units = ANY
M["mesh.ratelimit.v1.CommitRequest"].requestId = ANY
M["mesh.ratelimit.v1.CommitRequest"].request_id = ANY
M["mesh.ratelimit.v1.CreateAccessRuleRequest"].accessRuleId = ANY
M["mesh.ratelimit.v1.CreateAccessRuleRequest"].access_rule_id = ANY
M["mesh.ratelimit.v1.CreateAccessRuleRequest"].accessRule = M["mesh.ratelimit.v1.AccessRule"]
M["mesh.ratelimit.v1.CreateAccessRuleRequest"].access_rule = M["mesh.ratelimit.v1.AccessRule"]
M["mesh.ratelimit.v1.CreateAccessRuleRequest"].requestId = ANY
M["mesh.ratelimit.v1.CreateAccessRuleRequest"].request_id = ANY
M["mesh.ratelimit.v1.CreateRateLimitRequest"].rateLimitId = ANY
M["mesh.ratelimit.v1.CreateRateLimitRequest"].rate_limit_id = ANY
M["mesh.ratelimit.v1.CreateRateLimitRequest"].rateLimit = M["mesh.ratelimit.v1.RateLimit"]
M["mesh.ratelimit.v1.CreateRateLimitRequest"].rate_limit = M["mesh.ratelimit.v1.RateLimit"]
M["mesh.ratelimit.v1.CreateRateLimitRequest"].requestId = ANY
M["mesh.ratelimit.v1.CreateRateLimitRequest"].request_id = ANY
M["mesh.ratelimit.v1.Descriptor"].entries = ANY
M["mesh.ratelimit.v1.Descriptor"].units = ANY
M["mesh.ratelimit.v1.Penalty"].denials = ANY
M["mesh.ratelimit.v1.Penalty"].addresses = ANY
M["mesh.ratelimit.v1.Penalty"].window = ANY
M["mesh.ratelimit.v1.Penalty"].block = ANY
M["mesh.ratelimit.v1.RateLimit"].name = ANY
M["mesh.ratelimit.v1.RateLimit"].displayName = ANY
M["mesh.ratelimit.v1.RateLimit"].display_name = ANY
M["mesh.ratelimit.v1.RateLimit"].match = ANY
M["mesh.ratelimit.v1.RateLimit"].keys = ANY
M["mesh.ratelimit.v1.RateLimit"].base = ANY
M["mesh.ratelimit.v1.RateLimit"].tier = ANY
M["mesh.ratelimit.v1.RateLimit"].subject = ANY
M["mesh.ratelimit.v1.RateLimit"].algorithm = ANY
M["mesh.ratelimit.v1.RateLimit"].limit = ANY
M["mesh.ratelimit.v1.RateLimit"].window = ANY
M["mesh.ratelimit.v1.RateLimit"].calendar = ANY
M["mesh.ratelimit.v1.RateLimit"].timeZone = ANY
M["mesh.ratelimit.v1.RateLimit"].time_zone = ANY
M["mesh.ratelimit.v1.RateLimit"].burst = ANY
M["mesh.ratelimit.v1.RateLimit"].mode = ANY
M["mesh.ratelimit.v1.RateLimit"].outage = ANY
M["mesh.ratelimit.v1.RateLimit"].enforcement = ANY
M["mesh.ratelimit.v1.RateLimit"].penalty = M["mesh.ratelimit.v1.Penalty"]
M["mesh.ratelimit.v1.RateLimit"].adaptive = M["mesh.ratelimit.v1.Adaptive"]
M["mesh.ratelimit.v1.RateLimit"].reserved = M["mesh.ratelimit.v1.ReservedShare"]
M["mesh.ratelimit.v1.RateLimit"].maxSubjects = ANY
M["mesh.ratelimit.v1.RateLimit"].max_subjects = ANY
M["mesh.ratelimit.v1.RateLimit"].etag = ANY
M["mesh.ratelimit.v1.RateLimit"].createTime = ANY
M["mesh.ratelimit.v1.RateLimit"].create_time = ANY
M["mesh.ratelimit.v1.RateLimit"].updateTime = ANY
M["mesh.ratelimit.v1.RateLimit"].update_time = ANY
M["mesh.ratelimit.v1.ReserveRequest"].descriptors = M["mesh.ratelimit.v1.Descriptor"]
M["mesh.ratelimit.v1.ReserveRequest"].ttl = ANY
M["mesh.ratelimit.v1.ReserveRequest"].requestId = ANY
M["mesh.ratelimit.v1.ReserveRequest"].request_id = ANY
M["mesh.ratelimit.v1.ReservedShare"].critical = ANY
M["mesh.ratelimit.v1.ReservedShare"].normal = ANY
M["mesh.ratelimit.v1.ResetRequest"].descriptors = M["mesh.ratelimit.v1.Descriptor"]
M["mesh.ratelimit.v1.ResetRequest"].requestId = ANY
M["mesh.ratelimit.v1.ResetRequest"].request_id = ANY
M["mesh.ratelimit.v1.RollBackRateLimitRequest"].name = ANY
M["mesh.ratelimit.v1.RollBackRateLimitRequest"].version = ANY
M["mesh.ratelimit.v1.RollBackRateLimitRequest"].requestId = ANY
M["mesh.ratelimit.v1.RollBackRateLimitRequest"].request_id = ANY
M["mesh.ratelimit.v1.SimulateRateLimitRequest"].rateLimit = M["mesh.ratelimit.v1.RateLimit"]
M["mesh.ratelimit.v1.SimulateRateLimitRequest"].rate_limit = M["mesh.ratelimit.v1.RateLimit"]
M["mesh.ratelimit.v1.SimulateRateLimitRequest"].startTime = ANY
M["mesh.ratelimit.v1.SimulateRateLimitRequest"].start_time = ANY
M["mesh.ratelimit.v1.SimulateRateLimitRequest"].endTime = ANY
M["mesh.ratelimit.v1.SimulateRateLimitRequest"].end_time = ANY
M["mesh.ratelimit.v1.SimulateRateLimitRequest"].requestId = ANY
M["mesh.ratelimit.v1.SimulateRateLimitRequest"].request_id = ANY
M["mesh.ratelimit.v1.UpdateAccessRuleRequest"].accessRule = M["mesh.ratelimit.v1.AccessRule"]
M["mesh.ratelimit.v1.UpdateAccessRuleRequest"].access_rule = M["mesh.ratelimit.v1.AccessRule"]
M["mesh.ratelimit.v1.UpdateAccessRuleRequest"].updateMask = ANY
M["mesh.ratelimit.v1.UpdateAccessRuleRequest"].update_mask = ANY
M["mesh.ratelimit.v1.UpdateAccessRuleRequest"].requestId = ANY
M["mesh.ratelimit.v1.UpdateAccessRuleRequest"].request_id = ANY
M["mesh.ratelimit.v1.UpdateRateLimitRequest"].rateLimit = M["mesh.ratelimit.v1.RateLimit"]
M["mesh.ratelimit.v1.UpdateRateLimitRequest"].rate_limit = M["mesh.ratelimit.v1.RateLimit"]
M["mesh.ratelimit.v1.UpdateRateLimitRequest"].updateMask = ANY
M["mesh.ratelimit.v1.UpdateRateLimitRequest"].update_mask = ANY
M["mesh.ratelimit.v1.UpdateRateLimitRequest"].requestId = ANY
M["mesh.ratelimit.v1.UpdateRateLimitRequest"].request_id = ANY
local ROUTES = { ["v1"] = { ["accessRules"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.ratelimit.v1.AccessRule"], ["within"] = "access_rule" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.ratelimit.v1.AccessRule"], ["within"] = "access_rule" } } } }, ["apiKeys"] = { ["*"] = { [":"] = { ["rotate"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.identity.v1.RotateApiKeyRequest"], ["within"] = "" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.identity.v1.CreateApiKeyRequest"], ["within"] = "" } } } }, ["events"] = { [":"] = { ["publish"] = { ["POST"] = { ["limit"] = 4194304, ["public"] = false, ["shape"] = M["mesh.events.v1.PublishEventsRequest"], ["within"] = "" } } } }, ["jobs"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.Job"], ["within"] = "job" } }, ["cancel"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.CancelJobRequest"], ["within"] = "" } }, ["run"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.RunJobRequest"], ["within"] = "" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.CreateJobRequest"], ["within"] = "" } }, ["batchCreate"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.BatchCreateJobsRequest"], ["within"] = "" } }, ["redrive"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.RedriveJobsRequest"], ["within"] = "" } } } }, ["jwks"] = { [":"] = { ["rotate"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.identity.v1.RotateSigningKeyRequest"], ["within"] = "" } } } }, ["products"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.Product"], ["within"] = "product" } } }, ["levels"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.StockLevel"], ["within"] = "stock_level" } } } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.Product"], ["within"] = "product" } } } }, ["queues"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.Queue"], ["within"] = "queue" } }, ["drain"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.DrainQueueRequest"], ["within"] = "" } }, ["pause"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.PauseQueueRequest"], ["within"] = "" } }, ["resume"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.ResumeQueueRequest"], ["within"] = "" } } } } }, ["rateLimits"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.ratelimit.v1.RateLimit"], ["within"] = "rate_limit" } }, ["rollBack"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.ratelimit.v1.RollBackRateLimitRequest"], ["within"] = "" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.ratelimit.v1.RateLimit"], ["within"] = "rate_limit" } }, ["cancel"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.ratelimit.v1.CancelRequest"], ["within"] = "" } }, ["check"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.ratelimit.v1.CheckRequest"], ["within"] = "" } }, ["commit"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.ratelimit.v1.CommitRequest"], ["within"] = "" } }, ["reserve"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.ratelimit.v1.ReserveRequest"], ["within"] = "" } }, ["reset"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.ratelimit.v1.ResetRequest"], ["within"] = "" } }, ["simulate"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.ratelimit.v1.SimulateRateLimitRequest"], ["within"] = "" } } } }, ["reservations"] = { ["*"] = { [":"] = { ["cancel"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.CancelReservationRequest"], ["within"] = "" } }, ["confirm"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.ConfirmReservationRequest"], ["within"] = "" } }, ["extend"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.ExtendReservationRequest"], ["within"] = "" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.CreateReservationRequest"], ["within"] = "" } } } }, ["schedules"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.Schedule"], ["within"] = "schedule" } }, ["backfill"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.BackfillScheduleRequest"], ["within"] = "" } }, ["pause"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.PauseScheduleRequest"], ["within"] = "" } }, ["resume"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.ResumeScheduleRequest"], ["within"] = "" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.Schedule"], ["within"] = "schedule" } }, ["preview"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.PreviewScheduleRequest"], ["within"] = "" } } } }, ["sessions"] = { [":"] = { [""] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.CreateSessionRequest"], ["within"] = "" } }, ["refresh"] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.RefreshSessionRequest"], ["within"] = "" } }, ["revoke"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.identity.v1.RevokeSessionsRequest"], ["within"] = "" } } } }, ["stock"] = { [":"] = { ["adjust"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.AdjustStockRequest"], ["within"] = "" } }, ["batchAdjust"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.BatchAdjustStockRequest"], ["within"] = "" } }, ["repair"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.RepairStockRequest"], ["within"] = "" } } } }, ["stockAlerts"] = { ["*"] = { [":"] = { ["acknowledge"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.AcknowledgeStockAlertRequest"], ["within"] = "" } }, ["resolve"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.ResolveStockAlertRequest"], ["within"] = "" } }, ["snooze"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.SnoozeStockAlertRequest"], ["within"] = "" } } } } }, ["subscriptions"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.Subscription"], ["within"] = "subscription" } }, ["acknowledge"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.AcknowledgeRequest"], ["within"] = "" } }, ["pull"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.PullRequest"], ["within"] = "" } }, ["seek"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.SeekSubscriptionRequest"], ["within"] = "" } } }, ["deadLetters"] = { [":"] = { ["discard"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.DiscardDeadLettersRequest"], ["within"] = "" } }, ["redrive"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.RedriveDeadLettersRequest"], ["within"] = "" } } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.Subscription"], ["within"] = "subscription" } } } }, ["topics"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.Topic"], ["within"] = "topic" } } } } }, ["transfers"] = { ["*"] = { [":"] = { ["cancel"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.CancelTransferRequest"], ["within"] = "" } }, ["receive"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.ReceiveTransferRequest"], ["within"] = "" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.CreateTransferRequest"], ["within"] = "" } } } }, ["users"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.identity.v1.User"], ["within"] = "user" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.CreateUserRequest"], ["within"] = "" } }, ["requestEmailVerification"] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.RequestEmailVerificationRequest"], ["within"] = "" } }, ["requestPasswordReset"] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.RequestPasswordResetRequest"], ["within"] = "" } }, ["resetPassword"] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.ResetPasswordRequest"], ["within"] = "" } }, ["verifyEmail"] = { ["POST"] = { ["limit"] = 65536, ["public"] = true, ["shape"] = M["mesh.identity.v1.VerifyEmailRequest"], ["within"] = "" } } }, ["me"] = { [":"] = { ["changePassword"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.identity.v1.ChangePasswordRequest"], ["within"] = "" } } } } }, ["warehouses"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.Warehouse"], ["within"] = "warehouse" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.inventory.v1.Warehouse"], ["within"] = "warehouse" } } } }, ["webhooks"] = { ["*"] = { [":"] = { [""] = { ["PATCH"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.Webhook"], ["within"] = "webhook" } }, ["replay"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.ReplayWebhookRequest"], ["within"] = "" } }, ["rotateSecret"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.RotateWebhookSecretRequest"], ["within"] = "" } }, ["test"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.TestWebhookRequest"], ["within"] = "" } } }, ["deadLetters"] = { [":"] = { ["discard"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.DiscardDeadLettersRequest"], ["within"] = "" } }, ["redrive"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.RedriveDeadLettersRequest"], ["within"] = "" } } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.events.v1.Webhook"], ["within"] = "webhook" } } } }, ["workflows"] = { ["*"] = { [":"] = { ["cancel"] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.CancelWorkflowRequest"], ["within"] = "" } } } }, [":"] = { [""] = { ["POST"] = { ["limit"] = 1048576, ["public"] = false, ["shape"] = M["mesh.jobs.v1.Workflow"], ["within"] = "workflow" } } } } } }
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
