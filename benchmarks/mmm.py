"""Media mix: effective draws a second, wall time and memory, beside pymc-marketing.

Run ``python benchmarks/mmm.py [--peer PYTHON]``, where PYTHON is the interpreter of an environment
that has pymc-marketing 1.3 and nutpie (it is no dependency); both are fitted to the same data by
the same sampler, one after the other in the same run, with as many draws. It is not the same model:
logistic saturation, its default priors, a straight trend.

Ours is timed in a fresh process: the first company with all that a cold process has to load, two
more as a worker's next tenants. The peer compiles for every company. ``--whole`` times a training
from prepared data to the result that is stored, with holdout and all figures.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "mmm"))

GRID = [(weeks, channels) for weeks in (104, 156, 260) for channels in (4, 8, 16)]


def main() -> None:
    """Time every size that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", action="append", metavar="WEEKSxCHANNELS")
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--tune", type=int, default=800)
    parser.add_argument("--peer", type=Path, help="Python of the peer's environment.")
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--own", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    sizes = [tuple(map(int, size.split("x"))) for size in asked.size or ()] or GRID
    if asked.own:
        print(json.dumps(_own(*sizes[0], asked)))
        return
    for weeks, channels in sizes:
        own = _called(sys.executable, __file__, "--own", "--size", f"{weeks}x{channels}", asked)
        line = (
            f"{weeks} weeks x {channels}: import {own['import']:.1f} s; first "
            f"{_told(own['fits'][0])}; later {_told(own['fits'][1])} and {_told(own['fits'][2])}; "
            f"{own['megabytes']:.0f} MB"
        )
        if asked.whole:
            line += f"; data to stored result {own['whole']:.1f} s"
        print(line, flush=True)
        if asked.peer:
            _compare(weeks, channels, own, asked)


def _compare(weeks: int, channels: int, own: dict, asked: argparse.Namespace) -> None:
    from companies import company

    data = company(1, weeks=weeks, channels=channels).data
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "company.npz"
        np.savez(file, spend=data.spend, controls=data.controls, outcome=data.outcome)
        script = Path(__file__).with_name("mmm_peer.py")
        command = [asked.peer, script, file, asked.draws, asked.tune]
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True)
    peer = json.loads(done.stdout.splitlines()[-1])
    rate = peer["ess"] / peer["seconds"]
    first, *later = (fit["ess"] / fit["seconds"] for fit in own["fits"])
    print(
        f"    pymc-marketing: import {peer['import']:.1f} s, {_told(peer)}; "
        f"ours is {first / rate:.1f} times as fast alone, {min(later) / rate:.1f} times for later "
        "tenants (effective draws a second)",
        flush=True,
    )


def _own(weeks: int, channels: int, asked: argparse.Namespace) -> dict:
    begun = time.perf_counter()
    from apportion.mmm import fit

    out = {"import": time.perf_counter() - begun, "fits": []}
    from companies import company

    from apportion.mmm.settings import SamplerSettings

    settings = SamplerSettings(draws=asked.draws, tune=asked.tune)
    for seed in (1, 2, 3):
        data = company(seed, weeks=weeks, channels=channels).data
        begun = time.perf_counter()
        sampled = fit.fit(data, settings=settings, seed=1)
        seconds = time.perf_counter() - begun
        found = sampled.diagnostics
        out["fits"].append(
            {
                "seconds": seconds,
                "ess": found.ess_bulk,
                "r_hat": found.r_hat,
                "divergences": found.divergences,
            }
        )
    if asked.whole:
        from apportion.mmm.train import train

        begun = time.perf_counter()
        trained = train(data, seed=1)
        assert trained.posterior, "the bytes that are stored"
        out["whole"] = time.perf_counter() - begun
    out["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return out


def _called(*arguments: object) -> dict:
    *command, asked = arguments
    options = ["--draws", asked.draws, "--tune", asked.tune, *(["--whole"] if asked.whole else [])]
    done = subprocess.run(
        [*map(str, command), *map(str, options)], stdout=subprocess.PIPE, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def _told(fit: dict) -> str:
    return (
        f"{fit['seconds']:.1f} s, ESS {fit['ess']:.0f} = {fit['ess'] / fit['seconds']:.0f} a "
        f"second, R-hat {fit['r_hat']:.4f}, {fit['divergences']} divergences"
    )


if __name__ == "__main__":
    main()
