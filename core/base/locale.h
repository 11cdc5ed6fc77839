/* The C locale for work of the library's: numbers have a point in it, whatever locale the host chose for the process. */
#ifndef PL_BASE_LOCALE_H
#define PL_BASE_LOCALE_H

#include <locale.h>

/* What a thread comes back to. */
typedef struct pl_locale {
  locale_t own, before;
} pl_locale;

/* The calling thread alone is in the C locale from here to pl_locale_leave. Pairs may lie within each other. */
pl_locale pl_locale_enter(void);

/* Gives the thread back the locale that it had. */
void pl_locale_leave(pl_locale l);

#endif
