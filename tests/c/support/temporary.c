/* See temporary.h. */
#include "support/temporary.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/failing.h"

void temporary_open(temporary *t)
{
  strcpy(t->folder, "/tmp/perilune-test-XXXXXX");
  assert_non_null(mkdtemp(t->folder));
}

const char *temporary_file(temporary *t, const char *name, const char *text, char *path, size_t size)
{
  (void)snprintf(path, size, "%s/%s", t->folder, name);
  for (char *slash = path + strlen(t->folder) + 1; (slash = strchr(slash, '/')); slash++) {
    *slash = '\0';
    (void)mkdir(path, 0700);
    *slash = '/';
  }
  if (!text)
    return path;
  FILE *f = fopen(path, "w");
  assert_non_null(f);
  assert_true(fputs(text, f) >= 0);
  fclose(f);
  return path;
}

void temporary_put(temporary *t, const char *name, const char *text)
{
  char path[256];
  (void)temporary_file(t, name, text, path, sizeof path);
}

static int drop(const char *path, const struct stat *info, int kind, struct FTW *walk)
{
  (void)info;
  (void)kind;
  (void)walk;
  return remove(path);
}

void temporary_close(temporary *t)
{
  (void)nftw(t->folder, drop, 16, FTW_DEPTH | FTW_PHYS);
}

int temporary_set_up(void **state)
{
  temporary *t = malloc(sizeof *t);
  assert_non_null(t);
  temporary_open(t);
  *state = t;
  return 0;
}

int temporary_tear_down(void **state)
{
  temporary_close(*state);
  free(*state);
  return 0;
}
