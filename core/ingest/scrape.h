/* What a target of Prometheus answers, onto the timeline: labels of the target, rules, limits, markers of staleness, and the series that
 * Prometheus tells of each scrape. Asks nobody itself. The collector's thread. */
#ifndef PL_INGEST_SCRAPE_H
#define PL_INGEST_SCRAPE_H

#include "ingest/intake.h"
#include "ingest/relabel.h"

enum { PL_SCRAPES_MAX = 256, PL_SCRAPE_TARGET_LABELS = 16 }; /* targets of a run; labels of one */

/* 0: no limit. A scrape that exceeds one fails as a whole. */
typedef struct pl_scrape_limits {
  uint64_t samples;                /* that rules leave */
  uint64_t labels;                 /* of a series, its name and the target's included */
  uint64_t name_bytes, value_bytes; /* of each of them */
} pl_scrape_limits;

typedef struct pl_scrape_options {
  pl_str role, origin;
  const pl_label *labels; /* of the target, at most PL_SCRAPE_TARGET_LABELS; copied */
  size_t n_labels;
  pl_relabel *rules;            /* of series; the target's from now on, also on failure */
  pl_scrape_limits limits;
  bool honor_labels;     /* a series' own labels win; else they become exported_NAME */
  bool honor_timestamps; /* times of samples count; else all are of the scrape's begin */
  bool distributions;    /* classic histograms become distributions, too: bucket_dists.h */
} pl_scrape_options;

/* What all scrapes of a run stand on; borrowed. */
typedef struct pl_scrapes_place {
  const pl_allocator *alloc;
  const pl_clock *clock;
  pl_feed *feed;
  const char *instance; /* of targets whose labels have none: this machine's name */
} pl_scrapes_place;

typedef struct pl_scrapes pl_scrapes;

/* NULL: no memory. */
pl_scrapes *pl_scrapes_new(const pl_scrapes_place *place) PL_MUSTCHECK;
void pl_scrapes_free(pl_scrapes *all); /* NULL is fine */

/* A target; *id names it. Errors: PL_ELIMIT (too many targets or labels), PL_ENOMEM. */
int pl_scrapes_start(pl_scrapes *all, const pl_scrape_options *o, int64_t run, uint32_t *id, pl_error *err) PL_MUSTCHECK;

typedef struct pl_scraped {
  pl_str body, type; /* what was answered, and its Content-Type; body.data NULL: nothing was */
  int64_t at_ns;     /* when it was asked, wall clock */
  double seconds;    /* how long that took */
  /* Filled: */
  uint64_t samples, kept, added; /* in the answer; left by the rules; of series that the scrape before did not have */
  pl_error failed;               /* of an answer: code 0: taken; PL_EPROTO (its type), PL_EPARSE (a line), PL_ELIMIT, PL_ENOMEM */
} pl_scraped;

/* Takes an answer, or none. One that fails is as none: `up` is 0, and the series of the scrape before get the marker of staleness.
 * PL_EMISUSE: there is no such target. */
int pl_scrapes_take(pl_scrapes *all, uint32_t id, pl_scraped *s, pl_error *err) PL_MUSTCHECK;

/* All its series, those of the scrapes themselves too, get the marker: nobody asks any more. */
void pl_scrapes_stop(pl_scrapes *all, uint32_t id, int64_t at_ns);

/* What it took and refused so far; NULL: there is none of that id. */
const pl_intake_counts *pl_scrapes_counts(const pl_scrapes *all, uint32_t id);

#endif
