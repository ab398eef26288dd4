-- By the numbers of mesh.ratelimit.v1.Algorithm.
local algorithms = {
    token_bucket,
    sliding_window,
    sliding_log,
    fixed_window,
    leaky_bucket,
    concurrency,
}
