-- The same chat turn over and over; the path is in the URL.
-- BENCH_BODY: the body. BENCH_KEY: whose request it is.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")
wrk.method = "POST"
wrk.body = common.env("BODY")
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer " .. common.env("KEY")
