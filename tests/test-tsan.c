/*
 * SPDX-FileCopyrightText: 2026 The spool-glib authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What ThreadSanitizer cannot see in a GLib that was built without it: that its
 * mutexes are mutexes, and what hands data from one thread to another. These
 * functions take the place of GLib's in the program and in the libraries that
 * it loads, tell the sanitizer, and call the real ones.
 *
 * Left out is what the sanitizer sees by itself (threads, and what GLib builds
 * on pthread locks), and what orders nothing (taking a reference).
 */

#include "config.h"

#include <dlfcn.h>
#include <glib-object.h>
#include <sanitizer/tsan_interface.h>
#include <stdlib.h>

/* Not checked itself: it runs before and after what it describes. */
#define UNCHECKED __attribute__ ((no_sanitize ("thread")))

/* The functions whose real ones are called. */
#define FOR_EACH_REAL(DO) \
  DO (g_atomic_ref_count_compare) \
  DO (g_atomic_ref_count_dec) \
  DO (g_bytes_unref) \
  DO (g_cond_wait) \
  DO (g_cond_wait_until) \
  DO (g_mutex_clear) \
  DO (g_mutex_lock) \
  DO (g_mutex_trylock) \
  DO (g_mutex_unlock) \
  DO (g_object_unref) \
  DO (g_once_init_enter) \
  DO (g_once_init_leave) \
  DO (g_source_attach) \
  DO (g_thread_pool_new) \
  DO (g_thread_pool_push) \
  DO (g_weak_ref_get)

#undef g_object_unref
#undef g_once_init_enter
#undef g_once_init_leave

#define REAL(name) real_##name
#define DECLARE(name) static __typeof__ (&name) REAL (name);
#define FIND(name) REAL (name) = (__typeof__ (&name)) dlsym (RTLD_NEXT, #name);

FOR_EACH_REAL (DECLARE)

static GQuark ready_quark;

/* Other constructors may call before this one is run. */
UNCHECKED static void __attribute__ ((constructor))
find_real (void)
{
  FOR_EACH_REAL (FIND)

  ready_quark = g_quark_from_static_string ("test-tsan-ready");

  /* What is not from malloc() is reused where the sanitizer does not see it. */
  if (g_strcmp0 (g_getenv ("G_SLICE"), "always-malloc") != 0)
    g_error ("ThreadSanitizer needs G_SLICE=always-malloc");
}

#define ENSURE_REAL(name) \
  G_STMT_START { \
    if (G_UNLIKELY (REAL (name) == NULL)) \
      find_real (); \
  } G_STMT_END

const char *__tsan_default_suppressions (void);
const char *__tsan_default_options (void);

/* What GLib itself does inside, where nothing can be put in between: it calls
 * malloc() and memcpy(), which the sanitizer does see.
 */
const char *
__tsan_default_suppressions (void)
{
  return "race:g_async_queue_\n"
         "race:g_main_context_\n"
         "race:g_queue_pop_tail\n"
         "race:g_realloc\n"
         "race:g_rec_mutex_\n"
         "race:g_rw_lock_\n"
         "race:g_slice_free1\n"
         "race:g_slice_free_chain_with_offset\n"
         "race:g_source_\n";
}

const char *
__tsan_default_options (void)
{
  return "exitcode=66:halt_on_error=0:second_deadlock_stack=1";
}

/* --- Memory --------------------------------------------------------------- */

/* These two are suppressed by their names, for what GLib does inside with the
 * queues of its thread pools. What everybody else gives back goes this way, and
 * under another name, so that it is looked at.
 */
UNCHECKED static G_GNUC_NO_INLINE void
free_slice (gpointer data)
{
  free (data);
  __asm__ volatile ("" ::: "memory");
}

UNCHECKED void
g_slice_free1 (gsize    size,
               gpointer data)
{
  free_slice (data);
}

UNCHECKED static G_GNUC_NO_INLINE gpointer
reallocate (gpointer data,
            gsize    size)
{
  data = realloc (data, size);
  __asm__ volatile ("" ::: "memory");

  return data;
}

UNCHECKED gpointer
(g_realloc) (gpointer data,
             gsize    size)
{
  if (size == 0)
    {
      g_free (data);
      return NULL;
    }

  data = reallocate (data, size);
  g_assert (data != NULL);

  return data;
}

