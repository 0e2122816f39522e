"""A share of the contacts that waits until a test lets it go."""

import dataclasses
import os
import pathlib
import shlex


@dataclasses.dataclass
class Gated:
    programs: pathlib.Path  # their folder
    gate: pathlib.Path  # the file that lets the share go, once it is there


def gate_share(nest, folder, share, shares):
    """Programs in FOLDER of which the generator of one share waits."""
    gated = Gated(folder / "bin", folder / "gate")
    gated.programs.mkdir()
    for program in [*nest.folder.glob("nest-*"), *nest.folder.glob("parquet-*")]:
        (gated.programs / program.name).symlink_to(program.resolve())
    wait = f"while [ ! -e {shlex.quote(str(gated.gate))} ]; do sleep 0.05; done"
    wrap(gated.programs / "nest-gen", f'case "$*" in *"--share {share}/{shares} "*) {wait} ;; esac')
    # The others of it have time until then.
    wrap(gated.programs / "nest-shred", 'set -- "$@" --timeout 300')
    wrap(gated.programs / "parquet-encode", 'set -- "$@" --timeout 300')
    return gated


def wrap(program, commands):
    """Puts COMMANDS of a shell before what the program, a link, does."""
    real = shlex.quote(str(program.resolve()))
    program.unlink()
    program.write_text(f'#!/bin/sh\n{commands}\nexec {real} "$@"\n')
    program.chmod(0o755)


def signal_all(processes, number):
    for pid in processes:
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            pass
