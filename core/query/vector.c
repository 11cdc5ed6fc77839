/* See vector.h. Labels of a set are never changed: what differs is a set of its own. */
#include "query/vector.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "query/promql_lexer.h"

const pl_str pl_name_label = {"__name__", 8};

/* Memory of histograms in the arena: what is given back stays until the arena goes. */
static void *arena_fn(void *user, void *p, size_t old_size, size_t size)
{
  pl_arena *arena = user;
  void *fresh = size ? pl_arena_alloc(arena, size, 1) : NULL;
  if (fresh && p)
    memcpy(fresh, p, old_size < size ? old_size : size);
  return fresh;
}

void pl_evaluation_init(pl_evaluation *e, pl_arena *arena, pl_reader *reader, struct pl_sample_buffer *samples, pl_error *err)
{
  *e = (pl_evaluation){.arena = arena, .in_arena = {arena_fn, arena}, .reader = reader, .step_ms = 1, .steps = 1, .samples = samples, .err = err};
}

int pl_evaluation_full(pl_evaluation *e)
{
  if (e->arena->bad == PL_ENOMEM)
    return pl_fail(e->err, PL_ENOMEM, "no memory for this query");
  return pl_fail(e->err, PL_ELIMIT, "the query needs more than %zu MiB: ask for fewer series, fewer steps or a shorter range", e->arena->max >> 20);
}

int pl_evaluation_fail(pl_evaluation *e, size_t at, int code, const char *format, ...)
{
  char what[320];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(what, sizeof what, format, args);
  va_end(args);
  return pl_words_fail(e->text, at, code, e->err, "%s", what);
}

void pl_values_clear(double *values, size_t n)
{
  for (size_t i = 0; i < n; i++)
    values[i] = pl_stale();
}

double *pl_values_new(pl_evaluation *e)
{
  double *values = pl_arena_alloc(e->arena, e->steps, sizeof *values);
  if (values)
    pl_values_clear(values, e->steps);
  else
    pl_evaluation_full(e);
  return values;
}

/* ---- Label sets ------------------------------------------------------------------------------- */

int pl_text_compare(pl_str a, pl_str b)
{
  size_t n = a.len < b.len ? a.len : b.len;
  int order = n ? memcmp(a.data, b.data, n) : 0;
  return order ? order : a.len < b.len ? -1 : a.len > b.len;
}

pl_str pl_label_set_find(const pl_label_set *s, pl_str name)
{
  for (size_t i = 0; i < s->n; i++) {
    if (pl_str_eq(s->label[i].name, name))
      return s->label[i].value;
  }
  return (pl_str){NULL, 0};
}

static bool lists(const pl_label_list *list, pl_str name)
{
  for (size_t i = 0; i < list->n; i++) {
    if (pl_str_eq(list->label[i], name))
      return true;
  }
  return false;
}

int pl_label_set_select(pl_evaluation *e, const pl_label_set *s, const pl_label_list *list, bool keep, pl_label_set *out)
{
  pl_label *labels = pl_arena_alloc(e->arena, s->n, sizeof *labels);
  size_t n = 0;
  if (!labels)
    return pl_evaluation_full(e);
  for (size_t i = 0; i < s->n; i++) {
    if (keep ? lists(list, s->label[i].name) : !lists(list, s->label[i].name) && !pl_str_eq(s->label[i].name, pl_name_label))
      labels[n++] = s->label[i];
  }
  *out = (pl_label_set){labels, n};
  return PL_OK;
}

int pl_label_set_unnamed(pl_evaluation *e, const pl_label_set *s, pl_label_set *out)
{
  if (!pl_label_set_find(s, pl_name_label).data) {
    *out = *s;
    return PL_OK;
  }
  if (pl_str_eq(s->label[0].name, pl_name_label)) {
    *out = (pl_label_set){s->label + 1, s->n - 1};
    return PL_OK;
  }
  return pl_label_set_select(e, s, &(pl_label_list){NULL, 0}, false, out);
}

int pl_label_set_put(pl_evaluation *e, const pl_label_set *s, pl_str name, pl_str value, pl_label_set *out)
{
  pl_label *labels = pl_arena_alloc(e->arena, s->n + 1, sizeof *labels);
  size_t n = 0;
  bool waits = value.len > 0;
  if (!labels)
    return pl_evaluation_full(e);
  for (size_t i = 0; i < s->n; i++) {
    int order = pl_text_compare(name, s->label[i].name);
    if (waits && order <= 0) {
      labels[n++] = (pl_label){name, value};
      waits = false;
    }
    if (order != 0)
      labels[n++] = s->label[i];
  }
  if (waits)
    labels[n++] = (pl_label){name, value};
  *out = (pl_label_set){labels, n};
  return PL_OK;
}

int pl_label_set_compare(const pl_label_set *a, const pl_label_set *b)
{
  for (size_t i = 0; i < a->n && i < b->n; i++) {
    int order = pl_text_compare(a->label[i].name, b->label[i].name);
    if (!order)
      order = pl_text_compare(a->label[i].value, b->label[i].value);
    if (order)
      return order;
  }
  return a->n < b->n ? -1 : a->n > b->n;
}

