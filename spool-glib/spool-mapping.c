/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "spool-mapping-private.h"
#include "spool-sys-private.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* To fill fresh pages of 4 KiB takes ten times as long as to copy, and four
 * times as long as to fill large pages. So mappings are laid out for large
 * pages, and one is kept for the next who needs memory.
 *
 *   | first page: a gap, 4016 bytes of data | large pages | ... | a rest |
 *
 * With the gap, what has a power of two in bytes ends where a large page ends.
 * Its size makes copies fast: malloc() lets large blocks begin 16 bytes behind
 * a page. Copying is slow by a quarter between different places in a cache
 * line, and by half where the target is up to a line behind the source, both
 * seen within their pages.
 */
#define GAP 80

/* The size of large pages on the usual processors. Where it is another one,
 * nothing is gained and nothing lost.
 */
#define LARGE_PAGE (2 * 1024 * 1024)

/* From this size on what was written is copied to large pages, and not moved
 * page by page.
 */
#define LARGE_SIZE (LARGE_PAGE / 2)

/* Of the mapping that is kept, this much is. */
#define WARM_SIZE (8 * 1024 * 1024)

/* The mapping that is kept, or NULL; atomic. It begins with its size. */
static gsize *warm_mapping = NULL;

static gsize
get_page_size (void)
{
  static gsize page_size = 0; /* atomic */
  gsize size = __atomic_load_n (&page_size, __ATOMIC_RELAXED);

  if (size == 0)
    {
      size = (gsize) sysconf (_SC_PAGESIZE);
      __atomic_store_n (&page_size, size, __ATOMIC_RELAXED);
    }

  return size;
}

static gsize
round_up (gsize size,
          gsize unit)
{
  return (size + unit - 1) & ~(unit - 1);
}

static gsize
get_size (SpoolMapping *self)
{
  return self->capacity + GAP;
}

/* How large to make a mapping: whole pages, and whole large pages as long as
 * they are within @limit.
 */
static gsize
choose_size (gsize capacity,
             gsize limit)
{
  gsize page = get_page_size ();
  gsize size = round_up (GAP + capacity, page);
  gsize large = page + round_up (size - page, LARGE_PAGE);

  return capacity > LARGE_SIZE && large <= round_up (GAP + limit, page) + page ? large : size;
}

/* Maps fresh memory; where it is large, so that its second page begins a large
 * one. Returns %NULL where there is no memory.
 */
static guint8 *
map_fresh (gsize size)
{
  gsize page = get_page_size ();
  guint8 *area, *mapping;

  if (size < LARGE_PAGE)
    return spool_sys.map_anonymous (size);

  area = spool_sys.map_anonymous (size + LARGE_PAGE);
  if (area == NULL)
    return NULL;

  mapping = (guint8 *) round_up ((gsize) area + page, LARGE_PAGE) - page;
  if (mapping > area)
    munmap (area, (gsize) (mapping - area));
  if (mapping < area + LARGE_PAGE)
    munmap (mapping + size, (gsize) (area + LARGE_PAGE - mapping));

  madvise (mapping, size, MADV_HUGEPAGE);

  return mapping;
}

/* Keeps the mapping for the next who needs one, or gives it back. */
static void
release (guint8 *mapping,
         gsize   size)
{
  gsize warm_size = get_page_size () + WARM_SIZE;
  gsize *other;

  if (size > warm_size)
    {
      munmap (mapping + warm_size, size - warm_size);
      size = warm_size;
    }

  *(gsize *) mapping = size;
  other = __atomic_exchange_n (&warm_mapping, (gsize *) mapping, __ATOMIC_ACQ_REL);

  /* The larger one serves more. */
  if (other != NULL && *other > size)
    other = __atomic_exchange_n (&warm_mapping, other, __ATOMIC_ACQ_REL);
  if (other != NULL)
    munmap (other, *other);
}

/* Takes the mapping that was kept, no more than @limit bytes of it. Where there
 * is none, or it is too small, returns %NULL and leaves @taken_size alone.
 */
