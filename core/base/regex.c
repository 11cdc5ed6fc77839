/* Pike's machine follows all threads of an automaton at once (R. Cox, "Regular Expression Matching: the Virtual Machine Approach"): the
 * better thread stands before the others in its list, and of two that come to one step the first stays. */
#include "base/regex.h"

#include <string.h>

#include "base/regex_program.h"
#include "perilune/error.h"

enum { SLOTS = 2 * PL_REGEX_GROUPS };

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
  pl_regex_program program;
  list now, next;
  pending *stack;
};

static bool make_lists(pl_arena *arena, pl_regex *r)
{
  size_t n = (size_t)r->program.n_steps;
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
  pl_regex *r = pl_arena_alloc(arena, 1, sizeof *r);
  *why = "no memory for the regular expression";
  *at = 0;
  if (!r)
    return arena->bad;
  int code = pl_regex_parse(arena, pattern, &r->program, why, at);
  if (code)
    return code;
  *why = "no memory for the regular expression";
  if (!make_lists(arena, r))
    return arena->bad;
  *out = r;
  return PL_OK;
}

/* ---- Matching --------------------------------------------------------------------------------- */

static bool set_has(const pl_regex_set *s, uint32_t c)
{
  for (const pl_regex_range *r = s->ranges; r; r = r->next) {
    if (c >= r->lo && c <= r->hi)
      return !s->negated;
  }
  return s->negated;
}

typedef struct place {
  const char *begin, *p, *end;
} place;

static bool holds(const pl_regex_step *s, const place *at)
{
  bool before = at->p > at->begin && pl_regex_is_word((unsigned char)at->p[-1]), after = at->p < at->end && pl_regex_is_word((unsigned char)*at->p);
  switch (s->kind) {
  case PL_STEP_BEGIN:
    return at->p == at->begin;
  case PL_STEP_END:
    return at->p == at->end;
  case PL_STEP_WORD:
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
    const pl_regex_step *s = &r->program.steps[todo.step];
    l->place[todo.step] = l->n;
    thread *t = &l->threads[l->n++];
    t->step = todo.step;
    memcpy(t->slots, slots, 2 * r->program.n_groups * sizeof *slots);
    switch (s->kind) {
    case PL_STEP_SPLIT:
      r->stack[n++] = (pending){.step = todo.step + s->other};
      r->stack[n++] = (pending){.step = todo.step + s->first};
      break;
    case PL_STEP_JUMP:
      r->stack[n++] = (pending){.step = todo.step + s->first};
      break;
    case PL_STEP_SAVE:
      r->stack[n++] = (pending){.step = -1, .slot = s->rune, .value = slots[s->rune]};
      slots[s->rune] = where->p;
      r->stack[n++] = (pending){.step = todo.step + 1};
      break;
    case PL_STEP_BEGIN:
    case PL_STEP_END:
    case PL_STEP_WORD:
    case PL_STEP_NO_WORD:
      if (holds(s, where))
        r->stack[n++] = (pending){.step = todo.step + 1};
      break;
    default:
      break;
    }
  }
}

static bool reads(const pl_regex_step *s, uint32_t rune)
{
  if (s->kind == PL_STEP_RUNE)
    return s->rune == rune || (s->folds && pl_regex_fold(s->rune) == pl_regex_fold(rune));
  return s->kind == PL_STEP_SET && set_has(s->set, rune);
}

static void give_groups(const pl_regex *r, const thread *t, pl_str text, pl_str *groups)
{
  groups[0] = text;
  for (unsigned i = 1; i < PL_REGEX_GROUPS; i++) {
    const char *from = i < r->program.n_groups ? t->slots[2 * i] : NULL, *to = i < r->program.n_groups ? t->slots[2 * i + 1] : NULL;
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
    uint32_t rune = pl_regex_rune(&where.p, where.end);
    r->next.n = 0;
    for (int i = 0; i < r->now.n; i++) {
      const thread *t = &r->now.threads[i];
      if (!reads(&r->program.steps[t->step], rune))
        continue;
      memcpy(slots, t->slots, 2 * r->program.n_groups * sizeof *slots);
      add_thread(r, &r->next, t->step + 1, &where, slots);
    }
    list swap = r->now;
    r->now = r->next;
    r->next = swap;
  }
  for (int i = 0; where.p == where.end && i < r->now.n; i++) {
    if (r->program.steps[r->now.threads[i].step].kind == PL_STEP_MATCH) {
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
    return number < r->program.n_groups ? (int)number : -1;
  for (unsigned i = 1; i < r->program.n_groups; i++) {
    if (name.len && pl_str_eq(r->program.names[i], name))
      return (int)i;
  }
  return -1;
}
