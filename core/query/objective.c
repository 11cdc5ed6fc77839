/* Recursive descent over the lexer, one function for each rule of the grammar. */
#include "query/objective.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "query/lexer.h"

typedef struct aggregate_name {
  const char *name;
  enum pl_aggregate aggregate;
} aggregate_name;

static const aggregate_name aggregates[] = {{"mean", PL_AGG_MEAN}, {"min", PL_AGG_MIN},     {"max", PL_AGG_MAX},     {"sum", PL_AGG_SUM},  {"rate", PL_AGG_RATE},
                                            {"count", PL_AGG_COUNT}, {"ratio", PL_AGG_RATIO}, {"last", PL_AGG_LAST}, {NULL, PL_AGG_LAST}};

/* p0 ... p100, p99.9 */
static bool read_quantile(pl_str name, double *p)
{
  double v;
  if (name.len < 2 || name.data[0] != 'p' || !pl_str_double((pl_str){name.data + 1, name.len - 1}, &v) || v < 0 || v > 100)
    return false;
  *p = v / 100;
  return true;
}

static bool read_aggregate(pl_str name, pl_expr *e)
{
  if (read_quantile(name, &e->p)) {
    e->aggregate = PL_AGG_QUANTILE;
    return true;
  }
  for (const aggregate_name *a = aggregates; a->name; a++) {
    if (pl_str_eqc(name, a->name)) {
      e->aggregate = a->aggregate;
      return true;
    }
  }
  return false;
}

/* What a full metric name promises by its ending. */
static void full_name(pl_str name, pl_expr *e)
{
  (void)pl_copy(e->metric_text, sizeof e->metric_text, name);
  pl_metric_name *m = &e->metric;
  *m = (pl_metric_name){.name = e->metric_text, .metric = e->metric_text, .kind = PL_METRIC_GAUGE, .unit = PL_UNIT_NUMBER, .aggregate = "mean"};
  m->of_load = pl_str_starts(name, PL_STR("load_"));
  m->timeouts = pl_metric_has_timeouts(name);
  bool seconds = pl_str_ends(name, PL_STR("_seconds"));
  if (pl_str_ends(name, PL_STR("_total"))) {
    m->kind = PL_METRIC_COUNTER;
    m->aggregate = "rate";
  } else if (m->of_load && seconds) {
    m->kind = PL_METRIC_DIST;
    m->aggregate = "p99";
  }
  if (seconds)
    m->unit = PL_UNIT_DURATION;
  if (pl_str_ends(name, PL_STR("_bytes")))
    m->unit = PL_UNIT_SIZE;
}

static int read_metric(pl_lexer *l, pl_expr *e, pl_error *err)
{
  if (l->token.kind != PL_TOKEN_NAME)
    return pl_lexer_fail(l, err, "a metric's name is expected, such as latency or cpu_utilization");
  if (l->token.text.len >= sizeof e->metric_text)
    return pl_lexer_fail(l, err, "the metric's name is too long");
  const pl_metric_name *m = pl_metric_find(l->token.text);
  e->at = l->token.at;
  if (m)
    e->metric = *m;
  else
    full_name(l->token.text, e);
  return pl_lexer_next(l, err);
}

static int read_matcher(pl_lexer *l, pl_expr *e, pl_error *err)
{
  if (e->n_matchers == PL_EXPR_MATCHERS)
    return pl_lexer_fail(l, err, "more than %d label matchers", PL_EXPR_MATCHERS);
  pl_matcher *m = &e->matchers[e->n_matchers++];
  if (l->token.kind != PL_TOKEN_NAME)
    return pl_lexer_fail(l, err, "a label's name is expected");
  m->label = l->token.text;
  int code = pl_lexer_next(l, err);
  if (code)
    return code;
  if (pl_token_is(&l->token, "=~") || pl_token_is(&l->token, "!~"))
    return pl_lexer_fail(l, err, "regular expressions are not in this version; use = or !=");
  if (!pl_token_is(&l->token, "=") && !pl_token_is(&l->token, "!="))
    return pl_lexer_fail(l, err, "= or != is expected");
  m->op = pl_token_is(&l->token, "=") ? PL_MATCH_EQ : PL_MATCH_NE;
  code = pl_lexer_next(l, err);
  if (code)
    return code;
  if (l->token.kind != PL_TOKEN_STRING)
    return pl_lexer_fail(l, err, "a string is expected, such as 'checkout'");
  m->value = l->token.text;
  return pl_lexer_next(l, err);
}

