local completion = require "perilune.cmd.completion"
local support = require "lua.support"

describe("perilune completion", function()
  teardown(support.clean)

  it("knows commands, options and their choices in each shell", function()
    for _, shell in ipairs { "bash", "zsh", "fish" } do
      local text = support.output(completion.main, { shell })
      for _, word in ipairs { "compare", "stat", "mean p99", "with-script" } do assert.is_truthy(text:find(word, 1, true), shell .. ": " .. word) end
      assert.is_nil(text:find("lua-dir", 1, true), "hidden options stay hidden")
    end
  end)
  it("is a script that the shell takes", function()
    for _, shell in ipairs { "bash", "sh" } do -- zsh's words are bash's but for its last function
      local path = support.file("c", (support.output(completion.main, { "bash" }):gsub("_perilune%(%) {.*", shell == "sh" and "" or "%0")))
      assert.is_true(os.execute(shell .. " -n " .. path))
    end
  end)
  it("completes what a command takes", function()
    local path = support.file("c", (support.output(completion.main, { "bash" })) .. [[
COMP_WORDS=(perilune db s) COMP_CWORD=2; _perilune; echo ${COMPREPLY[*]}
COMP_WORDS=(perilune compare --stat "") COMP_CWORD=3; _perilune; echo ${COMPREPLY[*]}
]])
    local pipe = io.popen("bash " .. path)
    assert.same({ "stats", "mean p99" }, { pipe:read "l", pipe:read "l" })
    pipe:close()
  end)
  it("says which shells it knows", function()
    local message, code = support.message(completion.main, { "basch" })
    assert.matches('none for "basch"; did you mean "bash"?', message, 1, true)
    assert.equal("usage", code)
  end)
end)
