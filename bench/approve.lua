-- POST /api/agent/v1/tickets/:id/approve with a payout, each ticket once.
-- BENCH_PAIRS: a file with "ticket key" per line.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")

common.each_once(function(ticket, key)
  return common.post("/api/agent/v1/tickets/" .. ticket .. "/approve", key, '{"action":"approve","payout_cents":100}')
end)
