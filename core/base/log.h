/* The log: lines to a function that the host gave. Log or return an error, never both. */
#ifndef PL_BASE_LOG_H
#define PL_BASE_LOG_H

#include "perilune/perilune.h"

typedef struct pl_log {
  pl_log_fn fn; /* NULL: nothing is logged */
  void *user;
  enum pl_log_level level; /* least severe level that is passed on */
} pl_log;

/* log may be NULL. The line is cut at 1,000 bytes. Any thread that fn allows. */
void pl_logf(const pl_log *log, enum pl_log_level level, const char *component, const char *format,
             ...) PL_PRINTF(4, 5);

#endif
