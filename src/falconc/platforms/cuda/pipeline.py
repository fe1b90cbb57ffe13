"""The ordered steps that make a kernel legal and good here."""

from __future__ import annotations

from falconc.passes import Pipeline
from falconc.passes.loop_bind import LoopBind
from falconc.passes.loop_contraction import LoopContraction
from falconc.passes.loop_fuse import LoopFuse
from falconc.passes.loop_recovery import LoopRecovery
from falconc.passes.normal_form import NormalForm
from falconc.passes.scalar_values import ScalarValues
from falconc.passes.simplify import Simplify

PIPELINE: Pipeline = (
    LoopRecovery(),
    ScalarValues(),
    LoopFuse(),  # the lanes of vector instructions, one loop for all of them ...
    LoopContraction(),  # ... whose registers are then scalars
    ScalarValues(),
    NormalForm(),
    Simplify(),
    LoopBind(),
)
