/* Whether the process of a stored run still lives: boot id, pid and process start time (/proc). */
#ifndef PL_STORE_LIVENESS_H
#define PL_STORE_LIVENESS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/* This boot's id (36 characters and NUL); empty where the kernel tells none. */
void pl_boot_id(char out[40]);

/* Start time of a process in clock ticks since boot; 0 when there is no such process. */
uint64_t pl_process_start(int64_t pid);

/* False only when the process is certainly gone. */
bool pl_process_alive(pl_str boot_id, int64_t pid, uint64_t start);

#endif
