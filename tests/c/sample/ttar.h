/* Files of a kernel in ttar, node_exporter's text archive, and what it says of them. */
#ifndef TEST_TTAR_H
#define TEST_TTAR_H

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sample/exposition.h"

enum { LINE = 8192 };

/* Writes the lines of one file; a last one that ends in EOF has no line's end, and NULLBYTE is one. */
static inline void unpack_file(FILE *archive, const char *path, int lines)
{
  char line[LINE];
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  while (lines-- > 0 && fgets(line, sizeof line, archive)) {
    size_t n = strcspn(line, "\n");
    line[n] = '\0';
    bool open_end = lines == 0 && n >= 3 && strcmp(line + n - 3, "EOF") == 0;
    if (open_end)
      line[n - 3] = '\0';
    for (char *at; (at = strstr(line, "NULLBYTE"));)
      memmove(at, at + 8, strlen(at + 8) + 1);
    (void)fprintf(out, "%s%s", line, open_end ? "" : "\n");
  }
  fclose(out);
}

/* Unpacks an archive of ttar, the text format of these fixtures, below the folder. */
static inline void unpack(temporary *to, const char *archive)
{
  char line[LINE], path[1024] = "", name[LINE];
  int lines;
  FILE *in = fopen(archive, "r");
  assert_non_null(in);
  while (fgets(line, sizeof line, in)) {
    line[strcspn(line, "\n")] = '\0';
    if (sscanf(line, "Path: %[^\n]", name) == 1 || sscanf(line, "Directory: %[^\n]", name) == 1) {
      (void)temporary_file(to, name, NULL, path, sizeof path);
      if (line[0] == 'D')
        (void)mkdir(path, 0700);
    } else if (sscanf(line, "Lines: %d", &lines) == 1) {
      unpack_file(in, path, lines);
    } else if (sscanf(line, "SymlinkTo: %[^\n]", name) == 1) {
      assert_int_equal(symlink(name, path), 0);
    }
  }
  fclose(in);
}

/* How many of the file's values we have; all of those must be the same, and the others stand apart. */
static inline int compare_file(sampled *s, const char *path)
{
  static char line[LINE];
  int compared = 0, lacking = 0;
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  sort_all(s);
  while (fgets(line, sizeof line, f)) {
    if (line[0] == '#' || !strchr(line, ' ') || strncmp(line, "node_", 5) != 0)
      continue;
    double want = take_apart(line);
    sort_labels(line);
    bool mistaken = strstr(line, "method=GetDeviceInfo,") || strstr(line, "method=LayoutGet,"); /* it takes the two for each other: linux/nfs4.h */
    int i = mistaken ? -1 : sampled_find(s, line);
    if (i < 0 && !stands_apart(line))
      fail_msg("node_exporter has %s, and we have it not", line);
    lacking += i < 0;
    if (i < 0)
      continue;
    compared++;
    double near = strncmp(line, "node_bcache_", 12) == 0 ? 5e-3 : 1e-6; /* bcache writes one digit behind the point */
    if (fabs(s->values[i] - want) > near * (1 + fabs(want)))
      fail_msg("%s: %.12g, node_exporter says %.12g", line, s->values[i], want);
  }
  fclose(f);
  print_message("%d values compared, %d that are not sampled\n", compared, lacking);
  return compared;
}

#endif