static guint8 *
take_warm (gsize  size,
           gsize  limit,
           gsize *taken_size)
{
  gsize *mapping = __atomic_exchange_n (&warm_mapping, NULL, __ATOMIC_ACQ_REL);
  gsize warm_size;

  if (mapping == NULL)
    return NULL;

  warm_size = *mapping;
  if (warm_size < size)
    {
      release ((guint8 *) mapping, warm_size);
      return NULL;
    }

  limit = MAX (size, round_up (MIN (limit, G_MAXSSIZE) + GAP, get_page_size ()));
  if (warm_size > limit)
    {
      munmap ((guint8 *) mapping + limit, warm_size - limit);
      warm_size = limit;
    }

  *taken_size = warm_size;

  return (guint8 *) mapping;
}

/* Maps at least @capacity bytes and, if that is not more, at most @limit.
 * Returns %FALSE where there is no memory.
 */
gboolean
spool_mapping_init (SpoolMapping *self,
                    gsize         capacity,
                    gsize         limit)
{
  gsize size = choose_size (capacity, limit);
  guint8 *mapping;

  mapping = take_warm (round_up (GAP + capacity, get_page_size ()), limit, &size);
  self->dirty = mapping != NULL ? size - GAP : 0;
  if (mapping == NULL)
    mapping = map_fresh (size);
  if (mapping == NULL)
    return FALSE;

  self->data = mapping + GAP;
  self->capacity = size - GAP;

  return TRUE;
}

void
spool_mapping_clear (SpoolMapping *self)
{
  release (self->data - GAP, get_size (self));
  self->data = NULL;
}

/* Where a mapping becomes large, its bytes are copied, once: the small pages
 * that they are in would keep large ones from taking their place.
 */
static gboolean
copy_to_large (SpoolMapping *self,
               gsize         capacity,
               gsize         limit)
{
  gsize size = choose_size (capacity, limit);
  guint8 *mapping = map_fresh (size);

  if (mapping == NULL)
    return FALSE;

  memcpy (mapping + GAP, self->data, self->capacity);
  self->dirty = self->capacity;
  spool_mapping_clear (self);
  self->data = mapping + GAP;
  self->capacity = size - GAP;

  return TRUE;
}

/* Moves pages, not bytes, and large pages as such. */
static guint8 *
move (guint8 *mapping,
      gsize   old_size,
      gsize   size)
{
  guint8 *place, *moved;

  if (size < LARGE_PAGE)
    return spool_sys.remap (mapping, old_size, size, TRUE);

  place = map_fresh (size);
  if (place == NULL)
    return NULL;

  moved = spool_sys.remap_to (mapping, old_size, size, place);
  if (moved == NULL)
    munmap (place, size);

  return moved;
}

/* Makes the mapping larger, as spool_mapping_init() would. On failure, or
 * where it would have to move and may not, nothing changes.
 */
gboolean
spool_mapping_grow (SpoolMapping *self,
                    gsize         capacity,
                    gsize         limit,
                    gboolean      may_move)
{
  gsize old_size = get_size (self);
  gsize size = choose_size (capacity, limit);
  guint8 *mapping;

  if (may_move && old_size < LARGE_PAGE && size >= LARGE_PAGE)
    return copy_to_large (self, capacity, limit);

  mapping = spool_sys.remap (self->data - GAP, old_size, size, FALSE);
  if (mapping == NULL && may_move)
    mapping = move (self->data - GAP, old_size, size);
  if (mapping == NULL)
    return FALSE;

  self->data = mapping + GAP;
  self->capacity = size - GAP;

  return TRUE;
}

/* Gives back the pages behind the first @capacity bytes. */
void
spool_mapping_shrink (SpoolMapping *self,
                      gsize         capacity)
{
  gsize old_size = get_size (self);
  gsize size = round_up (GAP + capacity, get_page_size ());

  if (size >= old_size || munmap (self->data - GAP + size, old_size - size) < 0)
    return;

  self->capacity = size - GAP;
  self->dirty = MIN (self->dirty, self->capacity);
}

/* Gives back the mapping that was kept. */
void
spool_mapping_trim (void)
{
  gsize *mapping = __atomic_exchange_n (&warm_mapping, NULL, __ATOMIC_ACQ_REL);

  if (mapping != NULL)
    munmap (mapping, *mapping);
}
