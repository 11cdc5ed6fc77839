local support = require "integration.support"

describe("perilune completion", function()
  local folder
  setup(function() folder = support.folder() end)
  teardown(support.clean)

  local function complete(...)
    local script = folder .. "/c.bash"
    assert.equal(0, (support.shell(("%s completion bash >%s"):format(support.perilune, script))))
    local words = {}
    for i, word in ipairs { ... } do words[i] = support.quote(word) end
    local text = ('. %s; COMP_WORDS=(perilune %s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _perilune; echo "${COMPREPLY[@]}"'):format(script, table.concat(words, " "))
    local code, out, err = support.shell("bash -c " .. support.quote(text))
    assert.equal(0, code, err)
    return (out:gsub("\n$", ""))
  end

  it("completes commands, options, choices, words and files in bash", function()
    assert.equal("load", complete "lo")
    assert.equal("--rate", complete("load", "--ra"))
    assert.equal("even poisson", complete("load", "--arrivals", ""))
    assert.equal("check", complete("db", "c"))
    assert.equal("load", complete("help", "loa"))
    support.write(folder .. "/play.lua", "")
    assert.equal(folder .. "/play.lua", complete("run", folder .. "/pl"))
    assert.equal(folder .. "/play.lua", complete("load", "--json", folder .. "/pl"))
    assert.equal("", complete("runs", "--seed"), "an option that a command has no use for")
  end)
  it("has scripts for zsh and fish, and says which shells there are", function()
    local _, zsh = support.run("completion zsh")
    assert.equal("#compdef perilune", zsh:match("^[^\n]+"))
    local _, fish = support.run("completion fish")
    assert.is_truthy(fish:find("-n '__fish_seen_subcommand_from load' -l rate -s q -x", 1, true))
    local code, _, err = support.run("completion tcsh")
    assert.equal(2, code)
    assert.is_truthy(err:find("bash, zsh, fish", 1, true))
  end)
end)
