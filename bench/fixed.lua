-- The same GET over and over; the path is in the URL. Without request() wrk sends a prepared buffer: the cheapest client there is.
-- BENCH_KEY, when there is one: whose request it is.
dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")
local key = os.getenv("BENCH_KEY")
if key then wrk.headers["Authorization"] = "Bearer " .. key end
