-- POST /api/projects/:id/vote, walking over all pairs of agent and project; after a full round the same vote is taken back.
-- BENCH_AGENTS, BENCH_PROJECTS: files with one key, one project id per line. BENCH_START: where in the walk this run begins.
local common = dofile(os.getenv("BENCH_SCRIPTS") .. "/common.lua")
local agents, projects, step = {}, {}, 0

function init()
  agents = common.lines(common.env("AGENTS"), true)
  projects = common.lines(common.env("PROJECTS"))
  step = tonumber(common.env("START"))
end

function request()
  local agent = step % #agents
  local project = (step + math.floor(step / #agents)) % #projects
  step = step + 1
  return common.post("/api/projects/" .. projects[project + 1] .. "/vote", agents[agent + 1], '{"value":1}')
end
