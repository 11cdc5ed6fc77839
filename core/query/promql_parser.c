/* A recursive parser: binary operators by their binding, operands, selectors. Types are checked where a node is made. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "query/promql_lexer.h"
#include "query/promql_tree.h"

/* Within the times that nanoseconds of 64 bits can hold. */
static const double SECONDS_MAX = 100 * 31536000.0;

typedef struct parser {
  pl_words words;
  pl_arena *arena;
  unsigned depth, operators;
  pl_error *err;
} parser;

static int parse_binary(parser *p, int least, pl_node **out);

#define FAIL_AT(p, at, code, ...) pl_words_fail((p)->words.text, (at), (code), (p)->err, __VA_ARGS__)
#define FAIL(p, ...) FAIL_AT(p, (p)->words.word.at, PL_EPARSE, __VA_ARGS__)

static int no_memory(parser *p)
{
  return FAIL_AT(p, p->words.word.at, p->arena->bad, "no memory for this expression");
}

static int next(parser *p)
{
  return pl_words_next(&p->words, p->err);
}

static bool is(const parser *p, const char *text)
{
  return pl_words_is(&p->words, text);
}

/* How the present word is named in a message. */
static pl_str shown(const parser *p)
{
  return p->words.word.kind == PL_WORD_END ? PL_STR("the end") : p->words.word.kind == PL_WORD_STRING ? PL_STR("a string") : p->words.word.text;
}

static int expect(parser *p, const char *sign)
{
  if (!is(p, sign))
    return FAIL(p, "expected '%s', found %.*s", sign, (int)shown(p).len, shown(p).data);
  return next(p);
}

static pl_node *make_node(parser *p, enum pl_node_kind kind, enum pl_value_type type, size_t at)
{
  pl_node *n = pl_arena_alloc(p->arena, 1, sizeof *n);
  if (n) {
    n->kind = kind;
    n->type = type;
    n->at = at;
  }
  return n;
}

/* ---- Durations -------------------------------------------------------------------------------- */

/* A duration, or a number of seconds, with or without a sign. */
static int parse_duration(parser *p, bool is_signed, int64_t *out_ms)
{
  double sign = is_signed && is(p, "-") ? -1 : 1;
  int code = is_signed && (is(p, "-") || is(p, "+")) ? next(p) : PL_OK;
  if (code)
    return code;
  if (p->words.word.kind != PL_WORD_DURATION && p->words.word.kind != PL_WORD_NUMBER)
    return FAIL(p, "expected a duration such as 5m, found %.*s", (int)shown(p).len, shown(p).data);
  double seconds = p->words.word.value;
  if (!(seconds <= SECONDS_MAX))
    return FAIL(p, "a duration is at most 100 years");
  *out_ms = (int64_t)(sign * round(seconds * 1000));
  return next(p);
}

/* ---- Labels and selectors --------------------------------------------------------------------- */

static int parse_label(parser *p, pl_str *out)
{
  if (p->words.word.kind != PL_WORD_STRING && (p->words.word.kind != PL_WORD_NAME || memchr(p->words.word.text.data, ':', p->words.word.text.len)))
    return FAIL(p, "expected the name of a label, found %.*s", (int)shown(p).len, shown(p).data);
  if (p->words.word.text.len == 0)
    return FAIL(p, "a label without a name");
  *out = p->words.word.text;
  return next(p);
}

/* ( label, label ), perhaps none. */
static int parse_labels(parser *p, pl_label_list *out)
{
  pl_str found[PL_PROMQL_LABELS];
  size_t n = 0;
  int code = expect(p, "(");
  while (!code && !is(p, ")")) {
    if (n == PL_PROMQL_LABELS)
      return FAIL_AT(p, p->words.word.at, PL_ELIMIT, "more than %d labels", PL_PROMQL_LABELS);
    code = parse_label(p, &found[n++]);
    if (!code && !is(p, ")"))
      code = expect(p, ",");
  }
  if (code || (code = expect(p, ")")) != 0)
    return code;
  pl_str *labels = pl_arena_alloc(p->arena, n, sizeof *labels);
  if (!labels)
    return no_memory(p);
  if (n)
    memcpy(labels, found, n * sizeof *labels);
  *out = (pl_label_list){labels, n};
  return PL_OK;
}

