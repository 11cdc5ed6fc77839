--- perilune completion SHELL: what a shell needs to complete commands, options and their values, from the option tables.
local dispatch = require "perilune.cmd.dispatch"
local engine = require "perilune.core.engine"
local options = require "perilune.options"

local M = {
  name = "completion", section = "About", about = "Completion for a shell: bash, zsh or fish.", usage = "perilune completion bash|zsh|fish",
  completes = { "bash", "zsh", "fish" },
  words = { "the shell: bash, zsh or fish" }, min = 1, max = 1, options = {},
  examples = { 'eval "$(perilune completion bash)"', "perilune completion zsh >~/.zfunc/_perilune",
    "perilune completion fish >~/.config/fish/completions/perilune.fish" },
}

local FILES = { FILE = true, DIR = true }

--- Commands with their shown options: { name, about, words or nil, options }.
local function commands()
  local list = {}
  for i, name in ipairs(dispatch.names()) do
    local command = dispatch.find(name)
    local shown = {}
    for _, group in ipairs { command.options or {}, options.shared(command) } do
      for _, o in ipairs(group) do
        if not o.hidden then shown[#shown + 1] = o end
      end
    end
    list[i] = { name = name, about = command.about, words = name == "help" and dispatch.names() or command.completes, options = shown }
  end
  return list
end

local function flags_of(command)
  local flags = {}
  for _, o in ipairs(command.options) do flags[#flags + 1] = "--" .. o.name end
  return table.concat(flags, " ")
end

local function names_of(list)
  local names = {}
  for i, c in ipairs(list) do names[i] = c.name end
  return table.concat(names, " ")
end

--- Cases of the option before the word: its choices, files, or nothing of ours. A shell's case that sets `values` or `files`.
local function value_cases(list, indent)
  local seen, out = {}, {}
  for _, c in ipairs(list) do
    for _, o in ipairs(c.options) do
      if o.value and not seen[o.name] then
        seen[o.name] = true
        local action = o.choices and ('values="%s"'):format(table.concat(o.choices, " ")) or FILES[o.value] and "files=1" or "values="
        out[#out + 1] = ("%s--%s) %s; return ;;"):format(indent, o.name, action)
      end
    end
  end
  return table.concat(out, "\n")
end

local function command_cases(list, indent)
  local out = {}
  for i, c in ipairs(list) do
    local words = c.words and ('values="%s"'):format(table.concat(c.words, " ")) or "files=1"
    out[i] = ('%s%s) flags="%s"; %s ;;'):format(indent, c.name, flags_of(c), words)
  end
  return table.concat(out, "\n")
end

--- A function of bash and zsh that sets flags, values and files for the command $1 after the word $2.
local CHOOSE = [[
_perilune_choose() {
  flags= values= files=
  case "$2" in
%s
  esac
  case "$1" in
    '') values="%s" ;;
%s
  esac
}
]]

local function choose(list)
  return CHOOSE:format(value_cases(list, "    "), names_of(list), command_cases(list, "    "))
end

local shells = {}

function shells.bash(list)
  return choose(list) .. [[
_perilune() {
  local word=${COMP_WORDS[COMP_CWORD]} before= command= flags values files
  if [ "$COMP_CWORD" -gt 1 ]; then command=${COMP_WORDS[1]} before=${COMP_WORDS[COMP_CWORD-1]}; fi
  _perilune_choose "$command" "$before"
  if [ "${word#-}" != "$word" ]; then values=$flags files=; fi
  COMPREPLY=($(compgen -W "$values" -- "$word"))
  if [ -n "$files" ]; then COMPREPLY+=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _perilune perilune
]]
end

function shells.zsh(list)
  return "#compdef perilune\n" .. choose(list) .. [[
_perilune() {
  local word=${words[CURRENT]} before= command= flags values files
  if [ "$CURRENT" -gt 2 ]; then command=${words[2]} before=${words[CURRENT-1]}; fi
  _perilune_choose "$command" "$before"
  if [ "${word#-}" != "$word" ]; then values=$flags files=; fi
  compadd -- ${=values}
  if [ -n "$files" ]; then _files; fi
}
if [ "$funcstack[1]" = _perilune ]; then _perilune "$@"; else compdef _perilune perilune; fi
]]
end

local function quoted(text) return "'" .. text:gsub("\\", "\\\\"):gsub("'", "\\'") .. "'" end

function shells.fish(list)
  local out = { "complete -c perilune -f" }
  for _, c in ipairs(list) do
    out[#out + 1] = ("complete -c perilune -n __fish_use_subcommand -a %s -d %s"):format(c.name, quoted(c.about))
    local condition = ("-n '__fish_seen_subcommand_from %s'"):format(c.name)
    if not c.words then out[#out + 1] = ("complete -c perilune %s -F"):format(condition) end
    if c.words and #c.words > 0 then out[#out + 1] = ("complete -c perilune %s -a %s"):format(condition, quoted(table.concat(c.words, " "))) end
    for _, o in ipairs(c.options) do
      local value = o.choices and (" -x -a %s"):format(quoted(table.concat(o.choices, " "))) or o.value and (FILES[o.value] and " -r -F" or " -x") or ""
      out[#out + 1] = ("complete -c perilune %s -l %s%s%s -d %s"):format(condition, o.name, o.short and " -s " .. o.short or "", value, quoted(o.help or ""))
    end
  end
  return table.concat(out, "\n") .. "\n"
end

--- Writes the script of a shell.
---@param o table
function M.main(o)
  local suggest = require "perilune.suggest"
  local make = shells[o[1]]
  if not make then error({ code = "usage", message = ("completion: there is none for %q%s (bash, zsh, fish)"):format(o[1], suggest.hint(o[1], shells)) }, 0) end
  engine.write("result", make(commands()))
end

return M
