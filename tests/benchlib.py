"""What the parts of the benchmark share: a line of progress, tables for people, and a record for programs."""

import json
import os
import statistics
import subprocess
import sys
import time


def tell_interrupt(kind, value, traceback):
    """An interrupt is no fault to be traced; Python then dies of it, and a loop around it ends."""
    if issubclass(kind, KeyboardInterrupt):
        progress()
        print("bench: interrupted", file=sys.stderr)
    else:
        sys.__excepthook__(kind, value, traceback)


sys.excepthook = tell_interrupt


def progress(text=""):
    """On a terminal, what is being measured; without TEXT the line is cleared."""
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def run(command, **options):
    """Runs COMMAND; returns wall seconds and CPU seconds of it and of all its children."""
    begin = time.perf_counter()
    child = subprocess.Popen([str(word) for word in command], **options)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - begin
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"bench: {command[0]} failed with status {child.returncode}")
    return wall, used.ru_utime + used.ru_stime


def median(figures, index):
    return statistics.median(figure[index] for figure in figures)


def ratio(ours, theirs, index):
    """Taken turn by turn, so that a machine whose speed drifts treats both alike."""
    return statistics.median(a[index] / b[index] for a, b in zip(ours, theirs))


class Table:
    """
    Columns are a heading and how a number is printed in it, which may have a unit behind it: "6.2f", "9.2f x".
    Rows are printed as they come, and each is a line of JSON in the file that NEST_BENCH_RECORD names, if it does.
    """

    def __init__(self, title, columns, width):
        self.title, self.columns = title, columns
        self.name_width = max(width, len(title))
        self.widths = [max(len(heading), len(self.cell(form, 0))) for heading, form in columns.items()]
        self.line(title, columns)
        print(f"| {'-' * self.name_width} |" + "".join(f" {'-' * (width - 1)}: |" for width in self.widths), flush=True)

    @staticmethod
    def cell(form, number):
        if number is None:
            return ""
        form, _, unit = form.partition(" ")
        return f"{number:{form}}{' ' * bool(unit)}{unit}"

    def line(self, name, cells):
        cells = "".join(f" {cell:>{width}} |" for cell, width in zip(cells, self.widths))
        print(f"| {name:{self.name_width}} |{cells}", flush=True)

    def row(self, name, *numbers):
        """A number that is None is left out."""
        self.line(name, map(self.cell, self.columns.values(), numbers))
        if os.environ.get("NEST_BENCH_RECORD"):
            told = {"table": self.title, "row": name} | dict(zip(self.columns, numbers))
            with open(os.environ["NEST_BENCH_RECORD"], "a", encoding="utf-8") as record:
                record.write(json.dumps(told) + "\n")
