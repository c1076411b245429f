-- GET /api/tasks?limit=20, each time with another word that means nothing, so that no answer can be given again.
-- BENCH_TAG: what makes the words of this run different from all others.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")
local prefix, counter

function init()
  prefix, counter = common.env("TAG") .. "t" .. thread_index .. "n", 0
end

function request()
  counter = counter + 1
  return "GET /api/tasks?limit=20&anew=" .. prefix .. counter .. " HTTP/1.1\r\nHost: bench\r\n\r\n"
end