static int expect_sign(pl_lexer *l, const char *sign, pl_error *err)
{
  if (!pl_token_is(&l->token, sign))
    return pl_lexer_fail(l, err, "%s is expected", sign);
  return pl_lexer_next(l, err);
}

/* Goes on behind one of a list: over the comma, or to the sign that ends it. */
static int next_in_list(pl_lexer *l, const char *end, pl_error *err)
{
  if (pl_token_is(&l->token, ","))
    return pl_lexer_next(l, err);
  return pl_token_is(&l->token, end) ? PL_OK : pl_lexer_fail(l, err, "a comma or %s is expected", end);
}

static int read_matchers(pl_lexer *l, pl_expr *e, pl_error *err)
{
  int code = PL_OK;
  if (!pl_token_is(&l->token, "{"))
    return PL_OK;
  code = pl_lexer_next(l, err);
  while (!code && !pl_token_is(&l->token, "}")) {
    code = read_matcher(l, e, err);
    if (!code)
      code = next_in_list(l, "}", err);
  }
  return code ? code : pl_lexer_next(l, err);
}

static int read_by(pl_lexer *l, pl_expr *e, pl_error *err)
{
  if (!pl_token_is(&l->token, "by"))
    return PL_OK;
  int code = pl_lexer_next(l, err);
  if (!code)
    code = expect_sign(l, "(", err);
  while (!code && (e->n_by == 0 || !pl_token_is(&l->token, ")"))) {
    if (l->token.kind != PL_TOKEN_NAME || e->n_by == PL_EXPR_LABELS)
      return pl_lexer_fail(l, err, "one to %d label names are expected", PL_EXPR_LABELS);
    e->by[e->n_by++] = l->token.text;
    code = pl_lexer_next(l, err);
    if (!code)
      code = next_in_list(l, ")", err);
  }
  return code ? code : pl_lexer_next(l, err);
}

/* Whether the aggregate makes sense for the metric's kind. */
static int check_aggregate(const pl_lexer *l, const pl_expr *e, pl_error *err)
{
  bool ok = true;
  switch (e->metric.kind) {
  case PL_METRIC_DIST:
    ok = e->aggregate != PL_AGG_RATIO && e->aggregate != PL_AGG_LAST && e->aggregate != PL_AGG_SUM;
    break;
  case PL_METRIC_COUNTER:
    ok = e->aggregate == PL_AGG_RATE || e->aggregate == PL_AGG_SUM || e->aggregate == PL_AGG_COUNT;
    break;
  case PL_METRIC_SHARE:
    ok = e->aggregate != PL_AGG_RATE && e->aggregate != PL_AGG_SUM && e->aggregate != PL_AGG_COUNT;
    break;
  case PL_METRIC_UNUSED:
    ok = e->aggregate != PL_AGG_RATE && e->aggregate != PL_AGG_SUM;
    break;
  case PL_METRIC_GAUGE:
    ok = e->aggregate != PL_AGG_RATE && e->aggregate != PL_AGG_RATIO;
    break;
  }
  return ok ? PL_OK : pl_lexer_fail(l, err, "%s cannot be taken that way; write %s(%s)", e->metric.name, e->metric.aggregate, e->metric.name);
}

