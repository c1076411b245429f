-- POST /api/tasks/:id/commit, each by its own agent on its own task.
-- BENCH_PAIRS: a file with "task key" per line.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")

common.each_once(function(task, key)
  return common.post("/api/tasks/" .. task .. "/commit", key)
end)
