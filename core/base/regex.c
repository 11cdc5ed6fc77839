/* A parser that emits the steps of an automaton, and Pike's machine that follows all its threads at once (R. Cox, "Regular Expression
 * Matching: the Virtual Machine Approach"). Steps of a part are moved and copied as a block: targets are relative. */
#include "base/regex.h"

#include <string.h>

#include "perilune/error.h"

enum { STEPS_MAX = 10000, REPEAT_MAX = 1000, DEPTH_MAX = 200, SLOTS = 2 * PL_REGEX_GROUPS };

enum step_kind { STEP_RUNE, STEP_SET, STEP_SPLIT, STEP_JUMP, STEP_SAVE, STEP_BEGIN, STEP_END, STEP_WORD, STEP_NO_WORD, STEP_MATCH };

typedef struct range {
  uint32_t lo, hi;
  struct range *next;
} range;

typedef struct set {
  range *ranges;
  bool negated;
} set;

typedef struct step {
  enum step_kind kind;
  uint32_t rune;    /* RUNE; SAVE: the slot */
  int first, other; /* SPLIT and JUMP: where to go from here, the better one first */
  bool folds;       /* RUNE: a letter of either case */
  const set *set;
} step;

typedef struct thread {
  int step;
  const char *slots[SLOTS];
} thread;

typedef struct list {
  thread *threads;
  int *place; /* of a step in threads: it is there when threads[place[step]].step == step */
  int n;
} list;

/* What is still to be followed from a step: another step, or a slot's value to be put back. */
typedef struct pending {
  int step; /* -1: put back */
  unsigned slot;
  const char *value;
} pending;

struct pl_regex {
  step *steps;
  int n_steps;
  unsigned n_groups;
  pl_str names[PL_REGEX_GROUPS];
  list now, next;
  pending *stack;
};

/* ---- Characters ------------------------------------------------------------------------------- */

enum { NO_RUNE = 0xfffd };

/* Reads the character at p < end; a byte that is no UTF-8 is one of its own. */
static uint32_t read_rune(const char **p, const char *end)
{
  unsigned char c = (unsigned char)*(*p)++;
  unsigned more = c < 0xc2 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : c < 0xf5 ? 3 : 0;
  if (more == 0 || end - *p < (long)more)
    return c < 0x80 ? c : NO_RUNE;
  uint32_t rune = c & (0x3fu >> more);
  for (unsigned i = 0; i < more; i++) {
    unsigned char d = (unsigned char)(*p)[i];
    if ((d & 0xc0) != 0x80)
      return NO_RUNE;
    rune = rune << 6 | (d & 0x3f);
  }
  *p += more;
  return rune;
}

static uint32_t fold(uint32_t c)
{
  return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static bool is_word(uint32_t c)
{
  return (fold(c) >= 'a' && fold(c) <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool set_has(const set *s, uint32_t c)
{
  for (const range *r = s->ranges; r; r = r->next) {
    if (c >= r->lo && c <= r->hi)
      return !s->negated;
  }
  return s->negated;
}

/* ---- Parser ----------------------------------------------------------------------------------- */

typedef struct parser {
  pl_arena *arena;
  pl_regex *regex;
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
  pl_regex *r = p->regex;
  if (r->n_steps + n > STEPS_MAX) {
    refuse(p, PL_ELIMIT, "the regular expression is too large");
    return false;
  }
  memmove(r->steps + at + n, r->steps + at, (size_t)(r->n_steps - at) * sizeof *r->steps);
  r->n_steps += n;
  return true;
}

static void emit(parser *p, step s)
{
  if (open_gap(p, p->regex->n_steps, 1))
    p->regex->steps[p->regex->n_steps - 1] = s;
}

static set *new_set(parser *p)
{
  set *s = pl_arena_alloc(p->arena, 1, sizeof *s);
  if (!s)
    refuse(p, p->arena->bad, "no memory for the regular expression");
  return s;
}

static void add_range(parser *p, set *s, uint32_t lo, uint32_t hi)
{
  range *r = pl_arena_alloc(p->arena, 1, sizeof *r);
  if (!r) {
    refuse(p, p->arena->bad, "no memory for the regular expression");
    return;
  }
  *r = (range){lo, hi, s->ranges};
  s->ranges = r;
}

/* A class as pairs of characters; negated ones add what lies between. */
static void add_pairs(parser *p, set *s, const char *pairs, bool negated)
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

static bool add_perl_class(parser *p, set *s, char c)
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
  if (is_word((unsigned char)c))
    refuse(p, PL_EPARSE, "this escape is not known");
  return read_rune(&p->p, p->end);
}

static const struct {
  const char *name, *pairs;
} posix_classes[] = {
    {"alnum", "09AZaz"}, {"alpha", "AZaz"}, {"ascii", "\x01\x7f"}, {"blank", "\t\t  "}, {"cntrl", "\x01\x1f\x7f\x7f"}, {"digit", "09"}, {"graph", "!~"},
    {"lower", "az"}, {"print", " ~"}, {"punct", "!/:@[`{~"}, {"space", "\t\r  "}, {"upper", "AZ"}, {"word", "09AZ__az"}, {"xdigit", "09AFaf"},
};

/* [:alpha:] and its kin, inside of brackets. */
static bool add_posix_class(parser *p, set *s)
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
  return take(p, "\\") ? read_escaped(p) : read_rune(&p->p, p->end);
}

/* A range with the other case of its letters. */
static void add_folded(parser *p, set *s, uint32_t lo, uint32_t hi)
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
  set *s = new_set(p);
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
  emit(p, (step){.kind = STEP_SET, .set = s});
}

