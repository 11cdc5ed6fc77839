--- What messages of gRPC look like: a file of the playbook's folder that `protoc --descriptor_set_out --include_imports` made, or a
--- .proto file, which protoc compiles here. Workers get bytes and read no file.
local M = {}

local SET_MAX, SECONDS = 16 << 20, 20

local function invalid(what, why) error({ code = "invalid", message = ("%s: descriptors: %s"):format(what, why) }, 0) end

--- Whether protoc compiled; raises where it cannot be asked.
local function compile(source, into, what)
  local program = require "perilune.core.program"
  local from = source:match("^(.*)/[^/]*$") or "."
  local number = program.start("protoc", "--include_imports", "--proto_path=" .. from, "--descriptor_set_out=" .. into, source)
  if not number then invalid(what, "there is no protoc here to compile " .. source .. ": install protobuf-compiler, or name a file made by protoc --include_imports --descriptor_set_out") end
  return (program.wait(number, SECONDS) or invalid(what, ("protoc does not end within %d s"):format(SECONDS))) == 0
end

--- The bytes of a FileDescriptorSet.
---@param name string|nil a file of the folder
---@param what string for messages
---@param place string the playbook's folder
---@return string|nil
function M.read(name, what, place)
  if name == nil then return nil end
  local folder = require "perilune.folder" -- files are read on the control side alone
  if not name:match("%.proto$") then return folder.read(place, name, "descriptors", SET_MAX) end
  local file = require "perilune.core.file"
  local source = folder.path(place, name, "descriptors")
  local into = assert(file.temporary())
  local asked, good = pcall(compile, source, into, what)
  local set = asked and good and file.read(into, SET_MAX)
  file.remove(into)
  if not asked then error(good, 0) end
  if not set then invalid(what, ("protoc cannot compile %s; run protoc --descriptor_set_out=/dev/null %s to see why"):format(name, name)) end
  return set
end

return M
