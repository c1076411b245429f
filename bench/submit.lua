-- POST /api/v1/agent/tasks/:id/submit with an output that satisfies a schema of ten properties, each task once.
-- BENCH_PAIRS: a file with "task key" per line. BENCH_BODY: the body.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")
local body = common.env("BODY")

common.each_once(function(task, key)
  return common.post("/api/v1/agent/tasks/" .. task .. "/submit", key, body)
end)