static void emit_any(parser *p)
{
  set *s = new_set(p);
  if (!s)
    return;
  s->negated = true;
  if (p->no_line_ends)
    add_range(p, s, '\n', '\n');
  emit(p, (step){.kind = STEP_SET, .set = s});
}

static void parse_escape(parser *p)
{
  static const struct {
    const char *text;
    enum step_kind kind;
  } places[] = {{"A", STEP_BEGIN}, {"z", STEP_END}, {"b", STEP_WORD}, {"B", STEP_NO_WORD}};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    if (take(p, places[i].text)) {
      emit(p, (step){.kind = places[i].kind});
      return;
    }
  }
  if (p->p < p->end && perl_class(*p->p)) {
    set *s = new_set(p);
    if (s && add_perl_class(p, s, *p->p++))
      emit(p, (step){.kind = STEP_SET, .set = s});
    return;
  }
  emit(p, (step){.kind = STEP_RUNE, .rune = read_escaped(p), .folds = p->folds});
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
  while (p->p < p->end && is_word((unsigned char)*p->p))
    p->p++;
  p->regex->names[group] = (pl_str){begin, (size_t)(p->p - begin)};
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
    if (p->regex->n_groups == PL_REGEX_GROUPS) {
      refuse(p, PL_ELIMIT, "more than 31 groups; write (?:...) for those that give nothing");
      return;
    }
    group = p->regex->n_groups++;
    if (p->p[-1] == '<')
      read_name(p, group);
    emit(p, (step){.kind = STEP_SAVE, .rune = 2 * group});
  }
  parse_choice(p);
  if (!take(p, ")"))
    refuse(p, PL_EPARSE, "a ( without )");
  if (captures)
    emit(p, (step){.kind = STEP_SAVE, .rune = 2 * group + 1});
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
    emit(p, (step){.kind = STEP_BEGIN});
  else if (take(p, "$"))
    emit(p, (step){.kind = STEP_END});
  else if (take(p, "\\"))
    parse_escape(p);
  else if (strchr("*+?", *p->p))
    refuse(p, PL_EPARSE, "nothing to repeat");
  else
    emit(p, (step){.kind = STEP_RUNE, .rune = read_rune(&p->p, p->end), .folds = p->folds});
}

/* A split whose better way goes on, or, when lazy, away. */
static step split(int stay, int leave, bool lazy)
{
  return (step){.kind = STEP_SPLIT, .first = lazy ? leave : stay, .other = lazy ? stay : leave};
}

/* The part from `from` any number of times, at least `least` (0 or 1) times. */
static void make_loop(parser *p, int from, int least, bool lazy)
{
  int n = p->regex->n_steps - from;
  if (least) {
    emit(p, split(-n, 1, lazy));
    return;
  }
  if (!open_gap(p, from, 1))
    return;
  p->regex->steps[from] = split(1, n + 2, lazy);
  emit(p, (step){.kind = STEP_JUMP, .first = -(n + 1)});
}

