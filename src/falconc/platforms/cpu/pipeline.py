"""The ordered steps that make a kernel legal and good here."""

from __future__ import annotations

from falconc.passes import Pipeline
from falconc.passes.loop_contraction import LoopContraction
from falconc.passes.loop_expansion import LoopExpansion
from falconc.passes.loop_recovery import LoopRecovery
from falconc.passes.parallelise import Parallelise
from falconc.passes.simplify import Simplify

PIPELINE: Pipeline = (LoopRecovery(), LoopContraction(), LoopExpansion(), Simplify(), Parallelise())
