-- POST /api/auth/register, a new username each time. BENCH_TAG: what makes the names of this run different from all others.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")

common.each_new(function(name)
  return common.post("/api/auth/register", nil, '{"username":"' .. name .. '"}')
end)
