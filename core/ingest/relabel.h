/* Rules that change the labels of targets and of series, with Prometheus' meaning. Pure; any thread. */
#ifndef PL_INGEST_RELABEL_H
#define PL_INGEST_RELABEL_H

#include "base/alloc.h"
#include "store/store.h"

enum { PL_RELABEL_LABELS = 128, PL_RELABEL_RULES = 256, PL_RELABEL_TEXTS = 1 << 20 }; /* labels; rules; bytes of new texts in one call */

/* Labels that change: no name twice, none without a value, in no order. Strings are borrowed. */
typedef struct pl_label_bag {
  pl_label list[PL_RELABEL_LABELS];
  size_t n;
} pl_label_bag;

/* The value of a label; empty where there is none. */
pl_str pl_label_bag_get(const pl_label_bag *b, pl_str name);
/* Gives a label its value; an empty one takes it away. PL_ELIMIT: more than PL_RELABEL_LABELS. */
int pl_label_bag_set(pl_label_bag *b, pl_str name, pl_str value);

/* A rule as it is written. What has data NULL is not said: action replace, separator ";", regex "(.*)", replacement "$1". */
typedef struct pl_relabel_rule {
  pl_str action; /* replace keep drop keepequal dropequal hashmod labelmap labeldrop labelkeep lowercase uppercase */
  const pl_str *sources;
  size_t n_sources;
  pl_str separator, regex, target, replacement;
  uint64_t modulus;
} pl_relabel_rule;

typedef struct pl_relabel pl_relabel;

/* Compiles rules, whose strings are copied. Errors, with the rule's number from 1: PL_EINVAL, PL_EPARSE (regex), PL_ELIMIT, PL_ENOMEM. */
int pl_relabel_new(const pl_allocator *a, const pl_relabel_rule *rules, size_t n, pl_relabel **out, pl_error *err) PL_MUSTCHECK;
void pl_relabel_free(pl_relabel *r); /* NULL is fine */

/* Applies all rules in turn; *kept is false where one drops the labels. Strings that are new live until the next call. Lower and upper
 * case are those of ASCII. Errors: PL_ELIMIT (labels, texts), PL_ENOMEM; the labels are then of no use. */
int pl_relabel_apply(pl_relabel *r, pl_label_bag *labels, bool *kept) PL_MUSTCHECK;

#endif
