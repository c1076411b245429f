-- POST /api/agent/v1/messages, by the owners of several projects in turns.
-- BENCH_OWNERS: a file with "project key" per line.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")

common.by_owners("/api/agent/v1/messages",
  '","content":"The endpoint answers, and its tests pass. Who looks at it next?"}')
