/* See promql_modifiers.h. */
#include "query/promql_modifiers.h"

#include <math.h>

#include "base/error.h"

/* Within the times that nanoseconds of 64 bits can hold. */
static const double SECONDS_MAX = 100 * 31536000.0, TIME_MAX = 9e9;
enum { SUBQUERY_STEP_MS = 60000 };

/* Goes over a sign that may stand here; -1 or 1. */
static int parse_sign(pl_words *w, double *out)
{
  *out = pl_words_is(w, "-") ? -1 : 1;
  return pl_words_is(w, "-") || pl_words_is(w, "+") ? pl_words_next(w) : PL_OK;
}

/* A duration, or a number of seconds. */
static int parse_duration(pl_words *w, double sign, int64_t *out_ms)
{
  if (w->word.kind != PL_WORD_DURATION && w->word.kind != PL_WORD_NUMBER)
    return pl_words_unexpected(w, "a duration such as 5m");
  double seconds = w->word.value;
  if (!(seconds <= SECONDS_MAX))
    return PL_WORDS_FAIL(w, "a duration is at most 100 years");
  *out_ms = (int64_t)(sign * round(seconds * 1000));
  return pl_words_next(w);
}

/* A duration of more than 0 that `what` names. */
static int parse_length(pl_words *w, const char *what, int64_t *out_ms)
{
  size_t at = w->word.at;
  int code = parse_duration(w, 1, out_ms);
  return code || *out_ms ? code : PL_WORDS_FAIL_AT(w, at, PL_EPARSE, "a %s is longer than 0", what);
}

static int take_range(pl_words *w, size_t at, int64_t range_ms, bool bare, pl_node *n)
{
  if (!bare || n->kind != PL_NODE_SELECTOR || n->type == PL_VALUE_MATRIX)
    return PL_WORDS_FAIL_AT(w, at, PL_EPARSE, "a range stands right behind a selector; that of a subquery has a colon: [1h:5m], or [1h:]");
  if (n->selector.when.offset_ms || n->selector.when.anchor)
    return PL_WORDS_FAIL_AT(w, at, PL_EPARSE, "offset and @ stand behind the range");
  n->type = PL_VALUE_MATRIX;
  n->selector.when.range_ms = range_ms;
  return PL_OK;
}

/* From the colon on. */
static int take_subquery(pl_words *w, int64_t range_ms, pl_node **n)
{
  pl_node *of = *n, *q = pl_node_new(w->arena, PL_NODE_SUBQUERY, PL_VALUE_MATRIX, of->at);
  if (!q)
    return pl_words_no_memory(w);
  if (of->type != PL_VALUE_VECTOR)
    return PL_WORDS_FAIL_AT(w, of->at, PL_EPARSE, "a subquery takes an instant vector, this is a %s", pl_value_type_text(of->type));
  q->subquery = (pl_subquery){.of = of, .when = {.range_ms = range_ms}, .step_ms = SUBQUERY_STEP_MS};
  int code = pl_words_next(w);
  *n = q;
  return code || pl_words_is(w, "]") ? code : parse_length(w, "step", &q->subquery.step_ms);
}

/* [range] or [range:step] */
static int parse_range(pl_words *w, bool bare, pl_node **n)
{
  size_t at = w->word.at;
  int64_t range_ms = 0;
  int code = pl_words_expect(w, "[");
  if (!code)
    code = parse_length(w, "range", &range_ms);
  if (!code)
    code = pl_words_is(w, ":") ? take_subquery(w, range_ms, n) : take_range(w, at, range_ms, bare, *n);
  return code ? code : pl_words_expect(w, "]");
}

static int parse_offset(pl_words *w, pl_when *when)
{
  double sign;
  if (when->offset_ms)
    return PL_WORDS_FAIL(w, "a second offset");
  int code = pl_words_next(w);
  if (!code)
    code = parse_sign(w, &sign);
  return code ? code : parse_duration(w, sign, &when->offset_ms);
}

/* start() or end() */
static int parse_bound(pl_words *w, pl_when *when)
{
  when->anchor = pl_words_is(w, "start") ? PL_AT_START : PL_AT_END;
  int code = pl_words_next(w);
  if (!code)
    code = pl_words_expect(w, "(");
  return code ? code : pl_words_expect(w, ")");
}

static int parse_anchor(pl_words *w, pl_when *when)
{
  double sign;
  if (when->anchor)
    return PL_WORDS_FAIL(w, "a second @");
  int code = pl_words_next(w);
  if (code || pl_words_is(w, "start") || pl_words_is(w, "end"))
    return code ? code : parse_bound(w, when);
  code = parse_sign(w, &sign);
  if (code)
    return code;
  if (w->word.kind != PL_WORD_NUMBER && w->word.kind != PL_WORD_DURATION)
    return pl_words_unexpected(w, "seconds since 1970, start() or end()");
  if (!(w->word.value <= TIME_MAX))
    return PL_WORDS_FAIL(w, "a time in seconds since 1970 lies between 1685 and 2255");
  when->anchor = PL_AT_TIME;
  when->at_ms = (int64_t)round(sign * w->word.value * 1000);
  return pl_words_next(w);
}

int pl_promql_modifiers(pl_words *w, bool bare, pl_node **n)
{
  int code = PL_OK;
  while (!code) {
    bool is_offset = pl_words_is(w, "offset");
    pl_when *when = (*n)->kind == PL_NODE_SUBQUERY ? &(*n)->subquery.when : (*n)->kind == PL_NODE_SELECTOR ? &(*n)->selector.when : NULL;
    if (pl_words_is(w, "["))
      code = parse_range(w, bare, n);
    else if (!is_offset && !pl_words_is(w, "@"))
      break;
    else if (!when || !bare)
      return PL_WORDS_FAIL(w, "%s stands right behind a selector or a subquery", is_offset ? "offset" : "@");
    else
      code = is_offset ? parse_offset(w, when) : parse_anchor(w, when);
    bare = true; /* only a range follows parentheses, and what it makes has none */
  }
  return code;
}