static int read_expr(pl_lexer *l, pl_expr *e, pl_error *err)
{
  pl_lexer ahead = *l;
  pl_str name = l->token.text;
  bool call = l->token.kind == PL_TOKEN_NAME && pl_lexer_next(&ahead, NULL) == PL_OK && pl_token_is(&ahead.token, "(");
  int code;
  if (!call) {
    code = read_metric(l, e, err);
    if (!code)
      (void)read_aggregate(pl_str_of(e->metric.aggregate), e);
    if (!code)
      code = read_matchers(l, e, err);
    return code;
  }
  if (!read_aggregate(name, e))
    return pl_lexer_fail(l, err, "\"%.*s\" is no aggregate: p0 to p100, mean, min, max, sum, rate, count, ratio, last", (int)name.len, name.data);
  *l = ahead;
  code = expect_sign(l, "(", err);
  if (!code)
    code = read_metric(l, e, err);
  if (!code)
    code = read_matchers(l, e, err);
  if (!code)
    code = expect_sign(l, ")", err);
  if (!code)
    code = read_by(l, e, err);
  return code ? code : check_aggregate(l, e, err);
}

enum pl_unit pl_expr_unit(const pl_expr *e)
{
  if (e->aggregate == PL_AGG_RATE)
    return PL_UNIT_RATE;
  if (e->aggregate == PL_AGG_COUNT)
    return PL_UNIT_NUMBER;
  return e->metric.unit;
}

bool pl_condition_holds(enum pl_compare c, double value, double limit)
{
  switch (c) {
  case PL_LESS:
    return value < limit;
  case PL_LESS_EQUAL:
    return value <= limit;
  case PL_GREATER:
    return value > limit;
  case PL_GREATER_EQUAL:
    return value >= limit;
  case PL_EQUAL:
    return value == limit;
  case PL_NOT_EQUAL:
    return value != limit;
  }
  return false;
}

bool pl_condition_lower_is_better(const pl_condition *c)
{
  return c->compare == PL_LESS || c->compare == PL_LESS_EQUAL;
}

static const char *const compare_texts[] = {"<", "<=", ">", ">=", "==", "!="};

const char *pl_compare_text(enum pl_compare c)
{
  return compare_texts[c];
}

/* Whether the value's unit stands behind a space, as in "50 ms"; out has them as they are written: "50ms". */
static bool is_spaced(const pl_lexer *l, enum pl_unit unit, char out[48])
{
  double value;
  pl_str word = pl_str_trim((pl_str){l->text.data + l->at, l->text.len - l->at});
  size_t n = 0;
  while (n < word.len && !strchr(" \t\r\n", word.data[n]))
    n++;
  if (n == 0 || n > 8 || l->token.text.len > 32 || strchr("0123456789.+-", word.data[0]))
    return false;
  size_t length = (size_t)snprintf(out, 48, "%.*s%.*s", (int)l->token.text.len, l->token.text.data, (int)n, word.data);
  return pl_unit_parse(unit, (pl_str){out, length}, &value, NULL) == PL_OK;
}

/* hint: what a wrong value may have meant. */
static int read_value(pl_lexer *l, enum pl_unit unit, double *out, const char *hint, pl_error *err)
{
  pl_error why = {0};
  char joined[48];
  if (l->token.kind != PL_TOKEN_VALUE)
    return pl_lexer_fail(l, err, "a value is expected, such as 250ms, 5%% or 480/s");
  if (is_spaced(l, unit, joined))
    return pl_lexer_fail(l, err, "write %s, without the space", joined);
  if (pl_unit_parse(unit, l->token.text, out, &why))
    return pl_lexer_fail(l, err, "%s%s", why.message, hint);
  return pl_lexer_next(l, err);
}

/* A metric that we do not know has the unit in which its limit is written. */
static void guess_unit(const pl_lexer *l, pl_expr *e)
{
  static const enum pl_unit units[] = {PL_UNIT_NUMBER, PL_UNIT_DURATION, PL_UNIT_SIZE, PL_UNIT_RATIO, PL_UNIT_RATE};
  double value;
  bool settled = !e->metric_text[0] || e->metric.unit != PL_UNIT_NUMBER || pl_expr_unit(e) != e->metric.unit;
  for (size_t i = 0; i < sizeof units / sizeof *units && !settled && l->token.kind == PL_TOKEN_VALUE; i++) {
    if (pl_unit_parse(units[i], l->token.text, &value, NULL) == PL_OK) {
      e->metric.unit = units[i];
      return;
    }
  }
}

