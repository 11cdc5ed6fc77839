/* Log lines to the host's function. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>

void pl_logf(const pl_log *log, enum pl_log_level level, const char *component, const char *format, ...)
{
  if (!log || !log->fn || level > log->level)
    return;
  char line[1000];
  va_list args;
  va_start(args, format);
  int n = vsnprintf(line, sizeof line, format, args);
  va_end(args);
  if (n >= 0)
    log->fn(log->user, level, component, line);
}
