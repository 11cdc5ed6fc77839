/* See journal.h. Lines are buffered: writing them must not slow down what they time. */
#include "journal.h"

#include <inttypes.h>

enum { BUFFER = 1 << 20 };

FILE *journal_open(const char *path)
{
  FILE *f = fopen(path, "we");
  if (f)
    setvbuf(f, NULL, _IOFBF, BUFFER);
  return f;
}

void journal_write(FILE *f, uint64_t arrival_ns, uint64_t completion_ns, const char *method, const char *path, unsigned status)
{
  if (f)
    fprintf(f, "%" PRIu64 " %" PRIu64 " %s %s %u\n", arrival_ns, completion_ns, method, path, status);
}

void journal_close(FILE *f)
{
  if (f)
    fclose(f);
}
