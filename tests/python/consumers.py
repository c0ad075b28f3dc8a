# SPDX-FileCopyrightText: 2026 The spool-glib authors
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What takes Python files takes these, in memory and rolled over."""

import bz2
import csv
import gzip
import hashlib
import http.client
import http.server
import io
import json
import lzma
import mmap
import os
import pickle
import shutil
import subprocess
import sys
import tarfile
import threading
import wave
import xml.etree.ElementTree as ElementTree
import zipfile

from common import CHANGES, Spool, equal

import tap

DATA = os.urandom(50000) + b'text\n' * 20000


def bytes_files(content=b''):
    for kind in (Spool.SpooledBytesIO, lambda size: Spool.SpooledTemporaryFile(size or -1)):
        for threshold in (0, 100, 10 ** 9):
            for change in CHANGES:
                file = kind(threshold)
                change(file)
                file.write(content)
                file.seek(0)
                yield file
                file.close()


def text_files():
    for kind in (Spool.SpooledStringIO,
                 lambda size: Spool.SpooledTemporaryFile(size or -1, 'w+', newline='')):
        for threshold in (0, 10, 10 ** 9):
            for change in CHANGES:
                file = kind(threshold)
                change(file)
                yield file
                file.close()


def test_zipfile():
    for file in bytes_files():
        with zipfile.ZipFile(file, 'w', zipfile.ZIP_DEFLATED) as archive:
            archive.writestr('first', DATA)
        with zipfile.ZipFile(file, 'a') as archive:
            with archive.open('second', 'w') as member:
                member.write(b'more')
        with zipfile.ZipFile(file) as archive:
            equal(archive.namelist(), ['first', 'second'])
            assert archive.read('first') == DATA
            equal(archive.testzip(), None)


def test_tarfile():
    for file in bytes_files():
        for mode in ('w', 'w:gz', 'w:xz'):
            file.seek(0)
            file.truncate()
            with tarfile.open(fileobj=file, mode=mode) as archive:
                member = tarfile.TarInfo('name')
                member.size = len(DATA)
                archive.addfile(member, io.BytesIO(DATA))
            file.seek(0)
            with tarfile.open(fileobj=file) as archive:
                assert archive.extractfile('name').read() == DATA


def test_compressors():
    for file in bytes_files():
        for module, kind in ((gzip, gzip.GzipFile), (bz2, bz2.BZ2File), (lzma, lzma.LZMAFile)):
            file.seek(0)
            file.truncate()
            kwargs = {'fileobj': file} if module is gzip else {'filename': file}
            with kind(mode='w', **kwargs) as target:
                target.write(DATA)
            file.seek(0)
            with kind(mode='r', **kwargs) as source:
                assert source.read() == DATA


def test_csv_and_json():
    rows = [['a', 'é\n€'], ['', 'x,"y"']]
    for file in text_files():
        csv.writer(file).writerows(rows)
        file.seek(0)
        equal(list(csv.reader(file)), rows)
        file.seek(0)
        file.truncate()
        json.dump(rows, file, ensure_ascii=False)
        file.seek(0)
        equal(json.load(file), rows)


def test_pickle():
    thing = {'list': list(range(5000)), 'bytes': DATA, 'text': 'é€' * 100}
    for file in bytes_files():
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            file.seek(0)
            file.truncate()
            pickle.dump(thing, file, protocol)
            pickle.dump('next', file, protocol)
            file.seek(0)
            equal(pickle.load(file), thing)
            equal(pickle.load(file), 'next')


def test_copyfileobj_and_digests():
    for file in bytes_files(DATA):
        target = io.BytesIO()
        shutil.copyfileobj(file, target)
        assert target.getvalue() == DATA
        file.seek(0)
        shutil.copyfileobj(io.BytesIO(DATA), file)
        assert file.tell() == len(DATA)
        if hasattr(hashlib, 'file_digest'):
            file.seek(0)
            equal(hashlib.file_digest(file, 'sha256').digest(), hashlib.sha256(DATA).digest())


def test_wave():
    for file in bytes_files():
        with wave.open(file, 'wb') as sound:
            sound.setnchannels(2)
            sound.setsampwidth(2)
            sound.setframerate(44100)
            sound.writeframes(bytes(range(256)) * 40)
        file.seek(0)
        with wave.open(file, 'rb') as sound:
            equal(sound.getnframes(), 2560)
            equal(sound.readframes(2560), bytes(range(256)) * 40)


def test_element_tree():
    for file in bytes_files():
        root = ElementTree.Element('root')
        for number in range(500):
            ElementTree.SubElement(root, 'é').text = str(number)
        ElementTree.ElementTree(root).write(file, encoding='utf-8')
        file.seek(0)
        equal(len(ElementTree.parse(file).getroot()), 500)
        file.seek(0)
        equal(sum(1 for _ in ElementTree.iterparse(file)), 501)


def test_wrappers():
    for file in bytes_files('grüße\nzwei\n'.encode()):
        text = io.TextIOWrapper(file, encoding='utf-8')
        equal(text.readlines(), ['grüße\n', 'zwei\n'])
        text.write('drei')
        text.seek(0)
        equal(text.read(), 'grüße\nzwei\ndrei')
        text.detach()
        file.seek(0)
        buffered = io.BufferedRandom(file)
        equal(buffered.read(3), b'gr\xc3')
        buffered.detach()


def test_subprocess():
    for file in bytes_files(b'one\ntwo\n'):
        file.readline()
        subprocess.run([sys.executable, '-c',
                        'import sys; print(sys.stdin.read().strip().upper())'],
                       stdin=file, stdout=file, check=True)
        # The child has read to the end, and has written there.
        equal(file.tell(), 12)
        file.seek(0)
        equal(file.read(), b'one\ntwo\nTWO\n')
        subprocess.run(['echo', 'three'], stdout=file, check=True)
        file.write(b'four\n')
        file.seek(8)
        equal(file.readlines(), [b'TWO\n', b'three\n', b'four\n'])


def test_sendfile_and_mmap():
    for file in bytes_files(DATA):
        reader, writer = os.pipe()
        file.seek(7)
        equal(os.sendfile(writer, file.fileno(), 3, 5), 5)
        equal(os.read(reader, 10), DATA[3:8])
        equal(os.sendfile(writer, file.fileno(), None, 5), 5)
        equal(os.read(reader, 10), DATA[7:12])
        equal(file.tell(), 12)
        os.close(reader)
        os.close(writer)
        with mmap.mmap(file.fileno(), 0) as mapping:
            assert mapping[:] == DATA
            mapping[:3] = b'abc'
        file.seek(0)
        equal(file.read(4), b'abc' + DATA[3:4])


def test_pillow():
    try:
        from PIL import Image
    except ImportError:
        raise tap.Skip('Pillow is not installed')

    image = Image.linear_gradient('L').convert('RGB')
    for file in bytes_files():
        for kind in ('JPEG', 'TIFF', 'PNG', 'GIF', 'BMP'):
            file.seek(0)
            file.truncate()
            image.save(file, kind)
            end = file.tell()
            assert end > 500
            equal(file.seek(0, io.SEEK_END), end)
            file.seek(0)
            with Image.open(file) as loaded:
                equal((loaded.format, loaded.size), (kind, image.size))
                loaded.load()
                if kind in ('TIFF', 'PNG', 'BMP'):
                    equal(loaded.convert('RGB').tobytes(), image.tobytes())


def test_numpy():
    try:
        import numpy
    except ImportError:
        raise tap.Skip('NumPy is not installed')

    numbers = numpy.arange(5000)
    for file in bytes_files():
        numpy.save(file, numbers)
        numbers.tofile(file)
        file.write(b'end')
        file.seek(0)
        assert (numpy.load(file) == numbers).all()
        assert (numpy.fromfile(file, numbers.dtype, 5000) == numbers).all()
        equal(file.read(), b'end')


def test_http_upload():
    received = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self):
            received.append(self.rfile.read(int(self.headers['Content-Length'])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(('127.0.0.1', 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        for file in bytes_files(DATA):
            connection = http.client.HTTPConnection('127.0.0.1', server.server_port)
            connection.request('PUT', '/', file, {'Content-Length': str(len(DATA))})
            equal(connection.getresponse().status, 204)
            connection.close()
            assert received.pop() == DATA
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


tap.main(globals())