static int compile(parser *p, pl_label_test *t, size_t at)
{
  const char *why;
  size_t place;
  int code = pl_regex_compile(p->arena, t->value, &t->regex, &why, &place);
  return code ? FAIL_AT(p, at, code, "regular expression \"%.*s\", character %zu: %s", (int)(t->value.len < 80 ? t->value.len : 80), t->value.data, place + 1, why) : PL_OK;
}

typedef struct test_list {
  pl_label_test tests[PL_PROMQL_MATCHERS];
  size_t n;
  bool named; /* a name stands before the brace */
} test_list;

static int add_test(parser *p, test_list *l, const pl_label_test *t)
{
  if (l->named && pl_str_eqc(t->label, "__name__"))
    return FAIL(p, "the metric has a name already");
  if (l->n == PL_PROMQL_MATCHERS)
    return FAIL_AT(p, p->words.word.at, PL_ELIMIT, "more than %d matchers", PL_PROMQL_MATCHERS);
  l->tests[l->n++] = *t;
  return PL_OK;
}

static int add_name(parser *p, test_list *l, pl_str name)
{
  return add_test(p, l, &(pl_label_test){.label = PL_STR("__name__"), .value = name, .op = PL_LABEL_EQ});
}

/* label="value", or "name" alone */
static int parse_test(parser *p, test_list *l)
{
  static const char *const ops[] = {"=", "!=", "=~", "!~"};
  pl_label_test t = {.op = PL_LABEL_EQ};
  bool quoted = p->words.word.kind == PL_WORD_STRING;
  int code = parse_label(p, &t.label);
  if (code)
    return code;
  if (quoted && (is(p, ",") || is(p, "}")))
    return add_name(p, l, t.label);
  size_t op = 0;
  while (op < 4 && !is(p, ops[op]))
    op++;
  if (op == 4)
    return FAIL(p, "expected =, !=, =~ or !~, found %.*s", (int)shown(p).len, shown(p).data);
  t.op = (enum pl_label_op)op;
  code = next(p);
  if (code)
    return code;
  size_t at = p->words.word.at;
  if (p->words.word.kind != PL_WORD_STRING)
    return FAIL(p, "expected the value in quotes, found %.*s", (int)shown(p).len, shown(p).data);
  t.value = p->words.word.text;
  code = op >= 2 ? compile(p, &t, at) : PL_OK;
  if (!code)
    code = add_test(p, l, &t);
  return code ? code : next(p);
}

