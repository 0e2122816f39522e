#!/usr/bin/env python3
"""spark - pipelines/dataset as tasks of Spark.

    spark-submit [options of spark-submit] spark.py [--tasks N] recipe [options of dataset]
    spark-submit [options of spark-submit] spark.py [--tasks N] [options of contacts]

Each task makes one share of the parts with dataset --share on its worker; the
driver publishes the dataset when all of them have ended well. The recipe stands
before options that are not those below; without one it is contacts. It, --parts
and --output-dir are those of dataset: a recipe's file, its word lists and the
directory are on a file system that all workers have, and so are this folder and
the programs. A task that fails, or whose worker is lost, is tried again by
Spark and makes what is missing of its share; two attempts at one share, as
speculation makes them, do no harm.

NEST_BIN names the folder of the programs, here and on the workers; otherwise
each worker looks for them, or builds them, as dataset does.

Exit status: 0 published, 1 invalid data, 2 wrong usage, 3 the environment failed.
"""

import argparse
import os
import re
import subprocess
import sys

TASKS_HIGH = 4096  # shares that dataset takes


def parse(arguments):
    parser = argparse.ArgumentParser(
        prog="spark.py",
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        description=__doc__.partition("\n\n")[2],
    )
    parser.add_argument("-o", "--output-dir", required=True, metavar="DIR", help="the dataset")
    parser.add_argument("--tasks", type=int, metavar="N", help="shares of the parts (one for each part, 4096 at most)")
    parser.add_argument(
        "--pipelines",
        default=os.path.dirname(os.path.abspath(__file__)),
        metavar="DIR",
        help="where dataset is on every host (beside this file)",
    )
    options, options.words = parser.parse_known_args(arguments)
    if options.tasks is not None and not 1 <= options.tasks <= TASKS_HIGH:
        parser.error(f"--tasks: {options.tasks} is out of range (1 to {TASKS_HIGH})")
    has_recipe = options.words != [] and not options.words[0].startswith("-")
    options.recipe = options.words.pop(0) if has_recipe else None
    return options


def command_of(options):
    """The pipeline, with what is the same for every share; a worker's folder is another one."""
    words = ["contacts", *options.words]
    if options.recipe is not None:
        is_file = "/" in options.recipe or options.recipe.endswith(".recipe")
        words = ["dataset", os.path.abspath(options.recipe) if is_file else options.recipe, *options.words]
    program = os.path.join(options.pipelines, words[0])
    return [program, *words[1:], "--output-dir", os.path.abspath(options.output_dir)]


def name_of(options):
    """What Spark calls the job."""
    return os.path.basename(options.recipe or "contacts").removesuffix(".recipe")


def count_parts(command):
    """Lets the pipeline refuse what it would refuse later, on many workers; the number of parts."""
    asked = subprocess.run([*command, "--dry-run", "--share", "0/1"], stdout=subprocess.PIPE, text=True)
    place = subprocess.run([*command, "--dry-run", "--publish"], stdout=subprocess.DEVNULL)
    status = asked.returncode or place.returncode
    if status != 0:
        sys.exit(status)
    return int(re.search(r"^# parts +(\d+)$", asked.stdout, re.MULTILINE)[1])


def share_maker(command, tasks, environment):
    """What a task does; nothing else of this file goes to the workers."""

    def make(index, _):
        done = subprocess.run(
            [*command, "--quiet", "--share", f"{index}/{tasks}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=os.environ | environment,
        )
        if done.returncode != 0:
            raise RuntimeError(f"share {index}/{tasks} ended with status {done.returncode}: {done.stderr.strip()}")
        return []

    return make


def make_shares(command, name, tasks):
    """False, with a sentence, where a share could not be made."""
    from pyspark.sql import SparkSession

    environment = {name: os.environ[name] for name in ["NEST_BIN"] if name in os.environ}
    spark = SparkSession.builder.appName(name).getOrCreate()
    try:
        make = share_maker(command, tasks, environment)
        spark.sparkContext.parallelize(range(tasks), tasks).mapPartitionsWithIndex(make).count()
        return True
    except Exception as error:
        words = str(getattr(error, "java_exception", error))
        cause = re.search(r"RuntimeError: (.*)", words) or re.search(r"(.*)", words)
        print(f"spark.py: fatal: {cause[1]}; the same command again makes what is missing", file=sys.stderr)
        return False
    finally:
        spark.stop()


def main(arguments):
    options = parse(arguments)
    command = command_of(options)
    parts = count_parts(command)
    tasks = options.tasks or min(parts, TASKS_HIGH)
    if not make_shares(command, name_of(options), tasks):
        return 3
    return subprocess.run([*command, "--publish"], stdin=subprocess.DEVNULL).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
