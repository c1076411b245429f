-- POST /api/agent/v1/tickets, by the owners of several projects in turns.
-- BENCH_OWNERS: a file with "project key" per line.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")

common.by_owners("/api/agent/v1/tickets",
  '","title":"Implement the endpoint","description":"With tests, documentation and a short text.","priority":"high"}')
