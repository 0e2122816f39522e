"""Thrift's compact protocol read in Python: structs become dicts by field number, lists become lists.

Nothing here uses the code under test, so that it can say what that has written.
"""


class Reader:
    def __init__(self, content, at=0):
        self.content, self.at = content, at

    def take(self, size):
        self.at += size
        assert self.at <= len(self.content)
        return self.content[self.at - size : self.at]

    def byte(self):
        return self.take(1)[0]

    def varint(self):
        value = shift = 0
        while True:
            byte = self.byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def zigzag(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def value(self, kind):
        if kind in (1, 2):  # of a list, where a boolean is a byte
            return self.byte() == 1
        if kind == 3:
            return self.byte()
        if kind in (4, 5, 6):
            return self.zigzag()
        if kind == 8:
            return self.take(self.varint())
        if kind == 9:
            head = self.byte()
            count = head >> 4 if head >> 4 < 15 else self.varint()
            return [self.value(head & 15) for _ in range(count)]
        assert kind == 12, kind
        return self.struct()

    def struct(self):
        fields, number = {}, 0
        while (head := self.byte()) != 0:
            number = number + (head >> 4) if head >> 4 else self.zigzag()
            kind = head & 15
            fields[number] = kind == 1 if kind in (1, 2) else self.value(kind)
        return fields


def struct_at(content, offset):
    """The struct that begins there, and where it ends."""
    reader = Reader(content, offset)
    return reader.struct(), reader.at


def footer(content):
    size = int.from_bytes(content[-8:-4], "little")
    fields, end = struct_at(content, len(content) - 8 - size)
    assert end == len(content) - 8
    return fields


def with_footer(content, old, new):
    """CONTENT with the first OLD in its footer replaced, which may make that longer."""
    size = int.from_bytes(content[-8:-4], "little")
    told = content[-8 - size : -8]
    assert old in told
    told = told.replace(old, new, 1)
    return content[: -8 - size] + told + len(told).to_bytes(4, "little") + b"PAR1"
