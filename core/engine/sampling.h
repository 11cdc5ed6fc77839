/* Samplers on the collector's loop: one timer each, values through the feed. */
#ifndef PL_ENGINE_SAMPLING_H
#define PL_ENGINE_SAMPLING_H

#include "bind/desk.h"

typedef struct pl_sampling pl_sampling;

pl_sampling *pl_sampling_new(pl_desk *desk) PL_MUSTCHECK; /* NULL: no memory */
void pl_sampling_free(pl_sampling *s);                    /* stops all; the loop must be run afterwards */

int pl_sampling_start(pl_sampling *s, const pl_sample_request *request, uint32_t *id, pl_error *err) PL_MUSTCHECK;
void pl_sampling_stop(pl_sampling *s, uint32_t id);

#endif
