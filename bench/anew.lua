-- GET /api/tasks?limit=20, each time with another word that means nothing, so that no answer can be given again.
-- BENCH_TAG: what makes the words of this run different from all others.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")

common.each_new(function(word)
  return "GET /api/tasks?limit=20&anew=" .. word .. " HTTP/1.1\r\nHost: bench\r\n\r\n"
end)
