/* A thousand expressions beside a real Prometheus that holds the same samples: equal labels, times and values to 1e-9, or both
 * refuse. The expressions are promql_expressions.txt, a line each. */
#include "query/promql.h"

#include <arpa/inet.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/json.h"
#include "base/random.h"
#include "format/stale.h"
#include "support/failing.h"
#include "support/temporary.h"

enum { BEGIN_S = 1700000000, LENGTH_S = 7200, EXPRESSIONS = 2000, TEXT = 16 << 20 };
static const double TOLERANCE = 1e-9;

typedef struct fixture {
  temporary t;
  pl_store *store;
  pl_reader *reader;
  pl_buf request; /* of remote write, as it is filled */
  pid_t prometheus;
  int port;
  uint64_t random;
} fixture;

/* ---- Samples: in the store and in a WriteRequest (Protocol Buffers) at once -------------------- */

static void put_varint(pl_buf *b, uint64_t v)
{
  for (; v >= 0x80; v >>= 7)
    (void)pl_buf_addc(b, (char)(v | 0x80));
  (void)pl_buf_addc(b, (char)v);
}

static void put_bytes(pl_buf *b, char key, const void *data, size_t len)
{
  (void)pl_buf_addc(b, key);
  put_varint(b, len);
  (void)pl_buf_add(b, data, len);
}

static void put_label(pl_buf *b, const char *name, pl_str value)
{
  pl_buf label;
  pl_buf_init(&label, &pl_alloc_default, 1 << 12);
  put_bytes(&label, 0x0a, name, strlen(name));
  put_bytes(&label, 0x12, value.data, value.len);
  put_bytes(b, 0x0a, label.data, label.len);
  pl_buf_fini(&label);
}

typedef struct writer {
  fixture *f;
  pl_buf series; /* the TimeSeries message */
  int64_t id;
} writer;

/* name{key="value", ...} of one instance; pairs end with NULL and are in order of their names. */
static writer begin_series(fixture *f, const char *name, const char *instance, const char *const *pairs)
{
  writer w = {.f = f};
  pl_label labels[8];
  pl_series_spec spec = {.name = pl_str_of(name), .labels = labels};
  assert_int_equal(pl_store_source(f->store, PL_STR("import"), pl_str_of(instance), PL_STR("target"), PL_STR("production"), &spec.source, NULL), PL_OK);
  pl_buf_init(&w.series, &pl_alloc_default, 16 << 20);
  put_label(&w.series, "__name__", pl_str_of(name));
  put_label(&w.series, "instance", pl_str_of(instance));
  for (; *pairs; pairs += 2)
    labels[spec.n_labels++] = (pl_label){pl_str_of(pairs[0]), pl_str_of(pairs[1])};
  for (size_t i = 0; i < spec.n_labels; i++)
    put_label(&w.series, labels[i].name.data, labels[i].value);
  put_label(&w.series, "origin", PL_STR("production"));
  put_label(&w.series, "role", PL_STR("target"));
  put_label(&w.series, "source", PL_STR("import"));
  assert_int_equal(pl_store_series(f->store, &spec, &w.id, NULL), PL_OK);
  return w;
}

static void put_sample(writer *w, int64_t ts_ms, double v)
{
  char sample[32], *p = sample;
  pl_buf time;
  *p++ = 0x09;
  memcpy(p, &v, sizeof v);
  p += sizeof v;
  pl_buf_init(&time, &pl_alloc_default, 64);
  (void)pl_buf_add(&time, sample, (size_t)(p - sample));
  (void)pl_buf_addc(&time, 0x10);
  put_varint(&time, (uint64_t)ts_ms);
  put_bytes(&w->series, 0x12, time.data, time.len);
  pl_buf_fini(&time);
  assert_int_equal(pl_store_sample(w->f->store, w->id, 0, ts_ms * (int64_t)PL_MS_NS, v), 0);
}

static void end_series(writer *w)
{
  put_bytes(&w->f->request, 0x0a, w->series.data, w->series.len);
  pl_buf_fini(&w->series);
}

static uint64_t random_below(fixture *f, uint64_t n)
{
  f->random = f->random * 6364136223846793005u + 1442695040888963407u;
  return (f->random >> 33) % n;
}

