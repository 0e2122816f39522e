#!/usr/bin/env python3
"""shredder.py - a shredder: rows in, columns out; what nest-shred does, for one sender and one receiver.

    nest-gen contacts | shredder.py | parquet-encode -o out | parquet-merge out
    shredder.py --from ipc:///tmp/rows --to tcp://127.0.0.1:5501

It needs msgpack, and pyzmq for sockets. See nest-frame(5). Values that do not fit
their type are refused by Python or by parquet-encode, and lists are of three levels.
"""

import argparse
import functools
import importlib
import os
import re
import signal
import struct
import sys

import msgpack

ARRIVAL_MS = 30_000
TICK_MS = 100


class Lost(Exception):
    """A neighbour is gone: exit status 3."""


class Invalid(Exception):
    """What came breaks nest-frame(5): exit status 1."""


# ---- the two ends ----


class Pipe:
    """Frames on standard input and standard output."""

    def receive(self, _):
        stream = sys.stdin.buffer
        while prefix := stream.read(5):
            header = self.take(stream, prefix)
            yield header, self.take(stream, stream.read(5))

    def take(self, stream, prefix):
        if prefix[:1] not in (b"", b"\xc6"):
            raise Invalid(f"this is no nest frame: {prefix!r}")
        size = int.from_bytes(prefix[1:], "big")
        piece = stream.read(size)
        if len(prefix) < 5 or len(piece) < size:
            raise Lost("the input ends in the middle of a frame")
        return piece

    def send(self, message):
        sys.stdout.buffer.write(message)
        sys.stdout.buffer.flush()

    def check(self):
        pass

    def finish(self):
        sys.stdout.buffer.close()


class Receiver:
    """A bound PULL socket with one sender."""

    def __init__(self, zmq, endpoint):
        self.socket = zmq.Context.instance().socket(zmq.PULL)
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self.socket.set_hwm(4)
        self.socket.bind(endpoint)

    def receive(self, output):
        if not self.socket.poll(ARRIVAL_MS):
            raise Lost("the sender has not come")
        while True:
            while not self.socket.poll(TICK_MS):
                output.check()
                # First whether it is gone, then whether something of it is left.
                if self.monitor.poll(0) and not self.socket.poll(0):
                    raise Lost("the sender is gone without its end")
            parts = self.socket.recv_multipart()
            unpacker = msgpack.Unpacker(max_buffer_size=1 << 27)
            unpacker.feed(parts[0])
            if len(parts) != 1 or len(frame := list(unpacker)) != 2:
                raise Invalid("a frame is one message of one part")
            yield frame


class Sender:
    """A PUSH socket connected to one receiver."""

    def __init__(self, zmq, endpoint):
        self.writable = zmq.POLLOUT
        self.socket = zmq.Context.instance().socket(zmq.PUSH)
        self.monitor = self.socket.get_monitor_socket(zmq.EVENT_DISCONNECTED)
        self.socket.set_hwm(4)
        self.socket.immediate = True  # nothing waits for a connection that is not there
        self.socket.linger = 0
        self.socket.connect(endpoint)
        if not self.socket.poll(ARRIVAL_MS, self.writable):
            raise Lost(f"nobody answers at {endpoint}")

    def check(self):
        if self.monitor.poll(0):
            raise Lost("the receiver is gone")

    def send(self, message):
        self.check()
        while not self.socket.poll(TICK_MS, self.writable):
            self.check()
        self.socket.send(message)

    def finish(self):
        """The receiver closes when it has everything; what waits until then is not to be dropped."""
        self.monitor.poll()


def pack_frame(header, body=b""):
    header = msgpack.packb(header)
    return b"".join([b"\xc6", struct.pack(">I", len(header)), header, b"\xc6", struct.pack(">I", len(body)), body])


# ---- the account of what came ----


class Account:
    """Nothing may be missing, come twice or in another order: whoever makes new frames would hide it."""

    def __init__(self):
        self.frames = self.rows = 0
        self.due, self.closed, self.ended = {}, set(), False

    def enter(self, header):
        if self.ended or header["nest"] != 1 or header["kind"] not in ("progress", "rows", "end"):
            raise Invalid(f"a frame of kind {header['kind']} is not due")
        if header["kind"] == "rows":
            self.enter_rows(header)
        elif header["kind"] == "end":
            if (header["frames"], header["rows"]) != (self.frames, self.rows) or self.due:
                raise Invalid("the end does not fit what came")
            self.ended = True

    def enter_rows(self, header):
        part, first = header["part"], header["first"]
        if part in self.closed or self.due.get(part, first) != first:
            raise Invalid(f"part {part} goes on at row {first}, which is not due")
        self.due[part] = first + header["rows"]
        if header.get("last", False):
            self.closed.add(part)
            del self.due[part]
        self.frames, self.rows = self.frames + 1, self.rows + header["rows"]


# ---- schema and columns ----

FIELD = re.compile(r'\s*(required|optional|repeated)\s+(\w+)\s*(?:\((\d+)\))?\s*("(?:[^"\\]|\\.)*"|[^\s;{}()=,]+)\s*(?:\((\w+)[^)]*\)\s*\)?)?\s*(?:=\s*\d+)?\s*([;{])')
FORMS = {"boolean": "<?", "float": "<f", "double": "<d"}


