-- POST /v1/tasks, a draft with a new title each time. BENCH_KEY: whose. BENCH_TAG: what makes the titles of this run different.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")
local key, prefix, counter

function init()
  key, prefix, counter = common.env("KEY"), common.env("TAG") .. "t" .. thread_index .. "n", 0
end

function request()
  counter = counter + 1
  local body = '{"draft":true,"assignTo":"dev","title":"' .. prefix .. counter .. '","description":"Write it down, with a reason."}'
  return common.post("/v1/tasks", key, body)
end
