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

void pl_kept_add(pl_kept_list *list, const pl_example *e)
{
  if (list->n < PL_KEPT)
    list->items[list->n++] = *e;
}

uint64_t pl_examples_floor(const pl_example_list *list)
{
  return list->n == PL_EXAMPLES ? list->items[PL_EXAMPLES - 1].latency_ns : 0;
}
