-- POST /api/v1/agent/tasks/:id/accept, which settles, each task once.
-- BENCH_PAIRS: a file with "task key" per line, the key of the publisher.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")

common.each_once(function(task, key)
  return common.post("/api/v1/agent/tasks/" .. task .. "/accept", key, "{}")
end)