/* Fifteen seconds and a few milliseconds apart, with a gap of eight minutes in some. */
static int64_t next_time(fixture *f, int64_t ts_ms, bool has_gap)
{
  int64_t next = ts_ms + 15000 + (int64_t)random_below(f, 40) - 20;
  int64_t gap = (int64_t)(BEGIN_S + 2000) * 1000;
  return has_gap && ts_ms < gap && next >= gap ? next + 480000 : next;
}

static const int64_t BEGIN_MS = (int64_t)BEGIN_S * 1000, END_MS = (int64_t)(BEGIN_S + LENGTH_S) * 1000;

static void put_counter(fixture *f, const char *name, const char *instance, const char *const *pairs, uint64_t growth, size_t resets, bool has_gap)
{
  writer w = begin_series(f, name, instance, pairs);
  double v = (double)random_below(f, 50);
  for (int64_t ts = BEGIN_MS + (int64_t)random_below(f, 15000); ts < END_MS; ts = next_time(f, ts, has_gap)) {
    v = resets && random_below(f, 500) < resets ? (double)random_below(f, 3) : v + (double)random_below(f, growth);
    put_sample(&w, ts, v);
  }
  end_series(&w);
}

/* One of forty values is the mark of staleness in those that have gaps. */
static void put_gauge(fixture *f, const char *name, const char *instance, const char *const *pairs, double scale, bool has_gap)
{
  writer w = begin_series(f, name, instance, pairs);
  for (int64_t ts = BEGIN_MS + (int64_t)random_below(f, 15000); ts < END_MS; ts = next_time(f, ts, has_gap))
    put_sample(&w, ts, has_gap && random_below(f, 40) == 0 ? pl_stale() : scale * ((double)random_below(f, 2000000) - 700000) / 7000);
  end_series(&w);
}

static void put_buckets(fixture *f, const char *job, const char *instance)
{
  static const char *const bounds[] = {"0.005", "0.01", "0.1", "1", "2.5", "+Inf"};
  double counts[6] = {0};
  for (size_t b = 0; b < 6; b++) {
    writer w = begin_series(f, "request_duration_seconds_bucket", instance, (const char *const[]){"job", job, "le", bounds[b], NULL});
    for (int64_t i = 0; i < LENGTH_S / 15; i++) {
      counts[b] += (double)((i * (int64_t)(b + 1)) % 7 + (int64_t)b * 3);
      put_sample(&w, BEGIN_MS + i * 15000, counts[b]);
    }
    end_series(&w);
  }
}

static void put_all(fixture *f)
{
  static const char *const jobs[] = {"api", "web", "db"}, *const instances[] = {"a:1", "b:2"};
  for (size_t j = 0; j < 3; j++) {
    for (size_t i = 0; i < 2; i++) {
      put_counter(f, "http_requests_total", instances[i], (const char *const[]){"code", "200", "job", jobs[j], NULL}, 100, j == 1 ? 5 : 0, i == 1);
      put_counter(f, "http_requests_total", instances[i], (const char *const[]){"code", "500", "job", jobs[j], NULL}, 3, j, false);
      put_gauge(f, "memory_bytes", instances[i], (const char *const[]){"job", jobs[j], NULL}, 1e6, j == 2);
      put_gauge(f, "temperature", instances[i], (const char *const[]){"job", jobs[j], "room", i ? "north 1" : "south-2", NULL}, 0.1, false);
      put_buckets(f, jobs[j], instances[i]);
    }
    writer w = begin_series(f, "build_info", "a:1", (const char *const[]){"job", jobs[j], "version", j ? "1.2" : "2.0", NULL});
    for (int64_t ts = BEGIN_MS; ts < END_MS; ts += 60000)
      put_sample(&w, ts, 1);
    end_series(&w);
  }
  writer w = begin_series(f, "sparse", "a:1", (const char *const[]){"job", "api", NULL});
  for (int64_t i = 0; i < 14; i++)
    put_sample(&w, BEGIN_MS + i * 240000, (double)(i * i % 11));
  end_series(&w);
  w = begin_series(f, "odd", "a:1", (const char *const[]){"job", "api", NULL});
  for (int64_t i = 0; i < LENGTH_S / 30; i++)
    put_sample(&w, BEGIN_MS + i * 30000, i % 17 == 3 ? INFINITY : i % 23 == 5 ? -INFINITY : i % 29 == 7 ? NAN : (double)(i % 5));
  end_series(&w);
  w = begin_series(f, "constant", "a:1", (const char *const[]){"job", "api", NULL});
  for (int64_t i = 0; i < LENGTH_S / 15; i++)
    put_sample(&w, BEGIN_MS + i * 15000, 42);
  end_series(&w);
  assert_int_equal(pl_store_commit(f->store, NULL), PL_OK);
}

