/* /proc/PID: the facts of one process. */
#ifndef PL_SAMPLE_PIDFILE_H
#define PL_SAMPLE_PIDFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

enum { PL_PID_TICKS = 100 }; /* a second, of times that the kernel counts in ticks: USER_HZ of every Linux */

typedef struct pl_pid_stat {
  char name[32];
  char state;           /* 'R', 'S', 'D' ... */
  int64_t parent;
  double cpu_s;         /* user and system */
  double minor_faults, major_faults; /* of pages */
  unsigned threads;
  uint64_t start_ticks; /* since boot: with the pid, who it is */
  uint64_t virtual_bytes, resident_bytes;
} pl_pid_stat;

/* Reads the text of /proc/PID/stat; false for a text that is none. */
bool pl_pid_stat_parse(pl_str text, pl_pid_stat *out);

/* The process of that pid now; false when it is gone. */
bool pl_pid_stat_read(const char *proc_root, int64_t pid, pl_pid_stat *out);

/* Calls fn for every process, until it returns false. */
void pl_pid_each(const char *proc_root, bool (*fn)(void *user, int64_t pid), void *user);

/* Open descriptors; 0 when they cannot be seen. */
unsigned pl_pid_fds(const char *proc_root, int64_t pid);

#endif