class Field:
    """One field of the schema; a leaf collects levels and values."""

    def __init__(self, repetition, type_, annotation, above=(0, 0)):
        self.repetition, self.type, self.annotation, self.fields = repetition, type_, annotation, []
        self.max_rep = above[0] + (repetition == "repeated")
        self.max_def = above[1] + (repetition != "required")
        self.clear()

    def clear(self):
        self.rep, self.def_, self.values = bytearray(), bytearray(), bytearray()

    def leaves(self):
        return [leaf for field in self.fields for leaf in field.leaves()] if self.type == "group" else [self]


@functools.cache
def parse(text):
    message = re.match(r"\s*message\s+\S+\s*\{", text, re.I)
    root = Field("required", "group", None)
    at, stack = message.end(), [root]
    while stack:
        if close := re.compile(r"\s*\}").match(text, at):
            stack.pop()
            at = close.end()
            continue
        found = FIELD.match(text, at)
        if not found:
            raise Invalid(f"the schema is not understood: {text[at:at + 40]!r}")
        repetition, type_, _, _, annotation, mark = found.groups()
        field = Field(repetition, type_, annotation, (stack[-1].max_rep, stack[-1].max_def))
        stack[-1].fields.append(field)
        if mark == "{":
            stack.append(field)
        at = found.end()
    return root


def plain(type_, value):
    if type_ in ("int32", "int64"):
        size = 4 if type_ == "int32" else 8
        return (value & (1 << 8 * size) - 1).to_bytes(size, "little")
    if type_ in FORMS:
        return struct.pack(FORMS[type_], value)
    value = value.encode() if isinstance(value, str) else value
    return struct.pack("<I", len(value)) + value if type_ == "binary" else value


def write(field, value, rep, def_):
    """VALUE of FIELD; DEF_ is the level of what is above it."""
    if field.repetition == "required":
        put(field, value, rep, def_)
    elif value is None or value == [] and field.repetition == "repeated":
        for leaf in field.leaves():
            leaf.rep.append(rep)
            leaf.def_.append(def_)
    elif field.repetition == "optional":
        put(field, value, rep, def_ + 1)
    else:
        for i, each in enumerate(value):
            put(field, each, field.max_rep if i else rep, def_ + 1)


def put(field, value, rep, def_):
    if field.type != "group":
        field.rep.append(rep)
        field.def_.append(def_)
        field.values += plain(field.type, value)
        return
    # Of a list and a map the repeated group does not show; pairs stay as they came, in their order.
    if field.annotation == "LIST":
        value = [[[each] for each in value]]
    elif field.annotation == "MAP":
        value = [[pair[: len(field.fields[0].fields)] for pair in value]]
    if len(value) != len(field.fields):
        raise Invalid(f"an array of {len(field.fields)} fields is due, not of {len(value)}")
    for child, each in zip(field.fields, value):
        write(child, each, rep, def_)


def shred(root, rows, body):
    """The leaves and the body of a columns frame."""
    leaves, pieces, records = root.leaves(), [], 0
    unpacker = msgpack.Unpacker(max_buffer_size=1 << 27, object_pairs_hook=list, strict_map_key=False)
    unpacker.feed(body)
    for records, record in enumerate(unpacker, 1):
        put(root, record, 0, 0)
    if records != rows:
        raise Invalid(f"{records} records came in a frame of {rows} rows")
    sizes = [[len(leaf.rep), len(leaf.values)] for leaf in leaves]
    for leaf in leaves:
        pieces += [leaf.rep if leaf.max_rep else b"", leaf.def_ if leaf.max_def else b"", leaf.values]
        leaf.clear()
    return sizes, b"".join(pieces)


# ---- the stage ----


def convert(header, body):
    """The frame to send for one of any kind: header and body."""
    header = {**header, "from": "shredder.py"}
    if header["kind"] != "rows":
        return header, body
    if header.pop("codec", "none") != "none":
        raise Invalid("the body is compressed; run nest-gen with --wire-codec none")
    header.pop("raw", None)
    sizes, body = shred(parse(header["schema"]), header["rows"], body)
    return {**header, "kind": "columns", "leaves": sizes}, body


def run(source, output):
    account = Account()
    for header, body in source.receive(output):
        header = msgpack.unpackb(header)
        account.enter(header)
        # On a pipe nothing may follow the end: that is seen before an end is sent.
        if account.ended:
            end = header
            if isinstance(source, Receiver):
                break
        else:
            output.send(pack_frame(*convert(header, body)))
    if not account.ended:
        raise Lost("the sender is gone without its end")
    output.send(pack_frame(*convert(end, b"")))
    output.finish()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--from", dest="source", default="-", help="endpoint to bind, - is standard input")
    parser.add_argument("--to", default="-", help="endpoint to connect to, - is standard output")
    options = parser.parse_args()
    try:
        zmq = importlib.import_module("zmq") if {options.source, options.to} != {"-"} else None
        output = Pipe() if options.to == "-" else Sender(zmq, options.to)
        run(Pipe() if options.source == "-" else Receiver(zmq, options.source), output)
    except (Lost, OSError) as error:
        status, words = 3, error
    except Exception as error:
        status, words = 1, f"{type(error).__name__}: {error}"
    else:
        return 0
    print(f"shredder.py: fatal: {words}", file=sys.stderr)
    sys.stderr.flush()
    # What is left in buffers and sockets is not to be sent any more.
    os._exit(status)


if __name__ == "__main__":
    # It dies of control-C as other filters do, and Python traces nothing.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    sys.exit(main())
