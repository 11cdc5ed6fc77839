/* Names of failures and phases; phases out of times. */
#include "load/outcome.h"

static const char *const failure_names[] = {
#define FAILURE_NAME(symbol, name) name,
    PL_FAILURE_MAP(FAILURE_NAME)
#undef FAILURE_NAME
};

const char *pl_failure_name(enum pl_failure f)
{
  return failure_names[f];
}

const char *pl_phase_name(enum pl_phase p)
{
  static const char *const names[] = {"dns", "connect", "tls", "send", "wait", "receive"};
  return names[p];
}

/* From the end of the phase before to this one's; returns where the next one begins. */
static uint64_t phase(uint64_t *out, uint64_t from, uint64_t to)
{
  *out = !to ? PL_NO_PHASE : to > from ? to - from : 0;
  return to ? to : from;
}

void pl_phases_of(const pl_times *t, uint64_t out[PL_PHASES])
{
  uint64_t from = phase(&out[PL_PHASE_DNS], t->opening ? t->opening : t->begin, t->resolved);
  from = phase(&out[PL_PHASE_CONNECT], from, t->connected);
  (void)phase(&out[PL_PHASE_TLS], from, t->secured);
  from = phase(&out[PL_PHASE_SEND], t->send, t->sent);
  from = phase(&out[PL_PHASE_WAIT], from, t->first_byte);
  bool received = t->first_byte && t->cut != 1 + PL_PHASE_WAIT;
  (void)phase(&out[PL_PHASE_RECEIVE], from, received ? t->end : 0);
}

void pl_phases_cut(pl_times *t, enum pl_phase during)
{
  uint64_t *const ends[PL_PHASES] = {&t->resolved, &t->connected, &t->secured, &t->sent, &t->first_byte, &t->end};
  if (during == PL_PHASES)
    return;
  *ends[during] = t->end;
  t->cut = 1 + (unsigned)during;
}
