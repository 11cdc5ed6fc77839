--- Reports of a run: a model read from the timeline once, and the formats drawn from it.
local html = require "perilune.report.html"
local junit = require "perilune.report.junit"
local machine = require "perilune.report.machine"
local markdown = require "perilune.report.markdown"
local model = require "perilune.report.model"
local runs = require "perilune.report.runs"

return {
  model = model.read,
  html = html.page,
  list = runs.page,
  junit = junit.text,
  markdown = markdown.text,
  machine = machine,
}
