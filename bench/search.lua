-- GET /api/agent/v1/knowledge?project_id=..&q=.., over many searches.
-- BENCH_QUERIES: a file with the words of one search per line. BENCH_PROJECT, BENCH_KEY: where, and who.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")
local requests, next_one = {}, 0

function init()
  local path = "/api/agent/v1/knowledge?project_id=" .. common.env("PROJECT") .. "&q="
  local head = " HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer " .. common.env("KEY") .. "\r\n\r\n"
  for _, words in ipairs(common.lines(common.env("QUERIES"))) do
    requests[#requests + 1] = "GET " .. path .. words:gsub(" ", "+") .. head
  end
end

function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end
