"""How a model is sampled, and how a long run reports and is stopped."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from apportion.results.runs import ChainProgress


class OnProgress(Protocol):
    """Called with the share done, from 0 to 1 and never falling, and what is being done."""

    def __call__(self, share: float, message: str, chains: Sequence[ChainProgress] = (), /) -> None:
        """Take note; `chains` says how far each chain is while a sampler runs."""


def ignore_progress(share: float, message: str, chains: Sequence[ChainProgress] = (), /) -> None:
    """Take no note."""


ShouldStop = Callable[[], bool]
"""Asked several times a second while sampling; True ends the run."""


@dataclass(frozen=True)
class SamplerSettings:
    """Chains, tuning steps and kept draws of each, and how carefully the sampler steps."""

    chains: int = 4
    tune: int = 800
    draws: int = 1000
    target_accept: float = 0.9
    adaptation: Literal["diag", "low_rank"] = "diag"

    @property
    def cores(self) -> int:
        """Chains that run at the same time."""
        return max(1, min(self.chains, os.cpu_count() or 1))

    def longer(self) -> "SamplerSettings":
        """Give what is tried when these settings did not do: twice the draws, smaller steps."""
        return SamplerSettings(
            chains=self.chains,
            tune=self.tune * 3 // 2,
            draws=self.draws * 2,
            target_accept=max(self.target_accept, 0.95),
            adaptation="low_rank",
        )

    def shorter(self) -> "SamplerSettings":
        """Give what is enough for the mean of a forecast."""
        return SamplerSettings(
            chains=self.chains,
            tune=max(self.tune // 2, 1),
            draws=max(self.draws // 4, 1),
            target_accept=self.target_accept,
            adaptation=self.adaptation,
        )


DEFAULT = SamplerSettings()
