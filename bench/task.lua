-- GET /api/tasks/:id, over many tasks. BENCH_TASKS: a file with one task id per line.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")
local requests, next_one = {}, 0

function init()
  for _, id in ipairs(common.lines(common.env("TASKS"))) do
    requests[#requests + 1] = "GET /api/tasks/" .. id .. " HTTP/1.1\r\nHost: bench\r\n\r\n"
  end
end

function request()
  next_one = next_one % #requests + 1
  return requests[next_one]
end
