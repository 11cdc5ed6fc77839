/* What node_exporter says, in the form of a sampled name: labels sorted, without empty ones, which are the same as none. */
#ifndef TEST_EXPOSITION_H
#define TEST_EXPOSITION_H

#include <stdlib.h>

#include "sample/sampled.h"

/* "name{b="x",a=""} 5" becomes "name{b=x,a=}" and 5. */
static inline double take_apart(char *line)
{
  char *value = strrchr(line, ' '), *out = line;
  *value++ = '\0';
  for (const char *in = line; *in; in++) {
    if (*in != '"')
      *out++ = *in;
  }
  *out = '\0';
  return strtod(value, NULL);
}

/* "name{b=x,a=}" becomes "name{b=x}". */
static inline void sort_labels(char *name)
{
  char *pairs[PL_SAMPLE_LABELS], copy[SAMPLED_NAME], *open = strchr(name, '{');
  size_t n = 0;
  if (!open)
    return;
  strcpy(copy, open + 1);
  copy[strcspn(copy, "}")] = '\0';
  char *rest = NULL;
  for (char *at = strtok_r(copy, ",", &rest); at && n < PL_SAMPLE_LABELS; at = strtok_r(NULL, ",", &rest)) {
    if (at[strlen(at) - 1] == '=')
      continue;
    size_t i = n++;
    for (; i > 0 && strcmp(pairs[i - 1], at) > 0; i--)
      pairs[i] = pairs[i - 1];
    pairs[i] = at;
  }
  char *out = open + (n > 0);
  for (size_t i = 0; i < n; i++)
    out += sprintf(out, "%s%s", i ? "," : "", pairs[i]);
  strcpy(out, n > 0 ? "}" : "");
}

static inline void sort_all(sampled *s)
{
  for (uint32_t i = 0; i < s->n; i++)
    sort_labels(s->names[i]);
}

#endif
