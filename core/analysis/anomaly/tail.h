/* The empirical tail of a stream of magnitudes: how rare is a value as large as this one, judged by those before it. Counts in 256 buckets of an
 * eighth of an octave below the largest seen (smaller ones fall into the lowest), beyond the upper hundredth a Pareto tail whose index is the mean
 * logarithmic excess (B. Hill, "A simple general approach to inference about the tail of a distribution", Annals of Statistics 3, 1975).
 * The first magnitude lies in the middle of a bucket, so neither the scale matters nor how whole multiples of it are rounded.
 * Old values fade, as counts are halved each time they reach a limit. Constant memory.
 * How sure the index is enters as the predictive law of an exponential with unknown mean, (1 + e / (k i))^-k for k independent excesses. */
#ifndef PL_ANALYSIS_ANOMALY_TAIL_H
#define PL_ANALYSIS_ANOMALY_TAIL_H
#include <stdint.h>

enum { PL_TAIL_BUCKETS = 256, PL_TAIL_LIMIT = 65536, PL_TAIL_EPISODES = 16 };

typedef struct pl_tail {
  uint32_t count[PL_TAIL_BUCKETS];
  uint32_t n;       /* magnitudes counted */
  uint32_t fresh;   /* counted since the fit */
  int top;          /* the log-bucket of count[255] */
  double origin;    /* log2 of the first magnitude above 0: the middle of log-bucket 0 */
  double threshold; /* log2 of where the fitted tail begins */
  double share;     /* of magnitudes beyond it */
  double index;     /* mean excess of log2 beyond it */
  double cluster;   /* rows that tell as much as one that is independent */
  double known;     /* independent excesses that the index rests on */
  double peaks[PL_TAIL_EPISODES]; /* largest magnitudes of the greatest episodes beyond the threshold, which fade */
  uint64_t began[PL_TAIL_EPISODES]; /* values before each of them */
  uint64_t values;                /* so far */
  uint32_t episodes;              /* of them */
  uint32_t current;               /* the last one's place */
  uint64_t since;                 /* values since the last one beyond it */
} pl_tail;

/* Rows that are missing are not added: no NaN comes here. Of magnitudes that are all the same none is rare.
 *
 * An empty tail of magnitudes of which about `cluster` (>= 1) in a row are of one episode, as an average over so many rows makes them. */
void pl_tail_init(pl_tail *t, double cluster);

/* -log10 of the chance of a magnitude of at least m, half of it where two episodes beyond the threshold came near m: 0 below the threshold, for m <= 0, and
 * while fewer than 32 are counted. m is finite. O(1). */
double pl_tail_rarity(const pl_tail *t, double m);

/* The same where what came again and again is news still: the whole of it. O(1). */
double pl_tail_rarity_anew(const pl_tail *t, double m);

/* Whether two episodes beyond the threshold came near m: what comes again and again is no news. The running episode is none of them. O(1). */
int pl_tail_is_habit(const pl_tail *t, double m);

/* Whether it comes on time as well: now and the last two episodes that came near m lie evenly, to a 64th, or a turn or more was left out. O(1). */
int pl_tail_is_on_time(const pl_tail *t, double m);

/* Counts a magnitude (finite; m <= 0 counts as the smallest). O(1) amortised. */
void pl_tail_add(pl_tail *t, double m);

/* Counts a magnitude that was so rare that it is taken for none of the law's: as no more than the largest so far, so that the next one of its size is as
 * rare (Siffer et al., "Anomaly detection in streams with extreme value theory", KDD 2017, algorithm 2: what is beyond the threshold does not join the
 * tail). Of episodes it is one. O(1) amortised. */
void pl_tail_add_told(pl_tail *t, double m);
#endif
