-- POST /api/agent/v1/tickets, by the owners of several projects in turns.
-- BENCH_OWNERS: a file with "project key" per line.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")
local requests, next_one = {}, 0
local text = '","title":"Implement the endpoint","description":"With tests, documentation and a short text.","priority":"high"}'

function init()
  for _, line in ipairs(common.lines(common.env("OWNERS"))) do
    local project, key = line:match("^(%S+) (%S+)$")
    requests[#requests + 1] = common.post("/api/agent/v1/tickets", key, '{"project_id":"' .. project .. text)
  end
end

function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end
