/* A recursive parser: binary operators by their binding, operands, calls; promql_selector.c reads selectors, promql_modifiers.c what follows them. Types are checked where a node is made. */
#include <math.h>

#include "base/error.h"
#include "query/promql_modifiers.h"
#include "query/promql_selector.h"

typedef struct parser {
  pl_words words;
  unsigned depth, operators;
} parser;

static int parse_binary(parser *p, int least, pl_node **out);

#define FAIL_AT(p, at, code, ...) PL_WORDS_FAIL_AT(&(p)->words, at, code, __VA_ARGS__)
#define FAIL(p, ...) PL_WORDS_FAIL(&(p)->words, __VA_ARGS__)

static int next(parser *p)
{
  return pl_words_next(&p->words);
}

static bool is(const parser *p, const char *text)
{
  return pl_words_is(&p->words, text);
}

static int expect(parser *p, const char *sign)
{
  return pl_words_expect(&p->words, sign);
}

static int unexpected(const parser *p, const char *expected)
{
  return pl_words_unexpected(&p->words, expected);
}

static int no_memory(const parser *p)
{
  return pl_words_no_memory(&p->words);
}

static pl_node *make_node(parser *p, enum pl_node_kind kind, enum pl_value_type type, size_t at)
{
  return pl_node_new(p->words.arena, kind, type, at);
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
      return unexpected(p, "',' or ')'");
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
  return code ? code : pl_promql_labels(&p->words, &a->labels);
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
    return pl_str_eqc(name, "offset") ? FAIL_AT(p, at, PL_EPARSE, "offset stands right behind a selector") : pl_promql_selector(&p->words, name, at, out);
  const pl_function *f = pl_function_find(name);
  if (f)
    return parse_call(p, f, at, out);
  pl_str text = pl_words_cut(name);
  return pl_promql_is_left_out(name) ? FAIL_AT(p, at, PL_ENOSYS, "PromQL's %.*s is not in this version", (int)text.len, text.data)
                                     : FAIL_AT(p, at, PL_EPARSE, "there is no function %.*s", (int)text.len, text.data);
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
    return pl_promql_selector(&p->words, (pl_str){NULL, 0}, at, out);
  return unexpected(p, "an expression");
}

static int parse_operand(parser *p, pl_node **out)
{
  bool bare = !is(p, "(");
  int code = parse_atom(p, out);
  return code ? code : pl_promql_modifiers(&p->words, bare, out);
}

/* ---- Operators -------------------------------------------------------------------------------- */

enum { BINDS_OR = 1, BINDS_AND, BINDS_COMPARISON, BINDS_SUM, BINDS_PRODUCT, BINDS_POWER };

static const struct {
  const char *text;
  enum pl_operator op;
  int binds;
} operators[] = {
    {"+", PL_OP_ADD, BINDS_SUM}, {"-", PL_OP_SUB, BINDS_SUM}, {"*", PL_OP_MUL, BINDS_PRODUCT}, {"/", PL_OP_DIV, BINDS_PRODUCT},
    {"%", PL_OP_MOD, BINDS_PRODUCT}, {"^", PL_OP_POW, BINDS_POWER}, {"==", PL_OP_EQ, BINDS_COMPARISON}, {"!=", PL_OP_NE, BINDS_COMPARISON},
    {"<=", PL_OP_LE, BINDS_COMPARISON}, {">=", PL_OP_GE, BINDS_COMPARISON}, {"<", PL_OP_LT, BINDS_COMPARISON}, {">", PL_OP_GT, BINDS_COMPARISON},
    {"atan2", PL_OP_ATAN2, BINDS_PRODUCT}, {"and", PL_OP_AND, BINDS_AND}, {"unless", PL_OP_UNLESS, BINDS_AND}, {"or", PL_OP_OR, BINDS_OR},
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
  return code || !is(p, "(") ? code : pl_promql_labels(&p->words, &b->include);
}

/* bool, on, ignoring, group_left, group_right */
static int parse_matching(parser *p, pl_binary *b)
{
  int code = PL_OK;
  if (is(p, "bool")) {
    if (!pl_is_comparison(b->op))
      return FAIL(p, "bool belongs to comparisons");
    b->is_bool = true;
    code = next(p);
  }
  if (!code && (is(p, "on") || is(p, "ignoring"))) {
    b->on = is(p, "on");
    code = next(p);
    if (!code)
      code = pl_promql_labels(&p->words, &b->labels);
    if (!code)
      code = parse_group_modifier(p, b);
  } else if (!code && (is(p, "group_left") || is(p, "group_right"))) {
    return FAIL(p, "%.*s stands behind on(...) or ignoring(...)", (int)p->words.word.text.len, p->words.word.text.data);
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
  bool scalars = b->lhs->type == PL_VALUE_SCALAR && b->rhs->type == PL_VALUE_SCALAR, any_scalar = b->lhs->type == PL_VALUE_SCALAR || b->rhs->type == PL_VALUE_SCALAR;
  if (scalars && pl_is_comparison(b->op) && !b->is_bool)
    return FAIL_AT(p, n->at, PL_EPARSE, "a comparison of scalars needs bool, as in 1 < bool 2");
  if (any_scalar && (b->labels.n || pl_is_set_operator(b->op)))
    return FAIL_AT(p, n->at, PL_EPARSE, "%s between two instant vectors", b->labels.n ? "on and ignoring belong" : "and, or and unless stand");
  if (pl_is_set_operator(b->op) && b->cardinality != PL_ONE_TO_ONE)
    return FAIL_AT(p, n->at, PL_EPARSE, "group_left and group_right do not belong to and, or and unless: many match many there");
  for (size_t i = 0; b->on && i < b->labels.n; i++) {
    pl_str label = pl_words_cut(b->labels.label[i]);
    for (size_t j = 0; j < b->include.n; j++) {
      if (pl_str_eq(b->labels.label[i], b->include.label[j]))
        return FAIL_AT(p, n->at, PL_EPARSE, "label %.*s stands in on and in group", (int)label.len, label.data);
    }
  }
  n->type = scalars ? PL_VALUE_SCALAR : PL_VALUE_VECTOR;
  return PL_OK;
}

/* The operator at the present word that binds at least so strongly; OPERATORS: none. */
static size_t find_operator(const parser *p, int least)
{
  size_t i = 0;
  while (i < OPERATORS && !is(p, operators[i].text))
    i++;
  return i < OPERATORS && operators[i].binds >= least ? i : OPERATORS;
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
  return code;
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
  parser p = {.words = {.text = {text.data ? text.data : "", text.len}, .arena = arena, .err = err}};
  pl_node *n = NULL;
  if (text.len > PL_PROMQL_TEXT)
    return pl_fail(err, PL_ELIMIT, "the expression is longer than 64 KiB");
  int code = next(&p);
  if (!code)
    code = parse_binary(&p, 0, &n);
  if (!code && p.words.word.kind != PL_WORD_END)
    code = unexpected(&p, "an operator or the end");
  if (!code)
    *out = n;
  return code;
}