void pl_label_set_text(const pl_label_set *s, char *out, size_t size)
{
  size_t at = 0;
  for (size_t i = 0; i <= s->n && at + 1 < size; i++) {
    int n = i == s->n ? snprintf(out + at, size - at, s->n ? "}" : "{}")
                      : snprintf(out + at, size - at, "%s%.*s=\"%.*s\"", i ? ", " : "{", (int)s->label[i].name.len, s->label[i].name.data,
                                 (int)s->label[i].value.len, s->label[i].value.data);
    at += n > 0 ? (size_t)n : 0;
  }
}

int pl_label_map_init(pl_evaluation *e, pl_label_map *m, size_t most)
{
  *m = (pl_label_map){.n_slots = 8};
  while (m->n_slots < 2 * most)
    m->n_slots *= 2;
  m->sets = pl_arena_alloc(e->arena, most, sizeof *m->sets);
  m->slots = pl_arena_alloc(e->arena, m->n_slots, sizeof *m->slots);
  return m->sets && m->slots ? PL_OK : pl_evaluation_full(e);
}

static uint64_t hash_of(const pl_label_set *s)
{
  uint64_t hash = 0;
  for (size_t i = 0; i < s->n; i++) {
    hash = pl_hash(s->label[i].name.data, s->label[i].name.len, hash + 1);
    hash = pl_hash(s->label[i].value.data, s->label[i].value.len, hash);
  }
  return hash;
}

size_t pl_label_map_number(pl_label_map *m, const pl_label_set *s)
{
  size_t slot = hash_of(s) & (m->n_slots - 1);
  for (; m->slots[slot]; slot = (slot + 1) & (m->n_slots - 1)) {
    if (pl_label_set_compare(&m->sets[m->slots[slot] - 1], s) == 0)
      return m->slots[slot] - 1;
  }
  m->sets[m->n] = *s;
  m->slots[slot] = (uint32_t)++m->n;
  return m->n - 1;
}

int pl_members_find(pl_evaluation *e, const size_t *numbers, size_t n, size_t n_groups, pl_members *out)
{
  size_t *starts = pl_arena_alloc(e->arena, n_groups + 2, sizeof *starts);
  *out = (pl_members){pl_arena_alloc(e->arena, n, sizeof *out->order), starts};
  if (!out->order || !starts)
    return pl_evaluation_full(e);
  for (size_t i = 0; i < n; i++) {
    if (numbers[i] != PL_NO_GROUP)
      starts[numbers[i] + 2]++;
  }
  for (size_t i = 2; i < n_groups + 2; i++)
    starts[i] += starts[i - 1];
  /* Filling moves each start to its end, which is the next one's start. */
  for (size_t i = 0; i < n; i++) {
    if (numbers[i] != PL_NO_GROUP)
      out->order[starts[numbers[i] + 1]++] = i;
  }
  return PL_OK;
}

/* ---- Vectors ---------------------------------------------------------------------------------- */

int pl_vector_init(pl_evaluation *e, pl_vector *v, size_t n)
{
  v->n = n;
  v->elements = pl_arena_alloc(e->arena, n, sizeof *v->elements);
  return v->elements ? PL_OK : pl_evaluation_full(e);
}

int pl_vector_init_scalar(pl_evaluation *e, pl_vector *v)
{
  int code = pl_vector_init(e, v, 1);
  if (code)
    return code;
  v->elements[0].values = pl_values_new(e);
  return v->elements[0].values ? PL_OK : e->arena->bad;
}

static int refuse_twins(pl_evaluation *e, const pl_element *twin, size_t at)
{
  char text[200];
  pl_label_set_text(&twin->labels, text, sizeof text);
  return pl_evaluation_fail(e, at, PL_EINVAL, "two values with the same labels %s", text);
}

/* Moves what `from` has into `into`. */
static int join_values(pl_evaluation *e, pl_element *into, const pl_element *from, size_t at)
{
  if (!into->dists != !from->dists)
    return refuse_twins(e, from, at);
  for (size_t i = 0; i < e->steps; i++) {
    if (!pl_element_has(from, i))
      continue;
    if (pl_element_has(into, i))
      return refuse_twins(e, from, at);
    if (into->dists)
      into->dists[i] = from->dists[i];
    else
      into->values[i] = from->values[i];
  }
  return PL_OK;
}

int pl_vector_join(pl_evaluation *e, pl_vector *v, size_t at)
{
  pl_label_map map;
  int code = pl_label_map_init(e, &map, v->n);
  for (size_t i = 0; !code && i < v->n; i++) {
    size_t known = map.n, number = pl_label_map_number(&map, &v->elements[i].labels);
    if (number < known)
      code = join_values(e, &v->elements[number], &v->elements[i], at);
    else
      v->elements[number] = v->elements[i];
  }
  v->n = code ? v->n : map.n;
  return code;
}
