# SPDX-License-Identifier: Apache-2.0
"""A build tree, installed into a folder and moved to another."""
import os
import pathlib
import shutil
import subprocess


def install(build, folder):
    """Gives where it stands now."""
    first, moved = pathlib.Path(folder) / "first", pathlib.Path(folder) / "moved"
    subprocess.run(["cmake", "--install", build, "--prefix", first, "--strip"], check=True, stdout=subprocess.DEVNULL)
    shutil.move(first, moved)
    return moved


def run(*command, cwd=None, code=0, **environment):
    """What it prints; the code it ends with is the one given, or what it says is the error."""
    own = {name: value for name, value in os.environ.items() if name != "TAGWIRE_PLUGIN_PATH"}
    ran = subprocess.run(command, cwd=cwd, env={**own, **environment}, capture_output=True, text=True)
    said = ran.stdout + ran.stderr
    assert ran.returncode == code, f"{command} ended with {ran.returncode}:\n{said}"
    return said
