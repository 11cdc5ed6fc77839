/* How many replicas carry a demand with a chance, where both the demand and what one replica carries are known with an interval. Errors of
 * both are taken as normal and independent: the smallest N with N c - d (1 + h) >= z sqrt((1 + h)^2 s_d^2 + N^2 s_c^2), and as many more as may
 * be lost at a time. That is the ratio of two normal values, solved for N (Fieller 1954). */
#ifndef PL_ANALYSIS_RIGHTSIZE_REPLICAS_H
#define PL_ANALYSIS_RIGHTSIZE_REPLICAS_H

#include <stdbool.h>
#include <stdint.h>

/* A value between bounds that hold with a level, 0 < level < 1. */
typedef struct pl_bounded {
  double value, lo, hi, level;
} pl_bounded;

typedef struct pl_replicas {
  bool known;       /* false: too little is known of what a replica carries, or a number is none */
  int32_t replicas; /* with those that may be lost */
  int32_t needed;   /* without them */
  double demand;    /* that is exceeded with 1 - chance, without headroom */
  double capacity;  /* of a replica, undercut with 1 - chance */
  double chance;    /* that `needed` carry the demand with headroom */
} pl_replicas;

/* headroom: share on top of the demand, >= 0; survive: replicas that may be lost; chance: 0.5 <= chance < 1. survive is below 1e9. Demand of zero or less
 * needs none but one (there is always one) and those that may be lost. NaN, infinities and a replica that carries nothing or less: not known. Constant
 * time. */
pl_replicas pl_replicas_for(pl_bounded demand, pl_bounded per_replica, double headroom, int32_t survive, double chance);

#endif
