/* Numbers within labels, as OpenMetrics writes them. */
#ifndef PL_FORMAT_OPENMETRICS_NUMBER_H
#define PL_FORMAT_OPENMETRICS_NUMBER_H

#include <stddef.h>

/* The shortest text that reads back as v, with a fraction or an exponent (of values from 1e6 on, and below 1e-4): "1.0", "0.25",
 * "2.5e+07", "+Inf", "NaN". Bounds of buckets and quantiles of summaries are written so, whichever way an exporter wrote them. out holds
 * at least 32 bytes; returns the length. */
size_t pl_openmetrics_number(double v, char *out);

#endif
