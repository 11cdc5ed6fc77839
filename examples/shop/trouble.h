/* Switches for trouble: what a service does to its clients on a bad day, on purpose and reproducibly. */
#ifndef SHOP_TROUBLE_H
#define SHOP_TROUBLE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum delay_kind { DELAY_NONE, DELAY_CONSTANT, DELAY_LOGNORMAL, DELAY_BIMODAL };

typedef struct trouble {
  pthread_mutex_t lock;
  uint64_t started_ns, random;
  enum delay_kind delay;
  double a_ns, b;           /* constant: a; log-normal: median a, sigma b; bimodal: a, or b with share */
  double share;
  uint64_t stall_from_ns, stall_to_ns;
  uint64_t pause_ns, pause_every_ns;
  unsigned cap;             /* most requests in flight; 0: no limit */
  double errors, truncate, reset, close; /* shares of the requests */
} trouble;

void trouble_init(trouble *t, uint64_t seed);

/* Sets one switch by its text, at any time. Returns NULL, or what is wrong with it, and then nothing has changed. */
const char *trouble_set(trouble *t, const char *name, const char *value);

uint64_t trouble_delay(trouble *t);                     /* of one more request */
uint64_t trouble_held_until(trouble *t, uint64_t now);  /* end of the stall or pause that holds everybody now; 0: none */
bool trouble_chance(trouble *t, const double *share);
unsigned trouble_cap(trouble *t);

#endif
