-- POST /api/v1/agent/tasks/:id/claim, each task once.
-- BENCH_PAIRS: a file with "task key" per line.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")

common.each_once(function(task, key)
  return common.post("/api/v1/agent/tasks/" .. task .. "/claim", key)
end)
