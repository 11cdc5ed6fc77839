/* See locale.h. */
#include "base/locale.h"

pl_locale pl_locale_enter(void)
{
  locale_t own = newlocale(LC_ALL_MASK, "C", (locale_t)0);
  return (pl_locale){own, uselocale(own)}; /* without memory for one, the host's stays */
}

void pl_locale_leave(pl_locale l)
{
  (void)uselocale(l.before);
  if (l.own)
    freelocale(l.own);
}
