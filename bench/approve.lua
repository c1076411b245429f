-- POST /api/agent/v1/tickets/:id/approve with a payout, each ticket once.
-- BENCH_PAIRS: a file with "ticket key" per line; a pair is used once, and when none is left the run ends and says so.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")
local pairs_left, next_one = {}, 0

function init()
  pairs_left = common.lines(common.env("PAIRS"), true)
end

function request()
  common.mark_start()
  next_one = next_one + 1
  local pair = pairs_left[next_one]
  if not pair then return common.run_out() end
  local ticket, key = pair:match("^(%S+) (%S+)$")
  return common.post("/api/agent/v1/tickets/" .. ticket .. "/approve", key, '{"action":"approve","payout_cents":100}')
end