/* --- Locks ---------------------------------------------------------------- */

UNCHECKED void
g_mutex_lock (GMutex *mutex)
{
  ENSURE_REAL (g_mutex_lock);
  __tsan_mutex_pre_lock (mutex, 0);
  REAL (g_mutex_lock) (mutex);
  __tsan_mutex_post_lock (mutex, 0, 0);
}

UNCHECKED gboolean
g_mutex_trylock (GMutex *mutex)
{
  gboolean taken;

  ENSURE_REAL (g_mutex_trylock);
  __tsan_mutex_pre_lock (mutex, __tsan_mutex_try_lock);
  taken = REAL (g_mutex_trylock) (mutex);
  __tsan_mutex_post_lock (mutex,
                          taken ? __tsan_mutex_try_lock
                                : __tsan_mutex_try_lock | __tsan_mutex_try_lock_failed,
                          0);

  return taken;
}

UNCHECKED void
g_mutex_unlock (GMutex *mutex)
{
  ENSURE_REAL (g_mutex_unlock);
  __tsan_mutex_pre_unlock (mutex, 0);
  REAL (g_mutex_unlock) (mutex);
  __tsan_mutex_post_unlock (mutex, 0);
}

UNCHECKED void
g_mutex_clear (GMutex *mutex)
{
  ENSURE_REAL (g_mutex_clear);
  __tsan_mutex_destroy (mutex, 0);
  REAL (g_mutex_clear) (mutex);
}

UNCHECKED void
g_cond_wait (GCond  *cond,
             GMutex *mutex)
{
  ENSURE_REAL (g_cond_wait);
  __tsan_mutex_pre_unlock (mutex, 0);
  __tsan_mutex_post_unlock (mutex, 0);
  REAL (g_cond_wait) (cond, mutex);
  __tsan_mutex_pre_lock (mutex, 0);
  __tsan_mutex_post_lock (mutex, 0, 0);
}

UNCHECKED gboolean
g_cond_wait_until (GCond  *cond,
                   GMutex *mutex,
                   gint64  end_time)
{
  gboolean in_time;

  ENSURE_REAL (g_cond_wait_until);
  __tsan_mutex_pre_unlock (mutex, 0);
  __tsan_mutex_post_unlock (mutex, 0);
  in_time = REAL (g_cond_wait_until) (cond, mutex, end_time);
  __tsan_mutex_pre_lock (mutex, 0);
  __tsan_mutex_post_lock (mutex, 0, 0);

  return in_time;
}

UNCHECKED gboolean
(g_once_init_enter) (volatile void *location)
{
  gboolean first;

  ENSURE_REAL (g_once_init_enter);
  first = REAL (g_once_init_enter) (location);
  __tsan_acquire ((void *) location);

  return first;
}

UNCHECKED void
(g_once_init_leave) (volatile void *location,
                     gsize          result)
{
  ENSURE_REAL (g_once_init_leave);
  __tsan_release ((void *) location);
  REAL (g_once_init_leave) (location, result);
}

/* --- References ----------------------------------------------------------- */

UNCHECKED void
g_object_unref (gpointer object)
{
  ENSURE_REAL (g_object_unref);
  __tsan_release (object);
  __tsan_acquire (object);
  REAL (g_object_unref) (object);
}

UNCHECKED gpointer
g_weak_ref_get (GWeakRef *weak_ref)
{
  gpointer object;

  ENSURE_REAL (g_weak_ref_get);
  object = REAL (g_weak_ref_get) (weak_ref);
  if (object != NULL)
    __tsan_acquire (object);

  return object;
}

UNCHECKED void
g_bytes_unref (GBytes *bytes)
{
  ENSURE_REAL (g_bytes_unref);
  if (bytes != NULL)
    {
      __tsan_release (bytes);
      __tsan_acquire (bytes);
    }
  REAL (g_bytes_unref) (bytes);
}

UNCHECKED gboolean
(g_atomic_ref_count_dec) (gatomicrefcount *count)
{
  gboolean is_last;

  ENSURE_REAL (g_atomic_ref_count_dec);
  __tsan_release (count);
  is_last = REAL (g_atomic_ref_count_dec) (count);
  __tsan_acquire (count);

  return is_last;
}

