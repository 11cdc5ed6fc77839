/* The command line of the shop. */
#ifndef SHOP_OPTIONS_H
#define SHOP_OPTIONS_H

#include <stdint.h>

enum { OPTIONS_TROUBLE = 16 };

typedef struct options {
  uint16_t port;          /* 0: a free one */
  const char *port_file;  /* where it is written once it listens */
  const char *db;
  const char *journal;
  uint64_t seed;
  struct {
    const char *name, *value;
  } trouble[OPTIONS_TROUBLE];
  unsigned n_trouble;
} options;

/* Returns -1, or the exit code: help was shown (0) or something was wrong (2). */
int options_read(int argc, char **argv, options *out);

#endif
