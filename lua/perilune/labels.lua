--- Labels that a run has without being told: the machine, the commit and branch of the playbook's working tree, the CI job.
local engine = require "perilune.core.engine"
local file = require "perilune.core.file"
local program = require "perilune.core.program"
local task = require "perilune.task"

local M = {}

local GIT_SECONDS = 2 -- what git has not told by then is not known
local GIT = { "git", "--no-optional-locks", "-c", "core.fsmonitor=" } -- writes nothing, starts no program of the repository's
local CHANGES = { "diff", "--quiet", "--no-ext-diff", "--no-textconv", "HEAD", "--" }

local MOST = 4 * 1024 * 1024 -- bytes of a file of git's

local function line_of(path)
  local text = file.read(path, MOST)
  return text and text:match("^([^\r\n]*)")
end

--- The git folder of the tree that holds `folder`, and the one that worktrees of it share.
local function git_folders(folder)
  local found = file.find_upward(".git", folder)
  if not found then return nil end
  if file.exists(found) == "directory" then return found, found end
  local link = (line_of(found) or ""):match("^gitdir: (.+)$")
  if not link then return nil end
  local own = link:match("^/") and link or found:match("^(.*)/") .. "/" .. link
  local shared = line_of(own .. "/commondir")
  if not shared then return own, own end
  return own, shared:match("^/") and shared or own .. "/" .. shared
end

local function is_commit(text)
  return text and #text >= 40 and text:match("^%x+$") and text or nil
end

local function packed(shared, ref)
  local text = file.read(shared .. "/packed-refs", MOST) or ""
  for line in text:gmatch("[^\n]+") do
    local commit, name = line:match("^(%x+) (%S+)$")
    if name == ref then return commit end
  end
end

--- Commit and branch of the working tree that holds a folder; nil for what is not known. Reads git's files; runs nothing.
---@param folder string
---@return string|nil commit
---@return string|nil branch
function M.git(folder)
  local own, shared = git_folders(folder)
  local head = own and line_of(own .. "/HEAD")
  if not head then return nil end
  local ref = head:match("^ref: (refs/.+)$")
  if not ref then return is_commit(head) end
  local commit = is_commit(line_of(own .. "/" .. ref)) or is_commit(line_of(shared .. "/" .. ref)) or is_commit(packed(shared, ref))
  return commit, ref:match("^refs/heads/(.+)$")
end

--- The exit code of a program, or nil where it does not start or takes too long.
local function exit_code(...)
  local number = program.start(...)
  local until_s = task.now() + GIT_SECONDS
  while number and task.now() < until_s do
    local code = program.ended(number)
    if code then return code end
    task.sleep(0.002)
  end
end

--- Whether tracked files of the working tree that holds a folder differ from its commit; nil where git cannot tell. Waits for git.
---@param folder string
---@return boolean|nil
function M.is_dirty(folder)
  local argv = { table.unpack(GIT) }
  table.move({ "-C", folder, table.unpack(CHANGES) }, 1, 2 + #CHANGES, #argv + 1, argv)
  local code = exit_code(table.unpack(argv))
  if code == 0 or code == 1 then return code == 1 end
end

local JOB_URLS = { "CI_JOB_URL", "BUILD_URL", "CIRCLE_BUILD_URL", "BUILDKITE_BUILD_URL" }
local BRANCHES = { "GITHUB_HEAD_REF", "GITHUB_REF_NAME", "CI_COMMIT_REF_NAME", "BRANCH_NAME", "CIRCLE_BRANCH", "BUILDKITE_BRANCH" }

local function first(settings, names)
  for _, name in ipairs(names) do
    if settings[name] and settings[name] ~= "" then return settings[name] end
  end
end

--- The page of the CI job, from what the host found in its environment.
---@param settings table
---@return string|nil
function M.job(settings)
  local server, repository, run = settings.GITHUB_SERVER_URL, settings.GITHUB_REPOSITORY, settings.GITHUB_RUN_ID
  if server and repository and run then return ("%s/%s/actions/runs/%s"):format(server, repository, run) end
  return first(settings, JOB_URLS)
end

--- All labels of a run; given ones win. dirty is there only where it is so.
---@param given table|nil
---@param machine table facts of this machine
---@param folder string of the playbook
---@return table<string, string>
function M.of(given, machine, folder)
  local settings = engine.options().settings
  local commit, branch = M.git(folder)
  local job = M.job(settings)
  local labels = { machine = machine.hostname, commit = commit, dirty = commit and M.is_dirty(folder) and "true" or nil,
    branch = branch or (job and first(settings, BRANCHES)) or nil, ci_url = job }
  for k, v in pairs(given or {}) do labels[k] = v end
  return labels
end

return M