UNCHECKED gboolean
(g_atomic_ref_count_compare) (gatomicrefcount *count,
                              int              value)
{
  gboolean is_equal;

  ENSURE_REAL (g_atomic_ref_count_compare);
  is_equal = REAL (g_atomic_ref_count_compare) (count, value);
  __tsan_acquire (count);

  return is_equal;
}

/* --- Types ---------------------------------------------------------------- */

/* Who makes an object of a class finds it ready, whoever made the first. */
UNCHECKED static void
ensure_class (GType type)
{
  if (g_type_get_qdata (type, ready_quark) == NULL)
    {
      g_type_class_ref (type);
      __tsan_release (GSIZE_TO_POINTER (type));
      g_type_set_qdata (type, ready_quark, GINT_TO_POINTER (TRUE));
    }

  __tsan_acquire (GSIZE_TO_POINTER (type));
}

UNCHECKED gpointer
g_object_new (GType       type,
              const char *first_property,
              ...)
{
  GObject *object;
  va_list arguments;

  ensure_class (type);

  va_start (arguments, first_property);
  object = g_object_new_valist (type, first_property, arguments);
  va_end (arguments);

  return object;
}

/* --- Handing over --------------------------------------------------------- */

typedef struct
{
  GSourceFunc    func;
  gpointer       data;
  GDestroyNotify notify;
  int            ref_count;
} Callback;

UNCHECKED static void
callback_ref (gpointer data)
{
  Callback *callback = data;

  g_atomic_int_inc (&callback->ref_count);
}

UNCHECKED static void
callback_unref (gpointer data)
{
  Callback *callback = data;

  __tsan_release (callback);
  if (!g_atomic_int_dec_and_test (&callback->ref_count))
    return;

  __tsan_acquire (callback);
  if (callback->notify != NULL)
    callback->notify (callback->data);
  g_free (callback);
}

/* A main context asks for this in the thread that is going to call it. */
UNCHECKED static void
callback_get (gpointer     data,
              GSource     *source,
              GSourceFunc *func,
              gpointer    *func_data)
{
  Callback *callback = data;

  __tsan_acquire (source);
  *func = callback->func;
  *func_data = callback->data;
}

UNCHECKED void
g_source_set_callback (GSource        *source,
                       GSourceFunc     func,
                       gpointer        data,
                       GDestroyNotify  notify)
{
  static GSourceCallbackFuncs callback_funcs = {
    callback_ref, callback_unref, callback_get,
  };
  Callback *callback = g_new (Callback, 1);

  *callback = (Callback) { func, data, notify, 1 };
  __tsan_release (source);
  g_source_set_callback_indirect (source, callback, &callback_funcs);
}

UNCHECKED guint
g_source_attach (GSource      *source,
                 GMainContext *context)
{
  ENSURE_REAL (g_source_attach);
  __tsan_release (source);

  return REAL (g_source_attach) (source, context);
}

/* Programs and libraries have a few pools that they keep. */
static struct
{
  GFunc    func;
  gpointer user_data;
} pools[16];
static int n_pools;

UNCHECKED static void
pool_func (gpointer data,
           gpointer user_data)
{
  int i = GPOINTER_TO_INT (user_data);

  __tsan_acquire (data);
  pools[i].func (data, pools[i].user_data);
}

UNCHECKED GThreadPool *
g_thread_pool_new (GFunc      func,
                   gpointer   user_data,
                   int        max_threads,
                   gboolean   exclusive,
                   GError   **error)
{
  int i = g_atomic_int_add (&n_pools, 1);

  ENSURE_REAL (g_thread_pool_new);
  g_assert (i < (int) G_N_ELEMENTS (pools));
  pools[i].func = func;
  pools[i].user_data = user_data;

  return REAL (g_thread_pool_new) (pool_func, GINT_TO_POINTER (i), max_threads, exclusive,
                                   error);
}

UNCHECKED gboolean
g_thread_pool_push (GThreadPool  *pool,
                    gpointer      data,
                    GError      **error)
{
  ENSURE_REAL (g_thread_pool_push);
  __tsan_release (data);

  return REAL (g_thread_pool_push) (pool, data, error);
}
