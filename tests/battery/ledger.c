/* See ledger.h. One thread. */
#include "ledger.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { BLOCK = 1 << 16 };

ledger_entry *ledger_add(ledger *l, uint64_t arrival_ns)
{
  if (l->count == l->n_blocks * BLOCK) {
    ledger_entry **blocks = realloc(l->blocks, (l->n_blocks + 1) * sizeof(ledger_entry *));
    if (!blocks)
      return NULL;
    l->blocks = blocks;
    blocks[l->n_blocks] = malloc(BLOCK * sizeof(ledger_entry));
    if (!blocks[l->n_blocks])
      return NULL;
    l->n_blocks++;
  }
  ledger_entry *e = &l->blocks[l->count / BLOCK][l->count % BLOCK];
  l->count++;
  *e = (ledger_entry){arrival_ns, 0, 0};
  return e;
}

void ledger_free(ledger *l)
{
  for (size_t i = 0; i < l->n_blocks; i++)
    free(l->blocks[i]);
  free(l->blocks);
}

static const ledger_entry *at(const ledger *l, size_t i)
{
  return &l->blocks[i / BLOCK][i % BLOCK];
}

void ledger_write(const ledger *l, FILE *out)
{
  for (size_t i = 0; i < l->count; i++)
    fprintf(out, "%" PRIu64 " %" PRIu64 " GET / %u\n", at(l, i)->arrival_ns, at(l, i)->completion_ns, at(l, i)->status);
}

static int ascending(const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Nearest rank: ceil(p n). */
static double quantile(const double *sorted, size_t n, double p)
{
  size_t rank = (size_t)ceil(p * (double)n - 1e-9);
  return sorted[rank > 0 ? rank - 1 : 0];
}

/* Sorts the values. */
static void write_distribution(const char *name, double *v, size_t n, FILE *out)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    sum += v[i];
  qsort(v, n, sizeof *v, ascending);
  fprintf(out, ",\"%s\":{\"count\":%zu", name, n);
  if (n)
    fprintf(out, ",\"mean\":%.9f,\"p50\":%.9f,\"p90\":%.9f,\"p99\":%.9f,\"p99_9\":%.9f,\"max\":%.9f", sum / (double)n, quantile(v, n, 0.5),
            quantile(v, n, 0.9), quantile(v, n, 0.99), quantile(v, n, 0.999), v[n - 1]);
  fputs("}", out);
}

/* Nanoseconds at which start 0 was due, at the earliest: the arrival that was least late says it. Arrivals ascend. */
static double first_due(const ledger *l, double gap_ns)
{
  double first = INFINITY;
  for (size_t i = 0; i < l->count; i++)
    first = fmin(first, (double)(at(l, i)->arrival_ns - at(l, 0)->arrival_ns) - (double)i * gap_ns);
  return first;
}

static size_t fill_service(const ledger *l, double *v)
{
  size_t n = 0;
  for (size_t i = 0; i < l->count; i++) {
    if (at(l, i)->completion_ns)
      v[n++] = (double)(at(l, i)->completion_ns - at(l, i)->arrival_ns) / 1e9;
  }
  return n;
}

static size_t fill_intended(const ledger *l, double rate_per_s, double *v)
{
  double gap_ns = 1e9 / rate_per_s, first = first_due(l, gap_ns);
  size_t n = 0;
  for (size_t i = 0; i < l->count; i++) {
    if (at(l, i)->completion_ns)
      v[n++] = ((double)(at(l, i)->completion_ns - at(l, 0)->arrival_ns) - first - (double)i * gap_ns) / 1e9;
  }
  return n;
}

/* How well n values fit [0, 1): sorts them. The statistic of Kolmogorov and Smirnov, times the root of n; that of Anderson and
 * Darling (A test of goodness of fit, JASA 49, 1954). M. A. Stephens, JASA 69 (1974), case 0: the distribution is fully known. */
static double fit(double *v, size_t n, double *anderson_darling)
{
  double sum = 0, ks = 0, of = (double)n;
  qsort(v, n, sizeof *v, ascending);
  for (size_t i = 0; i < n; i++) {
    double low = fmin(fmax(v[i], 1e-12), 1 - 1e-12), high = fmin(fmax(v[n - 1 - i], 1e-12), 1 - 1e-12);
    sum += (2 * (double)i + 1) * (log(low) + log1p(-high));
    ks = fmax(ks, fmax(fabs(v[i] - (double)i / of), fabs((double)(i + 1) / of - v[i])));
  }
  *anderson_darling = -of - sum / of;
  return ks * sqrt(of);
}

static double second(const ledger *l, size_t i)
{
  return (double)at(l, i)->arrival_ns / 1e9;
}

static void write_gaps(const ledger *l, double rate_per_s, double *v, FILE *out)
{
  size_t n = l->count - 1, blocks = n / LEDGER_BLOCK_GAPS, passed = 0;
  const char *comma = "";
  double ad, ks;
  for (size_t i = 0; i < n; i++)
    v[i] = -expm1(-(double)(at(l, i + 1)->arrival_ns - at(l, i)->arrival_ns) / 1e9 * rate_per_s);
  fputs(",\"gaps\":{\"failed\":[", out);
  for (size_t b = 0, first = 0; b < blocks; b++, first += LEDGER_BLOCK_GAPS) {
    ks = fit(v + first, LEDGER_BLOCK_GAPS, &ad);
    if (ks < 1.628 && ad < 3.857) {
      passed++;
      continue;
    }
    fprintf(out, "%s[%.6f,%.6f]", comma, second(l, first), second(l, first + LEDGER_BLOCK_GAPS));
    comma = ",";
  }
  ks = fit(v, n, &ad);
  fprintf(out, "],\"count\":%zu,\"anderson_darling\":%.4f,\"kolmogorov_smirnov\":%.4f,\"blocks\":%zu,\"passed\":%zu}", n, ad, ks, blocks, passed);
}

void ledger_summary(const ledger *l, double rate_per_s, FILE *out)
{
  double *v = malloc((l->count + 1) * sizeof *v);
  if (!v)
    return;
  write_distribution("service", v, fill_service(l, v), out);
  if (rate_per_s > 0 && l->count > 1) {
    write_distribution("intended", v, fill_intended(l, rate_per_s, v), out);
    write_gaps(l, rate_per_s, v, out);
  }
  free(v);
}