/* ---- Prometheus ------------------------------------------------------------------------------- */

static int free_port(void)
{
  struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof at;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
  close(fd);
  return ntohs(at.sin_port);
}

static int shell(const char *format, ...) PL_PRINTF(1, 2);
static int shell(const char *format, ...)
{
  char command[2048];
  va_list args;
  va_start(args, format);
  (void)vsnprintf(command, sizeof command, format, args);
  va_end(args);
  return system(command);
}

static void start_prometheus(fixture *f, const char *program)
{
  char config[256], listen[64], data[128], file[300];
  f->port = free_port();
  temporary_file(&f->t, "config.yml", "global: {scrape_interval: 1h}\n", config, sizeof config);
  (void)snprintf(file, sizeof file, "--config.file=%s", config);
  (void)snprintf(listen, sizeof listen, "--web.listen-address=127.0.0.1:%d", f->port);
  (void)snprintf(data, sizeof data, "--storage.tsdb.path=%s/data", f->t.folder);
  f->prometheus = fork();
  assert_true(f->prometheus >= 0);
  if (f->prometheus == 0) {
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* nor does it outlive a test that crashed */
    if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr))
      _exit(126);
    execl(program, "prometheus", file, listen, data, "--web.enable-remote-write-receiver", "--storage.tsdb.retention.time=100y", (char *)NULL);
    _exit(127);
  }
  struct timespec pause = {0, 50000000};
  for (int i = 0; shell("curl -sf -o /dev/null http://127.0.0.1:%d/-/ready", f->port) != 0; i++) {
    if (i == 600 || waitpid(f->prometheus, NULL, WNOHANG) != 0)
      fail_msg("Prometheus does not answer");
    (void)nanosleep(&pause, NULL);
  }
}

/* Snappy's block form, of literals alone. */
static void send_samples(fixture *f)
{
  pl_buf packed;
  char path[256];
  pl_buf_init(&packed, &pl_alloc_default, 64 << 20);
  put_varint(&packed, f->request.len);
  for (size_t at = 0; at < f->request.len; at += 65536) {
    size_t n = f->request.len - at < 65536 ? f->request.len - at : 65536;
    (void)pl_buf_addc(&packed, (char)(61 << 2));
    (void)pl_buf_addc(&packed, (char)((n - 1) & 0xff));
    (void)pl_buf_addc(&packed, (char)((n - 1) >> 8));
    (void)pl_buf_add(&packed, f->request.data + at, n);
  }
  temporary_file(&f->t, "request", NULL, path, sizeof path);
  FILE *out = fopen(path, "wb");
  assert_non_null(out);
  assert_int_equal(fwrite(packed.data, 1, packed.len, out), packed.len);
  assert_int_equal(fclose(out), 0);
  pl_buf_fini(&packed);
  assert_int_equal(shell("curl -sf -H 'Content-Encoding: snappy' -H 'Content-Type: application/x-protobuf' -H 'X-Prometheus-Remote-Write-Version: 0.1.0'"
                         " --data-binary @%s http://127.0.0.1:%d/api/v1/write", path, f->port), 0);
}

/* The program in $PERILUNE_REFERENCE/bin, unpacked once; NULL: there is none. */
static const char *find_prometheus(char *path, size_t size)
{
  const char *root = getenv("PERILUNE_REFERENCE"), *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
  char folder[400];
  if (!root)
    return NULL;
  (void)snprintf(folder, sizeof folder, "%s%s/perilune-reference", cache ? cache : home ? home : "/tmp", cache ? "" : "/.cache");
  if (shell("sh '%s/bin/unpack' '%s' prometheus >/dev/null 2>&1", root, folder) != 0)
    return NULL;
  (void)snprintf(path, size, "%s/prometheus", folder);
  return access(path, X_OK) == 0 ? path : NULL;
}

