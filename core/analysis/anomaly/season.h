/* What is foretold of a row by its place in a season: the day, the week, and the period that the rows themselves show (period.h). Each is a profile: a
 * mean for each part of it, in which what is older than ten turns fades. It foretells from the third turn on, one that was learnt from the rows at once,
 * for the rings hold three turns of it; and is trusted when its mean error in the rows since is below 0.7 of that of the mean of all rows, and below 0.6 of that of
 * the wrong parts of the same profile: a random walk is foretold by any late value, a season by its own part alone. Of those that are trusted the one that
 * errs least is taken.
 *
 * A profile learns what comes, a new level too: to tell later what an alert was, the profile as it was then can be kept beside it.
 *
 * Constant rows have no season: an error of 0 is not below 0. O(1) a row amortised, constant memory. */
#ifndef PL_ANALYSIS_ANOMALY_SEASON_H
#define PL_ANALYSIS_ANOMALY_SEASON_H
#include <stddef.h>
#include <stdint.h>

#include "analysis/anomaly/period.h"

enum { PL_SEASON_PARTS = 256, PL_SEASON_DAY = 96, PL_SEASON_WEEK = 168 };

/* Mean and rows of a part of a season. */
typedef struct pl_season_part {
  double mean;
  uint32_t n;
} pl_season_part;

/* A profile, and how well it foretells: mean errors of it, of the mean of all rows, and of parts that are not the row's, over the same rows. */
typedef struct pl_season {
  pl_season_part part[PL_SEASON_PARTS];
  double error, mean_error, wrong_error;
  uint64_t judged; /* rows that it foretold */
} pl_season;

/* A memset of zero is one that knows nothing. */
typedef struct pl_seasons {
  pl_season day, week, own;
  pl_period period;
  double rows, at;  /* of the period learnt: its length, 0 while there is none, and the place of the last row in it */
  double pull, hold; /* in this turn of it: sums of what is left times the profile's slope, and of the slope's square */
  uint32_t parts;   /* of it */
  double mean;      /* of all rows, late ones more */
  double size;      /* mean size of them */
  int64_t first_ns;
  uint64_t n;
  int best;       /* the season that foretold the last row: the day 0, the week 1, the period learnt 2 */
  size_t place[2]; /* of the last row in the day and the week */
  double kept[PL_SEASON_PARTS]; /* means of a profile as they were; NaN where nothing was known */
  int kept_of;                  /* the season whose they are, counted from 1; 0: none is kept */
  double kept_rows, kept_at;    /* of the period learnt, as `rows` and `at` were: rows that are odd may mend it wrongly */
  uint32_t kept_parts;
} pl_seasons;

/* What is known of a row's season: nothing, a profile, one that is trusted. */
typedef enum pl_season_state { PL_SEASON_NONE, PL_SEASON_KNOWN, PL_SEASON_TRUSTED } pl_season_state;

/* What a row (finite) is less what its season foretells: to rest, which stays untouched while there is none. `missing` rows are missing before it. */
pl_season_state pl_seasons_add(pl_seasons *s, int64_t time_ns, uint64_t missing, double value, double *rest);

/* Keeps the profile of the season that foretold the last row as it was before that row, of which it left `rest`. O(parts). */
void pl_seasons_keep(pl_seasons *s, double value, double rest);

/* What the last row is less what the profile that was kept foretells of it: to rest, which stays untouched where there is none. O(1). */
void pl_seasons_rest_kept(const pl_seasons *s, double value, double *rest);
#endif
