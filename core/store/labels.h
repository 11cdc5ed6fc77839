/* Label sets as one canonical text: {"job":"x","le":"1"} with names sorted, as stored in series.labels. */
#ifndef PL_STORE_LABELS_H
#define PL_STORE_LABELS_H

#include "base/buf.h"
#include "store/store.h"

enum { PL_LABELS_MAX = 40 };

/* Appends the canonical text. Errors: PL_ELIMIT (more than PL_LABELS_MAX), PL_ENOMEM. */
int pl_labels_text(const pl_label *labels, size_t n, pl_buf *out) PL_MUSTCHECK;

/* Reads a canonical text into labels (at most PL_LABELS_MAX); the strings point into storage, which is appended to. */
int pl_labels_read(const pl_allocator *a, pl_str text, pl_label *labels, size_t *n, pl_buf *storage, pl_error *err) PL_MUSTCHECK;

/* Sorts by name, in place. */
void pl_labels_sort(pl_label *labels, size_t n);

#endif