static int open_fixture(void **state)
{
  static fixture f;
  char program[512];
  pl_store_options o = {.alloc = &pl_alloc_default, .clock = &pl_clock_system};
  *state = NULL;
  if (!find_prometheus(program, sizeof program))
    return 0;
  f.random = 1;
  temporary_open(&f.t);
  pl_buf_init(&f.request, &pl_alloc_default, 64 << 20);
  assert_int_equal(pl_store_open(&o, &f.store, NULL), PL_OK);
  put_all(&f);
  assert_int_equal(pl_reader_of(f.store, &f.reader, NULL), PL_OK);
  start_prometheus(&f, program);
  send_samples(&f);
  *state = &f;
  return 0;
}

static int close_fixture(void **state)
{
  fixture *f = *state;
  if (!f)
    return 0;
  (void)kill(f->prometheus, SIGTERM);
  (void)waitpid(f->prometheus, NULL, 0);
  pl_reader_close(f->reader);
  pl_store_close(f->store);
  pl_buf_fini(&f->request);
  temporary_close(&f->t);
  return 0;
}

/* ---- Answers ---------------------------------------------------------------------------------- */

typedef struct answer_series {
  char *labels;
  int64_t *times_ms;
  double *values;
  size_t n;
} answer_series;

typedef struct answer {
  pl_arena arena;
  char type[32], error[400], string[64];
  bool ok;
  answer_series *series;
  size_t n;
  /* while it is read */
  char key[2][64], labels[2000];
  size_t labels_len;
} answer;

enum { SERIES_MAX = 500, POINTS_MAX = 4000 };

static void on_label(answer *a, pl_str value)
{
  int n = snprintf(a->labels + a->labels_len, sizeof a->labels - a->labels_len, "%s%s=\"%.*s\"", a->labels_len ? ", " : "", a->key[1], (int)value.len, value.data);
  a->labels_len += (size_t)n;
}

static answer_series *add_series(answer *a)
{
  answer_series *s = &a->series[a->n++];
  assert_true(a->n < SERIES_MAX);
  s->labels = pl_arena_alloc(&a->arena, a->labels_len + 3, 1);
  s->times_ms = pl_arena_alloc(&a->arena, POINTS_MAX, sizeof *s->times_ms);
  s->values = pl_arena_alloc(&a->arena, POINTS_MAX, sizeof *s->values);
  assert_true(s->labels && s->times_ms && s->values);
  (void)snprintf(s->labels, a->labels_len + 3, "{%.*s}", (int)a->labels_len, a->labels);
  return s;
}

/* Depths: 3 a scalar's pair, 5 a vector's, 6 a matrix's. */
static int on_json(void *user, const pl_json_event *ev)
{
  answer *a = user;
  answer_series *s = a->n ? &a->series[a->n - 1] : NULL;
  bool is_pair = (ev->depth == 3 && strcmp(a->type, "matrix") != 0 && strcmp(a->type, "vector") != 0) ||
                 (ev->depth == 5 && strcmp(a->key[0], "value") == 0) || (ev->depth == 6 && strcmp(a->key[0], "values") == 0);
  if (ev->kind == PL_JSON_KEY) {
    (void)pl_copy(a->key[ev->depth == 5], sizeof a->key[0], ev->string);
    if (ev->depth == 4 && pl_str_eqc(ev->string, "metric"))
      a->labels_len = 0;
  } else if (ev->kind == PL_JSON_OBJECT_END && ev->depth == 4 && strcmp(a->key[0], "metric") == 0) {
    (void)add_series(a);
  } else if (is_pair && (ev->kind == PL_JSON_DOUBLE || ev->kind == PL_JSON_INT)) {
    s = ev->depth == 3 ? add_series(a) : s;
    s->times_ms[s->n] = (int64_t)llround(ev->number * 1000);
  } else if (is_pair && ev->kind == PL_JSON_STRING) {
    char text[64];
    (void)pl_copy(text, sizeof text, ev->string);
    (void)pl_copy(a->string, sizeof a->string, ev->string);
    s->values[s->n++] = strtod(text, NULL);
    assert_true(s->n < POINTS_MAX);
  } else if (ev->kind == PL_JSON_STRING && ev->depth == 1 && strcmp(a->key[0], "status") == 0) {
    a->ok = pl_str_eqc(ev->string, "success");
  } else if (ev->kind == PL_JSON_STRING && ev->depth == 1 && strcmp(a->key[0], "error") == 0) {
    (void)pl_copy(a->error, sizeof a->error, ev->string);
  } else if (ev->kind == PL_JSON_STRING && ev->depth == 2 && strcmp(a->key[0], "resultType") == 0) {
    (void)pl_copy(a->type, sizeof a->type, ev->string);
  } else if (ev->kind == PL_JSON_STRING && ev->depth == 5 && strcmp(a->key[0], "metric") == 0) {
    on_label(a, ev->string);
  }
  return 0;
}

