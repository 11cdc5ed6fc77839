/* Samplers on the collector's loop: one timer each, values through the feed. */
#ifndef PL_ENGINE_SAMPLING_H
#define PL_ENGINE_SAMPLING_H

#include "bind/desk.h"

typedef struct pl_sampling pl_sampling;

/* desk, with its loop, is borrowed. NULL: no memory. */
pl_sampling *pl_sampling_new(pl_desk *desk) PL_MUSTCHECK;
/* Stops all; the loop must be run afterwards. NULL is fine. */
void pl_sampling_free(pl_sampling *s);

/* Starts a sampler: its first tick is the loop's next turn. Errors of pl_sampler_open; PL_ELIMIT: more than 64. */
int pl_sampling_start(pl_sampling *s, const pl_sample_request *request, uint32_t *id, pl_error *err) PL_MUSTCHECK;
/* An id that names none is fine. */
void pl_sampling_stop(pl_sampling *s, uint32_t id);

#endif
