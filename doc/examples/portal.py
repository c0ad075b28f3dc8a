#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Stands in for the print portal while the examples are checked.

usage: portal.py FILE

Of each call it writes to FILE the title, the number of bytes, whether they are
sealed, and their SHA-256. It answers that it was printed, but that the user did
not want it where the title is "unwanted". It ends with its bus.
"""

import fcntl
import hashlib
import os
import sys

from gi.repository import Gio, GLib

NAME = 'org.freedesktop.portal.Desktop'
PATH = '/org/freedesktop/portal/desktop'
INTERFACE = '''
<node>
  <interface name="org.freedesktop.portal.Print">
    <method name="Print">
      <arg type="s" name="parent_window" direction="in"/>
      <arg type="s" name="title" direction="in"/>
      <arg type="h" name="fd" direction="in"/>
      <arg type="a{sv}" name="options" direction="in"/>
      <arg type="o" name="handle" direction="out"/>
    </method>
  </interface>
</node>
'''
SEALS = fcntl.F_SEAL_GROW | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_WRITE

info = Gio.DBusNodeInfo.new_for_xml(INTERFACE)


def called(bus, sender, path, interface, method, parameters, invocation):
    parent, title, handle, options = parameters.unpack()
    fd = invocation.get_message().get_unix_fd_list().get(handle)
    sealed = fcntl.fcntl(fd, fcntl.F_GET_SEALS) & SEALS == SEALS
    with os.fdopen(fd, 'rb') as file:
        content = file.read()

    with open(sys.argv[1], 'w', encoding='utf-8') as file:
        print(title, len(content), 'sealed' if sealed else 'open',
              hashlib.sha256(content).hexdigest(), file=file)

    request = f'{PATH}/request/1'
    invocation.return_value(GLib.Variant('(o)', (request,)))
    bus.emit_signal(sender, request, 'org.freedesktop.portal.Request', 'Response',
                    GLib.Variant('(ua{sv})', (title == 'unwanted', {})))


def bus_acquired(bus, name):
    bus.register_object(PATH, info.interfaces[0], called, None, None)


Gio.bus_own_name(Gio.BusType.SESSION, NAME, Gio.BusNameOwnerFlags.NONE,
                 bus_acquired, None, None)
GLib.MainLoop().run()
