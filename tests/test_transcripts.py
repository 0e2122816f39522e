"""What the programs answer, word by word and value by value: every transcript, played again."""

import pathlib

import pytest
import transcriptlib

TRANSCRIPTS = pathlib.Path(__file__).resolve().parent / "transcripts"
FILES = sorted(TRANSCRIPTS.glob("**/*.txt"))


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(TRANSCRIPTS))[:-4] for path in FILES])
def test_a_transcript_is_what_is_answered(build, tmp_path, path):
    text = path.read_text()
    assert transcriptlib.play(text, tmp_path, build) == text


def test_a_transcript_is_taken_apart_and_put_together_again():
    text = "About it.\n\n$ cat <<E\n> a\n> \n> E\na\n\n[3]\n$ true\n"
    assert transcriptlib.spell(*transcriptlib.parse(text)) == text


@pytest.mark.parametrize(
    "command, lines",
    [("echo a; echo b >&2", ["a", "b"]), ("printf a", ["a", "[no newline]"]), ("(exit 3)", ["[3]"]), ("echo", [""]),
     ("false; true", []), ("printf '\\377\\n'", ["\\xff"])],
)
def test_what_a_command_answers(tmp_path, command, lines):
    assert transcriptlib.play(f"$ {command}\n", tmp_path, tmp_path).splitlines()[1:] == lines


def test_a_shell_that_ends_early_is_no_answer(tmp_path):
    with pytest.raises(AssertionError, match="after 1 of 3"):
        transcriptlib.play("$ true\n$ exit 0\n$ true\n", tmp_path, tmp_path)
