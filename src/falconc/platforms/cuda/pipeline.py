"""The ordered steps that make a kernel legal and good here."""

from __future__ import annotations

from falconc.passes import Pipeline

PIPELINE: Pipeline = ()
