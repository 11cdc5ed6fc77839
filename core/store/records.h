/* The named operations of the timeline: everything that is not a sample. */
#ifndef PL_STORE_RECORDS_H
#define PL_STORE_RECORDS_H

#include <stdbool.h>

typedef struct pl_record_operation {
  const char *name;
  bool write;
  const char *sql; /* fields are :name */
} pl_record_operation;

enum { PL_RECORDS_MAX = 64 };

extern const pl_record_operation pl_records[]; /* ended by a NULL name */

/* Its place in the table, or -1. */
int pl_record_find(const char *name);

#endif
