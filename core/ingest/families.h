/* What senders said of metrics apart from their samples: type, unit and help of a family, for the series of it that are made later. */
#ifndef PL_INGEST_FAMILIES_H
#define PL_INGEST_FAMILIES_H

#include "store/store.h"

enum { PL_FAMILIES = 16384, PL_FAMILY_TEXT = 512 }; /* most that are kept; bytes of a unit or help, which are cut */

typedef struct pl_families pl_families;

typedef struct pl_family {
  enum pl_series_kind kind;
  bool parts; /* of a histogram or summary: a counter by its parts with an ending alone, what has the name itself is a gauge */
  pl_str unit, help;
} pl_family;

/* Bytes of the ending that Prometheus' naming gives to a metric that only grows: _total, _sum, _count, _bucket; 0: it has none. */
size_t pl_family_ending(pl_str metric);

/* NULL: no memory. */
pl_families *pl_families_new(const pl_allocator *a) PL_MUSTCHECK;
void pl_families_free(pl_families *f); /* NULL is fine */

/* Keeps what was said first; more than PL_FAMILIES, and what memory does not suffice for, is left out. */
void pl_families_add(pl_families *f, pl_str name, const pl_family *family);
/* The family of a metric, whose name may have a suffix of its type (_total, _sum, _count, _bucket); false: nothing is known. The strings
 * are valid until the next pl_families_add. */
bool pl_families_find(const pl_families *f, pl_str metric, pl_family *out);

#endif
