/* See promql_selector.h. */
#include "query/promql_selector.h"

#include <string.h>

#include "base/error.h"

static int parse_label(pl_words *w, pl_str *out)
{
  if (w->word.kind != PL_WORD_STRING && (w->word.kind != PL_WORD_NAME || memchr(w->word.text.data, ':', w->word.text.len)))
    return pl_words_unexpected(w, "the name of a label");
  if (w->word.text.len == 0)
    return PL_WORDS_FAIL(w, "a label without a name");
  *out = w->word.text;
  return pl_words_next(w);
}

int pl_promql_labels(pl_words *w, pl_label_list *out)
{
  pl_str found[PL_PROMQL_LABELS];
  size_t n = 0;
  int code = pl_words_expect(w, "(");
  while (!code && !pl_words_is(w, ")")) {
    if (n == PL_PROMQL_LABELS)
      return PL_WORDS_FAIL_AT(w, w->word.at, PL_ELIMIT, "more than %d labels", PL_PROMQL_LABELS);
    code = parse_label(w, &found[n++]);
    if (!code && !pl_words_is(w, ")"))
      code = pl_words_expect(w, ",");
  }
  if (code || (code = pl_words_expect(w, ")")) != 0)
    return code;
  pl_str *labels = pl_arena_alloc(w->arena, n, sizeof *labels);
  if (!labels)
    return pl_words_no_memory(w);
  if (n)
    memcpy(labels, found, n * sizeof *labels);
  *out = (pl_label_list){labels, n};
  return PL_OK;
}

static int compile(pl_words *w, pl_label_test *t, size_t at)
{
  const char *why;
  size_t place;
  int code = pl_regex_compile(w->arena, t->value, &t->regex, &why, &place);
  pl_str text = pl_words_cut(t->value);
  return code ? PL_WORDS_FAIL_AT(w, at, code, "regular expression \"%.*s\", character %zu: %s", (int)text.len, text.data, place + 1, why) : PL_OK;
}

typedef struct test_list {
  pl_label_test tests[PL_PROMQL_MATCHERS];
  size_t n;
  bool named; /* a name stands before the brace */
} test_list;

static int add_test(pl_words *w, test_list *l, const pl_label_test *t)
{
  if (l->named && pl_str_eqc(t->label, "__name__"))
    return PL_WORDS_FAIL(w, "the metric has a name already");
  if (l->n == PL_PROMQL_MATCHERS)
    return PL_WORDS_FAIL_AT(w, w->word.at, PL_ELIMIT, "more than %d matchers", PL_PROMQL_MATCHERS);
  l->tests[l->n++] = *t;
  return PL_OK;
}

static int add_name(pl_words *w, test_list *l, pl_str name)
{
  return add_test(w, l, &(pl_label_test){.label = PL_STR("__name__"), .value = name, .op = PL_LABEL_EQ});
}

/* label="value", or "name" alone */
static int parse_test(pl_words *w, test_list *l)
{
  static const char *const ops[] = {"=", "!=", "=~", "!~"};
  pl_label_test t = {.op = PL_LABEL_EQ};
  bool quoted = w->word.kind == PL_WORD_STRING;
  int code = parse_label(w, &t.label);
  if (code)
    return code;
  if (quoted && (pl_words_is(w, ",") || pl_words_is(w, "}")))
    return add_name(w, l, t.label);
  size_t op = 0;
  while (op < 4 && !pl_words_is(w, ops[op]))
    op++;
  if (op == 4)
    return pl_words_unexpected(w, "=, !=, =~ or !~");
  t.op = (enum pl_label_op)op;
  code = pl_words_next(w);
  if (code)
    return code;
  size_t at = w->word.at;
  if (w->word.kind != PL_WORD_STRING)
    return pl_words_unexpected(w, "the value in quotes");
  t.value = w->word.text;
  code = op >= 2 ? compile(w, &t, at) : PL_OK;
  if (!code)
    code = add_test(w, l, &t);
  return code ? code : pl_words_next(w);
}

static int parse_tests(pl_words *w, test_list *l)
{
  int code = pl_words_expect(w, "{");
  while (!code && !pl_words_is(w, "}")) {
    code = parse_test(w, l);
    if (!code && !pl_words_is(w, "}"))
      code = pl_words_expect(w, ",");
  }
  return code ? code : pl_words_expect(w, "}");
}

/* Whether a test holds where the label is missing. */
static bool holds_for_nothing(const pl_label_test *t)
{
  switch (t->op) {
  case PL_LABEL_EQ:
    return t->value.len == 0;
  case PL_LABEL_NE:
    return t->value.len != 0;
  default:
    return pl_regex_matches(t->regex, PL_STR(""), NULL) == (t->op == PL_LABEL_MATCHES);
  }
}

int pl_promql_selector(pl_words *w, pl_str name, size_t at, pl_node **out)
{
  test_list l = {.n = 0};
  int code = name.len ? add_name(w, &l, name) : PL_OK;
  l.named = name.len > 0;
  if (!code && pl_words_is(w, "{"))
    code = parse_tests(w, &l);
  if (code)
    return code;
  bool selects = false;
  for (size_t i = 0; i < l.n; i++)
    selects = selects || !holds_for_nothing(&l.tests[i]);
  if (!selects)
    return PL_WORDS_FAIL_AT(w, at, PL_EPARSE, "a selector needs a name, or a matcher that does not hold for an empty value");
  pl_node *n = pl_node_new(w->arena, PL_NODE_SELECTOR, PL_VALUE_VECTOR, at);
  pl_label_test *tests = pl_arena_alloc(w->arena, l.n, sizeof *tests);
  if (!n || !tests)
    return pl_words_no_memory(w);
  memcpy(tests, l.tests, l.n * sizeof *tests);
  n->selector.tests = tests;
  n->selector.n_tests = l.n;
  *out = n;
  return PL_OK;
}