static void read_answer(answer *a, const char *path)
{
  static char text[TEXT];
  FILE *in = fopen(path, "rb");
  pl_error err = {0};
  assert_non_null(in);
  size_t n = fread(text, 1, sizeof text, in);
  fclose(in);
  *a = (answer){.ok = false};
  pl_arena_init(&a->arena, &pl_alloc_default, 512 << 20);
  a->series = pl_arena_alloc(&a->arena, SERIES_MAX, sizeof *a->series);
  if (pl_json_parse(&pl_alloc_default, (pl_str){text, n}, 16, on_json, a, &err))
    fail_msg("%s: %s", path, err.message);
}

/* ---- Questions -------------------------------------------------------------------------------- */

typedef struct question {
  int64_t from_ms, to_ms, step_ms; /* step 0: an instant */
} question;

static const question questions[] = {
    {1700003600000, 0, 0}, {1700007199000, 0, 0}, {1700007400500, 0, 0}, {1700000000000, 1700007500000, 97000}, {1700001900000, 1700002700000, 7000},
};
enum { QUESTIONS = sizeof questions / sizeof *questions };

/* Expressions that Prometheus is asked; those that it may know and we refuse begin with "! ". */
static size_t read_expressions(char lines[EXPRESSIONS][400])
{
  size_t n = 0;
  FILE *in = fopen(TEST_SOURCE_DIR "/c/query/promql_expressions.txt", "r");
  assert_non_null(in);
  while (n < EXPRESSIONS && fgets(lines[n], 400, in)) {
    lines[n][strcspn(lines[n], "\n")] = 0;
    n += lines[n][0] && lines[n][0] != '#';
  }
  fclose(in);
  return n;
}

