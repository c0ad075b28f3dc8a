#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Receives what attach sends through D-Bus, and answers what it got.

The content goes to a buffer of its own before anything is done with it: the
sender could go on changing the file of which it sent the descriptor.
"""

import hashlib

import gi

gi.require_version('Spool', '1')
from gi.repository import Gio, GLib, Spool

NAME = 'org.example.Inbox'
PATH = '/org/example/Inbox'
INTERFACE = '''
<node>
  <interface name="org.example.Inbox">
    <method name="Attach">
      <arg type="s" name="name" direction="in"/>
      <arg type="h" name="content" direction="in"/>
      <arg type="t" name="size" direction="out"/>
      <arg type="s" name="sha256" direction="out"/>
    </method>
  </interface>
</node>
'''
CHUNK_SIZE = 64 * 1024


def receive(fd):
    """Returns a buffer with all that is in the file, and closes it."""
    source = Gio.UnixInputStream.new(fd, True)
    buffer = Spool.Buffer.new()
    buffer.splice_from(source, Gio.OutputStreamSpliceFlags.CLOSE_SOURCE, None)
    return buffer


def calculate_sum(buffer):
    digest = hashlib.sha256()
    for offset in range(0, buffer.get_size(), CHUNK_SIZE):
        digest.update(buffer.read(offset, CHUNK_SIZE, None))
    return digest.hexdigest()


def called(bus, sender, path, interface, method, parameters, invocation):
    name, handle = parameters.unpack()
    fds = invocation.get_message().get_unix_fd_list()

    try:
        buffer = receive(fds.get(handle))
    except GLib.Error as error:
        invocation.return_gerror(error)
        return

    invocation.return_value(
        GLib.Variant('(ts)', (buffer.get_size(), calculate_sum(buffer))))


def bus_acquired(bus, name):
    info = Gio.DBusNodeInfo.new_for_xml(INTERFACE)
    bus.register_object(PATH, info.interfaces[0], called, None, None)


def main():
    Gio.bus_own_name(Gio.BusType.SESSION, NAME, Gio.BusNameOwnerFlags.NONE,
                     bus_acquired, None, None)
    # It ends with its bus.
    GLib.MainLoop().run()


if __name__ == '__main__':
    main()
