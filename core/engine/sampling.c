/* See sampling.h. A sampler's metric numbers become handles of the feed once; a tick is then one array access a value. */
#include "engine/sampling.h"

#include "base/error.h"
#include "sample/sampler.h"

enum { SAMPLERS_MAX = 64 };

typedef struct running {
  uv_timer_t timer;
  uint64_t every_ms, due_ms; /* of the next tick, on the loop's clock */
  pl_desk *desk;
  pl_sampler *sampler;
  uint32_t source;
  const char *label;       /* of every series: "process", "cgroup"; NULL: none */
  char label_value[256];
  struct {
    char name[64], value[128];
  } own[PL_SAMPLE_OWN_LABELS]; /* of the user's */
  size_t n_own;
  int64_t now_ns;          /* of the tick, wall clock */
  uint32_t *series;        /* by the sampler's numbers */
  uint32_t cap_series;
} running;

struct pl_sampling {
  pl_desk *desk;
  running *list[SAMPLERS_MAX];
};

pl_sampling *pl_sampling_new(pl_desk *desk)
{
  pl_sampling *s = pl_alloc_zero(desk->alloc, 1, sizeof *s);
  if (s)
    s->desk = desk;
  return s;
}

/* Appends the user's labels; where the metric has a label of that name, it keeps its own. */
static size_t add_own(const running *r, pl_label *labels, size_t n)
{
  size_t of_metric = n;
  for (size_t i = 0; i < r->n_own; i++) {
    bool taken = false;
    for (size_t k = 0; k < of_metric; k++)
      taken = taken || pl_str_eqc(labels[k].name, r->own[i].name);
    if (!taken)
      labels[n++] = (pl_label){pl_str_of(r->own[i].name), pl_str_of(r->own[i].value)};
  }
  return n;
}

/* Room for a number; false when there is no memory. */
static bool reach(running *r, uint32_t number)
{
  uint32_t cap = r->cap_series ? r->cap_series : 256;
  while (cap <= number)
    cap *= 2;
  if (cap == r->cap_series)
    return true;
  uint32_t *series = pl_realloc(r->desk->alloc, r->series, r->cap_series * sizeof *series, cap * sizeof *series);
  if (!series)
    return false;
  r->series = series;
  for (; r->cap_series < cap; r->cap_series++)
    r->series[r->cap_series] = UINT32_MAX;
  return true;
}

/* The sampler saw a new metric: its series is made. */
static void on_metric(void *user, uint32_t number, const pl_sample_metric *metric)
{
  running *r = user;
  pl_label labels[PL_SAMPLE_LABELS + 1 + PL_SAMPLE_OWN_LABELS];
  size_t n = 0;
  for (; n < metric->n_labels; n++)
    labels[n] = (pl_label){metric->label_names[n], metric->label_values[n]};
  if (r->label)
    labels[n++] = (pl_label){pl_str_of(r->label), pl_str_of(r->label_value)};
  n = add_own(r, labels, n);
  pl_series_spec spec = {.name = metric->name, .labels = labels, .n_labels = n,
                         .kind = metric->counter ? PL_SERIES_COUNTER : PL_SERIES_GAUGE, .unit = PL_STR("")};
  pl_error err = {0};
  int code = reach(r, number) ? pl_feed_series(r->desk->feed, r->source, &spec, &r->series[number], &err)
                              : pl_fail(&err, PL_ENOMEM, "out of memory for a series");
  if (code)
    pl_desk_lost(r->desk, "sample", &err);
}

static void on_value(void *user, uint32_t number, double value)
{
  running *r = user;
  if (number < r->cap_series && r->series[number] != UINT32_MAX)
    (void)pl_feed_sample(r->desk->feed, r->series[number], r->desk->run, r->now_ns, value);
  pl_turn_offer(r->desk->turn);
}

static void on_tick(uv_timer_t *timer);

/* Ticks keep to their moments: one that comes late makes none after it late, and those that it came too late for are left out. */
static void set_next(running *r)
{
  uint64_t now_ms = uv_now(r->desk->loop);
  uint64_t late = now_ms > r->due_ms ? (now_ms - r->due_ms) / r->every_ms : 0;
  r->due_ms += (late + 1) * r->every_ms;
  uv_timer_start(&r->timer, on_tick, r->due_ms - now_ms, 0);
}

