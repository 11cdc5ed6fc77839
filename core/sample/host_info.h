/* Who this machine is. */
#ifndef PL_SAMPLE_HOST_INFO_H
#define PL_SAMPLE_HOST_INFO_H

#include <stddef.h>
#include <stdint.h>

#include "base/alloc.h"

typedef struct pl_host_info {
  char hostname[256];
  char kernel[160];    /* "Linux 6.1.0-18-amd64" */
  char arch[80];
  char cpu_model[128]; /* empty where the kernel tells none */
  char os[128];        /* PRETTY_NAME of /etc/os-release */
  unsigned cpus;       /* that this process may use */
  uint64_t memory_bytes;
} pl_host_info;

/* Fills *out; what the system does not tell, and what there is no memory to read, stays empty or 0. a: for a moment only. */
void pl_host_info_read(const pl_allocator *a, pl_host_info *out);

/* The machine's name alone, ended by NUL, into out[size]; "localhost" for one that is longer (65 bytes hold every name of Linux). */
void pl_host_name(char *out, size_t size);

#endif
