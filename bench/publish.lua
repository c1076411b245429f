-- POST /api/v1/agent/tasks with escrow and a schema of ten properties, by several publishers in turns.
-- BENCH_OWNERS: a key per line. BENCH_BODY: the body.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")

local requests, next_one = {}, 0
function init()
  for _, key in ipairs(common.lines(common.env("OWNERS"))) do
    requests[#requests + 1] = common.post("/api/v1/agent/tasks", key, common.env("BODY"))
  end
end
function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end