static int parse_tests(parser *p, test_list *l)
{
  int code = expect(p, "{");
  while (!code && !is(p, "}")) {
    code = parse_test(p, l);
    if (!code && !is(p, "}"))
      code = expect(p, ",");
  }
  return code ? code : expect(p, "}");
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

static int parse_range(parser *p, pl_node *n)
{
  size_t at = p->words.word.at;
  int code = expect(p, "[");
  if (!code)
    code = parse_duration(p, false, &n->selector.range_ms);
  if (code)
    return code;
  if (is(p, ":"))
    return FAIL_AT(p, p->words.word.at, PL_ENOSYS, "subqueries are not in this version: take a range of a selector");
  if (n->selector.range_ms == 0)
    return FAIL_AT(p, at, PL_EPARSE, "a range is longer than 0");
  n->type = PL_VALUE_MATRIX;
  return expect(p, "]");
}

/* What may stand behind a selector: [range] offset */
static int parse_modifiers(parser *p, pl_node *n)
{
  int code = is(p, "[") ? parse_range(p, n) : PL_OK;
  if (!code && is(p, "offset")) {
    code = next(p);
    if (!code)
      code = parse_duration(p, true, &n->selector.offset_ms);
  }
  if (!code && is(p, "@"))
    return FAIL_AT(p, p->words.word.at, PL_ENOSYS, "the modifier @ is not in this version");
  return code;
}

/* name{...}[...]; the name, if any, is the word before the present one. */
static int parse_selector(parser *p, pl_str name, size_t at, pl_node **out)
{
  test_list l = {.n = 0};
  int code = name.len ? add_name(p, &l, name) : PL_OK;
  l.named = name.len > 0;
  if (!code && is(p, "{"))
    code = parse_tests(p, &l);
  if (code)
    return code;
  bool selects = false;
  for (size_t i = 0; i < l.n; i++)
    selects = selects || !holds_for_nothing(&l.tests[i]);
  if (!selects)
    return FAIL_AT(p, at, PL_EPARSE, "a selector needs a name, or a matcher that does not hold for an empty value");
  pl_node *n = make_node(p, PL_NODE_SELECTOR, PL_VALUE_VECTOR, at);
  pl_label_test *tests = pl_arena_alloc(p->arena, l.n, sizeof *tests);
  if (!n || !tests)
    return no_memory(p);
  memcpy(tests, l.tests, l.n * sizeof *tests);
  n->selector.tests = tests;
  n->selector.n_tests = l.n;
  *out = n;
  return parse_modifiers(p, n);
}

/* ---- Calls and aggregations ------------------------------------------------------------------- */

static int wrong_type(parser *p, const pl_node *n, enum pl_value_type expected, const char *where)
{
  return FAIL_AT(p, n->at, PL_EPARSE, "%s takes %s %s, this is %s %s%s", where, expected == PL_VALUE_VECTOR ? "an" : "a", pl_value_type_text(expected), n->type == PL_VALUE_VECTOR ? "an" : "a",
                 pl_value_type_text(n->type), expected == PL_VALUE_MATRIX && n->kind == PL_NODE_SELECTOR ? ": write its range, such as [5m]" : "");
}

static int check_args(parser *p, const pl_function *f, const pl_call *c, size_t at)
{
  if (c->n < f->least || c->n > f->most)
    return FAIL_AT(p, at, PL_EPARSE, "%s takes %zu%s argument%s, not %zu", f->name, f->least, f->most > f->least ? " or one more" : "", f->most == 1 ? "" : "s", c->n);
  for (size_t i = 0; i < c->n; i++) {
    if (c->args[i]->type != f->types[i])
      return wrong_type(p, c->args[i], f->types[i], f->name);
  }
  return PL_OK;
}

/* ( expr, expr ) */
static int parse_args(parser *p, pl_call *c)
{
  int code = expect(p, "(");
  while (!code && !is(p, ")")) {
    if (c->n == PL_PROMQL_ARGS)
      return FAIL(p, "more than %d arguments", PL_PROMQL_ARGS);
    code = parse_binary(p, 0, &c->args[c->n]);
    if (code)
      break;
    c->n++;
    if (is(p, ")"))
      break;
    if (!is(p, ","))
      return FAIL(p, "expected ',' or ')', found %.*s", (int)shown(p).len, shown(p).data);
    code = next(p);
    if (!code && is(p, ")"))
      return FAIL(p, "expected one more argument behind the comma");
  }
  return code ? code : expect(p, ")");
}

static int parse_call(parser *p, const pl_function *f, size_t at, pl_node **out)
{
  pl_node *n = make_node(p, PL_NODE_CALL, f->result, at);
  if (!n)
    return no_memory(p);
  n->call.function = f;
  int code = parse_args(p, &n->call);
  if (!code)
    code = check_args(p, f, &n->call, at);
  *out = n;
  return code;
}

static int parse_grouping(parser *p, pl_aggregation *a, bool *found)
{
  if (*found || !(is(p, "by") || is(p, "without")))
    return PL_OK;
  *found = true;
  a->without = is(p, "without");
  int code = next(p);
  return code ? code : parse_labels(p, &a->labels);
}

static int parse_aggregation(parser *p, enum pl_aggregator aggregator, pl_str name, size_t at, pl_node **out)
{
  char text[16];
  pl_call args = {.n = 0};
  bool grouped = false;
  pl_node *n = make_node(p, PL_NODE_AGGREGATION, PL_VALUE_VECTOR, at);
  if (!n)
    return no_memory(p);
  n->aggregation.aggregator = aggregator;
  int code = parse_grouping(p, &n->aggregation, &grouped);
  if (!code)
    code = parse_args(p, &args);
  if (!code)
    code = parse_grouping(p, &n->aggregation, &grouped);
  if (code)
    return code;
  (void)pl_copy(text, sizeof text, name);
  size_t params = aggregator == PL_QUANTILE || aggregator == PL_TOPK || aggregator == PL_BOTTOMK;
  if (args.n != params + 1)
    return FAIL_AT(p, at, PL_EPARSE, params ? "%s takes a number and a vector" : "%s takes one vector", text);
  if (params && args.args[0]->type != PL_VALUE_SCALAR)
    return wrong_type(p, args.args[0], PL_VALUE_SCALAR, text);
  if (args.args[params]->type != PL_VALUE_VECTOR)
    return wrong_type(p, args.args[params], PL_VALUE_VECTOR, text);
  n->aggregation.param = params ? args.args[0] : NULL;
  n->aggregation.of = args.args[params];
  *out = n;
  return PL_OK;
}

/* ---- Operands --------------------------------------------------------------------------------- */

static int make_number(parser *p, double value, size_t at, pl_node **out)
{
  pl_node *n = make_node(p, PL_NODE_NUMBER, PL_VALUE_SCALAR, at);
  if (!n)
    return no_memory(p);
  n->number = value;
  *out = n;
  return PL_OK;
}

static bool is_number_name(pl_str name, double *out)
{
  if (pl_str_ieq(name, PL_STR("inf")))
    *out = INFINITY;
  else if (pl_str_ieq(name, PL_STR("nan")))
    *out = NAN;
  else
    return false;
  return true;
}

/* A name: a number, a call, an aggregation or a metric. */
static int parse_name(parser *p, pl_node **out)
{
  pl_str name = p->words.word.text;
  size_t at = p->words.word.at;
  double number;
  int code = next(p);
  if (code)
    return code;
  if (is_number_name(name, &number) && !is(p, "{"))
    return make_number(p, number, at, out);
  int aggregator = pl_aggregator_find(name);
  if (aggregator >= 0 && (is(p, "(") || is(p, "by") || is(p, "without")))
    return parse_aggregation(p, (enum pl_aggregator)aggregator, name, at, out);
  if (!is(p, "("))
    return pl_str_eqc(name, "offset") ? FAIL_AT(p, at, PL_EPARSE, "offset stands right behind a selector") : parse_selector(p, name, at, out);
  const pl_function *f = pl_function_find(name);
  if (f)
    return parse_call(p, f, at, out);
  int n = (int)(name.len < 64 ? name.len : 64);
  return pl_promql_is_left_out(name) ? FAIL_AT(p, at, PL_ENOSYS, "PromQL's %.*s is not in this version", n, name.data)
                                     : FAIL_AT(p, at, PL_EPARSE, "there is no function %.*s", n, name.data);
}

static int parse_string(parser *p, pl_node **out)
{
  pl_node *n = make_node(p, PL_NODE_STRING, PL_VALUE_STRING, p->words.word.at);
  if (!n)
    return no_memory(p);
  n->string = p->words.word.text;
  *out = n;
  return next(p);
}

static int parse_parentheses(parser *p, pl_node **out)
{
  int code = expect(p, "(");
  if (!code)
    code = parse_binary(p, 0, out);
  return code ? code : expect(p, ")");
}

static int parse_atom(parser *p, pl_node **out)
{
  const pl_word *w = &p->words.word;
  double value = w->value;
  size_t at = w->at;
  int code;
  switch (w->kind) {
  case PL_WORD_NUMBER:
  case PL_WORD_DURATION:
    code = next(p);
    return code ? code : make_number(p, value, at, out);
  case PL_WORD_STRING:
    return parse_string(p, out);
  case PL_WORD_NAME:
    return parse_name(p, out);
  default:
    break;
  }
  if (is(p, "("))
    return parse_parentheses(p, out);
  if (is(p, "{"))
    return parse_selector(p, (pl_str){NULL, 0}, at, out);
  return FAIL(p, "expected an expression, found %.*s", (int)shown(p).len, shown(p).data);
}

/* An operand; what stands behind it that only a selector may have is said here. */
static int parse_operand(parser *p, pl_node **out)
{
  int code = parse_atom(p, out);
  if (code)
    return code;
  if (is(p, "["))
    return FAIL_AT(p, p->words.word.at, PL_ENOSYS, "subqueries are not in this version: take a range of a selector");
  if (is(p, "@"))
    return FAIL_AT(p, p->words.word.at, PL_ENOSYS, "the modifier @ is not in this version");
  return is(p, "offset") ? FAIL(p, "offset stands right behind a selector") : PL_OK;
}

/* ---- Operators -------------------------------------------------------------------------------- */

enum { BINDS_COMPARISON = 1, BINDS_SUM, BINDS_PRODUCT, BINDS_POWER };

static const struct {
  const char *text;
  enum pl_operator op;
  int binds;
} operators[] = {
    {"+", PL_OP_ADD, BINDS_SUM}, {"-", PL_OP_SUB, BINDS_SUM}, {"*", PL_OP_MUL, BINDS_PRODUCT}, {"/", PL_OP_DIV, BINDS_PRODUCT},
    {"%", PL_OP_MOD, BINDS_PRODUCT}, {"^", PL_OP_POW, BINDS_POWER}, {"==", PL_OP_EQ, BINDS_COMPARISON}, {"!=", PL_OP_NE, BINDS_COMPARISON},
    {"<=", PL_OP_LE, BINDS_COMPARISON}, {">=", PL_OP_GE, BINDS_COMPARISON}, {"<", PL_OP_LT, BINDS_COMPARISON}, {">", PL_OP_GT, BINDS_COMPARISON},
};
enum { OPERATORS_MAX = 1000, OPERATORS = sizeof operators / sizeof *operators };

/* + and - before an operand bind as products do: -2^2 is -(2^2). */
static int parse_signed(parser *p, pl_node **out)
{
  size_t at = p->words.word.at;
  bool minus = is(p, "-");
  pl_node *of;
  int code = next(p);
  if (!code)
    code = parse_binary(p, BINDS_POWER, &of);
  if (code)
    return code;
  if (of->type != PL_VALUE_SCALAR && of->type != PL_VALUE_VECTOR)
    return FAIL_AT(p, of->at, PL_EPARSE, "a sign takes a scalar or an instant vector, this is a %s", pl_value_type_text(of->type));
  *out = of;
  if (!minus)
    return PL_OK;
  pl_node *n = make_node(p, PL_NODE_NEGATION, of->type, at);
  if (!n)
    return no_memory(p);
  n->negated = of;
  *out = n;
  return PL_OK;
}

static int parse_group_modifier(parser *p, pl_binary *b)
{
  if (!is(p, "group_left") && !is(p, "group_right"))
    return PL_OK;
  b->cardinality = is(p, "group_left") ? PL_MANY_TO_ONE : PL_ONE_TO_MANY;
  int code = next(p);
  return code || !is(p, "(") ? code : parse_labels(p, &b->include);
}

/* bool, on, ignoring, group_left, group_right */
static int parse_matching(parser *p, pl_binary *b)
{
  int code = PL_OK;
  if (is(p, "bool")) {
    if (b->op < PL_OP_EQ)
      return FAIL(p, "bool belongs to comparisons");
    b->is_bool = true;
    code = next(p);
  }
  if (!code && (is(p, "on") || is(p, "ignoring"))) {
    b->on = is(p, "on");
    b->is_matched = true;
    code = next(p);
    if (!code)
      code = parse_labels(p, &b->labels);
    if (!code)
      code = parse_group_modifier(p, b);
  } else if (!code && (is(p, "group_left") || is(p, "group_right"))) {
    return FAIL(p, "%.*s stands behind on(...) or ignoring(...)", (int)shown(p).len, shown(p).data);
  }
  return code;
}

static int check_binary(parser *p, pl_node *n)
{
  pl_binary *b = &n->binary;
  const pl_node *sides[] = {b->lhs, b->rhs};
  for (size_t i = 0; i < 2; i++) {
    if (sides[i]->type != PL_VALUE_SCALAR && sides[i]->type != PL_VALUE_VECTOR)
      return FAIL_AT(p, sides[i]->at, PL_EPARSE, "an operator takes scalars and instant vectors, this is a %s", pl_value_type_text(sides[i]->type));
  }
  bool scalars = b->lhs->type == PL_VALUE_SCALAR && b->rhs->type == PL_VALUE_SCALAR;
  if (scalars && b->op >= PL_OP_EQ && !b->is_bool)
    return FAIL_AT(p, n->at, PL_EPARSE, "a comparison of scalars needs bool, as in 1 < bool 2");
  if ((b->lhs->type == PL_VALUE_SCALAR || b->rhs->type == PL_VALUE_SCALAR) && b->is_matched)
    return FAIL_AT(p, n->at, PL_EPARSE, "on and ignoring belong between two instant vectors");
  for (size_t i = 0; b->on && i < b->labels.n; i++) {
    for (size_t j = 0; j < b->include.n; j++) {
      if (pl_str_eq(b->labels.label[i], b->include.label[j]))
        return FAIL_AT(p, n->at, PL_EPARSE, "label %.*s stands in on and in group", (int)b->labels.label[i].len, b->labels.label[i].data);
    }
  }
  n->type = scalars ? PL_VALUE_SCALAR : PL_VALUE_VECTOR;
  return PL_OK;
}

/* The operator at the present word that binds at least so strongly; OPERATORS: none. */
static size_t find_operator(const parser *p, int least)
{
  size_t i = 0;
  while (i < OPERATORS && !(p->words.word.kind == PL_WORD_SIGN && is(p, operators[i].text)))
    i++;
  return i < OPERATORS && operators[i].binds >= least ? i : OPERATORS;
}

static int refuse_set_operator(parser *p)
{
  if (is(p, "and") || is(p, "or") || is(p, "unless") || is(p, "atan2"))
    return FAIL_AT(p, p->words.word.at, PL_ENOSYS, "PromQL's %.*s is not in this version", (int)shown(p).len, shown(p).data);
  return PL_OK;
}

static int parse_operators(parser *p, int least, pl_node **out)
{
  int code = is(p, "-") || is(p, "+") ? parse_signed(p, out) : parse_operand(p, out);
  for (size_t i; !code && (i = find_operator(p, least)) < OPERATORS;) {
    pl_node *n = make_node(p, PL_NODE_BINARY, PL_VALUE_VECTOR, p->words.word.at);
    if (!n)
      return no_memory(p);
    if (++p->operators > OPERATORS_MAX)
      return FAIL_AT(p, p->words.word.at, PL_ELIMIT, "more than %d operators", OPERATORS_MAX);
    n->binary.op = operators[i].op;
    n->binary.lhs = *out;
    code = next(p);
    if (!code)
      code = parse_matching(p, &n->binary);
    if (!code) /* a power binds to the right */
      code = parse_binary(p, operators[i].binds + (operators[i].binds < BINDS_POWER), &n->binary.rhs);
    if (!code)
      code = check_binary(p, n);
    *out = n;
  }
  return code ? code : refuse_set_operator(p);
}

static int parse_binary(parser *p, int least, pl_node **out)
{
  if (p->depth == PL_PROMQL_DEPTH)
    return FAIL_AT(p, p->words.word.at, PL_ELIMIT, "nested more than %d deep", PL_PROMQL_DEPTH);
  p->depth++;
  int code = parse_operators(p, least, out);
  p->depth--;
  return code;
}

int pl_promql_parse(pl_arena *arena, pl_str text, pl_node **out, pl_error *err)
{
  parser p = {.words = {.text = {text.data ? text.data : "", text.len}, .arena = arena}, .arena = arena, .err = err};
  pl_node *n = NULL;
  if (text.len > PL_PROMQL_TEXT)
    return pl_fail(err, PL_ELIMIT, "the expression is longer than 64 KiB");
  int code = next(&p);
  if (!code)
    code = parse_binary(&p, 0, &n);
  if (!code && p.words.word.kind != PL_WORD_END)
    code = FAIL(&p, "expected an operator or the end, found %.*s", (int)(shown(&p).len < 64 ? shown(&p).len : 64), shown(&p).data);
  if (!code)
    *out = n;
  return code;
}
