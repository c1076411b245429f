-- POST /api/auth/register, a new username each time. BENCH_TAG: what makes the names of this run different from all others.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")
local prefix, counter

function init()
  prefix, counter = common.env("TAG") .. "t" .. thread_index .. "n", 0
end

function request()
  counter = counter + 1
  return common.post("/api/auth/register", nil, '{"username":"' .. prefix .. counter .. '"}')
end
