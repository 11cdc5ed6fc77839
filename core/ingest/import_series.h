/* The series of a file that is imported. What a row names is made once, and found again by a key: the text that names it in the file. Labels
 * that are named source, instance, role and origin say which source a series is of. Functions that find a series give 0, a refusal
 * (enum pl_refusal), or a negative code with the step's error. One thread at a time. */
#ifndef PL_INGEST_IMPORT_SERIES_H
#define PL_INGEST_IMPORT_SERIES_H

#include "base/buf.h"
#include "base/map.h"
#include "format/lines.h"
#include "store/store.h"

enum {
  PL_IMPORT_SERIES = 1 << 20, /* most series of a file */
  PL_IMPORT_NAME = 256,       /* bytes of an option's text, with its NUL */
};

/* A series that was found: what the store calls it, and the time of its newest row. */
typedef struct pl_import_known {
  int64_t id, last_ns;
} pl_import_known;

typedef struct pl_import_series {
  const pl_allocator *alloc;
  pl_intern *keys; /* of known */
  pl_import_known *known;
  size_t cap_known, found; /* found: the place of the last one */
  pl_buf key, words; /* of the series that is looked for */
  char instance[PL_IMPORT_NAME], role[PL_IMPORT_NAME], origin[PL_IMPORT_NAME]; /* of series that do not say so; the owner's to fill */
  pl_store *store; /* the owner's to set before each step: */
  pl_error *err;
} pl_import_series;

/* What is known of a series beside its labels. */
typedef struct pl_import_facts {
  pl_str name, unit, help;
  enum pl_series_kind kind;
} pl_import_facts;

/* s is zeroed. Errors: PL_ENOMEM; pl_import_series_fini is due even then. */
int pl_import_series_init(pl_import_series *s, const pl_allocator *a) PL_MUSTCHECK;
/* Frees what it holds. */
void pl_import_series_fini(pl_import_series *s);
/* How many there are. */
size_t pl_import_series_count(const pl_import_series *s);
/* Notes the time of a row of the series that was found last. True: its row before has the same, and is replaced by it. */
bool pl_import_series_again(pl_import_series *s, int64_t ns);

/* The series that has this key in the file. */
int pl_import_series_find(pl_import_series *s, pl_str key, const pl_import_facts *f, const pl_tag *tags, size_t n, int64_t *id) PL_MUSTCHECK;
/* The series of that name with these tags, which are its key. */
int pl_import_series_named(pl_import_series *s, const pl_import_facts *f, const pl_tag *tags, size_t n, int64_t *id) PL_MUSTCHECK;
/* A gauge of another system's, name and, where it is not empty, field; bytes that no name of ours has become "_". */
int pl_import_series_foreign(pl_import_series *s, pl_str name, pl_str field, const pl_tag *tags, size_t n, int64_t *id) PL_MUSTCHECK;
/* The series of a tag in a log of HdrHistogram. One that pl_export wrote, "name;label=value;...", with %XX for what a tag cannot have, is
 * that series, whatever f's name; any other one is a label of f's. */
int pl_import_series_tagged(pl_import_series *s, const pl_import_facts *f, pl_str tag, int64_t *id) PL_MUSTCHECK;

#endif
