-- What the wrk scripts beside this one share: which part of the work a thread takes, what happens when the work runs
-- out, and the one line of results that `cargo xtask bench` reads.
--
-- wrk runs every script once in its main state (setup, done) and once per thread (init, request); only simple values
-- cross over, by thread:set and thread:get. Settings come in as environment variables named BENCH_*.

local ffi = require("ffi")
ffi.cdef [[
typedef struct { long seconds; long nanoseconds; } bench_time;
int clock_gettime(int clock, bench_time *now);
]]

local common = {}
local threads = {}

-- Read by done() through thread:get, hence global. Microseconds on the monotonic clock.
started_at, finished_at, exhausted = 0, 0, 0

local function now_us()
  local now = ffi.new("bench_time")
  ffi.C.clock_gettime(1, now)
  return tonumber(now.seconds) * 1000000 + tonumber(now.nanoseconds) / 1000
end

function common.env(name)
  local value = os.getenv("BENCH_" .. name)
  if not value then error("BENCH_" .. name .. " is not set") end
  return value
end

-- All lines of a file, or with `share` only those of this thread.
function common.lines(path, share)
  local count, found, number = tonumber(common.env("THREADS")), {}, 0
  for line in io.lines(path) do
    if not share or number % count == thread_index then found[#found + 1] = line end
    number = number + 1
  end
  return found
end

-- Must be called at the start of every request().
function common.mark_start()
  if started_at == 0 then started_at = now_us() end
end

-- Ends this thread early. What it returns is written by wrk but never answered, so it counts nowhere.
function common.run_out()
  if exhausted == 0 then
    exhausted, finished_at = 1, now_us()
    wrk.thread:stop()
  end
  return "GET /healthz HTTP/1.1\r\nHost: bench\r\n\r\n"
end

-- Sends to one path by the owners of several projects in turns (BENCH_OWNERS: "project key" per line): a body that begins
-- with the project, and goes on with `rest`.
function common.by_owners(path, rest)
  local requests, next_one = {}, 0
  function init()
    for _, line in ipairs(common.lines(common.env("OWNERS"))) do
      local project, key = line:match("^(%S+) (%S+)$")
      requests[#requests + 1] = common.post(path, key, '{"project_id":"' .. project .. rest)
    end
  end
  function request()
    next_one = next_one % #requests + 1
    return requests[next_one]
  end
end

-- Sends what `make` makes of a word that was never used before, nor in another run (BENCH_TAG tells them apart).
function common.each_new(make)
  local prefix, counter
  function init()
    prefix, counter = common.env("TAG") .. "t" .. thread_index .. "n", 0
  end
  function request()
    counter = counter + 1
    return make(prefix .. counter)
  end
end

-- Sends what `make` makes of each pair (BENCH_PAIRS: "id key" per line) once; when none is left the run ends and says so.
-- All are made before the run begins, so that the sender does not compete with the server for the cores.
function common.each_once(make)
  local requests, next_one = {}, 0
  function init()
    requests = common.lines(common.env("PAIRS"), true)
    for number, pair in ipairs(requests) do
      requests[number] = make(pair:match("^(%S+) (%S+)$"))
    end
  end
  function request()
    common.mark_start()
    next_one = next_one + 1
    return requests[next_one] or common.run_out()
  end
end

function common.post(path, key, body)
  local head = "POST " .. path .. " HTTP/1.1\r\nHost: bench\r\n"
  if key then head = head .. "Authorization: Bearer " .. key .. "\r\n" end
  if not body then return head .. "\r\n" end
  return head .. "Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n\r\n" .. body
end

function setup(thread)
  thread:set("thread_index", #threads)
  threads[#threads + 1] = thread
end

-- How long requests were really sent: the whole run, or until the first thread had nothing left.
local function active_us(summary)
  local active, ran_out = summary.duration, 0
  for _, thread in ipairs(threads) do
    if thread:get("exhausted") == 1 then
      ran_out = ran_out + 1
      active = math.min(active, thread:get("finished_at") - thread:get("started_at"))
    end
  end
  return active, ran_out
end

function done(summary, latency)
  local active, ran_out = active_us(summary)
  local errors = summary.errors
  io.write(string.format(
    'BENCH {"requests":%d,"active_us":%d,"p50_us":%d,"p99_us":%d,"refused":%d,"broken":%d,"exhausted":%d}\n',
    summary.requests, active, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout, ran_out))
end

return common