static void copy_part(parser *p, int from, int n)
{
  int at = p->regex->n_steps;
  if (open_gap(p, at, n))
    memcpy(p->regex->steps + at, p->regex->steps + from, (size_t)n * sizeof(step));
}

/* {least,most}; most < 0: any number. The part is there once. */
static void repeat_part(parser *p, int from, int least, int most, bool lazy)
{
  int n = p->regex->n_steps - from;
  if (least == 0 && most < 0) {
    make_loop(p, from, 0, lazy);
    return;
  }
  if (most == 0) {
    p->regex->n_steps = from;
    return;
  }
  for (int i = 1; i < least && !p->code; i++)
    copy_part(p, from, n);
  if (most < 0) {
    make_loop(p, p->regex->n_steps - n, 1, lazy);
    return;
  }
  /* x{2,4}: xx(x(x)?)?, each optional part leaves to the end. */
  int optional = most - least, source = from;
  if (least == 0) {
    if (!open_gap(p, from, 1))
      return;
    p->regex->steps[from] = split(1, optional * (n + 1), lazy);
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
  int from = p->regex->n_steps, least, most;
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
  int from = p->regex->n_steps;
  parse_sequence(p);
  while (take(p, "|")) {
    int n = p->regex->n_steps - from;
    if (!open_gap(p, from, 1))
      break;
    p->regex->steps[from] = split(1, n + 2, false);
    int jump = p->regex->n_steps;
    emit(p, (step){.kind = STEP_JUMP});
    parse_sequence(p);
    if (!p->code)
      p->regex->steps[jump].first = p->regex->n_steps - jump;
  }
  p->depth--;
}

static bool make_lists(pl_arena *arena, pl_regex *r)
{
  size_t n = (size_t)r->n_steps;
  list *lists[] = {&r->now, &r->next};
  for (size_t i = 0; i < 2; i++) {
    lists[i]->threads = pl_arena_alloc(arena, n, sizeof *lists[i]->threads);
    lists[i]->place = pl_arena_alloc(arena, n, sizeof *lists[i]->place);
    if (!lists[i]->threads || !lists[i]->place)
      return false;
  }
  r->stack = pl_arena_alloc(arena, 2 * n + 2, sizeof *r->stack);
  return r->stack;
}

int pl_regex_compile(pl_arena *arena, pl_str pattern, pl_regex **out, const char **why, size_t *at)
{
  pl_arena scratch;
  pl_arena_init(&scratch, arena->alloc, (STEPS_MAX + 1) * sizeof(step) + 4096);
  pl_regex *r = pl_arena_alloc(arena, 1, sizeof *r);
  step *room = pl_arena_alloc(&scratch, STEPS_MAX, sizeof *room);
  parser p = {.arena = arena, .regex = r, .begin = pattern.data, .p = pattern.data, .end = pattern.data + pattern.len};
  if (!r || !room) {
    refuse(&p, r ? scratch.bad : arena->bad, "no memory for the regular expression");
  } else {
    r->steps = room;
    r->n_groups = 1;
    parse_choice(&p);
    if (!p.code && p.p < p.end)
      refuse(&p, PL_EPARSE, "a ) without (");
    emit(&p, (step){.kind = STEP_MATCH});
    r->steps = p.code ? NULL : pl_arena_alloc(arena, (size_t)r->n_steps, sizeof *room);
    if (r->steps)
      memcpy(r->steps, room, (size_t)r->n_steps * sizeof *room);
    if (!r->steps || !make_lists(arena, r))
      refuse(&p, arena->bad, "no memory for the regular expression");
  }
  pl_arena_fini(&scratch);
  *why = p.why;
  *at = pattern.len ? (size_t)(p.p - p.begin) : 0;
  if (!p.code)
    *out = r;
  return p.code;
}

/* ---- Machine ---------------------------------------------------------------------------------- */

typedef struct place {
  const char *begin, *p, *end;
} place;

static bool holds(const step *s, const place *at)
{
  bool before = at->p > at->begin && is_word((unsigned char)at->p[-1]), after = at->p < at->end && is_word((unsigned char)*at->p);
  switch (s->kind) {
  case STEP_BEGIN:
    return at->p == at->begin;
  case STEP_END:
    return at->p == at->end;
  case STEP_WORD:
    return before != after;
  default:
    return before == after;
  }
}

static bool is_listed(const list *l, int at)
{
  return l->place[at] < l->n && l->threads[l->place[at]].step == at;
}

/* Adds the thread at a step, and all that it reaches without reading, in the order of their worth. slots are changed on the way and put
 * back. */
static void add_thread(pl_regex *r, list *l, int at, const place *where, const char **slots)
{
  int n = 0;
  r->stack[n++] = (pending){.step = at};
  while (n > 0) {
    pending todo = r->stack[--n];
    if (todo.step < 0) {
      slots[todo.slot] = todo.value;
      continue;
    }
    if (is_listed(l, todo.step))
      continue;
    const step *s = &r->steps[todo.step];
    l->place[todo.step] = l->n;
    thread *t = &l->threads[l->n++];
    t->step = todo.step;
    memcpy(t->slots, slots, 2 * r->n_groups * sizeof *slots);
    switch (s->kind) {
    case STEP_SPLIT:
      r->stack[n++] = (pending){.step = todo.step + s->other};
      r->stack[n++] = (pending){.step = todo.step + s->first};
      break;
    case STEP_JUMP:
      r->stack[n++] = (pending){.step = todo.step + s->first};
      break;
    case STEP_SAVE:
      r->stack[n++] = (pending){.step = -1, .slot = s->rune, .value = slots[s->rune]};
      slots[s->rune] = where->p;
      r->stack[n++] = (pending){.step = todo.step + 1};
      break;
    case STEP_BEGIN:
    case STEP_END:
    case STEP_WORD:
    case STEP_NO_WORD:
      if (holds(s, where))
        r->stack[n++] = (pending){.step = todo.step + 1};
      break;
    default:
      break;
    }
  }
}

static bool reads(const step *s, uint32_t rune)
{
  if (s->kind == STEP_RUNE)
    return s->rune == rune || (s->folds && fold(s->rune) == fold(rune));
  return s->kind == STEP_SET && set_has(s->set, rune);
}

static void give_groups(const pl_regex *r, const thread *t, pl_str text, pl_str *groups)
{
  groups[0] = text;
  for (unsigned i = 1; i < PL_REGEX_GROUPS; i++) {
    const char *from = i < r->n_groups ? t->slots[2 * i] : NULL, *to = i < r->n_groups ? t->slots[2 * i + 1] : NULL;
    groups[i] = from && to ? (pl_str){from, (size_t)(to - from)} : (pl_str){NULL, 0};
  }
}

bool pl_regex_matches(pl_regex *r, pl_str text, pl_str *groups)
{
  const char *slots[SLOTS] = {NULL}, *begin = text.data ? text.data : "";
  place where = {begin, begin, begin + text.len};
  r->now.n = 0;
  add_thread(r, &r->now, 0, &where, slots);
  while (where.p < where.end && r->now.n > 0) {
    uint32_t rune = read_rune(&where.p, where.end);
    r->next.n = 0;
    for (int i = 0; i < r->now.n; i++) {
      const thread *t = &r->now.threads[i];
      if (!reads(&r->steps[t->step], rune))
        continue;
      memcpy(slots, t->slots, 2 * r->n_groups * sizeof *slots);
      add_thread(r, &r->next, t->step + 1, &where, slots);
    }
    list swap = r->now;
    r->now = r->next;
    r->next = swap;
  }
  for (int i = 0; where.p == where.end && i < r->now.n; i++) {
    if (r->steps[r->now.threads[i].step].kind == STEP_MATCH) {
      if (groups)
        give_groups(r, &r->now.threads[i], text, groups);
      return true;
    }
  }
  return false;
}

int pl_regex_group(const pl_regex *r, pl_str name)
{
  uint64_t number;
  if (pl_str_u64(name, &number))
    return number < r->n_groups ? (int)number : -1;
  for (unsigned i = 1; i < r->n_groups; i++) {
    if (name.len && pl_str_eq(r->names[i], name))
      return (int)i;
  }
  return -1;
}
