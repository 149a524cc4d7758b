# SPDX-License-Identifier: Apache-2.0
"""Pages of the documentation, and what stands in fences in them: for docs/check and docs/run-examples."""
import pathlib
import re
import shlex

ROOT = pathlib.Path(__file__).resolve().parent.parent


def without_fences(text):
    """The same lines; those within fences are empty."""
    lines, inside = [], False
    for line in text.split("\n"):
        fence = line.lstrip().startswith("```")
        lines.append("" if inside or fence else line)
        inside ^= fence
    return lines


def fences(text):
    """Language, number of the first line, and content of each fence. The content has the indentation of its fence no more."""
    for found in re.finditer(r"^( *)```(\w*)[^\n]*\n(.*?)^ *```", text, re.M | re.S):
        content = re.sub(rf"^ {{0,{len(found[1])}}}", "", found[3], flags=re.M)
        yield found[2], text[: found.start(3)].count("\n") + 1, content


def commands(first, text):
    """Each command of a shell fence with the number of its line: lines that end in a backslash or within quotes go on."""
    waiting, begin = "", first
    for number, line in enumerate(text.rstrip("\n").split("\n"), first):
        if not waiting:
            begin = number
        waiting += line
        if line.endswith("\\"):
            waiting += "\n"
            continue
        try:
            words = shlex.split(waiting, comments=True)
        except ValueError:  # a quote is open
            waiting += "\n"
            continue
        if words:
            yield begin, waiting.strip()
        waiting = ""
    if waiting:
        yield begin, waiting.strip()


def shown_commands(first, text):
    """Of a fence that shows a terminal: each command behind `$ ` with the number of its line and the lines shown below."""
    command = None
    for number, line in enumerate(text.rstrip("\n").split("\n"), first):
        if line.startswith("$ "):
            if command:
                yield command
            command = (number, line[2:].strip(), [])
        elif command and line.strip():
            command[2].append(line.strip())
    if command:
        yield command
