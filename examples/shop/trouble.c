/* See trouble.h. */
#include "trouble.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

void trouble_init(trouble *t, uint64_t seed)
{
  memset(t, 0, sizeof *t);
  pthread_mutex_init(&t->lock, NULL);
  t->started_ns = clock_now();
  t->random = seed * 2654435761u + 88172645463325252u;
}

/* xorshift64*: uniform in [0, 1). */
static double uniform(trouble *t)
{
  t->random ^= t->random >> 12;
  t->random ^= t->random << 25;
  t->random ^= t->random >> 27;
  return (double)((t->random * 2685821657736338717u) >> 11) / 9007199254740992.0;
}

/* "20ms", "1.5s", "800us" in nanoseconds; negative for anything else. *end: what follows. */
static double duration(const char *text, char **end)
{
  static const struct {
    const char *unit;
    double ns;
  } units[] = {{"ms", 1e6}, {"us", 1e3}, {"s", 1e9}};
  double v = strtod(text, end);
  for (size_t i = 0; i < sizeof units / sizeof *units && *end != text; i++) {
    size_t n = strlen(units[i].unit);
    if (strncmp(*end, units[i].unit, n) == 0) {
      *end += n;
      return v * units[i].ns;
    }
  }
  return -1;
}

/* "constant:20ms", "lognormal:20ms,0.5", "bimodal:5ms,200ms,0.1", "none". */
static const char *set_delay(trouble *t, const char *value)
{
  static const char *const wrong = "delay: none, constant:20ms, lognormal:20ms,0.5 or bimodal:5ms,200ms,0.1";
  char *end = NULL;
  enum delay_kind kind;
  if (strcmp(value, "none") == 0) {
    t->delay = DELAY_NONE;
    return NULL;
  }
  const char *colon = strchr(value, ':');
  double a = colon ? duration(colon + 1, &end) : -1, b = 0, share = 0;
  if (!(a >= 0))
    return wrong;
  if (strncmp(value, "constant:", 9) == 0 && *end == '\0') {
    kind = DELAY_CONSTANT;
  } else if (strncmp(value, "lognormal:", 10) == 0 && *end == ',') {
    b = strtod(end + 1, &end);
    kind = DELAY_LOGNORMAL;
  } else if (strncmp(value, "bimodal:", 8) == 0 && *end == ',') {
    b = duration(end + 1, &end);
    if (!(b >= 0) || *end != ',')
      return wrong;
    share = strtod(end + 1, &end);
    kind = DELAY_BIMODAL;
  } else {
    return wrong;
  }
  if (*end)
    return wrong;
  t->delay = kind;
  t->a_ns = a;
  t->b = b;
  t->share = share;
  return NULL;
}

/* "500ms:10s" (at second 10), "500ms:now". */
static const char *set_stall(trouble *t, const char *value)
{
  static const char *const wrong = "stall: LENGTH:WHEN, for instance 1s:5s or 1s:now";
  char *end;
  double length = duration(value, &end);
  if (length < 0 || *end != ':')
    return wrong;
  uint64_t from = clock_now();
  if (strcmp(end + 1, "now") != 0) {
    double at = duration(end + 1, &end);
    if (at < 0 || *end)
      return wrong;
    from = t->started_ns + (uint64_t)at;
  }
  t->stall_from_ns = from;
  t->stall_to_ns = t->stall_from_ns + (uint64_t)length;
  return NULL;
}

/* "100ms:10s": 100 ms every 10 s. */
static const char *set_pause(trouble *t, const char *value)
{
  char *end;
  double length = duration(value, &end);
  double every = length >= 0 && *end == ':' ? duration(end + 1, &end) : -1;
  if (every <= length || *end)
    return "pause: LENGTH:EVERY, for instance 100ms:10s";
  t->pause_ns = (uint64_t)length;
  t->pause_every_ns = (uint64_t)every;
  return NULL;
}

static const char *set_cap(trouble *t, const char *value)
{
  if (!*value || value[strspn(value, "0123456789")])
    return "cap: a whole number; 0: no limit";
  t->cap = (unsigned)strtoul(value, NULL, 10);
  return NULL;
}

static const char *set_share(double *share, const char *value)
{
  char *end;
  double v = strtod(value, &end);
  if (end == value || *end || !(v >= 0 && v <= 1))
    return "errors, truncate, reset, close: a share from 0 to 1";
  *share = v;
  return NULL;
}

static const char *set(trouble *t, const char *name, const char *value)
{
  const struct {
    const char *name;
    double *share;
  } shares[] = {{"errors", &t->errors}, {"truncate", &t->truncate}, {"reset", &t->reset}, {"close", &t->close}};
  if (strcmp(name, "delay") == 0)
    return set_delay(t, value);
  if (strcmp(name, "stall") == 0)
    return set_stall(t, value);
  if (strcmp(name, "pause") == 0)
    return set_pause(t, value);
  if (strcmp(name, "cap") == 0)
    return set_cap(t, value);
  for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
    if (strcmp(name, shares[i].name) == 0)
      return set_share(shares[i].share, value);
  }
  return "unknown switch: delay, stall, pause, cap, errors, truncate, reset or close";
}

const char *trouble_set(trouble *t, const char *name, const char *value)
{
  pthread_mutex_lock(&t->lock);
  const char *wrong = set(t, name, value);
  pthread_mutex_unlock(&t->lock);
  return wrong;
}

uint64_t trouble_delay(trouble *t)
{
  double ns = 0;
  pthread_mutex_lock(&t->lock);
  if (t->delay == DELAY_CONSTANT)
    ns = t->a_ns;
  else if (t->delay == DELAY_LOGNORMAL)
    ns = t->a_ns * exp(t->b * sqrt(-2 * log(1 - uniform(t))) * cos(2 * 3.14159265358979 * uniform(t)));
  else if (t->delay == DELAY_BIMODAL)
    ns = uniform(t) < t->share ? t->b : t->a_ns;
  pthread_mutex_unlock(&t->lock);
  return ns > 0 ? (uint64_t)ns : 0;
}

uint64_t trouble_held_until(trouble *t, uint64_t now)
{
  uint64_t until = 0;
  pthread_mutex_lock(&t->lock);
  if (now >= t->stall_from_ns && now < t->stall_to_ns)
    until = t->stall_to_ns;
  if (t->pause_every_ns) {
    uint64_t into = (now - t->started_ns) % t->pause_every_ns;
    if (now - t->started_ns >= t->pause_every_ns && into < t->pause_ns)
      until = now - into + t->pause_ns;
  }
  pthread_mutex_unlock(&t->lock);
  return until;
}

bool trouble_chance(trouble *t, const double *share)
{
  pthread_mutex_lock(&t->lock);
  bool yes = *share > 0 && uniform(t) < *share;
  pthread_mutex_unlock(&t->lock);
  return yes;
}

unsigned trouble_cap(trouble *t)
{
  pthread_mutex_lock(&t->lock);
  unsigned cap = t->cap;
  pthread_mutex_unlock(&t->lock);
  return cap;
}