static int read_condition(pl_lexer *l, pl_condition *c, pl_error *err)
{
  int code = read_expr(l, &c->expr, err);
  if (code)
    return code;
  size_t i = 0;
  while (i < 6 && !pl_token_is(&l->token, compare_texts[i]))
    i++;
  if (i == 6)
    return pl_lexer_fail(l, err, "a comparison is expected: < <= > >= == !=");
  c->compare = (enum pl_compare)i;
  code = pl_lexer_next(l, err);
  if (code)
    return code;
  guess_unit(l, &c->expr);
  bool dropped = strcmp(c->expr.metric.name, "dropped") == 0;
  return read_value(l, pl_expr_unit(&c->expr), &c->limit, dropped ? "; dropped counts starts, their share is dropped_ratio" : "", err);
}

static int read_seconds(pl_lexer *l, uint64_t *out, pl_error *err)
{
  double seconds;
  int code = read_value(l, PL_UNIT_DURATION, &seconds, "", err);
  if (code)
    return code;
  if (seconds < 1 || seconds > 3600)
    return pl_lexer_fail(l, err, "a window is between 1s and 1h");
  *out = (uint64_t)(seconds + 0.5);
  return PL_OK;
}

static int read_over(pl_lexer *l, pl_objective *o, pl_error *err)
{
  int code = pl_lexer_next(l, err);
  if (code)
    return code;
  if (pl_token_is(&l->token, "any"))
    o->over = PL_OVER_ANY;
  else if (pl_token_is(&l->token, "last"))
    o->over = PL_OVER_LAST;
  else
    return pl_lexer_fail(l, err, "over is followed by any or last");
  code = pl_lexer_next(l, err);
  return code ? code : read_seconds(l, &o->window_s, err);
}

static int read_objective(pl_lexer *l, pl_objective *o, pl_error *err)
{
  int code = read_condition(l, &o->condition, err);
  o->has_condition = true;
  if (!code && pl_token_is(&l->token, "over"))
    code = read_over(l, o, err);
  if (!code && pl_token_is(&l->token, "for")) {
    code = pl_lexer_next(l, err);
    if (!code)
      code = read_seconds(l, &o->for_s, err);
  }
  if (!code && pl_token_is(&l->token, "when")) {
    o->has_when = true;
    code = pl_lexer_next(l, err);
    if (!code)
      code = read_condition(l, &o->when, err);
  }
  return code;
}

static int read_windowed(pl_lexer *l, pl_objective *o, pl_error *err)
{
  int code = read_expr(l, &o->condition.expr, err);
  return !code && pl_token_is(&l->token, "over") ? read_over(l, o, err) : code;
}

static int parse(const pl_allocator *a, pl_str text, bool condition, pl_objective **out, pl_error *err)
{
  pl_objective *o = pl_alloc_zero(a, 1, sizeof *o);
  if (!o)
    return pl_fail(err, PL_ENOMEM, "out of memory for an objective");
  o->alloc = a;
  text = pl_str_trim(text);
  o->text = pl_strndup(a, text.data ? text.data : "", text.len);
  if (!o->text) {
    pl_objective_free(o);
    return pl_fail(err, PL_ENOMEM, "out of memory for an objective");
  }
  pl_lexer l;
  int code = pl_lexer_init(&l, pl_str_of(o->text), err);
  if (!code)
    code = condition ? read_objective(&l, o, err) : read_windowed(&l, o, err);
  if (!code && l.token.kind != PL_TOKEN_END)
    code = pl_lexer_fail(&l, err, "nothing more is expected");
  if (code) {
    pl_objective_free(o);
    return code;
  }
  *out = o;
  return PL_OK;
}

int pl_objective_parse(const pl_allocator *a, pl_str text, pl_objective **out, pl_error *err)
{
  return parse(a, text, true, out, err);
}

int pl_expression_parse(const pl_allocator *a, pl_str text, pl_objective **out, pl_error *err)
{
  return parse(a, text, false, out, err);
}

void pl_objective_free(pl_objective *o)
{
  if (!o)
    return;
  pl_strfree(o->alloc, o->text);
  pl_free(o->alloc, o, sizeof *o);
}
