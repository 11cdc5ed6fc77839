/* How well the starts of an open scenario fit its declared arrivals, over all workers. The gaps between consecutive sends are measured
 * in expected starts (the area under the stages), so that they have mean 1 at any rate, and under a Poisson law are exponential.
 * The collector's thread. */
#ifndef PL_LOAD_FIT_H
#define PL_LOAD_FIT_H

#include "base/random.h"
#include "load/plan.h"

enum { PL_FIT_SAMPLE = 1000 };

/* When first requests of a scenario were sent, in one frame; beyond these no more is noted in it. */
enum { PL_SENDS = 256 };
typedef struct pl_sends {
  uint32_t n;
  uint32_t after_ns[PL_SENDS]; /* since the frame's begin */
} pl_sends;

typedef struct pl_fit {
  const pl_scenario *scenario; /* NULL: none whose gaps can be told */
  uint64_t begin_ns;
  pl_rng rng;
  uint64_t *times;             /* sends of the open second, */
  size_t n_times, cap_times;
  uint64_t cut_ns[4];          /* after this moment of each of its quarters some are missing */
  uint64_t last_ns;            /* the last send; 0: none, or none that is the next one's neighbour */
  uint64_t gaps;
  double sum, squares;
  double sample[PL_FIT_SAMPLE]; /* of all gaps, each as likely as any other (Vitter's algorithm R, 1985) */
} pl_fit;

/* A scenario of even or Poisson arrivals; others, and stages of more than 64 pieces, are left alone. */
void pl_fit_init(pl_fit *f, const pl_scenario *s, uint64_t seed);
/* Frees the times of the open second; a is what pl_fit_add was given. */
void pl_fit_fini(pl_fit *f, const pl_allocator *a);

/* The sends of one worker's frame, which begins at begin_ns, a quarter of the second that begins at second_ns. PL_ENOMEM: they are
 * left out. */
int pl_fit_add(pl_fit *f, const pl_sends *sends, uint64_t begin_ns, uint64_t second_ns, const pl_allocator *a) PL_MUSTCHECK;
/* All workers' frames of the second that begins at second_ns were added. */
void pl_fit_close(pl_fit *f, uint64_t second_ns);

typedef struct pl_fit_result {
  uint64_t gaps;
  double mean, cv; /* of the gaps; cv: 0 where even, 1 where Poisson */
  double ks, p;    /* Poisson: Kolmogorov-Smirnov distance of the sample from the law, its probability; else NaN */
} pl_fit_result;

/* false: fewer than 100 gaps. */
bool pl_fit_get(const pl_fit *f, pl_fit_result *out);

#endif
