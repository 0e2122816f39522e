"""Transcripts: what is typed at a terminal and what the programs answer, in files that a test plays again.

A transcript is a text.  A line that begins with "$ " is typed; lines behind it that begin with "> " go on with
it; what follows, to the next line that is typed, is what was answered: standard output and standard error as
they came, and the exit status in brackets where it is not 0.  What stands before the first "$ " says what the
transcript is about.  All commands of one run in one shell, in an empty folder of their own, so that one may
write a file, by a here-document, that a later one reads.
"""

import os
import subprocess

# Written behind each answer, with the status: no program writes it.
MARK = "\x1e"
UNFINISHED = "[no newline]"
LONG_S = 120


def parse(text):
    """What TEXT is about, and its commands with their answers: a list of pairs of lists of lines."""
    about, turns = [], []
    lines = text.splitlines()
    for i, line in enumerate(lines):
        if line.startswith("$ "):
            turns.append(([line[2:]], []))
        elif not turns:
            about.append(line)
        elif line.startswith("> ") and lines[i - 1][:2] in ("$ ", "> "):
            turns[-1][0].append(line[2:])
        else:
            turns[-1][1].append(line)
    return about, turns


def spell(about, turns):
    lines = list(about)
    for typed, answered in turns:
        lines += ["$ " + typed[0], *("> " + line for line in typed[1:]), *answered]
    return "\n".join(lines) + "\n"


def answer(output, status):
    """OUTPUT in the lines of a transcript."""
    lines = output.split("\n")
    if lines.pop() != "":
        lines = [*output.split("\n"), UNFINISHED]
    assert not any(line.startswith(("$ ", "> ")) for line in lines), "an answer that looks typed"
    return lines if status == 0 else [*lines, f"[{status}]"]


def play(text, folder, programs):
    """TEXT as PROGRAMS, a folder, answer now, FOLDER being empty."""
    about, turns = parse(text)
    script = "".join("{ %s\n} 2>&1 </dev/null\nprintf '%s%%d%s' $?\n" % ("\n".join(typed), MARK, MARK) for typed, _ in turns)
    environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LONG_S, check=False)
    said = done.stdout.decode(errors="backslashreplace").split(MARK)
    assert len(said) == 2 * len(turns) + 1, f"the shell stopped after {len(said) // 2} of {len(turns)} commands"
    return spell(about, [(typed, answer(said[2 * i], int(said[2 * i + 1]))) for i, (typed, _) in enumerate(turns)])
