/* A hierarchical timer wheel (Varghese and Lauck, 1987): four levels of 256 slots, ticks of 4.096 us, so 1 ms, 268 ms,
 * 69 s and 4.9 h a turn. A timer sits in the level of its distance; coarse slots are split when the hand reaches them.
 * Bitmaps of the used slots make the next due time a few instructions. */
#include "io/wheel.h"

#include <string.h>

enum { TICK_SHIFT = 12, LEVELS = 4, SLOT_BITS = 8, SLOTS = 1 << SLOT_BITS };

struct pl_wheel {
  const pl_allocator *alloc;
  uint64_t now_tick;              /* every tick below was worked off */
  size_t count;
  uint64_t used[LEVELS][SLOTS / 64];
  pl_timer *slot[LEVELS][SLOTS];
};

pl_wheel *pl_wheel_new(const pl_allocator *a, uint64_t now_ns)
{
  pl_wheel *w = pl_alloc_zero(a, 1, sizeof *w);
  if (w) {
    w->alloc = a;
    w->now_tick = now_ns >> TICK_SHIFT;
  }
  return w;
}

void pl_wheel_free(pl_wheel *w)
{
  if (!w)
    return;
  for (int level = 0; level < LEVELS; level++) {
    for (int i = 0; i < SLOTS; i++) {
      for (pl_timer *t = w->slot[level][i], *next; t; t = next) {
        next = t->next;
        t->next = NULL;
        t->link = NULL;
      }
    }
  }
  pl_free(w->alloc, w, sizeof *w);
}

/* The first tick that does not lie before the due time: no timer fires early. */
static uint64_t tick_of(uint64_t due_ns)
{
  return (due_ns >> TICK_SHIFT) + ((due_ns & ((UINT64_C(1) << TICK_SHIFT) - 1)) != 0);
}

static void link_timer(pl_timer **head, pl_timer *t)
{
  t->next = *head;
  t->link = head;
  if (t->next)
    t->next->link = &t->next;
  *head = t;
}

static void unlink_timer(pl_timer *t)
{
  *t->link = t->next;
  if (t->next)
    t->next->link = t->link;
  t->next = NULL;
  t->link = NULL;
}

static void insert(pl_wheel *w, pl_timer *t)
{
  uint64_t tick = tick_of(t->due_ns);
  if (tick < w->now_tick)
    tick = w->now_tick;
  uint64_t distance = tick - w->now_tick;
  int level = 0;
  while (level < LEVELS - 1 && distance >= UINT64_C(1) << (SLOT_BITS * (level + 1)))
    level++;
  uint64_t furthest = (UINT64_C(1) << (SLOT_BITS * LEVELS)) - (UINT64_C(1) << (SLOT_BITS * (LEVELS - 1)));
  if (distance > furthest)
    tick = w->now_tick + furthest; /* split again when reached */
  unsigned i = (unsigned)(tick >> (SLOT_BITS * level)) & (SLOTS - 1);
  link_timer(&w->slot[level][i], t);
  w->used[level][i / 64] |= UINT64_C(1) << (i % 64);
}

void pl_wheel_set(pl_wheel *w, pl_timer *t, uint64_t due_ns)
{
  pl_wheel_cancel(w, t);
  t->due_ns = due_ns;
  w->count++;
  insert(w, t);
}

void pl_wheel_cancel(pl_wheel *w, pl_timer *t)
{
  if (!t->link)
    return;
  unlink_timer(t);
  w->count--;
}

/* Slots from `from` on, wrapping, to the first used one (0: from itself); -1: none. Bits of emptied slots are cleared
 * on the way. */
static int first_used(pl_wheel *w, int level, unsigned from)
{
  for (unsigned n = 0; n < SLOTS;) {
    unsigned i = (from + n) & (SLOTS - 1);
    uint64_t word = w->used[level][i / 64] >> (i % 64);
    if (!word) {
      n += 64 - i % 64;
      continue;
    }
    unsigned skip = (unsigned)__builtin_ctzll(word);
    n += skip;
    i = (i + skip) & (SLOTS - 1);
    if (n >= SLOTS)
      break;
    if (w->slot[level][i])
      return (int)n;
    w->used[level][i / 64] &= ~(UINT64_C(1) << (i % 64));
  }
  return -1;
}

/* The next tick at which something happens: a slot of level 0 is due or a coarser one must be split. */
static uint64_t next_tick(pl_wheel *w)
{
  uint64_t best = UINT64_MAX;
  for (int level = 0; level < LEVELS; level++) {
    unsigned shift = SLOT_BITS * (unsigned)level;
    uint64_t hand = w->now_tick >> shift;
    /* A coarser slot under the hand was split when the hand came there; only if it did so exactly is it still to do. */
    bool whole = (w->now_tick & ((UINT64_C(1) << shift) - 1)) == 0;
    unsigned offset = whole ? 0 : 1;
    int n = first_used(w, level, (unsigned)(hand + offset) & (SLOTS - 1));
    if (n < 0)
      continue;
    uint64_t tick = (hand + offset + (unsigned)n) << shift;
    best = tick < best ? tick : best;
  }
  return best;
}

uint64_t pl_wheel_next(const pl_wheel *w)
{
  union {
    const pl_wheel *read_only;
    pl_wheel *wheel;
  } u = {w};
  uint64_t tick = w->count ? next_tick(u.wheel) : UINT64_MAX;
  return tick == UINT64_MAX ? UINT64_MAX : tick << TICK_SHIFT;
}

/* Moves the timers of the coarser slots that the hand just reached to where they belong now. */
static void split(pl_wheel *w)
{
  for (int level = LEVELS - 1; level > 0; level--) {
    unsigned shift = SLOT_BITS * (unsigned)level;
    if (w->now_tick & ((UINT64_C(1) << shift) - 1))
      continue;
    unsigned i = (unsigned)(w->now_tick >> shift) & (SLOTS - 1);
    pl_timer *list = w->slot[level][i];
    w->slot[level][i] = NULL;
    for (pl_timer *next; list; list = next) {
      next = list->next;
      list->next = NULL;
      list->link = NULL;
      insert(w, list);
    }
  }
}

static unsigned fire_slot(pl_wheel *w, unsigned most)
{
  pl_timer **head = &w->slot[0][w->now_tick & (SLOTS - 1)];
  unsigned fired = 0;
  while (*head && fired < most) {
    pl_timer *t = *head;
    unlink_timer(t);
    w->count--;
    fired++;
    t->fn(t);
  }
  return fired;
}

unsigned pl_wheel_run(pl_wheel *w, uint64_t now_ns, unsigned most)
{
  uint64_t last = now_ns >> TICK_SHIFT;
  unsigned fired = 0;
  while (w->count && fired < most) {
    uint64_t tick = next_tick(w);
    if (tick > last)
      break;
    w->now_tick = tick;
    split(w);
    fired += fire_slot(w, most - fired);
    if (w->slot[0][w->now_tick & (SLOTS - 1)])
      return fired; /* `most` was reached, or a callback set one for now */
    w->now_tick++;
    split(w);
  }
  if (w->now_tick <= last && fired < most) {
    w->now_tick = last + 1;
    split(w);
  }
  return fired;
}
