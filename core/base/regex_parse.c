/* A parser by recursive descent that emits the steps as it reads; a part that is repeated or becomes a choice is moved and copied. */
#include "base/regex_program.h"

#include <string.h>

#include "perilune/error.h"

enum { STEPS_MAX = 10000, REPEAT_MAX = 1000, DEPTH_MAX = 200 };

/* ---- Characters ------------------------------------------------------------------------------- */

enum { NO_RUNE = 0xfffd };

uint32_t pl_regex_rune(const char **p, const char *end)
{
  unsigned char c = (unsigned char)**p;
  size_t n = c < 0x80 ? 1 : pl_utf8_length((pl_str){*p, (size_t)(end - *p)});
  uint32_t rune = n == 0 ? NO_RUNE : n == 1 ? c : c & (0x7fu >> n);
  for (size_t i = 1; i < n; i++)
    rune = rune << 6 | ((unsigned char)(*p)[i] & 0x3f);
  *p += n ? n : 1;
  return rune;
}

uint32_t pl_regex_fold(uint32_t c)
{
  return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

bool pl_regex_is_word(uint32_t c)
{
  return (pl_regex_fold(c) >= 'a' && pl_regex_fold(c) <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

/* ---- Parser ----------------------------------------------------------------------------------- */

typedef struct parser {
  pl_arena *arena;
  pl_regex_program *program;
  const char *begin, *p, *end;
  bool folds, no_line_ends;
  int depth;
  int code;        /* the first mistake */
  const char *why;
} parser;

static void refuse(parser *p, int code, const char *why)
{
  if (!p->code) {
    p->code = code;
    p->why = why;
  }
}

static bool at_char(const parser *p, char c)
{
  return !p->code && p->p < p->end && *p->p == c;
}

static bool take(parser *p, const char *text)
{
  size_t n = strlen(text);
  if (p->code || (size_t)(p->end - p->p) < n || memcmp(p->p, text, n) != 0)
    return false;
  p->p += n;
  return true;
}

/* Makes room for n steps at `at`, moving those behind it. */
static bool open_gap(parser *p, int at, int n)
{
  pl_regex_program *r = p->program;
  if (r->n_steps + n > STEPS_MAX) {
    refuse(p, PL_ELIMIT, "the regular expression is too large");
    return false;
  }
  memmove(r->steps + at + n, r->steps + at, (size_t)(r->n_steps - at) * sizeof *r->steps);
  r->n_steps += n;
  return true;
}

static void emit(parser *p, pl_regex_step s)
{
  if (open_gap(p, p->program->n_steps, 1))
    p->program->steps[p->program->n_steps - 1] = s;
}

static pl_regex_set *new_set(parser *p)
{
  pl_regex_set *s = pl_arena_alloc(p->arena, 1, sizeof *s);
  if (!s)
    refuse(p, p->arena->bad, "no memory for the regular expression");
  return s;
}

static void add_range(parser *p, pl_regex_set *s, uint32_t lo, uint32_t hi)
{
  pl_regex_range *r = pl_arena_alloc(p->arena, 1, sizeof *r);
  if (!r) {
    refuse(p, p->arena->bad, "no memory for the regular expression");
    return;
  }
  *r = (pl_regex_range){lo, hi, s->ranges};
  s->ranges = r;
}

/* A class as pairs of characters; negated ones add what lies between. */
static void add_pairs(parser *p, pl_regex_set *s, const char *pairs, bool negated)
{
  uint32_t from = 0;
  for (; *pairs; pairs += 2) {
    if (!negated)
      add_range(p, s, (unsigned char)pairs[0], (unsigned char)pairs[1]);
    else if ((unsigned char)pairs[0] > from)
      add_range(p, s, from, (unsigned char)pairs[0] - 1u);
    from = (unsigned char)pairs[1] + 1u;
  }
  if (negated)
    add_range(p, s, from, 0x10ffff);
}

/* Pairs in rising order of \d, \w, \s; NULL: no such class. */
static const char *perl_class(char c)
{
  switch (c | 0x20) {
  case 'd':
    return "09";
  case 'w':
    return "09AZ__az";
  case 's':
    return "\t\n\f\r  ";
  default:
    return NULL;
  }
}

static bool add_perl_class(parser *p, pl_regex_set *s, char c)
{
  const char *pairs = perl_class(c);
  if (!pairs)
    return false;
  add_pairs(p, s, pairs, c < 'a');
  return true;
}

static uint32_t read_hex(parser *p)
{
  uint32_t rune = 0;
  int n = 0;
  bool braced = take(p, "{");
  while (p->p < p->end && pl_hex_digit(*p->p) >= 0 && n < (braced ? 6 : 2)) {
    rune = rune * 16 + (uint32_t)pl_hex_digit(*p->p++);
    n++;
  }
  if (n == 0 || (!braced && n < 2) || (braced && !take(p, "}")) || rune > 0x10ffff)
    refuse(p, PL_EPARSE, "write \\x41 or \\x{263a}");
  return rune;
}

/* The character that an escape stands for; the backslash is read. */
static uint32_t read_escaped(parser *p)
{
  static const char plain[] = "afnrtv", stands[] = "\a\f\n\r\t\v";
  if (p->p >= p->end) {
    refuse(p, PL_EPARSE, "a backslash at the end");
    return 0;
  }
  char c = *p->p;
  const char *found = c ? strchr(plain, c) : NULL;
  if (found) {
    p->p++;
    return (unsigned char)stands[found - plain];
  }
  if (take(p, "x"))
    return read_hex(p);
  if (!pl_regex_is_word((unsigned char)c))
    return pl_regex_rune(&p->p, p->end);
  refuse(p, PL_EPARSE, "this escape is not known");
  return 0;
}

static const struct {
  const char *name, *pairs;
} posix_classes[] = {
    {"alnum", "09AZaz"}, {"alpha", "AZaz"}, {"ascii", "\x01\x7f"}, {"blank", "\t\t  "}, {"cntrl", "\x01\x1f\x7f\x7f"}, {"digit", "09"}, {"graph", "!~"},
    {"lower", "az"}, {"print", " ~"}, {"punct", "!/:@[`{~"}, {"space", "\t\r  "}, {"upper", "AZ"}, {"word", "09AZ__az"}, {"xdigit", "09AFaf"},
};

/* [:alpha:] and its kin, inside of brackets. */
static bool add_posix_class(parser *p, pl_regex_set *s)
{
  const char *before = p->p;
  if (!take(p, "[:"))
    return false;
  bool negated = take(p, "^");
  for (size_t i = 0; i < sizeof posix_classes / sizeof *posix_classes; i++) {
    const char *name = p->p;
    if (take(p, posix_classes[i].name) && take(p, ":]")) {
      add_pairs(p, s, posix_classes[i].pairs, negated);
      return true;
    }
    p->p = name;
  }
  p->p = before;
  return false;
}

static uint32_t read_set_rune(parser *p)
{
  if (p->p >= p->end) {
    refuse(p, PL_EPARSE, "a [ without ]");
    return 0;
  }
  return take(p, "\\") ? read_escaped(p) : pl_regex_rune(&p->p, p->end);
}

/* A range with the other case of its letters. */
static void add_folded(parser *p, pl_regex_set *s, uint32_t lo, uint32_t hi)
{
  add_range(p, s, lo, hi);
  for (uint32_t c = 'a'; p->folds && c <= 'z'; c++) {
    if ((c >= lo && c <= hi) || (c - 32 >= lo && c - 32 <= hi)) {
      add_range(p, s, c, c);
      add_range(p, s, c - 32, c - 32);
    }
  }
}

static void parse_set(parser *p)
{
  pl_regex_set *s = new_set(p);
  if (!s)
    return;
  s->negated = take(p, "^");
  bool first = true;
  while (!p->code && (first || !at_char(p, ']'))) {
    first = false;
    if (add_posix_class(p, s))
      continue;
    if (p->end - p->p >= 2 && *p->p == '\\' && add_perl_class(p, s, p->p[1])) {
      p->p += 2;
      continue;
    }
    uint32_t lo = read_set_rune(p), hi = lo;
    if (at_char(p, '-') && p->end - p->p >= 2 && p->p[1] != ']') {
      p->p++;
      hi = read_set_rune(p);
    }
    if (hi < lo)
      refuse(p, PL_EPARSE, "a range that goes backwards");
    add_folded(p, s, lo, hi);
  }
  if (!take(p, "]"))
    refuse(p, PL_EPARSE, "a [ without ]");
  emit(p, (pl_regex_step){.kind = PL_STEP_SET, .set = s});
}

static void emit_any(parser *p)
{
  pl_regex_set *s = new_set(p);
  if (!s)
    return;
  s->negated = true;
  if (p->no_line_ends)
    add_range(p, s, '\n', '\n');
  emit(p, (pl_regex_step){.kind = PL_STEP_SET, .set = s});
}

static void parse_escape(parser *p)
{
  static const struct {
    const char *text;
    enum pl_regex_kind kind;
  } places[] = {{"A", PL_STEP_BEGIN}, {"z", PL_STEP_END}, {"b", PL_STEP_WORD}, {"B", PL_STEP_NO_WORD}};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    if (take(p, places[i].text)) {
      emit(p, (pl_regex_step){.kind = places[i].kind});
      return;
    }
  }
  if (p->p < p->end && perl_class(*p->p)) {
    pl_regex_set *s = new_set(p);
    if (s && add_perl_class(p, s, *p->p++))
      emit(p, (pl_regex_step){.kind = PL_STEP_SET, .set = s});
    return;
  }
  emit(p, (pl_regex_step){.kind = PL_STEP_RUNE, .rune = read_escaped(p), .folds = p->folds});
}

static void parse_choice(parser *p);

/* (?flags) and (?flags:, behind the question mark. False: flags alone, which hold to the end of the group. */
static bool parse_flags(parser *p)
{
  bool on = true;
  while (p->p < p->end && *p->p != ')' && *p->p != ':') {
    if (*p->p == 'i')
      p->folds = on;
    else if (*p->p == 's')
      p->no_line_ends = !on;
    else if (*p->p == '-' && on)
      on = false;
    else
      refuse(p, PL_EPARSE, "only the flags i and s are known");
    if (p->code)
      return false;
    p->p++;
  }
  if (take(p, ":"))
    return true;
  if (!take(p, ")"))
    refuse(p, PL_EPARSE, "a ( without )");
  return false;
}

static void read_name(parser *p, unsigned group)
{
  const char *begin = p->p;
  while (p->p < p->end && pl_regex_is_word((unsigned char)*p->p))
    p->p++;
  p->program->names[group] = (pl_str){begin, (size_t)(p->p - begin)};
  if (p->p == begin || !take(p, ">"))
    refuse(p, PL_EPARSE, "write (?P<name>...)");
}

static void parse_group(parser *p)
{
  bool folds = p->folds, no_line_ends = p->no_line_ends, captures = true;
  unsigned group = 0;
  if (take(p, "?")) {
    captures = take(p, "P<") || take(p, "<");
    if (!captures && !parse_flags(p))
      return;
  }
  if (captures) {
    if (p->program->n_groups == PL_REGEX_GROUPS) {
      refuse(p, PL_ELIMIT, "more than 31 groups; write (?:...) for those that give nothing");
      return;
    }
    group = p->program->n_groups++;
    if (p->p[-1] == '<')
      read_name(p, group);
    emit(p, (pl_regex_step){.kind = PL_STEP_SAVE, .rune = 2 * group});
  }
  parse_choice(p);
  if (!take(p, ")"))
    refuse(p, PL_EPARSE, "a ( without )");
  if (captures)
    emit(p, (pl_regex_step){.kind = PL_STEP_SAVE, .rune = 2 * group + 1});
  p->folds = folds;
  p->no_line_ends = no_line_ends;
}

static void parse_atom(parser *p)
{
  if (take(p, "("))
    parse_group(p);
  else if (take(p, "["))
    parse_set(p);
  else if (take(p, "."))
    emit_any(p);
  else if (take(p, "^"))
    emit(p, (pl_regex_step){.kind = PL_STEP_BEGIN});
  else if (take(p, "$"))
    emit(p, (pl_regex_step){.kind = PL_STEP_END});
  else if (take(p, "\\"))
    parse_escape(p);
  else if (at_char(p, '*') || at_char(p, '+') || at_char(p, '?'))
    refuse(p, PL_EPARSE, "nothing to repeat");
  else
    emit(p, (pl_regex_step){.kind = PL_STEP_RUNE, .rune = pl_regex_rune(&p->p, p->end), .folds = p->folds});
}

/* A split whose better way goes on, or, when lazy, away. */
static pl_regex_step split(int stay, int leave, bool lazy)
{
  return (pl_regex_step){.kind = PL_STEP_SPLIT, .first = lazy ? leave : stay, .other = lazy ? stay : leave};
}

/* The part from `from` any number of times, at least `least` (0 or 1) times. */
static void make_loop(parser *p, int from, int least, bool lazy)
{
  int n = p->program->n_steps - from;
  if (least) {
    emit(p, split(-n, 1, lazy));
    return;
  }
  if (!open_gap(p, from, 1))
    return;
  p->program->steps[from] = split(1, n + 2, lazy);
  emit(p, (pl_regex_step){.kind = PL_STEP_JUMP, .first = -(n + 1)});
}

static void copy_part(parser *p, int from, int n)
{
  int at = p->program->n_steps;
  if (open_gap(p, at, n))
    memcpy(p->program->steps + at, p->program->steps + from, (size_t)n * sizeof(pl_regex_step));
}

/* {least,most}; most < 0: any number. The part is there once. */
static void repeat_part(parser *p, int from, int least, int most, bool lazy)
{
  int n = p->program->n_steps - from;
  if (least == 0 && most < 0) {
    make_loop(p, from, 0, lazy);
    return;
  }
  if (most == 0) {
    p->program->n_steps = from;
    return;
  }
  for (int i = 1; i < least && !p->code; i++)
    copy_part(p, from, n);
  if (most < 0) {
    make_loop(p, p->program->n_steps - n, 1, lazy);
    return;
  }
  /* x{2,4}: xx(x(x)?)?, each optional part leaves to the end. */
  int optional = most - least, source = from;
  if (least == 0) {
    if (!open_gap(p, from, 1))
      return;
    p->program->steps[from] = split(1, optional * (n + 1), lazy);
    source = from + 1;
    optional--;
  }
  for (; optional > 0 && !p->code; optional--) {
    emit(p, split(1, optional * (n + 1), lazy));
    copy_part(p, source, n);
  }
}

static bool read_count(const char **at, const char *end, int *out)
{
  const char *begin = *at;
  for (*out = 0; *at < end && **at >= '0' && **at <= '9' && *at - begin < 5; (*at)++)
    *out = *out * 10 + (**at - '0');
  return *at > begin;
}

/* {n}, {n,} or {n,m}; another brace is a literal one. */
static bool take_counts(parser *p, int *least, int *most)
{
  const char *at = p->p;
  if (p->code || at >= p->end || *at++ != '{' || !read_count(&at, p->end, least))
    return false;
  *most = *least;
  if (at < p->end && *at == ',') {
    at++;
    if (!read_count(&at, p->end, most))
      *most = -1;
  }
  if (at >= p->end || *at != '}')
    return false;
  p->p = at + 1;
  if (*least > REPEAT_MAX || *most > REPEAT_MAX)
    refuse(p, PL_ELIMIT, "more than 1,000 repetitions");
  else if (*most >= 0 && *most < *least)
    refuse(p, PL_EPARSE, "more repetitions at least than at most");
  return true;
}

static void parse_repeated(parser *p)
{
  int from = p->program->n_steps, least, most;
  parse_atom(p);
  for (bool repeated = false; !p->code; repeated = true) {
    if (take(p, "*"))
      least = 0, most = -1;
    else if (take(p, "+"))
      least = 1, most = -1;
    else if (take(p, "?"))
      least = 0, most = 1;
    else if (!take_counts(p, &least, &most))
      return;
    if (repeated)
      refuse(p, PL_EPARSE, "repeated twice");
    else
      repeat_part(p, from, least, most, take(p, "?"));
  }
}

static void parse_sequence(parser *p)
{
  while (!p->code && p->p < p->end && *p->p != '|' && *p->p != ')')
    parse_repeated(p);
}

/* a|b|c: split to a, and else to the rest; each but the last one jumps behind all. */
static void parse_choice(parser *p)
{
  if (p->depth == DEPTH_MAX) {
    refuse(p, PL_ELIMIT, "too deeply nested");
    return;
  }
  p->depth++;
  int from = p->program->n_steps;
  parse_sequence(p);
  while (take(p, "|")) {
    int n = p->program->n_steps - from;
    if (!open_gap(p, from, 1))
      break;
    p->program->steps[from] = split(1, n + 2, false);
    int jump = p->program->n_steps;
    emit(p, (pl_regex_step){.kind = PL_STEP_JUMP});
    parse_sequence(p);
    if (!p->code)
      p->program->steps[jump].first = p->program->n_steps - jump;
  }
  p->depth--;
}

int pl_regex_parse(pl_arena *arena, pl_str pattern, pl_regex_program *out, const char **why, size_t *at)
{
  pl_arena scratch;
  pl_arena_init(&scratch, arena->alloc, (STEPS_MAX + 1) * sizeof(pl_regex_step) + 4096);
  pl_regex_program program = {.steps = pl_arena_alloc(&scratch, STEPS_MAX, sizeof *program.steps), .n_groups = 1};
  parser p = {.arena = arena, .program = &program, .begin = pattern.data, .p = pattern.data, .end = pattern.data + pattern.len};
  if (!program.steps) {
    refuse(&p, scratch.bad, "no memory for the regular expression");
  } else {
    parse_choice(&p);
    if (!p.code && p.p < p.end)
      refuse(&p, PL_EPARSE, "a ) without (");
    emit(&p, (pl_regex_step){.kind = PL_STEP_MATCH});
  }
  pl_regex_step *steps = p.code ? NULL : pl_arena_alloc(arena, (size_t)program.n_steps, sizeof *steps);
  if (steps)
    memcpy(steps, program.steps, (size_t)program.n_steps * sizeof *steps);
  else
    refuse(&p, arena->bad, "no memory for the regular expression");
  pl_arena_fini(&scratch);
  *why = p.why;
  *at = pattern.len ? (size_t)(p.p - p.begin) : 0;
  if (p.code)
    return p.code;
  program.steps = steps;
  *out = program;
  return PL_OK;
}