static void put_quoted(FILE *out, const char *text)
{
  for (; *text; text++)
    fprintf(out, *text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
}

/* One curl asks all; answers are files EXPRESSION.QUESTION. */
static void ask_prometheus(fixture *f, char lines[EXPRESSIONS][400], size_t n)
{
  char path[256];
  temporary_file(&f->t, "curl", NULL, path, sizeof path);
  FILE *out = fopen(path, "w");
  assert_non_null(out);
  for (size_t i = 0; i < n; i++) {
    for (size_t q = 0; q < QUESTIONS; q++) {
      const question *ask = &questions[q];
      fprintf(out, "%surl = \"http://127.0.0.1:%d/api/v1/%s\"\nget\nsilent\noutput = \"%s/%zu.%zu\"\ndata-urlencode = \"query=", i + q ? "next\n" : "", f->port,
              ask->step_ms ? "query_range" : "query", f->t.folder, i, q);
      put_quoted(out, lines[i]);
      fprintf(out, "\"\n");
      if (ask->step_ms)
        fprintf(out, "data = \"start=%.3f\"\ndata = \"end=%.3f\"\ndata = \"step=%.3f\"\n", (double)ask->from_ms / 1e3, (double)ask->to_ms / 1e3, (double)ask->step_ms / 1e3);
      else
        fprintf(out, "data = \"time=%.3f\"\n", (double)ask->from_ms / 1e3);
    }
  }
  fclose(out);
  assert_int_equal(shell("curl -K %s", path), 0);
}

static bool is_close(double a, double b)
{
  return a == b || (isnan(a) && isnan(b)) || fabs(a - b) <= TOLERANCE * fmax(fabs(a), fabs(b));
}

static bool same_series(const char *what, const pl_promql_series *ours, const answer_series *theirs)
{
  if (ours->n != theirs->n) {
    print_message("%s %s: %zu values, Prometheus has %zu\n", what, theirs->labels, ours->n, theirs->n);
    return false;
  }
  for (size_t i = 0; i < ours->n; i++) {
    if (ours->times_ms[i] != theirs->times_ms[i] || !is_close(ours->values[i], theirs->values[i])) {
      print_message("%s %s: %.17g at %.3f, Prometheus has %.17g at %.3f\n", what, theirs->labels, ours->values[i], (double)ours->times_ms[i] / 1e3, theirs->values[i],
                    (double)theirs->times_ms[i] / 1e3);
      return false;
    }
  }
  return true;
}

static bool same_result(const char *what, const pl_promql_result *ours, const answer *theirs)
{
  static const char *const types[] = {"scalar", "vector", "matrix", "string"};
  if (strcmp(types[ours->type], theirs->type) != 0) {
    print_message("%s: a %s, Prometheus gives a %s\n", what, types[ours->type], theirs->type);
    return false;
  }
  if (ours->type == PL_VALUE_STRING)
    return pl_str_eqc(ours->string, theirs->string);
  if (ours->n != theirs->n) {
    print_message("%s: %zu series, Prometheus has %zu\n", what, ours->n, theirs->n);
    return false;
  }
  for (size_t i = 0; i < ours->n; i++) {
    char labels[2000];
    size_t j = 0;
    pl_label_set_text(&ours->series[i].labels, labels, sizeof labels);
    while (j < theirs->n && strcmp(labels, theirs->series[j].labels) != 0)
      j++;
    if (j == theirs->n) {
      print_message("%s: Prometheus has no %s\n", what, labels);
      return false;
    }
    if (!same_series(what, &ours->series[i], &theirs->series[j]))
      return false;
  }
  return true;
}

/* Whether both say the same of an expression. */
static bool agree(fixture *f, const char *expression, const question *ask, const char *path)
{
  char what[600];
  answer theirs;
  pl_promql_result ours;
  pl_error err = {0};
  pl_promql_query q = {.text = pl_str_of(expression), .from_ms = ask->from_ms, .to_ms = ask->to_ms, .step_ms = ask->step_ms};
  (void)snprintf(what, sizeof what, "%s (%.1f%s)", expression, (double)ask->from_ms / 1e3, ask->step_ms ? ", steps" : "");
  read_answer(&theirs, path);
  int code = pl_promql_run(&pl_alloc_default, f->reader, &q, &ours, &err);
  bool same = (code == 0) == theirs.ok;
  if (!same)
    print_message("%s: %s, Prometheus: %s\n", what, code ? err.message : "a result", theirs.ok ? "a result" : theirs.error);
  if (same && !code)
    same = same_result(what, &ours, &theirs);
  pl_promql_result_fini(&ours);
  pl_arena_fini(&theirs.arena);
  return same;
}

static void results_are_those_of_prometheus(void **state)
{
  static char lines[EXPRESSIONS][400];
  fixture *f = *state;
  if (!f) {
    print_message("skipped: no reference data\n");
    skip();
    return;
  }
  size_t n = read_expressions(lines), differ = 0;
  ask_prometheus(f, lines, n);
  for (size_t i = 0; i < n; i++) {
    for (size_t q = 0; q < QUESTIONS; q++) {
      char name[64], path[256];
      (void)snprintf(name, sizeof name, "%zu.%zu", i, q);
      differ += !agree(f, lines[i], &questions[q], temporary_file(&f->t, name, NULL, path, sizeof path));
    }
  }
  print_message("%zu expressions, each at %d instants or ranges: %zu differ\n", n, (int)QUESTIONS, differ);
  assert_int_equal(differ, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {cmocka_unit_test_setup_teardown(results_are_those_of_prometheus, open_fixture, close_fixture)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
