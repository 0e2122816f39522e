"""Random schemas and rows of them, and the notations that nest-shred takes them in.

A schema is a tree of nodes. A row's value is None, a dict of fields, a list of
elements, a list of pairs of key and value, or what a leaf holds: the number of
units, the unscaled number, bytes, a text. Each node writes a value in three
notations: as JSON, in msgpack by names, in msgpack in the order of the schema.

    python tests/jsonrows.py SEED    shows a case
"""

import base64
import datetime
import decimal
import math
import random
import struct
import sys
import uuid

import msgpack

ABSENT = object()
EPOCH = datetime.datetime(1970, 1, 1)
PER_SECOND = {"MILLIS": 10**3, "MICROS": 10**6, "NANOS": 10**9}
DEEPEST = 8
MOST_LEAVES = 24


def little(value, size):
    return value.to_bytes(size, "little", signed=True)


def minimal(value):
    """The fewest bytes that hold a signed integer, the highest first."""
    return value.to_bytes((value if value >= 0 else ~value).bit_length() // 8 + 1, "big", signed=True)


def single(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def half(value):
    return struct.unpack("<e", struct.pack("<e", value))[0]


# ---- texts and JSON ----

ODD = '"\\/\b\f\n\r\t\0\x01\x1f\x7f\x80\xa0é€\u2028\u2029\ufeff\ufffe\uffff𝄞😀\U0010ffff'
SHORT = {'"': '\\"', "\\": "\\\\", "/": "\\/", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def random_text(rng):
    kind = rng.random()
    if kind < 0.1:
        return ""
    if kind < 0.6:
        return "".join(rng.choices("abcdefghijklmnopqrstuvwxyz 0123456789", k=rng.randint(1, 20)))
    if kind < 0.95:
        return "".join(rng.choices(ODD + "abc", k=rng.randint(1, 12)))
    return rng.choice(["x", "é", "\n", '"', "😀"]) * rng.choice([63, 64, 65, 255, 256, 1000, 70_000])


def escaped(character):
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[i] << 8 | units[i + 1]:04x}" for i in range(0, len(units), 2))


def quoted(rng, text):
    """TEXT as a JSON string, each character in one of the ways that there are for it."""
    out, odd = [], rng.random() < 0.3
    for character in text:
        must = character in '"\\' or character < " "
        if (must or odd) and character in SHORT and rng.random() < 0.7:
            out.append(SHORT[character])
        elif must or (odd and rng.random() < 0.3):
            code = escaped(character)
            out.append("".join(rng.choice([c, c.upper()]) if c in "abcdef" else c for c in code))
        else:
            out.append(character)
    return f'"{"".join(out)}"'


class Spaces:
    """White space between tokens: none, one blank, or any; without line feeds where LINES says so."""

    def __init__(self, rng, lines=True):
        self.rng, self.wide, self.blanks = rng, rng.random(), " \t\r\n" if lines else " \t\r"

    def __call__(self):
        if self.rng.random() > self.wide * 0.5:
            return ""
        return "".join(self.rng.choices(self.blanks, k=self.rng.randint(1, 3)))


def random_json(rng, space, depth=0):
    """The text of any JSON value but null."""
    kind = rng.randrange(8 if depth < 4 else 5)
    if kind == 0:
        return rng.choice(["true", "false"])
    if kind < 3:
        return rng.choice(["0", "-0", "1e5", "-1.5E-7", "12345678901234567890123", "1e999", "0.10", "42"])
    if kind < 5:
        return quoted(rng, random_text(rng)[:30])
    count = rng.randrange(4)
    if kind < 6:
        elements = (
            rng.choice([random_json(rng, space, depth + 1), "null"]) + space() for _ in range(count)
        )
        return "[" + space() + ("," + space()).join(elements) + "]"
    members = (
        quoted(rng, f"{i}{random_text(rng)[:8]}") + space() + ":" + space() + random_json(rng, space, depth + 1)
        for i in range(count)
    )
    return "{" + space() + (space() + "," + space()).join(members) + space() + "}"


# ---- leaves ----


class Kind:
    """A type of leaves: what a schema calls it, its values, and how they are written.

    JSON writes the text or number of `spell`; a key of an object is what `spell`
    writes without its quotes. msgpack takes what `native` gives, or where
    `texts` says so a str of what JSON has in quotes.
    """

    texts = False
    key = False
    number = False

    def __init__(self, physical, annotation=""):
        self.physical, self.annotation = physical, annotation

    def named(self, name):
        return f"{self.physical} {name}{f' ({self.annotation})' if self.annotation else ''}"

    def draw(self, rng):
        raise NotImplementedError

    def spell(self, rng, value):
        """What stands for VALUE in JSON: a str is put in quotes, a Number is not."""
        raise NotImplementedError

    def native(self, rng, value):
        return value


class Number(str):
    """A text that is JSON by itself."""


class Boolean(Kind):
    key = True

    def draw(self, rng):
        return rng.random() < 0.5

    def spell(self, rng, value):
        return Number("true" if value else "false")


class Integer(Kind):
    key = True

    def __init__(self, physical, bits, signed, annotation=""):
        super().__init__(physical, annotation)
        self.low = -(2 ** (bits - 1)) if signed else 0
        self.high = 2 ** (bits - 1) - 1 if signed else 2**bits - 1

    def draw(self, rng):
        if rng.random() < 0.4:
            return rng.choice([self.low, self.high, 0, 1])
        return min(self.high, max(self.low, int(rng.choice([-1, 1]) * 2 ** (rng.random() * 64))))

    def spell(self, rng, value):
        return Number(value)


class Real(Kind):
    key = True

    def __init__(self, physical, annotation, rounded, limit):
        super().__init__(physical, annotation)
        self.rounded, self.limit = rounded, limit

    def draw(self, rng):
        kind = rng.random()
        if kind < 0.05:
            return rng.choice([0.0, -0.0])
        if kind < 0.3:
            return self.rounded(float(rng.randint(-2000, 2000)))
        return self.rounded(rng.uniform(-1, 1) * 10 ** rng.uniform(-self.limit, self.limit))

    def spell(self, rng, value):
        text = repr(value)
        if rng.random() < 0.2 and value == int(value) and math.copysign(1, value) > 0:
            text = str(int(value))
        return Number(rng.choice([text, text.replace("e", "E")]))

    def native(self, rng, value):
        if self.annotation == "FLOAT16":
            return struct.pack("<e", value)
        if value == int(value) and abs(value) < 2**24 and math.copysign(1, value) > 0 and rng.random() < 0.5:
            return int(value)
        return value


class Decimal(Kind):
    key = True
    texts = True

    def __init__(self, physical, precision, scale, size=None):
        super().__init__(physical, f"DECIMAL({precision},{scale})")
        self.precision, self.scale, self.size = precision, scale, size

    def draw(self, rng):
        digits = rng.randint(0, self.precision)
        return rng.choice([-1, 1]) * rng.randrange(10**digits)

    def spell(self, rng, value):
        sign, digits = ("-" if value < 0 else ""), str(abs(value)).rjust(self.scale + 1, "0")
        whole, part = (digits[: -self.scale], digits[-self.scale :]) if self.scale else (digits, "")
        if rng.random() < 0.5:
            part = part.rstrip("0")
        text = sign + whole + ("." + part if part else "")
        return Number(text) if rng.random() < 0.5 else text

    def native(self, rng, value):
        if self.physical in ("int32", "int64"):
            return value
        return minimal(value) if self.size is None else value.to_bytes(self.size, "big", signed=True)


class Text(Kind):
    key = True

    def draw(self, rng):
        return random_text(rng)

    def spell(self, rng, value):
        return value


class Json(Kind):
    def draw(self, rng):
        return random_json(rng, Spaces(rng))

    def spell(self, rng, value):
        return Number(value)


class Raw(Kind):
    """Bytes without a text of their own: base64 in JSON, as --binary says."""

    def __init__(self, physical, annotation="", size=None):
        super().__init__(physical, annotation)
        self.size = size

    def draw(self, rng):
        return rng.randbytes(rng.choice([0, 1, 2, 3, 10, 100]) if self.size is None else self.size)

    def spell(self, rng, value):
        return base64.b64encode(value).decode()


class Int96(Raw):
    def draw(self, rng):
        days, nanoseconds = divmod(rng.randint(-(2**60), 2**60), 86400 * 10**9)
        return struct.pack("<qi", nanoseconds, 2440588 + days)


class Uuid(Raw):
    texts = True

    def spell(self, rng, value):
        text = str(uuid.UUID(bytes=value))
        return rng.choice([text, text.upper()])


class Date(Integer):
    texts = True

    def __init__(self):
        super().__init__("int32", 32, True, "DATE")

    def draw(self, rng):
        return rng.choice([0, -1, -719162, 2932896, rng.randint(-719162, 2932896), rng.randint(0, 30000)])

    def spell(self, rng, value):
        if rng.random() < 0.3:
            return Number(value)
        return str(EPOCH.date() + datetime.timedelta(days=value))


def fraction(rng, units, unit):
    """The part of a second of UNITS, with as many digits as it needs or more."""
    digits = len(str(PER_SECOND[unit])) - 1
    text = str(units % PER_SECOND[unit]).rjust(digits, "0")
    if rng.random() < 0.6:
        text = text.rstrip("0")
    return "." + text if text else ""


class Time(Integer):
    texts = True

    def __init__(self, unit, utc):
        size = 32 if unit == "MILLIS" else 64
        super().__init__(f"int{size}", size, True, f"TIME({unit},{str(utc).lower()})")
        self.unit, self.utc = unit, utc

    def draw(self, rng):
        return rng.choice([0, rng.randrange(86400) * PER_SECOND[self.unit], rng.randrange(86400 * PER_SECOND[self.unit])])

    def spell(self, rng, value):
        if rng.random() < 0.3:
            return Number(value)
        clock = EPOCH + datetime.timedelta(seconds=value // PER_SECOND[self.unit])
        zone = rng.choice(["", "Z"]) if self.utc else ""
        return f"{clock:%H:%M:%S}" + fraction(rng, value, self.unit) + zone


class Timestamp(Integer):
    texts = True

    def __init__(self, unit, utc):
        super().__init__("int64", 64, True, f"TIMESTAMP({unit},{str(utc).lower()})")
        self.unit, self.utc = unit, utc

    def draw(self, rng):
        span = 9 * 10**9 if self.unit == "NANOS" else 60 * 10**9
        seconds = rng.choice([0, -1, rng.randint(-span, span), rng.randint(0, 2**31)])
        return seconds * PER_SECOND[self.unit] + rng.choice([0, rng.randrange(PER_SECOND[self.unit])])

    def spell(self, rng, value):
        if rng.random() < 0.3:
            return Number(value)
        minutes = rng.choice([0, 60, -300, 330]) if self.utc else 0
        seconds = value // PER_SECOND[self.unit] + minutes * 60
        at = EPOCH + datetime.timedelta(seconds=seconds)
        zone = ""
        if self.utc:
            zone = f"{'+' if minutes >= 0 else '-'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}" if minutes else "Z"
        return at.isoformat("T", "seconds") + fraction(rng, value, self.unit) + zone


def kinds():
    """Every type of leaf that there is."""
    found = [Boolean("boolean"), Integer("int32", 32, True), Integer("int64", 64, True), Int96("int96", size=12)]
    found += [Real("float", "", single, 37), Real("double", "", float, 300)]
    found += [Real("fixed_len_byte_array(2)", "FLOAT16", half, 4)]
    found += [Raw("binary"), Raw("binary", "BSON"), Raw("fixed_len_byte_array(5)", size=5)]
    found += [Raw("fixed_len_byte_array(12)", "INTERVAL", 12), Uuid("fixed_len_byte_array(16)", "UUID", 16)]
    found += [Text("binary", "STRING"), Text("binary", "ENUM"), Json("binary", "JSON"), Date()]
    for bits in (8, 16, 32, 64):
        for signed in (True, False):
            physical = "int64" if bits == 64 else "int32"
            found.append(Integer(physical, bits, signed, f"INTEGER({bits},{str(signed).lower()})"))
    for unit in PER_SECOND:
        for utc in (True, False):
            found += [Time(unit, utc), Timestamp(unit, utc)]
    found += [Decimal("int32", 9, 2), Decimal("int32", 4, 4), Decimal("int64", 18, 0), Decimal("int64", 15, 6)]
    found += [Decimal("binary", 20, 5), Decimal("binary", 38, 0), Decimal("binary", 3, 1)]
    found += [Decimal("fixed_len_byte_array(16)", 38, 10, 16), Decimal("fixed_len_byte_array(4)", 9, 3, 4)]
    return found


KINDS = kinds()
KEYS = [kind for kind in KINDS if kind.key]
STRING = next(kind for kind in KINDS if kind.annotation == "STRING")


# ---- trees ----


class Writer:
    """One notation of one case: what is left to chance in it."""

    def __init__(self, rng):
        self.rng, self.space = rng, Spaces(rng)

    def absent(self):
        return self.rng.random() < 0.5


def quoted_name(name):
    """NAME as a schema has it."""
    plain = name.isascii() and name.replace("_", "a").isalnum() and not name[0].isdigit()
    if plain:
        return name
    body = "".join(f"\\u{ord(c):04x}" if c < " " else f"\\{c}" if c in '"\\' else c for c in name)
    return f'"{body}"'


class Node:
    def __init__(self, name, repetition):
        self.name, self.repetition = name, repetition

    def text(self, indent=1):
        raise NotImplementedError

    # A value of a node that is repeated is a list of what it would be otherwise.

    def draw(self, rng):
        if self.repetition == "repeated":
            return [self.draw_one(rng) for _ in range(rng.choice([0, 0, 1, 2, 5]))]
        if self.repetition == "optional" and rng.random() < 0.25:
            return None
        return self.draw_one(rng)

    def json(self, writer, value):
        if value is None:
            return "null"
        if self.repetition == "repeated":
            return json_array(writer, (self.json_one(writer, each) for each in value))
        return self.json_one(writer, value)

    def pack(self, writer, value, names):
        if value is None:
            return None
        if self.repetition == "repeated":
            return [self.pack_one(writer, each, names) for each in value]
        return self.pack_one(writer, value, names)

    def may_be_absent(self, value):
        return value is None or (self.repetition == "repeated" and value == [])


def json_array(writer, elements):
    space = writer.space
    return "[" + space() + (space() + "," + space()).join(elements) + space() + "]"


def json_object(writer, members):
    """An object of pairs of a key's text and a value's JSON."""
    space, rng = writer.space, writer.rng
    pieces = (quoted(rng, name) + space() + ":" + space() + text for name, text in members)
    return "{" + space() + (space() + "," + space()).join(pieces) + space() + "}"


class Leaf(Node):
    def __init__(self, name, repetition, kind):
        super().__init__(name, repetition)
        self.kind = kind

    def text(self, indent=1):
        return "  " * indent + f"{self.repetition} {self.kind.named(quoted_name(self.name))};\n"

    def draw_one(self, rng):
        return self.kind.draw(rng)

    def json_one(self, writer, value):
        spelled = self.kind.spell(writer.rng, value)
        return spelled if isinstance(spelled, Number) else quoted(writer.rng, spelled)

    def pack_one(self, writer, value, names):
        if self.kind.texts and writer.rng.random() < 0.5:
            spelled = self.kind.spell(writer.rng, value)
            if not isinstance(spelled, Number):
                return spelled
        return self.kind.native(writer.rng, value)

    def json_key(self, writer, value):
        """A key of an object is the text of its value: of a date, that of ISO 8601."""
        spelled = self.kind.spell(writer.rng, value)
        while self.kind.texts and isinstance(spelled, Number) and not isinstance(self.kind, Decimal):
            spelled = self.kind.spell(writer.rng, value)
        return str(spelled)


class Group(Node):
    def __init__(self, name, repetition, fields):
        super().__init__(name, repetition)
        self.fields = fields

    def text(self, indent=1):
        head = "  " * indent + f"{self.repetition} group {quoted_name(self.name)} {{\n"
        return head + "".join(field.text(indent + 1) for field in self.fields) + "  " * indent + "}\n"

    def draw_one(self, rng):
        return {field.name: field.draw(rng) for field in self.fields}

    def shuffled(self, writer, value):
        """The fields that are said, in any order."""
        rng = writer.rng
        said = [
            field for field in self.fields if not (field.may_be_absent(value[field.name]) and writer.absent())
        ]
        if rng.random() < 0.5:
            rng.shuffle(said)
        return said

    def json_one(self, writer, value):
        members = [(field.name, field.json(writer, value[field.name])) for field in self.shuffled(writer, value)]
        if writer.rng.random() < 0.05:
            unknown = ("unknown\n" + random_text(writer.rng)[:5], random_json(writer.rng, writer.space))
            members.insert(writer.rng.randint(0, len(members)), unknown)
        return json_object(writer, members)

    def pack_one(self, writer, value, names):
        if not names:
            return [field.pack(writer, value[field.name], False) for field in self.fields]
        packed = {field.name: field.pack(writer, value[field.name], True) for field in self.shuffled(writer, value)}
        if writer.rng.random() < 0.05:
            packed["unknown\n"] = {"a": [1, b"x", None, {"b": -1.5}]}
        return packed


class List(Node):
    def __init__(self, name, repetition, element):
        super().__init__(name, repetition)
        self.element = element

    def text(self, indent=1):
        pad = "  " * indent
        head = f"{pad}{self.repetition} group {quoted_name(self.name)} (LIST) {{\n{pad}  repeated group list {{\n"
        return head + self.element.text(indent + 2) + f"{pad}  }}\n{pad}}}\n"

    def draw_one(self, rng):
        return [self.element.draw(rng) for _ in range(rng.choice([0, 1, 1, 2, 3, 8]))]

    def json_one(self, writer, value):
        return json_array(writer, (self.element.json(writer, each) for each in value))

    def pack_one(self, writer, value, names):
        return [self.element.pack(writer, each, names) for each in value]


class Pairs(list):
    """What msgpack writes as a map, whose keys may be alike in Python's eyes."""


class Map(Node):
    """A MAP; a set where VALUE is None."""

    def __init__(self, name, repetition, key, value):
        super().__init__(name, repetition)
        self.key, self.value = key, value

    def text(self, indent=1):
        pad = "  " * indent
        head = f"{pad}{self.repetition} group {quoted_name(self.name)} (MAP) {{\n{pad}  repeated group key_value {{\n"
        value = self.value.text(indent + 2) if self.value else ""
        return head + self.key.text(indent + 2) + value + f"{pad}  }}\n{pad}}}\n"

    def draw_one(self, rng):
        keys = {self.key.draw(rng): None for _ in range(rng.choice([0, 1, 2, 4]))}
        return [(key, self.value.draw(rng) if self.value else None) for key in keys]

    def json_one(self, writer, value):
        def of(each):
            return self.value.json(writer, each) if self.value else "null"

        if writer.rng.random() < 0.7:
            return json_object(writer, [(self.key.json_key(writer, key), of(each)) for key, each in value])
        pairs = []
        for key, each in value:
            pair = [("key", self.key.json(writer, key)), ("value", of(each))]
            if each is None and writer.absent():
                del pair[1]
            writer.rng.shuffle(pair)
            pairs.append(json_object(writer, pair))
        return json_array(writer, pairs)

    def pack_one(self, writer, value, names):
        return Pairs(
            (self.key.pack(writer, key, names), self.value.pack(writer, each, names) if self.value else None)
            for key, each in value
        )


class Message(Group):
    def __init__(self, fields):
        super().__init__("m", "required", fields)

    def text(self):
        return "message m {\n" + "".join(field.text() for field in self.fields) + "}\n"


def packed(value):
    """VALUE in msgpack."""
    if isinstance(value, Pairs):
        packer = msgpack.Packer(autoreset=False)
        packer.pack_map_header(len(value))
        return packer.bytes() + b"".join(packed(key) + packed(each) for key, each in value)
    if isinstance(value, dict):
        packer = msgpack.Packer(autoreset=False)
        packer.pack_map_header(len(value))
        return packer.bytes() + b"".join(packed(key) + packed(each) for key, each in value.items())
    if isinstance(value, list):
        packer = msgpack.Packer(autoreset=False)
        packer.pack_array_header(len(value))
        return packer.bytes() + b"".join(map(packed, value))
    return msgpack.packb(value)


# ---- cases ----


def leaves_of(node, names):
    """The leaves below NODE, to which NAMES lead, each behind its path."""
    if isinstance(node, Leaf):
        yield ".".join(map(quoted_name, names)), node
        return
    if isinstance(node, Group):
        below = [(field, [field.name]) for field in node.fields]
    elif isinstance(node, List):
        below = [(node.element, ["list", "element"])]
    else:
        below = [(each, ["key_value", each.name]) for each in (node.key, node.value) if each]
    for each, more in below:
        yield from leaves_of(each, names + more)


def encodings_of(kind):
    """The encodings that a leaf can have and that DuckDB reads."""
    is_decimal = kind.annotation.startswith("DECIMAL")
    numbers = ["DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT", "RLE_DICTIONARY"]
    others = {
        "boolean": ["RLE"],
        "int32": numbers,
        "int64": numbers,
        "float": numbers[1:],
        "double": numbers[1:],
        "int96": ["RLE_DICTIONARY"],
        "binary": ["DELTA_BYTE_ARRAY", "RLE_DICTIONARY"] + ["DELTA_LENGTH_BYTE_ARRAY"] * (not is_decimal),
        "fixed_len_byte_array": ["DELTA_BYTE_ARRAY", "RLE_DICTIONARY"],
    }
    return ["PLAIN", *others[kind.physical.split("(")[0]]]


def json_texts(node, value):
    """What the leaves of JSON below NODE hold; VALUE is a list of values of it."""
    if isinstance(node, Leaf):
        if isinstance(node.kind, Json):
            yield from (each for each in value if each is not None)
        return
    for each in value:
        if each is None:
            continue
        if isinstance(node, Group):
            below = [(field, each[field.name]) for field in node.fields]
        elif isinstance(node, List):
            below = [(node.element, element) for element in each]
        else:
            below = [(node.value, mapped) for _, mapped in each] if node.value else []
        for field, held in below:
            yield from json_texts(field, held if field.repetition == "repeated" else [held])


NAMES = ["a", "b", "c_1", "name", "x y", "é", "😀", 'q"', "back\\slash", "a.b", "0", "$id", "@type", "list", "key"]
NAMES += ["value", "element", "required", "group", "int32", "tab\t", "{", "a;b", "#"]


def random_names(rng, count):
    names = rng.sample(NAMES, min(count, len(NAMES)))
    return names + [f"f{i}" for i in range(count - len(names))]


class Case:
    """A schema and rows that SEED makes."""

    def __init__(self, seed):
        self.seed = seed
        rng = random.Random(seed)
        self.leaves = rng.randint(1, MOST_LEAVES)
        self.message = self.random_message(rng)
        self.rows = [self.message.draw_one(rng) for _ in range(rng.choice([0, 1, 2, 10, 40]))]
        self.schema = self.message.text()

    def random_message(self, rng):
        count = rng.randint(1, 6)
        return Message([self.random_node(rng, name, 1) for name in random_names(rng, count)])

    def random_node(self, rng, name, depth, element=False):
        repetition = rng.choice(["required", "optional", "optional"] + ([] if element else ["repeated"]))
        if depth >= DEEPEST or self.leaves <= 1 or rng.random() < 0.45:
            self.leaves -= 1
            return Leaf(name, repetition, rng.choice(KINDS))
        shape = rng.randrange(3)
        if shape == 0:
            count = rng.randint(1, 4)
            fields = [self.random_node(rng, each, depth + 1) for each in random_names(rng, count)]
            return Group(name, repetition, fields)
        if repetition == "repeated":
            repetition = "optional"
        if shape == 1:
            return List(name, repetition, self.random_node(rng, "element", depth + 1, element=True))
        self.leaves -= 1
        key = Leaf("key", "required", STRING if rng.random() < 0.4 else rng.choice(KEYS))
        value = self.random_node(rng, "value", depth + 1, element=True) if rng.random() < 0.85 else None
        return Map(name, repetition, key, value)

    # Each notation has chances of its own, and means the same.

    def json(self):
        return self.json_lines()[0]

    def json_lines(self):
        """A stream of JSON, and where in it each record begins.

        It is an array, a record a line, or records that go over lines; of these the first does.
        """
        writer = Writer(random.Random(f"{self.seed} json"))
        layout = writer.rng.choice(["lines", "array", "stream"])
        # What JSON leaves hold is drawn already, and may hold line feeds.
        if layout == "lines" and any("\n" in text for text in json_texts(self.message, self.rows)):
            layout = "stream"
        if layout == "lines":
            writer.space = Spaces(writer.rng, lines=False)
        texts = [self.message.json_one(writer, row) for row in self.rows]
        if layout == "stream" and texts:
            texts[0] = "{\n" + texts[0][1:]
        before = {"lines": "", "array": ",", "stream": ""}[layout]
        behind = {"lines": "\n", "array": "", "stream": ""}[layout]
        out, starts = b"[" if layout == "array" else b"", []
        for i, text in enumerate(texts):
            out += (writer.space() + (before if i > 0 else "") + writer.space()).encode()
            starts.append(len(out))
            out += (text + writer.space() + behind).encode()
        return out + (b"]\n" if layout == "array" else b""), starts

    def by_names(self):
        return b"".join(self.each_by_names())

    def each_by_names(self):
        writer = Writer(random.Random(f"{self.seed} names"))
        return [packed(self.message.pack_one(writer, row, True)) for row in self.rows]

    def in_order(self):
        writer = Writer(random.Random(f"{self.seed} order"))
        return b"".join(packed(self.message.pack_one(writer, row, False)) for row in self.rows)

    def written(self):
        """What parquet-encode is told: the version of pages, a preset, and of some columns their encodings."""
        rng = random.Random(f"{self.seed} written")
        options = ["--page-version", rng.choice([1, 2]), "--compression", rng.choice(["none", "zstd"])]
        options += ["--preset", rng.choice(["fast", "balanced", "small"])]
        for path, leaf in leaves_of(self.message, []):
            if rng.random() < 0.5:
                options += ["--column", f"{path}:encoding={rng.choice(encodings_of(leaf.kind))}"]
        return options

    def in_frames(self):
        """In the order of the schema, and as frames have had it always: no texts for what is a number or bytes."""
        writer = Writer(random.Random(f"{self.seed} frames"))
        writer.rng.random = lambda: 0.9
        return b"".join(packed(self.message.pack_one(writer, row, False)) for row in self.rows)


if __name__ == "__main__":
    case = Case(int(sys.argv[1]))
    print(case.schema + case.json().decode())