static void on_tick(uv_timer_t *timer)
{
  running *r = timer->data;
  r->now_ns = pl_wall(r->desk->clock);
  set_next(r);
  pl_sampler_read(r->sampler);
}

static void free_running(running *r)
{
  pl_free(r->desk->alloc, r->series, r->cap_series * sizeof *r->series);
  pl_free(r->desk->alloc, r, sizeof *r);
}

static void on_closed(uv_handle_t *handle)
{
  free_running(handle->data);
}

static int open_running(running *r, const pl_sample_request *q, pl_error *err)
{
  pl_feed_source source = {q->kind, pl_str_of(r->desk->instance), q->role.len ? q->role : PL_STR("generator"), PL_STR("synthetic")};
  int code = pl_feed_source_get(r->desk->feed, &source, &r->source, err);
  if (code)
    return code;
  r->label = pl_str_eqc(q->kind, "process") ? "process" : pl_str_eqc(q->kind, "cgroup") ? "cgroup" : NULL;
  (void)pl_copy(r->label_value, sizeof r->label_value, q->name);
  for (r->n_own = 0; r->n_own < q->n_labels && r->n_own < PL_SAMPLE_OWN_LABELS; r->n_own++) {
    (void)pl_copy(r->own[r->n_own].name, sizeof r->own[0].name, q->labels[r->n_own].name);
    (void)pl_copy(r->own[r->n_own].value, sizeof r->own[0].value, q->labels[r->n_own].value);
  }
  pl_sampler_options o = {.alloc = r->desk->alloc, .log = r->desk->log, .sink = {on_metric, on_value, r}, .kind = q->kind,
                          .name = q->name, .pids = q->pids, .n_pids = q->n_pids, .sets = q->sets,
                          .pattern = q->pattern, .children = q->children};
  if (r->label && q->n_pids)
    o.name = (pl_str){"", 0}; /* the pids say who; the name is the label only */
  return pl_sampler_open(&o, &r->sampler, err);
}

static int start_timer(running *r, uint64_t every_ns, pl_error *err)
{
  int code = uv_timer_init(r->desk->loop, &r->timer);
  if (code) {
    pl_sampler_close(r->sampler);
    free_running(r);
    return pl_fail(err, PL_EIO, "sampler timer: %s", uv_strerror(code));
  }
  r->timer.data = r;
  r->every_ms = every_ns < PL_MS_NS ? 1 : every_ns / PL_MS_NS;
  r->due_ms = uv_now(r->desk->loop);
  uv_timer_start(&r->timer, on_tick, 0, 0);
  uv_unref((uv_handle_t *)&r->timer);
  return PL_OK;
}

int pl_sampling_start(pl_sampling *s, const pl_sample_request *request, uint32_t *id, pl_error *err)
{
  uint32_t slot = 0;
  while (slot < SAMPLERS_MAX && s->list[slot])
    slot++;
  if (slot == SAMPLERS_MAX)
    return pl_fail(err, PL_ELIMIT, "more than %d samplers in one run", SAMPLERS_MAX);
  running *r = pl_alloc_zero(s->desk->alloc, 1, sizeof *r);
  if (!r)
    return pl_fail(err, PL_ENOMEM, "out of memory for a sampler");
  r->desk = s->desk;
  int code = open_running(r, request, err);
  if (code) {
    free_running(r);
    return code;
  }
  code = start_timer(r, request->every_ns, err);
  if (code)
    return code;
  s->list[slot] = r;
  *id = slot;
  return PL_OK;
}

void pl_sampling_stop(pl_sampling *s, uint32_t id)
{
  if (id >= SAMPLERS_MAX || !s->list[id])
    return;
  running *r = s->list[id];
  s->list[id] = NULL;
  pl_sampler_close(r->sampler);
  uv_close((uv_handle_t *)&r->timer, on_closed);
}

void pl_sampling_free(pl_sampling *s)
{
  if (!s)
    return;
  for (uint32_t i = 0; i < SAMPLERS_MAX; i++)
    pl_sampling_stop(s, i);
  pl_free(s->desk->alloc, s, sizeof *s);
}
