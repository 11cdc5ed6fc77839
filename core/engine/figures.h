/* Figures of a load on their way to the timeline: a pl_load_sink that writes through the feed under the
 * names and labels that the timeline has. The collector's thread. */
#ifndef PL_ENGINE_FIGURES_H
#define PL_ENGINE_FIGURES_H

#include "bind/desk.h"

typedef struct pl_figures pl_figures;

/* desk is borrowed. NULL: no memory. */
pl_figures *pl_figures_new(pl_desk *desk) PL_MUSTCHECK;
/* NULL is fine. */
void pl_figures_free(pl_figures *f);
/* What a load gives its figures to; valid as long as f. */
const pl_load_sink *pl_figures_sink(const pl_figures *f);

#endif
