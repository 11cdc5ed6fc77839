/* See families.h. The texts lie one behind the other in one buffer. */
#include "ingest/families.h"

#include "base/buf.h"
#include "base/map.h"

typedef struct kept {
  enum pl_series_kind kind;
  bool parts;
  uint32_t at;            /* of the unit in the buffer, the help behind it */
  uint16_t unit, help;    /* bytes */
} kept;

struct pl_families {
  const pl_allocator *alloc;
  pl_intern *names;
  kept *list; /* PL_FAMILIES */
  pl_buf texts;
};

pl_families *pl_families_new(const pl_allocator *a)
{
  pl_families *f = pl_alloc_zero(a, 1, sizeof *f);
  if (!f)
    return NULL;
  f->alloc = a;
  f->names = pl_intern_new(a, PL_FAMILIES);
  f->list = pl_alloc_zero(a, PL_FAMILIES, sizeof *f->list);
  pl_buf_init(&f->texts, a, (size_t)PL_FAMILIES * 2 * PL_FAMILY_TEXT);
  if (!f->names || !f->list) {
    pl_families_free(f);
    return NULL;
  }
  return f;
}

void pl_families_free(pl_families *f)
{
  if (!f)
    return;
  pl_intern_free(f->names);
  pl_free(f->alloc, f->list, PL_FAMILIES * sizeof *f->list);
  pl_buf_fini(&f->texts);
  pl_free(f->alloc, f, sizeof *f);
}

/* Cut where it is too long, between two characters of UTF-8. */
static uint16_t cut(pl_str s)
{
  size_t n = s.len < PL_FAMILY_TEXT ? s.len : PL_FAMILY_TEXT;
  while (n < s.len && n > 0 && ((unsigned char)s.data[n] & 0xc0) == 0x80)
    n--;
  return (uint16_t)n;
}

void pl_families_add(pl_families *f, pl_str name, const pl_family *family)
{
  if (!name.len || name.len > PL_FAMILY_TEXT || pl_intern_find(f->names, name) >= 0)
    return;
  kept k = {family->kind, family->parts, (uint32_t)f->texts.len, cut(family->unit), cut(family->help)};
  (void)pl_buf_add(&f->texts, family->unit.data, k.unit);
  (void)pl_buf_add(&f->texts, family->help.data, k.help);
  int64_t id = f->texts.bad ? -1 : pl_intern_id(f->names, name);
  if (id >= 0)
    f->list[id] = k;
  else
    f->texts.len = k.at;
}

size_t pl_family_ending(pl_str metric)
{
  static const char *const endings[] = {"_total", "_sum", "_count", "_bucket"};
  for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
    pl_str ending = pl_str_of(endings[i]);
    if (metric.len > ending.len && pl_str_ends(metric, ending))
      return ending.len;
  }
  return 0;
}

/* The number of a metric's family, or -1. */
static int64_t number_of(const pl_families *f, pl_str metric)
{
  int64_t id = pl_intern_find(f->names, metric);
  size_t ending = id < 0 ? pl_family_ending(metric) : 0;
  return ending ? pl_intern_find(f->names, (pl_str){metric.data, metric.len - ending}) : id;
}

bool pl_families_find(const pl_families *f, pl_str metric, pl_family *out)
{
  int64_t id = number_of(f, metric);
  if (id < 0)
    return false;
  const kept *k = &f->list[id];
  const char *text = f->texts.data ? f->texts.data + k->at : "";
  bool whole = k->parts && !pl_family_ending(metric);
  *out = (pl_family){whole ? PL_SERIES_GAUGE : k->kind, k->parts, {text, k->unit}, {text + k->unit, k->help}};
  return true;
}
