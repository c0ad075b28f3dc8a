#!/usr/bin/python3
# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes zips in a folder and serves them on a free port of 127.0.0.1.

usage: server.py FOLDER

Beside each NAME.zip it writes NAME.names, the names in the zip one a line, as
a careful program prints them. Then it prints its port, and serves

  /NAME            the file
  /chunked/NAME    the file without saying its length beforehand
  /half/NAME       the length of the file, but then only half of its bytes

and takes, where the length is said beforehand,

  /upload/NAME     to the file NAME.uploaded
  /private/NAME    the same, for user "user" with the password "password"
"""

import base64
import os
import random
import sys
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FOLDER = sys.argv[1]
BLOCK_SIZE = 64 * 1024
CREDENTIALS = 'Basic ' + base64.b64encode(b'user:password').decode()


def make_zip(name, n_photos, photo_size):
    """Makes a zip of n_photos * photo_size bytes that do not compress."""
    names = ['read me.txt', 'café/menü.txt', 'a bell\a.txt']
    names += [f'photos/{i:03}.jpg' for i in range(1, n_photos + 1)]
    source = random.Random(name)

    with zipfile.ZipFile(os.path.join(FOLDER, f'{name}.zip'), 'w') as archive:
        for member in names:
            size = photo_size if member.startswith('photos/') else 100
            archive.writestr(member, source.randbytes(size))

    path = os.path.join(FOLDER, f'{name}.names')
    with open(path, 'w', encoding='utf-8') as file:
        for member in names:
            print(member.replace('\a', '?'), file=file)


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        folder, name = os.path.split(self.path)
        path = os.path.join(FOLDER, name)
        if folder not in ('/', '/chunked', '/half') or not os.path.isfile(path):
            self.send_error(404)
            return

        size = os.path.getsize(path)
        self.send_response(200)
        if folder == '/chunked':
            self.send_header('Transfer-Encoding', 'chunked')
        else:
            self.send_header('Content-Length', str(size))
        self.end_headers()

        with open(path, 'rb') as file:
            if folder == '/chunked':
                while block := file.read(BLOCK_SIZE):
                    self.wfile.write(b'%x\r\n%s\r\n' % (len(block), block))
                self.wfile.write(b'0\r\n\r\n')
            elif folder == '/half':
                self.wfile.write(file.read(size // 2))
                self.close_connection = True
            else:
                while block := file.read(BLOCK_SIZE):
                    self.wfile.write(block)

    def answer(self, status, *headers):
        self.send_response(status)
        self.send_header('Content-Length', '0')
        for header in headers:
            self.send_header(*header)
        self.end_headers()

    def do_PUT(self):
        folder, name = os.path.split(self.path)
        if 'Content-Length' not in self.headers:
            self.close_connection = True
            self.answer(411)
            return

        # All of it is read before the answer, as a server without
        # 100-continue has to.
        content = self.rfile.read(int(self.headers['Content-Length']))
        if folder not in ('/upload', '/private') or not name:
            self.answer(404)
        elif folder == '/private' and self.headers['Authorization'] != CREDENTIALS:
            self.answer(401, ('WWW-Authenticate', 'Basic realm="uploads"'))
        else:
            with open(os.path.join(FOLDER, f'{name}.uploaded'), 'wb') as file:
                file.write(content)
            self.answer(201)

    def log_message(self, format, *args):
        """Keeps quiet: what is shown is the programs' output."""


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        # A client that went away is the client's business.
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def main():
    make_zip('small', 10, 100_000)
    make_zip('large', 20, 2_000_000)
    with open(os.path.join(FOLDER, 'notes.txt'), 'w', encoding='utf-8') as file:
        file.write('This is not a zip.\n' * 1000)
    with open(os.path.join(FOLDER, 'empty.zip'), 'wb'):
        pass

    with Server(('127.0.0.1', 0), Handler) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == '__main__':
    main()
