-- The same GET over and over; the path is in the URL. Without request() wrk sends a prepared buffer: the cheapest client there is.
dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")
