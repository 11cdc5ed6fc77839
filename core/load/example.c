/* Lists are short and sorted: an insertion moves a few. What is equally slow is told apart by its end and its user, so that the
 * order in which workers' lists come does not matter. */
#include "load/example.h"

static bool is_slower(const pl_example *a, const pl_example *b)
{
  if (a->latency_ns != b->latency_ns)
    return a->latency_ns > b->latency_ns;
  return a->end_ns != b->end_ns ? a->end_ns < b->end_ns : a->user < b->user;
}

void pl_examples_add(pl_example_list *list, const pl_example *e)
{
  uint32_t at = list->n < PL_EXAMPLES ? list->n : PL_EXAMPLES - 1;
  if (list->n == PL_EXAMPLES && !is_slower(e, &list->items[at]))
    return;
  for (; at > 0 && is_slower(e, &list->items[at - 1]); at--)
    list->items[at] = list->items[at - 1];
  list->items[at] = *e;
  list->n += list->n < PL_EXAMPLES;
}

void pl_examples_merge(pl_example_list *into, const pl_example_list *from)
{
  for (uint32_t i = 0; i < from->n; i++)
    pl_examples_add(into, &from->items[i]);
}

uint64_t pl_examples_floor(const pl_example_list *list)
{
  return list->n == PL_EXAMPLES ? list->items[PL_EXAMPLES - 1].latency_ns : 0;
}

/* From the end of the phase before to this one's; returns where the next one begins. */
static uint64_t phase(uint64_t *out, uint64_t from, uint64_t to)
{
  *out = !to ? PL_NO_PHASE : to > from ? to - from : 0;
  return to ? to : from;
}

void pl_phases_of(const pl_times *t, uint64_t out[PL_PHASES])
{
  uint64_t from = phase(&out[PL_PHASE_DNS], t->opening ? t->opening : t->begin, t->resolved);
  from = phase(&out[PL_PHASE_CONNECT], from, t->connected);
  (void)phase(&out[PL_PHASE_TLS], from, t->secured);
  from = phase(&out[PL_PHASE_SEND], t->send, t->sent);
  from = phase(&out[PL_PHASE_WAIT], from, t->first_byte);
  (void)phase(&out[PL_PHASE_RECEIVE], from, t->first_byte ? t->end : 0);
}
